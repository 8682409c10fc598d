//! Time is handed in, so that a day can pass in a test.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use time::OffsetDateTime;

/// Tells the time. Cheap to clone; clones share one hand.
#[derive(Clone)]
pub struct Clock(Kind);

#[derive(Clone)]
enum Kind {
    System,
    /// The system's time moved by so many milliseconds.
    Shifted(Arc<AtomicI64>),
}

impl Clock {
    #[must_use]
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that tests move with [`Clock::advance`].
    #[must_use]
    pub fn movable() -> Self {
        Self(Kind::Shifted(Arc::new(AtomicI64::new(0))))
    }

    /// In whole microseconds, which is what PostgreSQL keeps: a time reads the same before and after it was stored.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        let now = OffsetDateTime::now_utc();
        let now = now - time::Duration::nanoseconds(i64::from(now.nanosecond() % 1_000));
        match &self.0 {
            Kind::System => now,
            Kind::Shifted(by) => now + time::Duration::milliseconds(by.load(Ordering::Relaxed)),
        }
    }

    /// Moves a movable clock; does nothing to the system's.
    pub fn advance(&self, by: time::Duration) {
        if let Kind::Shifted(shift) = &self.0 {
            shift.fetch_add(i64::try_from(by.whole_milliseconds()).unwrap_or(i64::MAX), Ordering::Relaxed);
        }
    }
}
