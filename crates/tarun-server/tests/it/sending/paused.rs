//! A number that can't be used: its messages wait.

use super::{alone, calls, reply, resolve, rule, thread, until};
use serde_json::{Value, json};
use tarun_testkit::{Business, Caller, eventually};
use time::Duration;

async fn paused_reason(shop: &Business) -> Value {
    let number = shop.owner.get(&format!("whatsapp/numbers/{}", shop.number_id)).await.expect(200);
    number["health"]["paused_reason"].clone()
}

async fn check(shop: &Business) {
    shop.owner.post(&format!("whatsapp/numbers/{}/check", shop.number_id), Value::Null).await.expect(200);
}

async fn waits(shop: &Business, conversation: &str, id: &Value) -> Value {
    eventually("the message waits", || async {
        let all = shop.messages(conversation).await;
        all.into_iter().find(|m| &m["id"] == id && m["status"] == "QUEUED" && m["error"].is_object())
    })
    .await
}

async fn message(caller: &Caller, conversation: &str, id: &Value) -> Value {
    let page = caller.get(&format!("conversations/{conversation}/messages")).await.expect(200);
    page["data"].as_array().unwrap().iter().find(|m| &m["id"] == id).unwrap().clone()
}

#[tokio::test]
async fn messages_of_a_number_without_a_valid_token_wait_until_it_is_repaired_and_go_out_once() {
    let shop = alone().await;
    let (customer, id) = thread(&shop, "Patient").await;
    let (_, other) = thread(&shop, "As patient").await;
    rule(&shop, &customer, json!(1), json!({ "do": "error", "code": 190, "http_status": 401 })).await;
    let made = reply(&shop, &id, "token").await;
    let first = waits(&shop, &id, &made["id"]).await;
    let words = first["error"]["detail"].as_str().unwrap();
    assert!(words.contains("access token") && words.contains("this message waits"), "{words}");
    assert_eq!((&first["error"]["code"], &first["error"]["can_retry"]), (&json!(190), &json!(false)));
    assert!(paused_reason(&shop).await.is_string());
    // The other conversation's message is not even tried.
    let second = reply(&shop, &other, "no token").await;
    waits(&shop, &other, &second["id"]).await;
    assert_eq!((calls(&shop, &made["id"]).await.len(), calls(&shop, &second["id"]).await.len()), (1, 0));

    check(&shop).await;
    assert_eq!(paused_reason(&shop).await, Value::Null);
    for (conversation, id) in [(&id, &made["id"]), (&other, &second["id"])] {
        eventually("the message goes out", || async {
            shop.world.clock.advance(Duration::seconds(1));
            (message(&shop.owner, conversation, id).await["status"] == "DELIVERED").then_some(())
        })
        .await;
        assert_eq!(message(&shop.owner, conversation, id).await["error"], Value::Null);
    }
    assert_eq!((calls(&shop, &made["id"]).await.len(), calls(&shop, &second["id"]).await.len()), (2, 1));
}

#[tokio::test]
async fn what_waited_for_more_than_a_day_is_given_up() {
    let shop = alone().await;
    let (customer, id) = thread(&shop, "Tomorrow").await;
    let key = shop.owner.post("api-keys", json!({ "name": "later", "scope": "READ" })).await.expect(201);
    let later = shop.owner.with(key["key"].as_str());
    rule(&shop, &customer, json!(1), json!({ "do": "error", "code": 131_042, "http_status": 400 })).await;
    let made = reply(&shop, &id, "good morning").await;
    waits(&shop, &id, &made["id"]).await;
    shop.world.clock.advance(Duration::hours(20));
    // The customer writes, so that the window is no reason.
    let at = time::OffsetDateTime::now_utc().unix_timestamp() + 20 * 3600;
    let body = tarun_testkit::text_webhook(&shop, &[(&customer, "wamid.STILLHERE", at, "anybody there?")]);
    shop.webhook(&body, tarun_testkit::SECRET).await.expect(200);
    eventually("the customer's message", || async {
        let page = later.get(&format!("conversations/{id}/messages")).await.expect(200);
        (page["data"].as_array().unwrap().len() == 3).then_some(())
    })
    .await;
    assert_eq!(message(&later, &id, &made["id"]).await["status"], "QUEUED");
    shop.world.clock.advance(Duration::hours(4) + Duration::minutes(1));
    let failed = eventually("the end", || async {
        Some(message(&later, &id, &made["id"]).await).filter(|m| m["status"] == "FAILED")
    })
    .await;
    assert!(failed["error"]["detail"].as_str().unwrap().contains("more than a day"), "{failed}");
    assert_eq!(calls(&shop, &made["id"]).await.len(), 1);
}

/// An error that WhatsApp tells later, by a status.
#[tokio::test]
async fn a_billing_problem_that_comes_as_a_status_pauses_the_number_too() {
    let shop = alone().await;
    let (customer, id) = thread(&shop, "Unpaid").await;
    rule(&shop, &customer, json!(1), json!({ "do": "fail_later", "code": 131_042 })).await;
    let made = reply(&shop, &id, "on credit").await;
    until(&shop, &id, &made["id"], "FAILED").await;
    assert!(paused_reason(&shop).await.as_str().unwrap().contains("billing"));
    let next = reply(&shop, &id, "waits").await;
    waits(&shop, &id, &next["id"]).await;
    check(&shop).await;
    resolve(&shop, &id, &made["id"], "RETRY").await.expect(200);
    for message_id in [&next["id"], &made["id"]] {
        eventually("delivered", || async {
            shop.world.clock.advance(Duration::seconds(1));
            (message(&shop.owner, &id, message_id).await["status"] == "DELIVERED").then_some(())
        })
        .await;
    }
}

/// Puts the right token in its place at the moment in which a call begins, as an admin might.
const REPAIR: &str = "
    create table good as select id, access_token_enc from whatsapp_numbers;
    create function repair() returns trigger language plpgsql security definer set search_path = public as $$
        begin
            update whatsapp_numbers n set access_token_enc = g.access_token_enc from good g where g.id = n.id;
            return new;
        end $$;
    create trigger repair after update of call_started_at on messages for each row
        when (new.call_started_at is not null) execute function repair();";

#[tokio::test]
async fn a_call_with_the_token_of_before_pauses_no_number_that_was_repaired_meanwhile() {
    let shop = alone().await;
    let (_, id) = thread(&shop, "Meanwhile").await;
    let mut sql = shop.world.owner().await;
    // The owner of the tables is held to row-level security as well.
    let tenant = format!("set tarun.tenant = '{}'", shop.tenant_id);
    sqlx::raw_sql(sqlx::AssertSqlSafe(tenant)).execute(&mut sql).await.unwrap();
    sqlx::raw_sql(REPAIR).execute(&mut sql).await.unwrap();
    let number = format!("whatsapp/numbers/{}", shop.number_id);
    let wrong = json!({ "access_token": "a-token-that-whatsapp-does-not-know" });
    shop.owner.patch(&number, wrong).await.expect(200);
    let made = reply(&shop, &id, "with the old token").await;
    eventually("delivered", || async {
        shop.world.clock.advance(Duration::milliseconds(100));
        (message(&shop.owner, &id, &made["id"]).await["status"] == "DELIVERED").then_some(())
    })
    .await;
    assert_eq!(paused_reason(&shop).await, Value::Null);
    assert_eq!(calls(&shop, &made["id"]).await.iter().filter(|c| c["accepted"] == true).count(), 1);
}
