//! The workers of one process: lanes that read the streams, and the sweep that finds what the streams lost.

mod turns;

use crate::App;
use crate::intake::{self, Apart};
use crate::lasting::Lasting;
use crate::media;
use crate::queue::{Hint, Reader};
use crate::sending;
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tarun_core::ids::TenantId;
use tarun_store::StoreError;
use tarun_store::job::{Due, JobKind};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use turns::Turns;

/// Lanes for inbound events: one transaction each at a time.
const INBOUND_LANES: usize = 2;
/// Hints that may wait in a lane; beyond it they wait in Valkey.
const LANE: usize = 512;
/// Conversations that send at the same time, and files that are fetched at the same time.
const SENDS: usize = 64;
const FETCHES: usize = 6;
/// How often the sweep looks, and how much it hands out in one look.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
const SWEEP_MOST: i32 = 500;
const SWEEP_ROUNDS: usize = 10;
/// How often new words are sorted into the search indexes.
const SORT_EVERY: Duration = Duration::from_secs(1);
/// Old events that are removed in one statement, and statements a minute: 600,000 a minute is more than ever comes.
const FORGET_MOST: i32 = 10_000;
const FORGET_ROUNDS: usize = 60;

/// Hints that stay in this process, from the queue to its lanes.
pub type LocalHints = mpsc::Receiver<Hint>;

/// Starts the workers; they end, finishing what they hold, when `stop` is cancelled.
pub fn start(app: &App, redis_url: &str, mut local: LocalHints, stop: &CancellationToken, tasks: &Lasting) {
    // Different for each process and start; dead ones are removed from the groups by the living.
    let consumer = uuid::Uuid::now_v7().to_string();
    let mut lanes: Vec<mpsc::Sender<Hint>> = vec![];
    let mut add = |kind: JobKind, lane: (usize, usize)| {
        let (to, from) = mpsc::channel(LANE);
        let reader = Reader {
            queue: app.queue.clone(),
            url: redis_url.to_owned(),
            kind,
            lane,
            consumer: format!("{consumer}-{}-{}", kind.as_str(), lane.0),
            to: to.clone(),
            stop: stop.clone(),
        };
        tasks.spawn("a reader of hints", reader.run());
        lanes.push(to);
        from
    };
    let apart = Apart::new(tasks.tracker().clone());
    for lane in 0..INBOUND_LANES {
        let from = add(JobKind::Inbound, (lane, INBOUND_LANES));
        tasks.spawn("a lane of events", inbound_lane(app.clone(), apart.clone(), from, stop.clone()));
    }
    let from = add(JobKind::Send, (0, 1));
    let sends = each_key(app.clone(), from, SENDS, stop.clone(), |app, tenant, key| async move {
        let ctx = app.store.tenant(tenant).await?;
        sending::deliver(&app, &ctx, key).await
    });
    tasks.spawn("the lane of messages to send", sends);
    let from = add(JobKind::Media, (0, 1));
    let fetches = each_key(app.clone(), from, FETCHES, stop.clone(), |app, tenant, key| async move {
        let ctx = app.store.tenant(tenant).await?;
        media::fetch(&app, &ctx, key).await
    });
    tasks.spawn("the lane of files", fetches);
    let inbound = lanes[0].clone();
    let (send, fetch) = (lanes[INBOUND_LANES].clone(), lanes[INBOUND_LANES + 1].clone());
    let ended = stop.clone();
    tasks.spawn("hints of this process", async move {
        loop {
            let hint = tokio::select! {
                hint = local.recv() => hint,
                () = ended.cancelled() => None,
            };
            let Some(hint) = hint else { return };
            let lane = match hint.kind {
                JobKind::Inbound => &inbound,
                JobKind::Send => &send,
                JobKind::Media => &fetch,
            };
            // A full lane is busy enough; the sweep brings the rest.
            let _ = lane.try_send(hint);
        }
    });
    tasks.spawn("the sweep", sweep(app.clone(), stop.clone()));
    tasks.spawn("the upkeep of search", keep_search(app.clone(), stop.clone()));
}

/// Sorts new words into the search indexes, so that no message has to wait for that.
async fn keep_search(app: App, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(SORT_EVERY) => {}
            () = stop.cancelled() => return,
        }
        // Sorted in or not, they are found.
        if let Err(error) = app.store.sort_in_new_words().await {
            tracing::debug!(%error, "new words were not sorted in");
        }
    }
}

