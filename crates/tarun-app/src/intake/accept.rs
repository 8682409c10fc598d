//! Accepting a webhook: verify, split, keep, answer. Everything else happens later, from rows.

use super::routes::Routes;
use crate::queue::Queue;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tarun_core::clock::Clock;
use tarun_core::ids::{NumberId, TenantId};
use tarun_providers::whatsapp::webhook::{self, RawKind};
use tarun_store::event::{self, NewEvent};
use tarun_store::job::JobKind;
use tarun_store::{Store, StoreError, TenantCtx, number};
use time::OffsetDateTime;
use tokio::sync::{mpsc, oneshot};

/// Bodies above this are refused. Meta sends up to 3 MB (webhooks overview).
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// Writers: each keeps the events of its share of tenants, one transaction at a time.
const WRITERS: usize = 4;
/// Webhooks that may wait for one writer; beyond it Meta is asked to come again.
const WAITING: usize = 2_000;
/// Events of one transaction.
const BATCH: usize = 400;
/// A webhook's rows are committed within this time or it is refused (Meta comes again).
const PATIENCE: Duration = Duration::from_secs(4);

/// Why a webhook was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the body is not JSON")]
    NotJson,
    #[error("the signature is missing or wrong")]
    BadSignature,
    /// Try again: rows can't be committed now.
    #[error("events can't be kept at the moment")]
    Unavailable,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Intake {
    pub routes: Routes,
    clock: Clock,
    writers: Arc<Vec<mpsc::Sender<Parcel>>>,
    /// When each number was last noted as having had an event handled.
    pub(super) handled: Arc<Mutex<Noted>>,
}

/// Which numbers need a new note of "last seen": one in five seconds is enough for people.
#[derive(Default)]
pub(super) struct Noted(HashMap<NumberId, OffsetDateTime>);

impl Noted {
    /// Those of the numbers whose note is old; they count as noted from now on.
    pub(super) fn stale(&mut self, numbers: impl Iterator<Item = NumberId>, now: OffsetDateTime) -> Vec<NumberId> {
        if self.0.len() > 10_000 {
            self.0.clear();
        }
        let mut stale: Vec<NumberId> =
            numbers.filter(|n| self.0.get(n).is_none_or(|at| now - *at > time::Duration::seconds(5))).collect();
        stale.sort_unstable();
        stale.dedup();
        self.0.extend(stale.iter().map(|n| (*n, now)));
        stale
    }
}

impl Intake {
    pub(super) fn stale_handled(&self, numbers: impl Iterator<Item = NumberId>, now: OffsetDateTime) -> Vec<NumberId> {
        self.handled.lock().unwrap_or_else(PoisonError::into_inner).stale(numbers, now)
    }
}

/// The events of one webhook for one tenant.
struct Parcel {
    ctx: TenantCtx,
    events: Vec<NewEvent>,
    done: oneshot::Sender<bool>,
}

impl Intake {
    /// Starts the writers; they end with the last clone of the intake.
    #[must_use]
    pub fn start(store: &Store, queue: &Queue, clock: &Clock, routes: Routes) -> Self {
        let writers = (0..WRITERS)
            .map(|_| {
                let (to, from) = mpsc::channel(WAITING);
                tokio::spawn(
                    Writer {
                        store: store.clone(),
                        queue: queue.clone(),
                        clock: clock.clone(),
                        touched: Noted::default(),
                    }
                    .run(from),
                );
                to
            })
            .collect();
        Self { routes, clock: clock.clone(), writers: Arc::new(writers), handled: Arc::default() }
    }

