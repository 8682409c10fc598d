//! Writers keep what webhooks bring. Where nothing stands in the way, the transaction that keeps an event also stores what it
//! means: one commit for both, and the message is on its way to screens before Meta has its answer.

use super::handle::{Trouble, guarded};
use super::noted::Noted;
use super::understand::{Event, Understood, understand};
use crate::change::{Announcer, Change};
use crate::queue::Queue;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tarun_core::clock::Clock;
use tarun_core::ids::TenantId;
use tarun_providers::whatsapp::webhook::RawKind;
use tarun_store::event::{self, Jobs, Kept, NewEvent};
use tarun_store::job::JobKind;
use tarun_store::{Store, StoreError, TenantCtx, number};
use time::OffsetDateTime;
use tokio::sync::{mpsc, oneshot};

/// Events of one transaction.
const BATCH: usize = 200;
/// Keeping and understanding together end within this time; after it the events are kept alone.
const AT_ONCE: Duration = Duration::from_millis(1000);
/// A webhook's rows are committed within this time or it is refused (Meta comes again).
pub(super) const PATIENCE: Duration = Duration::from_secs(4);
/// For so long after a batch that could not be understood at once a writer only keeps: what is wrong in it may come again.
const CAREFUL: time::Duration = time::Duration::seconds(5);

/// When events are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// In the transaction that keeps them, unless earlier ones of the same person still wait.
    AtOnce,
    /// Later, by a worker of another process.
    ByWorkers,
}

/// An event with its payload still open.
#[derive(Clone)]
pub(super) struct Fresh {
    pub row: NewEvent,
    pub kind: RawKind,
    pub payload: Vec<u8>,
}

/// The events of one webhook for one tenant.
pub(super) struct Parcel {
    pub ctx: TenantCtx,
    pub events: Vec<Fresh>,
    /// Told whether they are committed.
    pub done: oneshot::Sender<bool>,
}

pub(super) struct Writer {
    pub store: Store,
    pub queue: Queue,
    pub announcer: Announcer,
    pub clock: Clock,
    pub received: Noted,
    pub handled: Noted,
    pub when: When,
    /// Until then events are only kept.
    pub careful_until: OffsetDateTime,
}

/// What follows a commit.
struct Follows {
    /// Ordering keys under which workers find events that were only kept.
    waiting: Vec<i64>,
    /// Keys of jobs that fetch files.
    files: Vec<i64>,
    change: Change,
    /// Some of the events were there before.
    repeated: bool,
}

impl Writer {
    /// Takes everything that waits, keeps it in one transaction a tenant, answers. Under load batches grow by themselves;
    /// at rest each webhook is written at once.
    pub(super) async fn run(mut self, mut from: mpsc::Receiver<Parcel>) {
        let mut parcels = Vec::new();
        while from.recv_many(&mut parcels, BATCH).await > 0 {
            let mut by_tenant: HashMap<TenantId, Vec<Parcel>> = HashMap::new();
            for parcel in parcels.drain(..) {
                by_tenant.entry(parcel.ctx.tenant).or_default().push(parcel);
            }
            for batch in by_tenant.into_values() {
                for some in in_pieces(batch) {
                    self.keep(some).await;
                }
            }
        }
    }

    async fn keep(&mut self, mut parcels: Vec<Parcel>) {
        let ctx = parcels[0].ctx.clone();
        let mut seen = HashSet::new();
        let events: Arc<Vec<Fresh>> = Arc::new(
            parcels.iter_mut().flat_map(|p| std::mem::take(&mut p.events)).filter(|e| seen.insert(e.row.id)).collect(),
        );
        match self.write(&ctx, &events).await {
            Ok(follows) => {
                // The answer does not wait for what follows: the rows are committed, the sweep would find them.
                answer(parcels, true);
                self.announcer.tell(follows.change);
                self.queue.hint(JobKind::Inbound, ctx.tenant, &follows.waiting);
                self.queue.hint(JobKind::Media, ctx.tenant, &follows.files);
            }
            Err(error) => {
                // Of two attempts the first may have been committed.
                self.announcer.missed(ctx.tenant);
                tracing::error!(%error, events = events.len(), "events could not be kept; Meta will send them again");
                answer(parcels, false);
            }
        }
    }

