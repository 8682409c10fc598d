//! Workers killed and frozen in the middle of their work.

use super::{Load, behave, in_order, reply, shown_once, stage, thread, until};
use reqwest::Method;
use serde_json::{Value, json};
use tarun_soak::gather::{self, Shown};
use tarun_soak::shop::Shop;
use tarun_soak::stage::Stage;
use tarun_soak::witness;

/// The provider's ids for a message: one for each time it accepted it.
async fn wamids(stage: &Stage, shop: &Shop, message: &str) -> Vec<String> {
    let calls = shop.simulator(stage, Method::GET, "calls?limit=50000", &Value::Null).await.unwrap();
    let own = format!("tarun:{message}");
    let accepted =
        calls["calls"].as_array().unwrap().iter().filter(|c| c["callback"] == own.as_str() && c["accepted"] == true);
    accepted.map(|c| c["wamid"].as_str().unwrap().to_owned()).collect()
}

/// How often the provider accepted a message.
pub(super) async fn accepted(stage: &Stage, shop: &Shop, message: &str) -> usize {
    wamids(stage, shop, message).await.len()
}

async fn called(stage: &Stage, shop: &Shop, message: &str) {
    until("the call", || async { (accepted(stage, shop, message).await == 1).then_some(()) }).await;
}

async fn message(shop: &Shop, id: &str) -> Option<Shown> {
    gather::threads(shop).await.ok()?.into_iter().flat_map(|t| t.messages).find(|m| m.id == id)
}

pub(super) async fn state(shop: &Shop, id: &str, wanted: &str) {
    until(wanted, || async { message(shop, id).await.filter(|m| m.status == wanted).map(drop) }).await;
}

/// Beside each other, each on a stage of its own: most of the time both wait for a lease of 45 seconds to end.
#[tokio::test]
async fn c_012_c_018_c_019_c_020_c_034_c_051_workers_killed_and_frozen() {
    tokio::join!(
        c_012_c_018_c_019_c_034_c_051_killed_workers_lose_nothing_and_send_nothing_twice(),
        c_020_a_worker_that_was_frozen_writes_no_more_than_it_may_and_sends_nothing_again(),
    );
}

/// All workers die between the provider's acceptance and its note of it.
async fn c_012_c_018_c_019_c_034_c_051_killed_workers_lose_nothing_and_send_nothing_twice() {
    let (mut stage, shop) = stage(2).await;
    let (told, silent) = (thread(&shop, "919810000051").await, thread(&shop, "919810000052").await);
    let slow = |to: &str| json!({ "rules": [{ "match": { "recipient": to }, "times": 1, "action": { "do": "slow", "ms": 20_000 } }] });
    behave(&stage, &shop, slow("919810000051")).await;
    let first = reply(&shop, &told, "told").await;
    called(&stage, &shop, &first).await;
    for worker in &mut stage.workers {
        worker.kill().await.unwrap();
    }
    // C-019: all of them are gone while customers write.
    let load = Load::start(&shop, "gone", 4);
    load.more(40).await;
    for worker in &mut stage.workers {
        worker.start().await.unwrap();
    }
    // Its statuses carry our own id.
    state(&shop, &first, "DELIVERED").await;

    // C-018, and now nobody tells: without a status it may not be sent again either, and a person is asked.
    behave(&stage, &shop, json!({ "settings": { "statuses": { "enabled": false } } })).await;
    behave(&stage, &shop, slow("919810000052")).await;
    let second = reply(&shop, &silent, "silent").await;
    called(&stage, &shop, &second).await;
    for worker in &mut stage.workers {
        worker.kill().await.unwrap();
        load.more(10).await;
        worker.start().await.unwrap();
    }
    shown_once(&shop, &load.end().await).await;
    state(&shop, &second, "UNKNOWN").await;
    assert_eq!((accepted(&stage, &shop, &first).await, accepted(&stage, &shop, &second).await), (1, 1));

    // C-012: what waited is shown in the order in which each customer wrote it.
    in_order(&shop, "gone").await;

    // C-034: nothing stays in the hands of the dead.
    until("no entry is pending", || async { (pending(&stage).await == 0).then_some(()) }).await;
    assert_eq!(witness::waiting(&stage.owner_url()).await.unwrap().open, 0);
    stage.stop().await.unwrap();
}

/// Stream entries that somebody was given and did not acknowledge.
async fn pending(stage: &Stage) -> u64 {
    let mut valkey = stage.valkey().await.unwrap();
    let mut count = 0;
    for stream in Stage::streams() {
        let summary: Vec<redis::Value> =
            redis::cmd("XPENDING").arg(&stream).arg("work").query_async(&mut valkey).await.unwrap();
        count += redis::from_redis_value::<u64>(summary[0].clone()).unwrap();
    }
    count
}

/// A worker frozen in mid-call for longer than its lease; another settles its message; then it goes on.
async fn c_020_a_worker_that_was_frozen_writes_no_more_than_it_may_and_sends_nothing_again() {
    let (stage, shop) = stage(1).await;
    let id = thread(&shop, "919810000020").await;
    behave(&stage, &shop, json!({ "settings": { "statuses": { "enabled": false } } })).await;
    behave(&stage, &shop, json!({ "rules": [{ "times": 1, "action": { "do": "slow", "ms": 3_000 } }] })).await;
    let frozen = reply(&shop, &id, "frozen").await;
    let next = reply(&shop, &id, "next").await;
    called(&stage, &shop, &frozen).await;
    stage.workers[0].freeze().unwrap();
    let mut other = stage.another_worker();
    other.start().await.unwrap();
    // The lease ends; what nobody knows is parked, and the conversation goes on.
    state(&shop, &frozen, "UNKNOWN").await;
    state(&shop, &next, "SENT").await;
    // The one that was frozen goes on, alone. What it held is not its own any more; what comes now is.
    other.kill().await.unwrap();
    stage.workers[0].thaw().unwrap();
    let last = reply(&shop, &id, "last").await;
    state(&shop, &last, "SENT").await;
    for message in [&frozen, &next, &last] {
        assert_eq!(accepted(&stage, &shop, message).await, 1);
    }
    let late = message(&shop, &frozen).await.unwrap().status;
    // It may have read the answer that waited for it, or have found that its time was over.
    assert!(matches!(late.as_str(), "SENT" | "UNKNOWN"), "{late}");
    // A late report still tells.
    let wamid = wamids(&stage, &shop, &frozen).await.remove(0);
    let report = json!({ "status": "delivered" });
    shop.simulator(&stage, Method::POST, &format!("messages/{wamid}/status"), &report).await.unwrap();
    state(&shop, &frozen, "DELIVERED").await;
    stage.stop().await.unwrap();
}
