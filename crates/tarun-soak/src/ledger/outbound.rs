//! What agents said: each accepted reply reaches the provider once, or fails visibly, or is parked as unknown. Never twice.

use super::{Counts, Findings, Lists, Rule};
use crate::gather::{Call, Shown, rank};
use std::collections::{BTreeMap, HashMap};

pub(super) fn check(lists: &Lists, found: &mut Findings, counts: &mut Counts) {
    let mut shown: HashMap<&str, (&Shown, &str)> = HashMap::new();
    for thread in &lists.threads {
        for message in thread.messages.iter().filter(|m| !m.inbound) {
            shown.insert(message.id.as_str(), (message, thread.id.as_str()));
        }
    }
    let mut accepted: HashMap<&str, Vec<&Call>> = HashMap::new();
    for call in lists.provider.calls.iter().filter(|c| c.accepted) {
        accepted.entry(call.message.as_deref().unwrap_or("a call without our id")).or_default().push(call);
    }
    for (message, calls) in &accepted {
        if calls.len() > 1 {
            found.add(Rule::DoubledOutbound, format!("message {message} was accepted {} times", calls.len()));
        }
        if !shown.contains_key(message) {
            found.add(Rule::SideEffects, format!("the provider accepted {message}, which is not shown"));
        }
    }
    for said in &lists.said {
        let Some((message, thread)) = shown.get(said.message.as_str()) else {
            found.add(Rule::LostOutbound, format!("{} ({}) was answered 201 and is not there", said.key, said.message));
            continue;
        };
        if *thread != said.conversation {
            found
                .add(Rule::Foreign, format!("{} was said in {} and is shown in {thread}", said.key, said.conversation));
        }
        let calls = accepted.get(said.message.as_str()).map_or(&[][..], Vec::as_slice);
        status(lists, said.message.as_str(), message, calls, found);
        let name = match (message.status.as_str(), calls.is_empty()) {
            ("UNKNOWN", true) => "outbound parked as unknown, never accepted",
            ("UNKNOWN", false) => "outbound parked as unknown, accepted",
            ("FAILED", _) => "outbound failed visibly",
            (_, true) => {
                found.add(
                    Rule::LostOutbound,
                    format!("{} ({}) is {} and never reached the provider", said.key, said.message, message.status),
                );
                continue;
            }
            (_, false) => "outbound sent once",
        };
        *counts.entry(name).or_default() += 1;
    }
    let mut keys: HashMap<&str, u32> = HashMap::new();
    for key in shown.values().filter_map(|(m, _)| m.client_key.as_deref()) {
        *keys.entry(key).or_default() += 1;
    }
    for (key, times) in keys.into_iter().filter(|(_, times)| *times > 1) {
        found.add(Rule::SideEffects, format!("one Idempotency-Key made {times} messages: {key}"));
    }
    for refused in &lists.refused {
        found.add(Rule::LostOutbound, format!("refused: {refused}"));
    }
    forward_only(lists, found);
    in_order(lists, &accepted, found);
    counts.insert("outbound accepted by the API", lists.said.len() as u64);
    counts.insert("send calls", lists.provider.calls.len() as u64);
}

/// Shown is what was reported, at its highest; without a report, what the call's answer said.
fn status(lists: &Lists, id: &str, message: &Shown, calls: &[&Call], found: &mut Findings) {
    if message.status == "QUEUED" {
        found.add(Rule::Stuck, format!("message {id} is still queued"));
    }
    let reports = calls.iter().filter_map(|c| lists.provider.reported.get(c.wamid.as_deref()?).copied());
    let highest = reports.max().unwrap_or_default();
    if rank(&message.status) < highest {
        found.add(Rule::Status, format!("message {id} is {}, reported was state {highest}", message.status));
    }
    if calls.is_empty() && rank(&message.status) > 0 {
        found.add(Rule::Status, format!("message {id} is {}, the provider never accepted it", message.status));
    }
}

/// Each change that the database saw.
fn forward_only(lists: &Lists, found: &mut Findings) {
    let mut highest: BTreeMap<&str, u8> = BTreeMap::new();
    for change in &lists.tables.changes {
        let (before, after) = (rank(&change.before), rank(&change.after));
        let top = highest.entry(change.message.as_str()).or_default();
        *top = before.max(*top);
        if after < *top {
            found.add(
                Rule::Status,
                format!("message {} went from {} to {}", change.message, change.before, change.after),
            );
        }
        *top = after.max(*top);
    }
}

/// Replies of one conversation reach the provider in the order in which they were accepted.
fn in_order(lists: &Lists, accepted: &HashMap<&str, Vec<&Call>>, found: &mut Findings) {
    let mut by_thread: HashMap<&str, Vec<_>> = HashMap::new();
    for said in &lists.said {
        if let Some(first) = accepted.get(said.message.as_str()).and_then(|calls| calls.iter().map(|c| c.seq).min()) {
            by_thread.entry(said.conversation.as_str()).or_default().push((said, first));
        }
    }
    for said in by_thread.values() {
        for (a, a_seq) in said {
            for (b, b_seq) in said {
                if a.acked < b.posted && a_seq > b_seq {
                    found.add(
                        Rule::Order,
                        format!("{} was accepted before {}, and reached the provider after it", a.key, b.key),
                    );
                }
            }
        }
    }
}
