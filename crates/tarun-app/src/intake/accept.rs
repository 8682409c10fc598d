//! Accepting a webhook: verify, split, hand to a writer, answer once the rows are committed.

use super::kind_name;
use super::noted::Noted;
use super::routes::Routes;
use super::writer::{Fresh, PATIENCE, Parcel, When, Writer};
use crate::change::Announcer;
use crate::lasting::Lasting;
use crate::queue::Queue;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tarun_core::clock::Clock;
use tarun_core::ids::TenantId;
use tarun_providers::whatsapp::webhook::{self, Unsplit};
use tarun_store::event::{self, NewEvent};
use tarun_store::{Store, StoreError, TenantCtx};
use tokio::sync::{mpsc, oneshot};

/// Bodies above this are refused. Meta sends up to 3 MB (webhooks overview).
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// Writers: each keeps the events of its share of ordering keys, one transaction at a time, so that what one person wrote
/// stays in order.
const WRITERS: usize = 3;
/// Webhooks that may wait for one writer; beyond it Meta is asked to come again.
const WAITING: usize = 2_000;

/// Why a webhook was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the body is not JSON")]
    NotJson,
    #[error("the body holds too many events")]
    TooMany,
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
    pub(super) handled: Noted,
}

impl Intake {
    /// Starts the writers; they end with the last clone of the intake.
    #[must_use]
    pub fn start(
        store: &Store,
        queue: &Queue,
        announcer: &Announcer,
        clock: &Clock,
        routes: Routes,
        when: When,
        tasks: &Lasting,
    ) -> Self {
        let handled = Noted::default();
        let writers = (0..WRITERS)
            .map(|_| {
                let (to, from) = mpsc::channel(WAITING);
                let writer = Writer {
                    store: store.clone(),
                    queue: queue.clone(),
                    announcer: announcer.clone(),
                    clock: clock.clone(),
                    received: Noted::default(),
                    handled: handled.clone(),
                    when,
                    careful_until: clock.now(),
                };
                tasks.spawn("a writer of webhooks", writer.run(from));
                to
            })
            .collect();
        Self { routes, clock: clock.clone(), writers: Arc::new(writers), handled }
    }

    /// Keeps what a signed body reports. When it returns, the events are committed or an error tells Meta to come again.
    ///
    /// Returns how many events the body held.
    pub async fn accept(&self, body: &[u8], signature: Option<&str>) -> Result<usize, Refusal> {
        // Only ids are read before the signature is checked: they say whose secret must have signed.
        let origins = webhook::peek(body).map_err(|_| Refusal::NotJson)?;
        let verified = self.routes.verify(&origins, body, signature).await?.ok_or(Refusal::BadSignature)?;
        let events = webhook::split(body).map_err(|unsplit| match unsplit {
            Unsplit::NotJson(_) => Refusal::NotJson,
            Unsplit::TooMany => Refusal::TooMany,
        })?;
        let count = events.len();
        let now = self.clock.now();
        let mut parcels: HashMap<(TenantId, usize), (TenantCtx, Vec<Fresh>)> = HashMap::new();
        let mut seen = HashSet::new();
        let mut refused = 0_u32;
        for event in events {
            let Some((route, is_its_number)) = verified.route(event.phone_number_id.as_deref(), &event.waba_id) else {
                metrics::counter!("tarun_webhook_events_refused_total", "reason" => "another app's number")
                    .increment(1);
                refused += 1;
                continue;
            };
            let ctx = &route.ctx;
            let id = event::event_id(ctx, &event.dedupe);
            if !seen.insert(id) {
                continue;
            }
            let number = is_its_number.then_some(route.id);
            let row = NewEvent {
                id,
                number,
                field: event.field,
                kind: kind_name(event.kind),
                payload_enc: event::seal_payload(ctx, id, &event.payload).map_err(StoreError::from)?,
                ordering_key: event::ordering_key(ctx, number, &event.ordering),
                received_at: now,
            };
            let writer = usize::try_from(row.ordering_key.rem_euclid(WRITERS as i64)).unwrap_or_default();
            let (_, fresh) = parcels.entry((ctx.tenant, writer)).or_insert_with(|| (ctx.clone(), Vec::new()));
            fresh.push(Fresh { row, kind: event.kind, payload: event.payload });
        }
        if refused > 0 {
            // Nobody's: no business here has their number and this app's secret, so nobody may see what they hold.
            tracing::warn!(refused, "a webhook named numbers that belong to another app; their events were not kept");
        }
        let mut waiting = Vec::with_capacity(parcels.len());
        for ((_, writer), (ctx, events)) in parcels {
            let (done, kept) = oneshot::channel();
            self.writers[writer].try_send(Parcel { ctx, events, done }).map_err(|_| Refusal::Unavailable)?;
            waiting.push(kept);
        }
        // One limit for all of them.
        match tokio::time::timeout(PATIENCE, futures::future::join_all(waiting)).await {
            Ok(kept) if kept.iter().all(|k| *k == Ok(true)) => Ok(count),
            _ => Err(Refusal::Unavailable),
        }
    }
}