    async fn write(&mut self, ctx: &TenantCtx, events: &Arc<Vec<Fresh>>) -> Result<Follows, StoreError> {
        if self.when == When::ByWorkers || self.clock.now() < self.careful_until {
            return self.attempt(ctx, events, Jobs::ForAll, PATIENCE).await;
        }
        let trouble = match guarded(AT_ONCE, self.attempt(ctx, events, Jobs::WhereOthersWait, AT_ONCE)).await {
            Ok(follows) => return Ok(follows),
            Err(trouble) => trouble,
        };
        tracing::warn!(%trouble, "events are kept alone: what they mean could not be stored with them");
        let jobs = match trouble {
            Trouble::Store(error) if error.is_passing() => Jobs::ForAll,
            // The next one would be no quicker.
            Trouble::TooSlow => {
                self.careful_until = self.clock.now() + CAREFUL;
                Jobs::ForAll
            }
            // Something in it is wrong, so that workers begin with each event alone.
            Trouble::Store(_) | Trouble::Panicked => {
                self.careful_until = self.clock.now() + CAREFUL;
                Jobs::After(1)
            }
        };
        let follows = self.attempt(ctx, events, jobs, PATIENCE).await?;
        if follows.repeated {
            // The first attempt may have been committed at the last moment, with nobody left to tell of it.
            self.announcer.missed(ctx.tenant);
        }
        Ok(follows)
    }

    /// One transaction for a batch. It owns all it needs, so that it can run as a task of its own.
    fn attempt(
        &self,
        ctx: &TenantCtx,
        events: &Arc<Vec<Fresh>>,
        jobs: Jobs,
        limit: Duration,
    ) -> impl Future<Output = Result<Follows, StoreError>> + Send + 'static {
        let (store, now, ctx, events) = (self.store.clone(), self.clock.now(), ctx.clone(), events.clone());
        let (received, handled) = (self.received.clone(), self.handled.clone());
        async move {
            let mut tx = store.begin_for_messages(&ctx, limit).await?;
            let rows: Vec<&NewEvent> = events.iter().map(|e| &e.row).collect();
            let kept = event::keep(&mut tx, &rows, jobs, now).await?;
            let (mut waiting, mut clear) = (vec![], vec![]);
            for Kept { place, waits } in &kept {
                if *waits { waiting.push(events[*place].row.ordering_key) } else { clear.push(&events[*place]) }
            }
            let mut change = Change::of(ctx.tenant);
            let understood = clear.iter().map(|e| e.open()).collect();
            let Understood { files, .. } = understand(&mut tx, understood, now, &mut change).await?;
            let came = received.stale(events.iter().filter_map(|e| e.row.number), now);
            let done = handled.stale(clear.iter().filter_map(|e| e.row.number), now);
            number::touch(&mut tx, &came, &done, now).await?;
            tx.commit().await?;
            metrics::counter!("tarun_webhook_events_kept_total").increment(kept.len() as u64);
            metrics::counter!("tarun_webhook_events_repeated_total").increment((events.len() - kept.len()) as u64);
            metrics::counter!("tarun_inbound_handled_total").increment(clear.len() as u64);
            Ok(Follows { waiting, files, change, repeated: kept.len() < events.len() })
        }
    }
}

impl Fresh {
    fn open(&self) -> Event {
        Event {
            id: self.row.id,
            job: None,
            attempts: 0,
            number: self.row.number,
            field: self.row.field.clone(),
            kind: self.kind,
            payload: self.payload.clone(),
            received_at: self.row.received_at,
        }
    }
}

fn answer(parcels: Vec<Parcel>, kept: bool) {
    for parcel in parcels {
        // Nobody waits any more: the webhook timed out and comes again.
        let _ = parcel.done.send(kept);
    }
}

/// Webhooks together as long as they hold few events; a big one alone.
fn in_pieces(parcels: Vec<Parcel>) -> Vec<Vec<Parcel>> {
    let mut pieces: Vec<Vec<Parcel>> = vec![];
    let mut size = usize::MAX;
    for parcel in parcels {
        size = size.saturating_add(parcel.events.len());
        if size > BATCH {
            size = parcel.events.len();
            pieces.push(vec![]);
        }
        if let Some(last) = pieces.last_mut() {
            last.push(parcel);
        }
    }
    pieces
}
