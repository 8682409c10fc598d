//! Kept events handled again: what is there stays as it is, what was lost comes back.

use serde_json::json;
use tarun_core::ids::TenantId;
use tarun_store::{Store, event};
use tarun_testkit::{Business, SECRET, business, eventually, text_webhook};
use time::{Duration, OffsetDateTime};

/// Deletes rows of the business, as the server.
async fn deleted(shop: &Business, sql: &'static str, id: uuid::Uuid) -> u64 {
    sqlx::query(sql).bind(id).execute(&mut shop.as_server().await).await.unwrap().rows_affected()
}

/// The raw event is forgotten after a week; a provider that sends it again then finds the message itself.
#[tokio::test]
async fn c_003_a_webhook_that_comes_again_after_its_event_was_forgotten_makes_nothing_twice() {
    let shop = business().await;
    let customer = "919811100003";
    let at = OffsetDateTime::now_utc().unix_timestamp() - 8 * 86_400;
    let body = text_webhook(&shop, &[(customer, "wamid.EIGHTDAYS", at, "a week ago")]);
    shop.webhook(&body, SECRET).await.expect(200);
    let id = shop.conversation_of(customer).await["id"].as_str().unwrap().to_owned();
    let before = shop.messages(&id).await;
    let thread = shop.owner.get(&format!("conversations/{id}")).await.expect(200);
    let number: uuid::Uuid = shop.number_id.parse().unwrap();
    assert_eq!(deleted(&shop, "delete from inbound_events where number_id = $1", number).await, 1);
    shop.webhook(&body, SECRET).await.expect(200);
    let marker = text_webhook(&shop, &[(customer, "wamid.MARKER", at + 60, "a marker")]);
    shop.webhook(&marker, SECRET).await.expect(200);
    let after = eventually("the marker", || async {
        let all = shop.messages(&id).await;
        all.iter().any(|m| m["content"]["body"] == "a marker").then_some(all)
    })
    .await;
    assert_eq!((after.len(), &after[0]), (2, &before[0]));
    let later = shop.owner.get(&format!("conversations/{id}")).await.expect(200);
    assert_eq!(later["unread_count"].as_i64(), thread["unread_count"].as_i64().map(|n| n + 1));
}

#[tokio::test]
async fn replayed_events_change_nothing_that_is_there_and_bring_back_what_is_not() {
    let shop = business().await;
    let customer = shop.customer("Replayed").await;
    shop.says_text(&customer, "one").await;
    shop.says_text(&customer, "two").await;
    let id = shop.conversation_of(&customer).await["id"].as_str().unwrap().to_owned();
    let before = eventually("both messages", || async {
        let all = shop.messages(&id).await;
        (all.len() == 2).then_some(all)
    })
    .await;
    // Somebody's mistake: one message is gone.
    let lost: uuid::Uuid = before[1]["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(deleted(&shop, "delete from messages where id = $1", lost).await, 1);

    let store = Store::open(&shop.world.app_url, shop.world.keys.clone(), 2).await.unwrap();
    let ctx = store.tenant(TenantId(shop.tenant_id.parse().unwrap())).await.unwrap();
    let mut tx = store.begin(&ctx).await.unwrap();
    let now = OffsetDateTime::now_utc();
    let keys = event::replay(&mut tx, now - Duration::hours(1), now + Duration::hours(1), now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(keys.len(), 2);
    let after = eventually("the lost message is back", || async {
        let all = shop.messages(&id).await;
        (all.len() == 2).then_some(all)
    })
    .await;
    assert_eq!(after[0], before[0], "what was there is untouched");
    assert_eq!(after[1]["content"], json!({ "body": "two" }));
}
