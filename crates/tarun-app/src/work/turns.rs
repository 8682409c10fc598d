//! Whose turn it is in a lane: each business gets one batch, then the next one, whatever waits behind the first.

use crate::queue::{Entry, Hint};
use std::collections::{BTreeSet, HashMap, VecDeque};
use tarun_core::ids::TenantId;

/// Businesses that wait, in the order of their turns.
#[derive(Default)]
pub(super) struct Turns {
    order: VecDeque<TenantId>,
    waiting: HashMap<TenantId, Turn>,
    hints: usize,
}

/// What waits for one business.
#[derive(Default)]
pub(super) struct Turn {
    pub keys: BTreeSet<i64>,
    /// Acknowledged when nothing of it waits any more.
    pub entries: Vec<Entry>,
    hints: usize,
}

impl Turns {
    /// Hints that wait.
    pub(super) fn hints(&self) -> usize {
        self.hints
    }

    pub(super) fn add(&mut self, hint: Hint) {
        let turn = self.of(hint.tenant);
        turn.keys.extend(hint.keys);
        turn.entries.extend(hint.entry);
        turn.hints += 1;
        self.hints += 1;
    }

    pub(super) fn next(&mut self) -> Option<(TenantId, Turn)> {
        let tenant = self.order.pop_front()?;
        let turn = self.waiting.remove(&tenant)?;
        self.hints -= turn.hints;
        Some((tenant, turn))
    }

    /// There is more to do than fits one turn: behind the others.
    pub(super) fn again(&mut self, tenant: TenantId, rest: Turn) {
        self.hints += rest.hints;
        let turn = self.of(tenant);
        turn.keys.extend(rest.keys);
        turn.entries.extend(rest.entries);
        turn.hints += rest.hints;
    }

    fn of(&mut self, tenant: TenantId) -> &mut Turn {
        self.waiting.entry(tenant).or_insert_with(|| {
            self.order.push_back(tenant);
            Turn::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tarun_store::job::JobKind;

    fn hint(tenant: TenantId, key: i64) -> Hint {
        Hint { kind: JobKind::Inbound, tenant, keys: vec![key], entry: None }
    }

    #[test]
    fn c_033_a_small_business_does_not_wait_for_all_of_a_large_one() {
        let (large, small) = (TenantId::fresh(), TenantId::fresh());
        let mut turns = Turns::default();
        (0..400).for_each(|key| turns.add(hint(large, key)));
        turns.add(hint(small, 1));
        let (first, rest) = turns.next().unwrap();
        assert_eq!((first, rest.keys.len()), (large, 400));
        turns.again(large, rest);
        assert_eq!(turns.next().unwrap().0, small);
        assert_eq!(turns.next().unwrap().0, large);
        assert!(turns.next().is_none());
    }

    #[test]
    fn what_waits_is_counted_once_and_joined() {
        let tenant = TenantId::fresh();
        let mut turns = Turns::default();
        turns.add(hint(tenant, 1));
        let (_, rest) = turns.next().unwrap();
        turns.add(hint(tenant, 2));
        turns.again(tenant, rest);
        assert_eq!(turns.hints(), 2);
        let (_, turn) = turns.next().unwrap();
        assert_eq!((turn.keys.into_iter().collect::<Vec<_>>(), turns.hints()), (vec![1, 2], 0));
    }
}