    /// Keeps what a signed body reports. When it returns, the events are committed or an error tells Meta to come again.
    ///
    /// Returns how many events the body held.
    pub async fn accept(&self, body: &[u8], signature: Option<&str>) -> Result<usize, Refusal> {
        // Only ids are read before the signature is checked: they say whose secret must have signed.
        let origins = webhook::peek(body).map_err(|_| Refusal::NotJson)?;
        let verified = self.routes.verify(&origins, body, signature).await?.ok_or(Refusal::BadSignature)?;
        let events = webhook::split(body).map_err(|_| Refusal::NotJson)?;
        let count = events.len();
        let now = self.clock.now();
        let mut by_tenant: HashMap<TenantId, (TenantCtx, Vec<NewEvent>, HashSet<uuid::Uuid>)> = HashMap::new();
        for event in events {
            let Some((route, is_its_number)) = verified.route(event.phone_number_id.as_deref(), &event.waba_id) else {
                metrics::counter!("tarun_webhook_events_refused_total", "reason" => "another app's number")
                    .increment(1);
                continue;
            };
            let (ctx, kept, ids) =
                by_tenant.entry(route.ctx.tenant).or_insert_with(|| (route.ctx.clone(), Vec::new(), HashSet::new()));
            let id = event::event_id(ctx, &event.dedupe);
            if !ids.insert(id) {
                continue;
            }
            let number = is_its_number.then_some(route.id);
            kept.push(NewEvent {
                id,
                number,
                field: event.field,
                kind: kind_name(event.kind),
                payload_enc: event::seal_payload(ctx, id, &event.payload).map_err(StoreError::from)?,
                ordering_key: event::ordering_key(ctx, number, &event.ordering),
                received_at: now,
            });
        }
        let mut waiting = Vec::with_capacity(by_tenant.len());
        for (tenant, (ctx, events, _)) in by_tenant {
            let (done, kept) = oneshot::channel();
            let writer = &self.writers[tenant.0.as_u128() as usize % WRITERS];
            writer.try_send(Parcel { ctx, events, done }).map_err(|_| Refusal::Unavailable)?;
            waiting.push(kept);
        }
        for kept in waiting {
            match tokio::time::timeout(PATIENCE, kept).await {
                Ok(Ok(true)) => {}
                _ => return Err(Refusal::Unavailable),
            }
        }
        Ok(count)
    }
}

fn kind_name(kind: RawKind) -> &'static str {
    match kind {
        RawKind::Message => "MESSAGE",
        RawKind::Status => "STATUS",
        RawKind::Echo => "ECHO",
        RawKind::Other => "OTHER",
    }
}

struct Writer {
    store: Store,
    queue: Queue,
    clock: Clock,
    touched: Noted,
}

impl Writer {
    /// Takes everything that waits, keeps it in one transaction a tenant, answers. Under load batches grow by themselves;
    /// at rest each webhook is written at once.
    async fn run(mut self, mut from: mpsc::Receiver<Parcel>) {
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
        let events: Vec<NewEvent> =
            parcels.iter_mut().flat_map(|p| std::mem::take(&mut p.events)).filter(|e| seen.insert(e.id)).collect();
        match self.write(&ctx, &events).await {
            Ok(keys) => {
                // The answer does not wait for the hint: the rows are committed, the sweep would find them.
                answer(parcels, true);
                self.queue.hint(JobKind::Inbound, ctx.tenant, &keys).await;
            }
            Err(error) => {
                tracing::error!(%error, events = events.len(), "events could not be kept; Meta will send them again");
                answer(parcels, false);
            }
        }
    }

    async fn write(&mut self, ctx: &TenantCtx, events: &[NewEvent]) -> Result<Vec<i64>, StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.begin(ctx).await?;
        let keys = event::accept(&mut tx, events, now).await?;
        let stale = self.touched.stale(events.iter().filter_map(|e| e.number), now);
        if !stale.is_empty() {
            number::touch(&mut tx, &stale, Some(now), None).await?;
        }
        tx.commit().await?;
        metrics::counter!("tarun_webhook_events_kept_total").increment(keys.len() as u64);
        metrics::counter!("tarun_webhook_events_repeated_total").increment((events.len() - keys.len()) as u64);
        Ok(keys)
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
