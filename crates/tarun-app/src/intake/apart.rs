//! Persons whose events can't be handled with the others are handled apart: an event at a time, several persons at once, so
//! that the rest of their lane goes on (C-026).

use super::handle::{Trouble, alone, guarded};
use crate::App;
use futures::StreamExt;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tarun_core::ids::TenantId;
use tarun_core::retry::{ATTEMPTS, backoff};
use tarun_store::job::{self, JobKind, Later};
use tarun_store::{StoreError, TenantCtx};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

/// One event ends within this time (C-026).
const LIMIT: Duration = Duration::from_secs(12);
/// Persons of one batch that are handled at the same time, and batches.
const PERSONS: usize = 4;
const BATCHES: usize = 4;

/// Cheap to clone.
#[derive(Clone)]
pub struct Apart {
    /// Keys that are apart; true: told again meanwhile.
    keys: Arc<Mutex<HashMap<(TenantId, i64), bool>>>,
    slots: Arc<Semaphore>,
    tracker: TaskTracker,
}

impl Apart {
    /// `tracker` waits for what is under way.
    #[must_use]
    pub fn new(tracker: TaskTracker) -> Self {
        Self { keys: Arc::default(), slots: Arc::new(Semaphore::new(BATCHES)), tracker }
    }

    /// Whether a key is apart already; it is looked at once more then.
    pub(super) fn has(&self, tenant: TenantId, key: i64) -> bool {
        let mut keys = self.lock();
        let again = keys.get_mut(&(tenant, key));
        again.map(|again| *again = true).is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(TenantId, i64), bool>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes keys out of their lane.
    pub(super) fn take(&self, app: &App, ctx: &TenantCtx, mut keys: Vec<i64>) {
        keys.retain(|key| match self.lock().entry((ctx.tenant, *key)) {
            Entry::Vacant(place) => {
                place.insert(false);
                true
            }
            // Somebody was faster: it is looked at once more when it is done.
            Entry::Occupied(mut again) => {
                again.insert(true);
                false
            }
        });
        if keys.is_empty() {
            return;
        }
        metrics::counter!("tarun_intake_careful_total").increment(1);
        let (apart, app, ctx) = (self.clone(), app.clone(), ctx.clone());
        self.tracker.spawn(async move {
            // Never closed.
            let _slot = apart.slots.acquire().await;
            futures::stream::iter(keys)
                .for_each_concurrent(PERSONS, |key| {
                    let (apart, app, ctx) = (&apart, &app, &ctx);
                    async move {
                        if let Err(error) = one_by_one(app, ctx, key).await {
                            tracing::warn!(tenant = %ctx.tenant, %error, "inbound events wait for the sweep");
                        }
                        if apart.lock().remove(&(ctx.tenant, key)) == Some(true) {
                            app.queue.hint(JobKind::Inbound, ctx.tenant, &[key]);
                        }
                    }
                })
                .await;
        });
    }
}

/// Each event of a key in a transaction of its own, its attempt counted before: one that takes everything down is given up too.
async fn one_by_one(app: &App, ctx: &TenantCtx, key: i64) -> Result<(), StoreError> {
    loop {
        let now = app.clock.now();
        let mut tx = app.store.begin(ctx).await?;
        let Some(job) = job::claim_inbound(&mut tx, &[key], 1, now).await?.pop() else { return Ok(()) };
        let attempts = job::count_attempt(&mut tx, job.job).await?;
        tx.commit().await?;
        let (app2, ctx2, id) = (app.clone(), ctx.clone(), job.job);
        let tried = if attempts > ATTEMPTS {
            // Counted, never recorded: it ended the process each time.
            Err(Trouble::Panicked)
        } else {
            guarded(LIMIT, async move { alone(&app2, &ctx2, id, LIMIT).await }).await
        };
        if matches!(tried, Err(Trouble::TooSlow | Trouble::Store(_))) {
            // It may have been committed, with nobody left to tell of it.
            app.announcer.missed(ctx.tenant);
        }
        match tried {
            Ok(()) => {}
            Err(Trouble::Store(error)) if error.is_passing() => {
                let mut tx = app.store.begin(ctx).await?;
                job::uncount_attempt(&mut tx, id, attempts).await?;
                tx.commit().await?;
                return Err(error);
            }
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

fn jitter() -> f64 {
    f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0
}