/// Takes the hints that wait, handles a batch of each tenant in turn, acknowledges what is done.
async fn inbound_lane(app: App, apart: Apart, mut from: mpsc::Receiver<Hint>, stop: CancellationToken) {
    let mut turns = Turns::default();
    loop {
        if turns.hints() == 0 {
            let first = tokio::select! {
                first = from.recv() => first,
                () = stop.cancelled() => None,
            };
            let Some(first) = first else { return };
            turns.add(first);
        }
        if stop.is_cancelled() {
            return;
        }
        while turns.hints() < LANE
            && let Ok(more) = from.try_recv()
        {
            turns.add(more);
        }
        let Some((tenant, turn)) = turns.next() else { continue };
        let keys: Vec<i64> = turn.keys.iter().copied().collect();
        let handled = async { intake::handle(&app, &apart, &app.store.tenant(tenant).await?, keys).await };
        match handled.await {
            Ok(intake::Turn::More) => turns.again(tenant, turn),
            Ok(intake::Turn::Done) => app.queue.acknowledge(&turn.entries).await,
            Err(error) => {
                tracing::warn!(%tenant, %error, "inbound events wait: the database is not available");
                // What failed is found by the sweep: rows are the work, entries only its news.
                app.queue.acknowledge(&turn.entries).await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

/// Runs one task per ordering key, several keys at once, never one key twice at the same time.
async fn each_key<F, Fut>(app: App, mut from: mpsc::Receiver<Hint>, most: usize, stop: CancellationToken, work: F)
where
    F: Fn(App, TenantId, i64) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<(), StoreError>> + Send + 'static,
{
    // Running keys; true: told again meanwhile, so that it looks once more.
    let running: Arc<Mutex<HashMap<(TenantId, i64), bool>>> = Arc::default();
    let slots = Arc::new(Semaphore::new(most));
    let mut tasks = JoinSet::new();
    loop {
        let hint = tokio::select! {
            hint = from.recv() => hint,
            () = stop.cancelled() => None,
        };
        while tasks.try_join_next().is_some() {}
        let Some(hint) = hint else { break };
        for key in hint.keys {
            let id = (hint.tenant, key);
            {
                let mut running = running.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if let Some(again) = running.get_mut(&id) {
                    *again = true;
                    continue;
                }
                running.insert(id, false);
            }
            let Ok(slot) = slots.clone().acquire_owned().await else { break };
            let (app, work, running) = (app.clone(), work.clone(), running.clone());
            tasks.spawn(async move {
                let _slot = slot;
                let _gone = Gone { running: running.clone(), id };
                loop {
                    if let Err(error) = work(app.clone(), id.0, id.1).await {
                        tracing::warn!(tenant = %id.0, %error, "work waits for its next turn");
                    }
                    let mut running = running.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    match running.get_mut(&id) {
                        Some(again) if *again => *again = false,
                        _ => {
                            // Under the same lock as the look, so that nobody is told in between.
                            running.remove(&id);
                            return;
                        }
                    }
                }
            });
        }
        app.queue.acknowledge(&hint.entry.into_iter().collect::<Vec<_>>()).await;
    }
    // What is on its way is finished and written down.
    while tasks.join_next().await.is_some() {}
}

/// Takes a key from the running ones also when its work panicked.
struct Gone {
    running: Arc<Mutex<HashMap<(TenantId, i64), bool>>>,
    id: (TenantId, i64),
}

impl Drop for Gone {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&self.id);
        }
    }
}

/// Hands out what is due and what was lost, by the clock; retention now and then.
async fn sweep(app: App, stop: CancellationToken) {
    let mut looks: u32 = 0;
    loop {
        tokio::select! {
            () = tokio::time::sleep(SWEEP_EVERY) => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = hand_out(&app).await {
            tracing::warn!(%error, "the sweep could not look for due work");
        }
        looks = looks.wrapping_add(1);
        if looks % 60 == 1
            && let Err(error) = forget(&app).await
        {
            tracing::warn!(%error, "old rows could not be removed");
        }
    }
}

async fn hand_out(app: &App) -> Result<(), StoreError> {
    for _ in 0..SWEEP_ROUNDS {
        let due = app.store.due_jobs(app.clock.now(), SWEEP_MOST).await?;
        let full = due.len() == SWEEP_MOST as usize;
        metrics::counter!("tarun_jobs_swept_total").increment(due.len() as u64);
        let mut by_kind: BTreeMap<(&'static str, TenantId), (JobKind, Vec<i64>)> = BTreeMap::new();
        for Due { tenant, kind, ordering_key } in due {
            by_kind.entry((kind.as_str(), tenant)).or_insert((kind, vec![])).1.push(ordering_key);
        }
        for ((_, tenant), (kind, keys)) in by_kind {
            app.queue.hint(kind, tenant, &keys);
        }
        if !full {
            return Ok(());
        }
    }
    Ok(())
}

async fn forget(app: &App) -> Result<(), StoreError> {
    let now = app.clock.now();
    let mut gone = 0;
    // Bounded, so that a long pause is caught up over some minutes and not in one go.
    for _ in 0..FORGET_ROUNDS {
        let some = app.store.forget(now - app.keep_events, now - time::Duration::hours(24), FORGET_MOST).await?;
        gone += some;
        if some < i64::from(FORGET_MOST) {
            break;
        }
    }
    if gone > 0 {
        tracing::info!(events = gone, "removed raw events past their retention");
    }
    Ok(())
}
