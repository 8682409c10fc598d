//! Handling kept events in batches: one transaction for all that is well.

use super::apart::Apart;
use super::understand::{Event, Understood, understand};
use crate::App;
use crate::change::Change;
use std::collections::BTreeSet;
use std::time::Duration;
use tarun_core::ids::NumberId;
use tarun_store::job::{self, InboundJob, JobId, JobKind};
use tarun_store::{StoreError, TenantCtx, number};

/// Events of one transaction.
const BATCH: i64 = 400;
/// One batch ends within this time; after it each of its events is tried alone.
const LIMIT: Duration = Duration::from_secs(4);
/// A batch that lost against another transaction is tried again at once, so often (C-041).
const RACES: usize = 3;

/// Whether a turn was enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Done,
    /// As many as one transaction takes: there may be more.
    More,
}

/// One turn for a tenant: handles what waits under these keys, oldest first within each key.
///
/// Errors are passing ones only (the database is away): the rows stay, the sweep brings them back.
pub async fn handle(app: &App, apart: &Apart, ctx: &TenantCtx, mut keys: Vec<i64>) -> Result<Turn, StoreError> {
    keys.retain(|key| !apart.has(ctx.tenant, *key));
    if keys.is_empty() {
        return Ok(Turn::Done);
    }
    let mut races = 0;
    loop {
        let (app2, ctx2, keys2) = (app.clone(), ctx.clone(), keys.clone());
        match guarded(LIMIT, async move { batch(&app2, &ctx2, &keys2).await }).await {
            Ok((turn, careful)) => {
                apart.take(app, ctx, careful);
                return Ok(turn);
            }
            Err(Trouble::Store(error)) if error.lost_a_race() && races < RACES => races += 1,
            Err(Trouble::Store(error)) if error.is_passing() => {
                // It may have been committed, with nobody left to tell of it.
                app.announcer.missed(ctx.tenant);
                return Err(error);
            }
            Err(trouble) => {
                tracing::warn!(tenant = %ctx.tenant, %trouble, "a batch failed; its events are tried one by one");
                if matches!(trouble, Trouble::TooSlow) {
                    app.announcer.missed(ctx.tenant);
                }
                apart.take(app, ctx, keys);
                return Ok(Turn::Done);
            }
        }
    }
}

/// Runs a piece of work so that a panic or a hang in it ends only it.
pub(super) async fn guarded<T: Send + 'static>(
    limit: Duration,
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, Trouble> {
    let mut task = tokio::spawn(work);
    match tokio::time::timeout(limit, &mut task).await {
        Ok(Ok(result)) => result.map_err(Trouble::Store),
        Ok(Err(_)) => Err(Trouble::Panicked),
        Err(_) => {
            task.abort();
            Err(Trouble::TooSlow)
        }
    }
}

pub(super) enum Trouble {
    Store(StoreError),
    Panicked,
    TooSlow,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Panicked => f.write_str("a mistake in Tarun: handling it panicked"),
            Self::TooSlow => f.write_str("handling it took too long"),
        }
    }
}

/// The events of jobs, for understanding.
fn events(jobs: Vec<InboundJob>) -> Result<Vec<Event>, StoreError> {
    let event = |job: InboundJob| {
        Ok(Event {
            id: job.event_id,
            job: Some(job.job),
            attempts: job.attempts,
            number: job.number,
            field: job.field,
            kind: super::kind_of(&job.kind),
            payload: job.payload?,
            received_at: job.received_at,
        })
    };
    jobs.into_iter().map(event).collect()
}

/// Handles what is well; returns the keys in which something failed before: they are to be handled apart.
async fn batch(app: &App, ctx: &TenantCtx, keys: &[i64]) -> Result<(Turn, Vec<i64>), StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.begin_for_messages(ctx, LIMIT).await?;
    let claimed = job::claim_inbound(&mut tx, keys, BATCH, now).await?;
    let turn = if claimed.len() as i64 == BATCH { Turn::More } else { Turn::Done };
    let careful: BTreeSet<i64> = claimed.iter().filter(|j| j.attempts > 0).map(|j| j.job.ordering_key).collect();
    let jobs: Vec<InboundJob> = claimed.into_iter().filter(|j| !careful.contains(&j.job.ordering_key)).collect();
    let careful = careful.into_iter().collect();
    if jobs.is_empty() {
        return Ok((turn, careful));
    }
    let mut change = Change::of(ctx.tenant);
    let numbers: Vec<NumberId> = jobs.iter().filter_map(|j| j.number).collect();
    let ids: Vec<JobId> = jobs.iter().map(|j| j.job).collect();
    let Understood { aside, files } = understand(&mut tx, events(jobs)?, now, &mut change).await?;
    let done: Vec<JobId> = ids.into_iter().filter(|id| !aside.contains(id)).collect();
    let count = done.len() as u64;
    job::finish(&mut tx, &done).await?;
    number::touch(&mut tx, &[], &app.intake.handled.stale(numbers.into_iter(), now), now).await?;
    tx.commit().await?;
    metrics::counter!("tarun_inbound_handled_total").increment(count);
    app.announcer.tell(change);
    app.queue.hint(JobKind::Media, ctx.tenant, &files);
    Ok((turn, careful))
}

/// One event in a transaction of its own, if it is still the first of its key.
pub(super) async fn alone(app: &App, ctx: &TenantCtx, id: JobId, limit: Duration) -> Result<(), StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.begin_for_messages(ctx, limit).await?;
    let jobs = job::claim_inbound(&mut tx, &[id.ordering_key], 1, now).await?;
    if jobs.first().is_none_or(|j| j.job != id) {
        return Ok(());
    }
    let mut change = Change::of(ctx.tenant);
    let Understood { aside, files } = understand(&mut tx, events(jobs)?, now, &mut change).await?;
    if aside.is_empty() {
        job::finish(&mut tx, &[id]).await?;
    }
    tx.commit().await?;
    app.announcer.tell(change);
    app.queue.hint(JobKind::Media, ctx.tenant, &files);
    Ok(())
}
