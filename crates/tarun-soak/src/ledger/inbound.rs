//! What customers said: nothing lost, nothing twice, in order, counted.

use super::{Counts, Findings, Lists, Rule};
use crate::generator::Heard;
use std::collections::HashMap;

pub(super) fn check(lists: &Lists, found: &mut Findings, counts: &mut Counts) {
    let heard: HashMap<&str, &Heard> = lists.heard.iter().map(|h| (h.token.as_str(), h)).collect();
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for thread in &lists.threads {
        let mut order: Vec<&Heard> = vec![];
        for message in thread.messages.iter().filter(|m| m.inbound) {
            *seen.entry(message.body.as_str()).or_default() += 1;
            match heard.get(message.body.as_str()) {
                Some(h) if h.shop == thread.shop => order.push(h),
                Some(h) => found.add(
                    Rule::Foreign,
                    format!("{} was said to shop {} and is shown to shop {}", h.wamid, h.shop, thread.shop),
                ),
                None => found.add(Rule::SideEffects, format!("message {} in {} was never said", message.id, thread.id)),
            }
        }
        in_order(&order, found);
        let inbound = i64::try_from(thread.messages.iter().filter(|m| m.inbound).count()).unwrap_or(i64::MAX);
        if thread.unread != inbound {
            found.add(
                Rule::Counters,
                format!("conversation {}: {} unread, {inbound} inbound messages", thread.id, thread.unread),
            );
        }
    }
    for h in &lists.heard {
        match seen.get(h.token.as_str()).copied().unwrap_or_default() {
            1 => {}
            0 => found.add(Rule::LostInbound, format!("{} ({}) was answered 200 at {:?}", h.wamid, h.token, h.acked)),
            n => found.add(Rule::DoubledInbound, format!("{} ({}) is there {n} times", h.wamid, h.token)),
        }
    }
    counts.insert("inbound accepted", lists.heard.len() as u64);
    counts.insert("inbound stored", u64::try_from(lists.tables.inbound).unwrap_or_default());
    if lists.tables.inbound != i64::from(seen.values().sum::<u32>()) {
        found.add(
            Rule::Counters,
            format!("{} inbound rows, {} shown", lists.tables.inbound, seen.values().sum::<u32>()),
        );
    }
}

/// Each pair: by the provider's second; within a second by arrival, where one was answered before the other was posted.
fn in_order(shown: &[&Heard], found: &mut Findings) {
    for (n, later) in shown.iter().enumerate() {
        for earlier in &shown[..n] {
            let same_post = earlier.posted == later.posted && earlier.acked == later.acked;
            let swapped = later.said < earlier.said
                || later.said == earlier.said
                    && (later.acked < earlier.posted || same_post && later.place < earlier.place);
            if swapped {
                found.add(Rule::Order, format!("{} is shown before {}", earlier.wamid, later.wamid));
            }
        }
    }
}
