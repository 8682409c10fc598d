//! Updates waiting for their first attempt, and the task that packs them into POSTs.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use rand::RngExt;
use tokio::sync::Notify;
use url::Url;

use super::{
    Update,
    body::{envelope, escape},
    delivery::{Delivery, attempt},
};
use crate::{config::WebhookOptions, schedule::Job, simulator::Simulator};

#[derive(Debug, Default)]
struct Waiting {
    fresh: VecDeque<(Url, Update)>,
    /// Failed deliveries whose gap is over; they go first.
    again: VecDeque<Delivery>,
}

/// What the packer takes: updates for one address, or a delivery to repeat.
enum Work {
    Fresh(Url, Vec<Update>),
    Again(Delivery),
}

#[derive(Debug, Default)]
pub(crate) struct WebhookQueue {
    waiting: Mutex<Waiting>,
    arrived: Notify,
    /// A POST has ended, its place is free.
    finished: Notify,
    numbering: AtomicU64,
    /// POSTs under way.
    pub(super) in_flight: AtomicUsize,
    /// POSTs that failed and wait for their next try.
    pub(super) retrying: AtomicUsize,
}

impl WebhookQueue {
    /// Updates waiting and deliveries retrying together.
    const MOST: usize = 100_000;

    fn push(&self, url: Url, update: Update) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.fresh.len() + self.retrying.load(Ordering::Relaxed) >= Self::MOST {
            tracing::error!("the webhook queue is full, an update is lost");
            return;
        }
        waiting.fresh.push_back((url, update));
        drop(waiting);
        self.arrived.notify_one();
    }

    /// Brings back a delivery whose gap is over.
    pub(crate) fn push_again(&self, delivery: Delivery) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).again.push_back(delivery);
        self.arrived.notify_one();
    }

    /// Wakes the packer, for example after `paused` was switched off.
    pub(crate) fn wake(&self) {
        self.arrived.notify_one();
    }

    /// Waiting, under way, retrying: all zero when everything has been delivered or given up.
    pub(crate) fn depth(&self) -> [usize; 3] {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).fresh.len();
        [waiting, self.in_flight.load(Ordering::Acquire), self.retrying.load(Ordering::Acquire)]
    }

    /// Takes the next work: a repeated delivery, or updates for the same address in order, at most `batch`.
    fn take(&self, batch: usize) -> Option<Work> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(delivery) = waiting.again.pop_front() {
            self.in_flight.fetch_add(1, Ordering::AcqRel);
            self.retrying.fetch_sub(1, Ordering::AcqRel);
            return Some(Work::Again(delivery));
        }
        let (url, first) = waiting.fresh.pop_front()?;
        // Counted before the lock is let go, or a reader of `depth` could see an empty system in between.
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        let mut updates = vec![first];
        while updates.len() < batch && waiting.fresh.front().is_some_and(|(other, _)| *other == url) {
            updates.extend(waiting.fresh.pop_front().map(|(_, update)| update));
        }
        Some(Work::Fresh(url, updates))
    }
}

impl Simulator {
    /// Sends an update on its way, with the delays and duplicates asked for.
    pub(crate) fn notify(&self, options: &WebhookOptions, update: Update) {
        let (copies, delays) = {
            let mut rng = rand::rng();
            let copies = 1 + usize::from(rng.random_range(0..100) < options.duplicate_percent);
            (copies, [0, 1].map(|_| options.delay_ms + rng.random_range(0..=options.reorder_within_ms)))
        };
        for delay in delays.into_iter().take(copies) {
            if delay == 0 {
                self.enqueue(update.clone());
            } else {
                self.schedule.after(Duration::from_millis(delay), Job::Enqueue(update.clone()));
            }
        }
    }

    /// Puts an update on its way. It passes through the schedule, because callers may hold the state.
    fn enqueue(&self, update: Update) {
        self.schedule.after(Duration::ZERO, Job::Enqueue(update));
    }

    /// The scheduled end of [`Simulator::enqueue`]; without a callback URL the update is dropped, as at Meta.
    pub(crate) fn queue_now(&self, update: Update) {
        let url = self.state().callback_url(&update.waba_id, update.phone_number_id.as_deref());
        match url {
            Some(url) => self.queue.push(url, update),
            None => tracing::debug!(field = update.field, "no callback URL or not subscribed: update dropped"),
        }
    }
}

/// Packs and starts deliveries until the simulator stops.
pub(crate) async fn run(sim: Arc<Simulator>) {
    loop {
        sim.queue.arrived.notified().await;
        loop {
            let options = sim.state().settings.webhooks.clone();
            if options.paused {
                break;
            }
            // Only this task starts deliveries, so the count cannot rise between here and `take`.
            if sim.queue.in_flight.load(Ordering::Acquire) >= options.parallel.clamp(1, 64) {
                sim.queue.finished.notified().await;
                continue;
            }
            let Some(work) = sim.queue.take(options.batch.clamp(1, 1_000)) else { break };
            let delivery = match work {
                Work::Again(delivery) => delivery,
                Work::Fresh(url, updates) => Delivery {
                    number: sim.queue.numbering.fetch_add(1, Ordering::Relaxed) + 1,
                    url,
                    body: escape(&envelope(&updates, sim.clock.now())).into(),
                    about: updates.into_iter().filter_map(|update| update.about).collect(),
                    attempts: 0,
                    first_at_ms: sim.clock.now_ms(),
                },
            };
            let sim = sim.clone();
            tokio::spawn(async move {
                attempt(&sim, delivery, &options).await;
                sim.queue.in_flight.fetch_sub(1, Ordering::AcqRel);
                sim.queue.finished.notify_one();
            });
        }
    }
}
