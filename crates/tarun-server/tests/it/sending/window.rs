//! The 24-hour window, as Meta and the customer move it.

use super::{alone, calls, reply, rule, thread, until};
use serde_json::{Value, json};
use tarun_testkit::{Business, business, eventually};
use time::Duration;

async fn is_open(shop: &Business, id: &str) -> bool {
    shop.owner.get(&format!("conversations/{id}")).await.expect(200)["window"]["open"] == true
}

async fn refused(shop: &Business, id: &str) {
    let message = json!({ "type": "TEXT", "content": { "body": "too late" } });
    let refused = shop.owner.post(&format!("conversations/{id}/messages"), message).await.expect(422);
    assert_eq!(refused["code"], "window_closed");
}

/// 131047 comes in the answer, or later as a status; both close the window, and only what the customer does opens it.
#[tokio::test]
async fn the_window_that_meta_calls_closed_is_closed_until_the_customer_does_something() {
    let shop = business().await;
    for late in [false, true] {
        let (customer, id) = thread(&shop, "Closed").await;
        let action = if late {
            json!({ "do": "fail_later", "code": 131_047 })
        } else {
            json!({ "do": "error", "code": 131_047, "http_status": 400 })
        };
        let before = reply(&shop, &id, "arrives").await;
        until(&shop, &id, &before["id"], "DELIVERED").await;
        rule(&shop, &customer, json!(1), action).await;
        let made = reply(&shop, &id, "hello?").await;
        let failed = until(&shop, &id, &made["id"], "FAILED").await;
        assert_eq!(failed["error"]["code"], 131_047, "late: {late}");
        assert!(!is_open(&shop, &id).await, "late: {late}");
        refused(&shop, &id).await;
        // A reaction is an act of the customer, too.
        let calls = calls(&shop, &before["id"]).await;
        let reaction = json!({ "message_id": calls[0]["wamid"], "emoji": "👋" });
        shop.says(&customer, json!({ "type": "reaction", "reaction": reaction })).await;
        eventually("the window", || async { is_open(&shop, &id).await.then_some(()) }).await;
        let answer = reply(&shop, &id, "hello again").await;
        until(&shop, &id, &answer["id"], "DELIVERED").await;
    }
}

#[tokio::test]
async fn a_message_that_waits_until_the_window_has_closed_is_not_sent() {
    let shop = alone().await;
    let (customer, id) = thread(&shop, "Too late").await;
    let key = shop.owner.post("api-keys", json!({ "name": "later", "scope": "READ" })).await.expect(201);
    rule(&shop, &customer, Value::Null, json!({ "do": "error", "code": 130_429, "http_status": 400 })).await;
    let made = reply(&shop, &id, "before tomorrow").await;
    eventually("the refusal", || async { (calls(&shop, &made["id"]).await.len() == 1).then_some(()) }).await;
    shop.world.clock.advance(Duration::hours(24));
    let later = shop.owner.with(key["key"].as_str());
    let failed = eventually("the end", || async {
        let page = later.get(&format!("conversations/{id}/messages")).await.expect(200);
        page["data"].as_array().unwrap().iter().find(|m| m["id"] == made["id"] && m["status"] == "FAILED").cloned()
    })
    .await;
    assert!(failed["error"]["detail"].as_str().unwrap().contains("window has closed"), "{failed}");
    assert_eq!(calls(&shop, &made["id"]).await.len(), 1);
}
