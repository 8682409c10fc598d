//! Which numbers need a new note of "last seen": one in five seconds is enough for people.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tarun_core::ids::NumberId;
use time::{Duration, OffsetDateTime};

const EVERY: Duration = Duration::seconds(5);
/// Numbers that are remembered; beyond it all are forgotten, which costs a note each.
const MOST: usize = 10_000;

/// Cheap to clone; clones share what they know.
#[derive(Clone, Default)]
pub(super) struct Noted(Arc<Mutex<HashMap<NumberId, OffsetDateTime>>>);

impl Noted {
    /// Those of the numbers whose note is old; they count as noted from now on.
    pub(super) fn stale(&self, numbers: impl Iterator<Item = NumberId>, now: OffsetDateTime) -> Vec<NumberId> {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() > MOST {
            noted.clear();
        }
        let mut stale: Vec<NumberId> = numbers.filter(|n| noted.get(n).is_none_or(|at| now - *at > EVERY)).collect();
        stale.sort_unstable();
        stale.dedup();
        noted.extend(stale.iter().map(|n| (*n, now)));
        stale
    }
}
