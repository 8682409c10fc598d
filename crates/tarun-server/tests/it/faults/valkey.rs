//! Valkey away, killed, emptied, wiped: it carries news only, so nothing but time is lost.

use super::{Load, body, shown_once, stage};
use std::time::Instant;
use tarun_embedded::Server;

#[tokio::test]
async fn c_008_c_021_c_022_c_023_without_valkey_webhooks_are_kept_and_an_emptied_one_costs_time_only() {
    let (stage, shop) = stage(1).await;
    let (server, worker) = (stage.server.pid(), stage.workers[0].pid());

    // C-008: it is away while webhooks arrive.
    stage.hold(Server::Valkey, true).await.unwrap();
    let mut accepted = vec![];
    let begun = Instant::now();
    for n in 0..20 {
        let text = format!("away-{n}");
        assert_eq!(shop.post(&body(&shop, &format!("91981000000{}", n % 5), &text)).await.unwrap(), 200);
        accepted.push(text);
    }
    assert!(begun.elapsed().as_secs() < 60, "kept without waiting for Valkey: {:?}", begun.elapsed());
    let kept: i64 = sqlx::query_scalar("select count(*) from inbound_events")
        .fetch_one(&mut <sqlx::PgConnection as sqlx::Connection>::connect(&stage.owner_url()).await.unwrap())
        .await
        .unwrap();
    assert_eq!(kept, 20, "durable before the answer");
    stage.release(Server::Valkey).await.unwrap();

    // C-021, C-022, C-023: restarted, emptied and wiped under load.
    let load = Load::start(&shop, "load", 4);
    load.more(20).await;
    stage.hold(Server::Valkey, false).await.unwrap();
    stage.release(Server::Valkey).await.unwrap();
    load.more(20).await;
    let () = redis::cmd("FLUSHALL").query_async(&mut stage.valkey().await.unwrap()).await.unwrap();
    load.more(20).await;
    stage.wipe_valkey().await.unwrap();
    load.more(20).await;
    accepted.extend(load.end().await);
    shown_once(&shop, &accepted).await;

    assert_eq!((stage.server.pid(), stage.workers[0].pid()), (server, worker), "nobody had to be restarted");
    stage.stop().await.unwrap();
}
