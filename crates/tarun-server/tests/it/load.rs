//! Ordinary load, without faults. How long an answer takes is measured by `make bench`; here it counts that none is missing.

use futures::future::join_all;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tarun_testkit::{Business, SECRET, business, eventually, text_webhook};
use time::OffsetDateTime;
use tokio::time::{MissedTickBehavior, interval};

/// A tenth of a second's share of 200 a second, and how many of them make ten seconds.
const AT_ONCE: usize = 20;
const TIMES: usize = 100;
const CUSTOMERS: usize = 50;

/// Texts that are shown, of all conversations.
async fn shown(shop: &Business) -> Vec<String> {
    let threads = shop.conversations().await;
    let of_each = threads.iter().map(|thread| shop.messages(thread["id"].as_str().unwrap()));
    let messages = join_all(of_each).await.into_iter().flatten();
    messages.map(|message| message["content"]["body"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn c_001_two_hundred_webhooks_a_second_are_all_taken_and_each_is_shown_once() {
    let shop = Arc::new(business().await);
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let mut posts = vec![];
    // The pace of the load; a machine that falls behind catches up, so that nothing depends on its speed.
    let mut pace = interval(Duration::from_millis(100));
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for n in 0..TIMES {
        pace.tick().await;
        for m in n * AT_ONCE..(n + 1) * AT_ONCE {
            let shop = shop.clone();
            posts.push(tokio::spawn(async move {
                let (from, text) = (format!("9198110010{:02}", m % CUSTOMERS), format!("text {m}"));
                let body = text_webhook(&shop, &[(&from, &format!("wamid.LOAD{m}"), now, &text)]);
                (shop.webhook(&body, SECRET).await.status, text)
            }));
        }
    }
    let mut accepted = BTreeSet::new();
    for post in posts {
        let (status, text) = post.await.unwrap();
        assert_eq!(status, 200, "{text}");
        accepted.insert(text);
    }
    assert_eq!(accepted.len(), AT_ONCE * TIMES);
    let all = eventually("everything accepted is shown", || async {
        let all = shown(&shop).await;
        (all.len() >= accepted.len()).then_some(all)
    })
    .await;
    assert_eq!(all.len(), accepted.len(), "none twice");
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), accepted);
}
