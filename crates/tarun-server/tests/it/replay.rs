//! Kept events handled again: what is there stays as it is, what was lost comes back.

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tarun_core::ids::TenantId;
use tarun_store::{Store, event};
use tarun_testkit::{business, eventually};
use time::{Duration, OffsetDateTime};

#[tokio::test]
async fn c_003_replayed_events_change_nothing_that_is_there_and_bring_back_what_is_not() {
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
    let mut app = PgConnection::connect(&shop.world.app_url).await.unwrap();
    let mut tx = app.begin().await.unwrap();
    sqlx::query(AssertSqlSafe(format!("set local tarun.tenant = '{}'", shop.tenant_id)))
        .execute(&mut *tx)
        .await
        .unwrap();
    let lost: uuid::Uuid = before[1]["id"].as_str().unwrap().parse().unwrap();
    sqlx::query("delete from messages where id = $1").bind(lost).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();

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
