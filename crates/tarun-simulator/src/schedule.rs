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
struct Plan {
    heap: BinaryHeap<Entry>,
    order: u64,
    /// A job was given out and is being carried out: not planned any more, yet not in any queue.
    in_hand: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Schedule {
    plan: Mutex<Plan>,
    changed: Notify,
}

impl Schedule {
    /// Three statuses for each message of the largest run, twice over.
    const MOST: usize = 200_000;

    /// Runs `job` after `delay`. Beyond the limit the job is dropped with a log line.
    pub(crate) fn after(&self, delay: Duration, job: Job) {
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        if plan.heap.len() >= Self::MOST {
            tracing::error!("the simulator's schedule is full, a status or webhook is lost");
            return;
        }
        plan.order += 1;
        let order = plan.order;
        plan.heap.push(Entry { at: Instant::now() + delay, order, job });
        drop(plan);
        self.changed.notify_one();
    }

    /// Number of things still to happen, with the one under way.
    pub(crate) fn len(&self) -> usize {
        let plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        plan.heap.len() + usize::from(plan.in_hand)
    }

    /// The next job that is due; waits for it. Asking again says that the last one has been carried out.
    pub(crate) async fn next(&self) -> Job {
        loop {
            let wait_until = {
                let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
                plan.in_hand = false;
                let next = plan.heap.peek().map(|entry| entry.at);
                if next.is_some_and(|at| at <= Instant::now())
                    && let Some(entry) = plan.heap.pop()
                {
                    plan.in_hand = true;
                    return entry.job;
                }
                next
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
