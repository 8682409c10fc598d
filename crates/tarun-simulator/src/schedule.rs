//! Things that happen later: statuses, delayed webhooks, retries. One heap and one task instead of a timer task each.

use std::{
    cmp::Ordering,
    collections::BinaryHeap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use crate::{
    chats::Stage,
    webhook::{Update, delivery::Delivery},
};

#[derive(Debug)]
pub(crate) enum Job {
    Advance { wamid: String, to: Stage },
    Fail { wamid: String, code: i64 },
    Enqueue(Update),
    Retry(Box<Delivery>),
}

#[derive(Debug)]
struct Entry {
    at: Instant,
    order: u64,
    job: Job,
}

// Reversed, because `BinaryHeap` gives the greatest first; `order` keeps equal times in the order they came.
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}

#[derive(Debug, Default)]
pub(crate) struct Schedule {
    heap: Mutex<(BinaryHeap<Entry>, u64)>,
    changed: Notify,
}

impl Schedule {
    /// Three statuses for each message of the largest run, twice over.
    const MOST: usize = 200_000;

    /// Runs `job` after `delay`. Beyond the limit the job is dropped with a log line.
    pub(crate) fn after(&self, delay: Duration, job: Job) {
        let mut heap = self.heap.lock().unwrap_or_else(PoisonError::into_inner);
        if heap.0.len() >= Self::MOST {
            tracing::error!("the simulator's schedule is full, a status or webhook is lost");
            return;
        }
        heap.1 += 1;
        let order = heap.1;
        heap.0.push(Entry { at: Instant::now() + delay, order, job });
        drop(heap);
        self.changed.notify_one();
    }

    /// Number of things still to happen.
    pub(crate) fn len(&self) -> usize {
        self.heap.lock().unwrap_or_else(PoisonError::into_inner).0.len()
    }

    /// The next job that is due; waits for it.
    pub(crate) async fn next(&self) -> Job {
        loop {
            let wait_until = {
                let mut heap = self.heap.lock().unwrap_or_else(PoisonError::into_inner);
                match heap.0.peek().map(|entry| entry.at) {
                    Some(at) if at <= Instant::now() => match heap.0.pop() {
                        Some(entry) => return entry.job,
                        None => None,
                    },
                    next => next,
                }
            };
            match wait_until {
                Some(at) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(at) => {}
                        () = self.changed.notified() => {}
                    }
                }
                None => self.changed.notified().await,
            }
        }
    }
}
