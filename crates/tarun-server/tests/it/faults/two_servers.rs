//! Several servers over the same PostgreSQL and Valkey: it does not matter which of them Meta reaches.

use super::{body, shown_once, stage};
use futures::future::join_all;
use tarun_soak::shop::Shop;
use tarun_soak::{gather, witness};

/// Customers who write for the first time, so that everything about them is made by whoever comes first.
const CUSTOMERS: usize = 20;
/// Deliveries of each webhook, half of them to each server.
const TIMES: usize = 10;

#[tokio::test]
async fn c_002_the_same_webhook_at_once_on_two_servers_is_one_message_with_one_outcome() {
    let (stage, shop) = stage(2).await;
    witness::install(&stage.owner_url()).await.unwrap();
    let (mut second, url) = stage.another_server().unwrap();
    second.start().await.unwrap();
    let servers = [shop.clone(), Shop { url, ..shop.clone() }];
    let mut said = vec![];
    for n in 0..CUSTOMERS {
        let text = format!("once-{n}");
        let body = body(&shop, &format!("91981002{n:04}"), &text);
        let answers = join_all((0..TIMES).map(|time| servers[time % 2].post(&body))).await;
        assert!(answers.iter().all(|a| matches!(a, Ok(200))), "{answers:?}");
        said.push(text);
    }
    shown_once(&shop, &said).await;
    // One outcome: nothing about a customer was made or counted a second time, by whichever of the workers.
    let tables = witness::tables(&stage.owner_url()).await.unwrap();
    let count = i64::try_from(CUSTOMERS).unwrap();
    assert_eq!((tables.inbound, tables.contacts), (count, count));
    assert_eq!((tables.conversations, tables.sessions), (count, count));
    assert!(tables.dead.is_empty(), "{:?}", tables.dead);
    for thread in gather::threads(&shop).await.unwrap() {
        assert_eq!(thread.unread, 1, "{}", thread.phone);
    }
    // And one event was kept for each, whichever server was first: none waits to be handled again.
    let mut sql = super::owner(&stage).await;
    let kept: i64 = sqlx::query_scalar("select count(*) from inbound_events").fetch_one(&mut sql).await.unwrap();
    assert_eq!((kept, witness::waiting(&stage.owner_url()).await.unwrap().open), (count, 0));
    second.kill().await.unwrap();
    stage.stop().await.unwrap();
}
