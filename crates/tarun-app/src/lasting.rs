//! Tasks that last as long as their process.
//!
//! Without one of them a process looks well and does only a part of its work. So the death of one is an error that ends
//! the process: whatever started it starts it again, and rows bring back what was under way.

use futures::FutureExt as _;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Some of a process's lasting tasks. Cheap to clone.
#[derive(Clone, Default)]
pub struct Lasting {
    tracker: TaskTracker,
    broken: CancellationToken,
}

impl Lasting {
    /// Further tasks of the same process, which are waited for apart.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self { tracker: TaskTracker::new(), broken: self.broken.clone() }
    }

    /// For tasks that these start and wait for, and whose death is theirs to see to.
    #[must_use]
    pub fn tracker(&self) -> &TaskTracker {
        &self.tracker
    }

    /// Starts a task that may end only because it was told to, or because nobody is left who could want something of it.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let broken = self.broken.clone();
        self.tracker.spawn(async move {
            if AssertUnwindSafe(task).catch_unwind().await.is_err() {
                tracing::error!(task = name, "a task that lasts as long as the process panicked: the process stops");
                broken.cancel();
            }
        });
    }

    /// Ends when one of the process's lasting tasks died.
    pub async fn broken(&self) {
        self.broken.cancelled().await;
    }

    /// Waits until these have ended; `false`: some have not within this time.
    pub async fn ended(&self, within: Duration) -> bool {
        self.tracker.close();
        tokio::time::timeout(within, self.tracker.wait()).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_told_to_the_whole_process_and_one_that_ends_is_not() {
        let some = Lasting::default();
        let others = some.beside();
        some.spawn("ends", async {});
        assert!(some.ended(Duration::from_secs(20)).await);
        assert!(others.broken().now_or_never().is_none());
        some.spawn("panics", async { panic!("as a mistake would") });
        others.broken().await;
        assert!(some.ended(Duration::from_secs(20)).await, "it is not waited for any more");
    }
}
