//! Each promise, broken on purpose: a ledger that finds nothing proves nothing.

use super::*;
use crate::gather::{Call, Shown};
use crate::witness::Change;
use std::time::Duration;

fn heard(n: u32, said: i64) -> Heard {
    let at = Duration::from_millis(u64::from(n) * 100);
    Heard {
        shop: 0,
        contact: 0,
        token: format!("t{n}"),
        wamid: format!("w{n}"),
        said,
        posted: at,
        acked: at + Duration::from_millis(10),
        place: 0,
    }
}

fn shown(id: &str, inbound: bool, body: &str, status: &str) -> Shown {
    Shown {
        id: id.into(),
        inbound,
        body: body.into(),
        status: status.into(),
        client_key: (!inbound).then(|| id.replace('m', "k")),
    }
}

fn said(n: u32) -> Said {
    let at = Duration::from_millis(u64::from(n) * 100);
    Said {
        shop: 0,
        key: format!("k{n}"),
        conversation: "c".into(),
        message: format!("m{n}"),
        posted: at,
        acked: at + Duration::from_millis(10),
    }
}

fn call(n: u32, seq: u64) -> Call {
    Call { message: Some(format!("m{n}")), accepted: true, wamid: Some(format!("p{n}")), seq }
}

/// A run in which all went well.
fn sound() -> Lists {
    Lists {
        heard: vec![heard(1, 5), heard(2, 5), heard(3, 6)],
        said: vec![said(1), said(2)],
        threads: vec![Thread {
            shop: 0,
            id: "c".into(),
            phone: "919800000000".into(),
            unread: 3,
            messages: vec![
                shown("a", true, "t1", "DELIVERED"),
                shown("b", true, "t2", "DELIVERED"),
                shown("m1", false, "", "READ"),
                shown("c", true, "t3", "DELIVERED"),
                shown("m2", false, "", "SENT"),
            ],
        }],
        provider: Provider {
            calls: vec![call(1, 1), call(2, 2)],
            reported: HashMap::from([("p1".into(), 3), ("p2".into(), 1)]),
        },
        tables: Tables { contacts: 1, conversations: 1, sessions: 1, inbound: 3, outbound: 2, ..Tables::default() },
        ..Lists::default()
    }
}

fn broken(change: impl FnOnce(&mut Lists)) -> Vec<Rule> {
    let mut lists = sound();
    change(&mut lists);
    let mut rules: Vec<Rule> = compare(&lists).0.into_iter().map(|f| f.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

#[test]
fn a_sound_run_has_no_findings() {
    assert_eq!(compare(&sound()).0, vec![]);
}

#[test]
fn each_broken_promise_is_found() {
    assert!(broken(|l| drop(l.threads[0].messages.remove(0))).contains(&Rule::LostInbound));
    assert!(
        broken(|l| l.threads[0].messages.push(shown("d", true, "t1", "DELIVERED"))).contains(&Rule::DoubledInbound)
    );
    assert_eq!(broken(|l| l.waiting.open = 1), [Rule::Stuck]);
    assert_eq!(broken(|l| l.tables.dead.push("INBOUND: a cause".into())), [Rule::Stuck]);
    assert!(broken(|l| l.threads[0].messages[2].status = "QUEUED".into()).contains(&Rule::Stuck));
    assert_eq!(broken(|l| drop(l.threads[0].messages.remove(4))), [Rule::LostOutbound, Rule::SideEffects]);
    assert!(broken(|l| drop(l.provider.calls.pop())).contains(&Rule::LostOutbound));
    assert_eq!(broken(|l| l.refused.push("500".into())), [Rule::LostOutbound]);
    assert_eq!(broken(|l| l.provider.calls.push(call(2, 3))), [Rule::DoubledOutbound]);
    assert_eq!(broken(|l| l.threads[0].messages.swap(0, 1)), [Rule::Order]);
    assert_eq!(broken(|l| l.threads[0].messages.swap(1, 3)), [Rule::Order]);
    assert_eq!(broken(|l| l.provider.calls[0].seq = 9), [Rule::Order]);
    assert_eq!(broken(|l| l.threads[0].messages[2].status = "SENT".into()), [Rule::Status]);
    let back = Change { message: "m1".into(), before: "READ".into(), after: "UNKNOWN".into() };
    assert_eq!(broken(|l| l.tables.changes.push(back)), [Rule::Status]);
    assert_eq!(broken(|l| l.threads[0].unread = 4), [Rule::Counters]);
    assert_eq!(broken(|l| l.waiting.overdue = 1), [Rule::Counters]);
    assert_eq!(broken(|l| l.unacknowledged = 1), [Rule::Counters]);
    assert_eq!(broken(|l| l.dead_consumers = 1), [Rule::Counters]);
    assert_eq!(broken(|l| l.tables.sessions = 2), [Rule::SideEffects]);
    assert_eq!(broken(|l| l.threads[0].messages[2].client_key = Some("k2".into())), [Rule::SideEffects]);
    assert!(broken(|l| l.threads[0].shop = 1).contains(&Rule::Foreign));
}

#[test]
fn what_was_late_or_under_way_together_may_stand_in_any_order_of_arrival() {
    // Said in an earlier second and accepted later: its second decides.
    assert_eq!(broken(|l| l.heard[2].said = 4), [Rule::Order]);
    // Posted before the other was answered: either order is right.
    let together = |l: &mut Lists| {
        l.heard[1].posted = l.heard[0].posted;
        l.threads[0].messages.swap(0, 1);
    };
    assert_eq!(broken(together), []);
}

#[test]
fn a_parked_message_is_allowed_with_and_without_a_call_but_not_against_a_report() {
    let park = |l: &mut Lists| l.threads[0].messages[4].status = "UNKNOWN".into();
    assert_eq!(broken(park), [Rule::Status]);
    assert_eq!(
        broken(|l| {
            park(l);
            l.provider.reported.remove("p2");
        }),
        []
    );
    assert_eq!(
        broken(|l| {
            park(l);
            drop(l.provider.calls.pop());
        }),
        []
    );
}
