//! Limits, and failures that pass: what waits, and what goes on meanwhile.

use super::{calls, reply, rule, thread, until};
use serde_json::{Value, json};
use sqlx::Connection;
use tarun_testkit::{business, eventually};

#[tokio::test]
async fn c_049_one_customers_limit_makes_only_that_customer_wait() {
    let shop = business().await;
    let (slow, waiting) = thread(&shop, "Too many").await;
    let (_, other) = thread(&shop, "Somebody else").await;
    rule(&shop, &slow, Value::Null, json!({ "do": "error", "code": 131_056, "http_status": 400 })).await;
    let (held, behind) = (reply(&shop, &waiting, "held back").await, reply(&shop, &waiting, "behind it").await);
    let waits = eventually("the refusal", || async {
        shop.messages(&waiting).await.into_iter().find(|m| m["id"] == held["id"] && m["error"]["code"] == 131_056)
    })
    .await;
    assert_eq!((&waits["status"], &waits["error"]["can_retry"]), (&json!("QUEUED"), &json!(false)));
    assert!(waits["error"]["detail"].as_str().unwrap().contains("follows by itself"), "{waits}");
    for n in 0..3 {
        let answer = reply(&shop, &other, &format!("goes on {n}")).await;
        until(&shop, &other, &answer["id"], "DELIVERED").await;
    }
    assert_eq!(calls(&shop, &behind["id"]).await.len(), 0, "the order of one conversation stays");
    until(&shop, &waiting, &behind["id"], "QUEUED").await;
    rule(&shop, &slow, Value::Null, json!({ "do": "accept" })).await;
}

/// A failure that comes as a status is final here, whatever its code: nothing follows by itself.
#[tokio::test]
async fn c_048_a_passing_error_as_a_status_promises_no_further_try() {
    let shop = business().await;
    let (customer, id) = thread(&shop, "Promises").await;
    for code in [131_016, 131_056, 130_429] {
        rule(&shop, &customer, json!(1), json!({ "do": "fail_later", "code": code })).await;
        let made = reply(&shop, &id, &format!("{code}")).await;
        let failed = until(&shop, &id, &made["id"], "FAILED").await;
        let words = failed["error"]["detail"].as_str().unwrap();
        assert!(words.ends_with("end it again.") && !words.contains("by itself"), "{code}: {words}");
        assert_eq!(failed["error"]["can_retry"], true);
    }
}

/// A customer who writes holds the conversation's row while the answer to a send is written down. Neither waits for the
/// other: a send locks its message and its job only.
#[tokio::test]
async fn c_041_what_came_of_a_send_is_written_down_while_the_conversation_is_locked() {
    let shop = super::alone().await;
    super::silent(&shop).await;
    let (customer, id) = thread(&shop, "Busy").await;
    rule(&shop, &customer, json!(1), json!({ "do": "slow", "ms": 500 })).await;
    let made = reply(&shop, &id, "while you write").await;
    let mut app = shop.as_server().await;
    let mut tx = app.begin().await.unwrap();
    let conversation: uuid::Uuid = id.parse().unwrap();
    sqlx::query("select 1 from conversations where id = $1 for update")
        .bind(conversation)
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    until(&shop, &id, &made["id"], "SENT").await;
    let message: uuid::Uuid = made["id"].as_str().unwrap().parse().unwrap();
    // As a status would: the conversation, then the message.
    sqlx::query("select 1 from messages where id = $1 for update").bind(message).fetch_one(&mut *tx).await.unwrap();
    tx.rollback().await.unwrap();
}
