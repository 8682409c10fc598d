//! What Valkey holds: very much, more than it may, or less than it did.

use super::workers::{accepted, state};
use super::{an_hour_passes, entries, owner, reply, say, shown_once, stage, thread, until, without_the_sweep};
use tarun_soak::stage::Stage;
use uuid::Uuid;

/// Entries put into each stream. Who trims a stream of work keeps a thousand or ten thousand.
const MANY: i64 = 11_000;

#[tokio::test]
async fn c_030_however_many_entries_wait_none_is_trimmed() {
    let (mut stage, shop) = stage(1).await;
    without_the_sweep(&stage).await;
    stage.workers[0].kill().await.unwrap();
    // The oldest entries are those that trimming would take; that of the last ones would do it.
    let mut said = say(&shop, "oldest", 40).await;
    fill(&stage).await;
    said.extend(say(&shop, "newest", 40).await);
    assert!(entries(&stage).await > 8 * u64::try_from(MANY).unwrap());
    stage.workers[0].start().await.unwrap();
    shown_once(&shop, &said).await;
    until("all entries are done", || async { (entries(&stage).await == 0).then_some(()) }).await;
    stage.stop().await.unwrap();
}

/// Fills each stream of inbound work with news of keys under which nothing waits.
async fn fill(stage: &Stage) {
    let tenant: Uuid = sqlx::query_scalar("select id from tenants").fetch_one(&mut owner(stage).await).await.unwrap();
    let mut valkey = stage.valkey().await.unwrap();
    for (stream, partition) in Stage::streams().iter().filter(|s| s.contains(":inbound:")).zip(0..) {
        let mut pipe = redis::pipe();
        for n in 0..MANY {
            let key = (n * 8 + partition).to_be_bytes();
            let tenant = tenant.as_bytes().as_slice();
            pipe.cmd("XADD").arg(stream).arg("*").arg("t").arg(tenant).arg("k").arg(&key).ignore();
        }
        let () = pipe.query_async(&mut valkey).await.unwrap();
    }
}

#[tokio::test]
async fn c_031_a_valkey_without_room_refuses_and_forgets_nothing_and_rows_do_the_work() {
    let (mut stage, shop) = stage(1).await;
    // Entries that wait, so that there is something that could be evicted.
    stage.workers[0].kill().await.unwrap();
    let mut said = say(&shop, "before", 10).await;
    let waiting = entries(&stage).await;
    assert!(waiting > 0);
    limit(&stage, "1").await;
    said.extend(say(&shop, "full", 10).await);
    stage.workers[0].start().await.unwrap();
    said.extend(say(&shop, "fuller", 10).await);
    an_hour_passes(&stage).await;
    shown_once(&shop, &said).await;
    assert_eq!(entries(&stage).await, waiting, "nothing was added, nothing went");
    let info: String = redis::cmd("INFO").arg("stats").query_async(&mut stage.valkey().await.unwrap()).await.unwrap();
    assert!(info.contains("evicted_keys:0\r\n"), "{info}");

    // There is room again: news flow as before, and what waited is read.
    limit(&stage, "0").await;
    without_the_sweep(&stage).await;
    let after = say(&shop, "after", 10).await;
    shown_once(&shop, &after).await;
    until("all entries are done", || async { (entries(&stage).await == 0).then_some(()) }).await;
    stage.stop().await.unwrap();
}

/// Sets the memory that Valkey may use, in bytes; 0 is any.
async fn limit(stage: &Stage, bytes: &str) {
    let mut valkey = stage.valkey().await.unwrap();
    let () = redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg(bytes).query_async(&mut valkey).await.unwrap();
}

#[tokio::test]
async fn c_024_a_valkey_that_went_back_in_time_loses_nothing_and_does_nothing_again() {
    let (mut stage, shop) = stage(1).await;
    let (one, other) = (thread(&shop, "919810000024").await, thread(&shop, "919810000124").await);
    stage.workers[0].kill().await.unwrap();
    let mut said = say(&shop, "early", 20).await;
    let early = reply(&shop, &one, "early reply").await;
    let waiting = entries(&stage).await;
    let replica = stage.copy_valkey().await.unwrap();
    stage.workers[0].start().await.unwrap();
    shown_once(&shop, &said).await;
    state(&shop, &early, "DELIVERED").await;
    until("all entries are done", || async { (entries(&stage).await == 0).then_some(()) }).await;

    // These the replica never heard of.
    stage.workers[0].kill().await.unwrap();
    said.extend(say(&shop, "late", 20).await);
    let late = reply(&shop, &other, "late reply").await;
    stage.put_back_valkey(&replica).await.unwrap();
    assert_eq!(entries(&stage).await, waiting, "what was acknowledged is back, and what came later is gone");

    stage.workers[0].start().await.unwrap();
    until("the early entries are done again", || async { (entries(&stage).await == 0).then_some(()) }).await;
    // Of the late ones only rows tell.
    an_hour_passes(&stage).await;
    shown_once(&shop, &said).await;
    state(&shop, &late, "DELIVERED").await;
    for message in [&early, &late] {
        assert_eq!(accepted(&stage, &shop, message).await, 1);
    }
    stage.stop().await.unwrap();
}
