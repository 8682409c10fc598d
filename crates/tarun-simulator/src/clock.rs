//! The simulator's time: the machine's, moved forward by tests that need a closed window or an expired file.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

/// Wall clock with an offset that only grows.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_ms: AtomicI64,
}

impl Clock {
    /// Milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        let machine = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
        i64::try_from(machine).unwrap_or(i64::MAX / 2) + self.offset_ms.load(Ordering::Relaxed)
    }

    /// Whole seconds since 1970, the unit of every time in Meta's payloads.
    pub(crate) fn now(&self) -> i64 {
        self.now_ms() / 1_000
    }

    /// Moves the clock forward (at most ten years in all, to keep sums far from overflow).
    pub(crate) fn advance(&self, seconds: u32) -> i64 {
        const MOST_MS: i64 = 10 * 366 * 86_400_000;
        let moved = self.offset_ms.load(Ordering::Relaxed) + i64::from(seconds) * 1_000;
        self.offset_ms.store(moved.min(MOST_MS), Ordering::Relaxed);
        self.now()
    }
}
