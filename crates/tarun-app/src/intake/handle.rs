//! Handling kept events: batches in one transaction, and one by one where something in a batch is wrong.

use super::understand::{Event, Understood, understand};
use crate::App;
use crate::change::Change;
use std::collections::HashSet;
use std::time::Duration;
use tarun_core::ids::NumberId;
use tarun_core::retry::{ATTEMPTS, backoff};
use tarun_store::job::{self, InboundJob, JobId, JobKind, Later};
use tarun_store::{StoreError, TenantCtx, number};
use time::OffsetDateTime;

/// Events of one transaction.
const BATCH: i64 = 400;
/// One transaction ends within this time (C-026).
const LIMIT: Duration = Duration::from_secs(12);

/// Handles what waits under these keys of a tenant, oldest first within each key.
///
/// Errors are passing ones only (the database is away): the rows stay, the sweep brings them back.
pub async fn handle(app: &App, ctx: &TenantCtx, keys: Vec<i64>) -> Result<(), StoreError> {
    loop {
        let (app2, ctx2, keys2) = (app.clone(), ctx.clone(), keys.clone());
        match guarded(LIMIT, async move { batch(&app2, &ctx2, &keys2).await }).await {
            Ok(Outcome::More) => {}
            Ok(Outcome::Done) => return Ok(()),
            Err(Trouble::Store(error)) if error.is_passing() => return Err(error),
            Ok(Outcome::Careful) | Err(_) => {
                metrics::counter!("tarun_intake_careful_total").increment(1);
                return one_by_one(app, ctx, &keys).await;
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

enum Outcome {
    Done,
    /// As many as one transaction takes: there may be more.
    More,
    /// One of them failed before: each is to be tried alone.
    Careful,
}

/// The events that may be handled now: within a key nothing overtakes one that waits for its next try.
fn due(jobs: Vec<InboundJob>, now: OffsetDateTime) -> Vec<InboundJob> {
    let mut stopped = HashSet::new();
    jobs.into_iter()
        .filter(|job| {
            if job.not_before.is_some_and(|at| at > now) {
                stopped.insert(job.job.ordering_key);
            }
            !stopped.contains(&job.job.ordering_key)
        })
        .collect()
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

async fn batch(app: &App, ctx: &TenantCtx, keys: &[i64]) -> Result<Outcome, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.begin_with_kept_plans(ctx).await?;
    let claimed = job::claim_inbound(&mut tx, keys, BATCH).await?;
    let full = claimed.len() as i64 == BATCH;
    let jobs = due(claimed, now);
    if jobs.is_empty() {
        return Ok(Outcome::Done);
    }
    if jobs.iter().any(|j| j.attempts > 0) {
        return Ok(Outcome::Careful);
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
    app.queue.hint(JobKind::Media, ctx.tenant, &files).await;
    Ok(if full { Outcome::More } else { Outcome::Done })
}

/// Each event in a transaction of its own, its attempt counted before: one that takes everything down is given up too.
async fn one_by_one(app: &App, ctx: &TenantCtx, keys: &[i64]) -> Result<(), StoreError> {
    for key in keys {
        loop {
            let now = app.clock.now();
            let mut tx = app.store.begin(ctx).await?;
            let mut jobs = due(job::claim_inbound(&mut tx, &[*key], 1).await?, now);
            let Some(job) = jobs.pop() else { break };
            let attempts = job::count_attempt(&mut tx, job.job).await?;
            tx.commit().await?;
            let (app2, ctx2, id) = (app.clone(), ctx.clone(), job.job);
            let tried = if attempts > ATTEMPTS {
                // Counted, never recorded: it ended the process each time.
                Err(Trouble::Panicked)
            } else {
                guarded(LIMIT, async move { alone(&app2, &ctx2, id).await }).await
            };
            match tried {
                Ok(()) => {}
                Err(Trouble::Store(error)) if error.is_passing() => return Err(error),
                Err(trouble) => {
                    tracing::error!(job = id.id, attempts, %trouble, "an event could not be handled");
                    let later = backoff(attempts, jitter()).map_or(Later::Dead, |wait| Later::Retry(now + wait));
                    let mut tx = app.store.begin(ctx).await?;
                    job::put_off(&mut tx, id, attempts, later, &trouble.to_string(), now).await?;
                    tx.commit().await?;
                    if later == Later::Dead {
                        metrics::counter!("tarun_jobs_dead_total", "kind" => "inbound").increment(1);
                    }
                }
            }
        }
    }
    Ok(())
}

fn jitter() -> f64 {
    f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0
}

async fn alone(app: &App, ctx: &TenantCtx, id: JobId) -> Result<(), StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.begin(ctx).await?;
    let jobs = job::claim_inbound(&mut tx, &[id.ordering_key], 1).await?;
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
    app.queue.hint(JobKind::Media, ctx.tenant, &files).await;
    Ok(())
}
