//! A phone that loses the net right after "send".

use super::{alone, thread, until};
use serde_json::json;
use sqlx::Connection;
use tarun_testkit::eventually;

/// A commit of a reply waits for the test, and the sweep, which would find what nobody was told of, comes an hour late.
const SLOW_COMMIT: &str = "
    create function wait_for_test() returns trigger language plpgsql as $$
        begin perform pg_advisory_xact_lock(23); return null; end $$;
    create constraint trigger wait_for_test after insert on messages deferrable initially deferred for each row
        when (new.status = 'QUEUED') execute function wait_for_test();
    create function late_sweep() returns trigger language plpgsql as $$
        begin new.sweep_at := new.sweep_at + interval '1 hour'; return new; end $$;
    create trigger late_sweep before insert on jobs for each row when (new.kind = 'SEND') execute function late_sweep();";

#[tokio::test]
async fn a_reply_whose_sender_left_while_it_was_committed_goes_out_at_once_all_the_same() {
    let shop = alone().await;
    let (_, id) = thread(&shop, "Tunnel").await;
    let mut sql = shop.world.owner().await;
    sqlx::raw_sql(SLOW_COMMIT).execute(&mut sql).await.unwrap();
    let mut lock = sql.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(23)").execute(&mut *lock).await.unwrap();
    let request = shop
        .owner
        .request(reqwest::Method::POST, &format!("conversations/{id}/messages"))
        .json(&json!({ "type": "TEXT", "content": { "body": "into the tunnel" } }));
    let asking = tokio::spawn(request.send());
    eventually("the commit", || async {
        let mut look = shop.world.owner().await;
        let waiting = "select 1 from pg_locks where locktype = 'advisory' and objid = 23 and not granted";
        sqlx::query(waiting).fetch_optional(&mut look).await.unwrap()
    })
    .await;
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    // While these are answered, the server sees that the other connection is gone.
    for _ in 0..20 {
        shop.owner.get("me").await.expect(200);
    }
    lock.rollback().await.unwrap();
    let sent = eventually("the reply", || async {
        shop.messages(&id).await.into_iter().find(|m| m["content"]["body"] == "into the tunnel")
    })
    .await;
    until(&shop, &id, &sent["id"], "DELIVERED").await;
}
