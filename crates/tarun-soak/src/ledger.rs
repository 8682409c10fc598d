//! The comparison. Pure: lists in, findings out. An empty list of findings is the only pass.

mod inbound;
mod outbound;
#[cfg(test)]
mod tests;

use crate::agents::Said;
use crate::gather::{Provider, Thread};
use crate::generator::Heard;
use crate::witness::{Tables, Waiting};
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// Which promise a finding breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    LostInbound,
    DoubledInbound,
    Stuck,
    LostOutbound,
    DoubledOutbound,
    Order,
    Status,
    Counters,
    SideEffects,
    /// A message shown to a business that it was not said to.
    Foreign,
}

impl Rule {
    pub const ALL: [Self; 10] = [
        Self::LostInbound,
        Self::DoubledInbound,
        Self::Stuck,
        Self::LostOutbound,
        Self::DoubledOutbound,
        Self::Order,
        Self::Status,
        Self::Counters,
        Self::SideEffects,
        Self::Foreign,
    ];
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LostInbound => "L-1 lost inbound",
            Self::DoubledInbound => "L-2 doubled inbound",
            Self::Stuck => "L-3 stuck",
            Self::LostOutbound => "L-4 lost outbound",
            Self::DoubledOutbound => "L-5 doubled outbound",
            Self::Order => "L-6 order",
            Self::Status => "L-7 status",
            Self::Counters => "L-8 counters",
            Self::SideEffects => "L-9 side effects",
            Self::Foreign => "seen by another business",
        })
    }
}

/// One broken promise, with the ids that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub rule: Rule,
    pub what: String,
}

/// Everything that is compared.
#[derive(Debug, Default)]
pub struct Lists {
    pub heard: Vec<Heard>,
    pub said: Vec<Said>,
    pub refused: Vec<String>,
    pub threads: Vec<Thread>,
    pub provider: Provider,
    pub tables: Tables,
    pub waiting: Waiting,
    /// Stream entries that nobody acknowledged.
    pub unacknowledged: u64,
    /// Readers of the streams that died long ago and still stand in their groups.
    pub dead_consumers: u64,
}

/// The numbers of a run, by name.
pub type Counts = BTreeMap<&'static str, u64>;

/// Compares the lists.
#[must_use]
pub fn compare(lists: &Lists) -> (Vec<Finding>, Counts) {
    let mut found = Findings(vec![]);
    let mut counts = Counts::new();
    inbound::check(lists, &mut found, &mut counts);
    outbound::check(lists, &mut found, &mut counts);
    rest(lists, &mut found);
    (found.0, counts)
}

pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, rule: Rule, what: String) {
        self.0.push(Finding { rule, what });
    }
}

/// What concerns neither direction: queues, and what a message may cause once only.
fn rest(lists: &Lists, found: &mut Findings) {
    let waiting = lists.waiting;
    if waiting.open > 0 {
        found.add(Rule::Stuck, format!("{} jobs are not done", waiting.open));
    }
    if waiting.overdue > 0 {
        found.add(Rule::Counters, format!("{} jobs are due for more than a minute", waiting.overdue));
    }
    if lists.unacknowledged > 0 {
        found.add(Rule::Counters, format!("{} stream entries are not acknowledged", lists.unacknowledged));
    }
    if lists.dead_consumers > 0 {
        found.add(Rule::Counters, format!("{} dead readers are still in their groups", lists.dead_consumers));
    }
    for cause in &lists.tables.dead {
        // Nothing that the run injects makes an event unreadable.
        found.add(Rule::Stuck, format!("dead letter, {cause}"));
    }
    let mut people: HashMap<(usize, usize), ()> = HashMap::new();
    for heard in &lists.heard {
        people.insert((heard.shop, heard.contact), ());
    }
    let people = i64::try_from(people.len()).unwrap_or(i64::MAX);
    for (name, count) in [
        ("contacts", lists.tables.contacts),
        ("conversations", lists.tables.conversations),
        ("sessions", lists.tables.sessions),
    ] {
        if count != people {
            found.add(Rule::SideEffects, format!("{people} people wrote, there are {count} {name}"));
        }
    }
}
