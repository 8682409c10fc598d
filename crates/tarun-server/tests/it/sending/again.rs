//! Sending a message again: when a person may, and whose reports count then.

use super::{alone, behave, calls, reply, resolve, rule, settled, silent, status, thread, until, wamids};
use serde_json::{Value, json};
use tarun_core::delivery::REPORT_WAIT;
use tarun_testkit::{Business, SECRET, business, eventually};
use time::Duration;

#[tokio::test]
async fn c_050_a_message_of_unknown_fate_is_sent_again_only_when_its_report_had_time_to_come() {
    let shop = alone().await;
    silent(&shop).await;
    let (customer, id) = thread(&shop, "Unheard").await;
    rule(&shop, &customer, json!(1), json!({ "do": "drop", "accepted": true })).await;
    let made = reply(&shop, &id, "once or twice?").await;
    let unknown = until(&shop, &id, &made["id"], "UNKNOWN").await;
    assert_eq!((&unknown["error"]["can_retry"], unknown["error"]["retry_from"].is_string()), (&json!(false), true));
    assert_eq!(resolve(&shop, &id, &made["id"], "RETRY").await.expect(409)["code"], "too_soon");
    assert_eq!(calls(&shop, &made["id"]).await.len(), 1);

    shop.world.clock.advance(REPORT_WAIT);
    let later = until(&shop, &id, &made["id"], "UNKNOWN").await;
    assert_eq!((&later["error"]["can_retry"], &later["error"]["retry_from"]), (&json!(true), &Value::Null));
    resolve(&shop, &id, &made["id"], "RETRY").await.expect(200);
    until(&shop, &id, &made["id"], "SENT").await;
    assert_eq!(wamids(&shop, &made["id"]).await.len(), 2, "a person wanted it");

    // A late report on the first attempt says nothing of the second …
    let first = &wamids(&shop, &made["id"]).await[0];
    let failed = json!({ "status": "failed", "code": 131_026 });
    shop.sim().post(&format!("/_sim/messages/{first}/status"), failed).await.expect(200);
    settled(&shop, &customer, &id).await;
    let after = until(&shop, &id, &made["id"], "SENT").await;
    assert_eq!(after["error"], Value::Null);
    // … unless the customer has it.
    let own = json!({ "biz_opaque_callback_data": format!("tarun:{}", made["id"].as_str().unwrap()) });
    shop.webhook(&status(&shop, first, "delivered", own), SECRET).await.expect(200);
    until(&shop, &id, &made["id"], "DELIVERED").await;
}

#[tokio::test]
async fn what_was_discarded_is_settled() {
    let shop = business().await;
    let (customer, id) = thread(&shop, "Given up").await;
    rule(&shop, &customer, json!(1), json!({ "do": "drop", "accepted": false })).await;
    let made = reply(&shop, &id, "never mind").await;
    until(&shop, &id, &made["id"], "UNKNOWN").await;
    let left = resolve(&shop, &id, &made["id"], "DISCARD").await.expect(200);
    assert_eq!((&left["status"], &left["error"]["discarded"]), (&json!("FAILED"), &json!(true)));
    assert_eq!((&left["error"]["can_retry"], &left["error"]["retry_from"]), (&json!(false), &Value::Null));
    for again in ["RETRY", "DISCARD"] {
        assert_eq!(resolve(&shop, &id, &made["id"], again).await.expect(409)["code"], "not_failed");
    }
}

/// A message that WhatsApp took and then reported as failed; its first id.
async fn failed_later(shop: &Business, customer: &str, id: &str) -> (Value, String) {
    rule(shop, customer, json!(1), json!({ "do": "fail_later", "code": 131_026 })).await;
    let made = reply(shop, id, "again, please").await;
    until(shop, id, &made["id"], "FAILED").await;
    let first = wamids(shop, &made["id"]).await.remove(0);
    (made["id"].clone(), first)
}

#[tokio::test]
async fn answers_and_reactions_to_what_was_sent_again_find_it() {
    let shop = business().await;
    let (customer, id) = thread(&shop, "Second copy").await;
    let (message, _) = failed_later(&shop, &customer, &id).await;
    resolve(&shop, &id, &message, "RETRY").await.expect(200);
    until(&shop, &id, &message, "DELIVERED").await;
    let second = wamids(&shop, &message).await.remove(1);
    shop.says(&customer, json!({ "type": "reaction", "reaction": { "message_id": second, "emoji": "🙏" } })).await;
    shop.says(&customer, json!({ "type": "text", "text": "this one arrived", "reply_to": second })).await;
    let answer = eventually("the answer", || async {
        shop.messages(&id).await.into_iter().find(|m| m["content"]["body"] == "this one arrived")
    })
    .await;
    assert_eq!(answer["reply_to"]["message_id"], message);
    let reacted = shop.messages(&id).await.into_iter().find(|m| m["id"] == message).unwrap();
    assert_eq!(reacted["reactions"][0]["emoji"], "🙏");
}

#[tokio::test]
async fn c_005_a_late_sent_of_the_failed_attempt_takes_nothing_from_the_next() {
    let shop = alone().await;
    let (customer, id) = thread(&shop, "Out of order").await;
    let (message, first) = failed_later(&shop, &customer, &id).await;
    // The second attempt has to wait.
    rule(&shop, &customer, json!(1), json!({ "do": "error", "code": 131_056, "http_status": 400, "retry_after": 60 }))
        .await;
    resolve(&shop, &id, &message, "RETRY").await.expect(200);
    eventually("the refusal", || async { (calls(&shop, &message).await.len() == 2).then_some(()) }).await;
    for own in [json!({ "biz_opaque_callback_data": format!("tarun:{}", message.as_str().unwrap()) }), json!({})] {
        for word in ["sent", "failed"] {
            let mut more = own.clone();
            more["pricing"] = json!({ "category": "service", "type": "regular", "pricing_model": "PMP" });
            // Each one an event of its own.
            more["recipient_id"] = json!(format!("{word}-{}", own.to_string().len()));
            shop.webhook(&status(&shop, &first, word, more), SECRET).await.expect(200);
        }
    }
    settled(&shop, &customer, &id).await;
    until(&shop, &id, &message, "QUEUED").await;
    eventually("the second attempt", || async {
        shop.world.clock.advance(Duration::seconds(1));
        shop.messages(&id).await.into_iter().find(|m| m["id"] == message && m["status"] == "DELIVERED")
    })
    .await;
    assert_eq!(wamids(&shop, &message).await.len(), 2);
}

/// Meta may tell of a message before it answers the call, and without our own id there is nothing to know it by yet.
#[tokio::test]
async fn c_005_a_status_that_overtakes_the_answer_is_kept_until_the_message_is_known() {
    let shop = alone().await;
    silent(&shop).await;
    let (customer, id) = thread(&shop, "Overtaken").await;
    rule(&shop, &customer, json!(1), json!({ "do": "slow", "ms": 3_000 })).await;
    let made = reply(&shop, &id, "slowly").await;
    let wamid = eventually("the call", || async { wamids(&shop, &made["id"]).await.pop() }).await;
    shop.webhook(&status(&shop, &wamid, "delivered", json!({})), SECRET).await.expect(200);
    until(&shop, &id, &made["id"], "SENT").await;
    eventually("the delivery", || async {
        shop.world.clock.advance(Duration::seconds(1));
        shop.messages(&id).await.into_iter().find(|m| m["id"] == made["id"] && m["status"] == "DELIVERED")
    })
    .await;
    behave(&shop, json!({ "settings": { "statuses": { "enabled": true } } })).await;
}
