//! From an agent's reply to the customer's phone, and what comes back.

mod again;
mod leaving;
mod limits;
mod paused;
mod window;

use serde_json::{Value, json};
use tarun_testkit::{Answer, Business, World, business, eventually};

/// A business in a world of its own, whose clock can be moved.
async fn alone() -> Business {
    Business::in_world(Box::leak(Box::new(World::start(|_| {})))).await
}

async fn thread(shop: &Business, name: &str) -> (String, String) {
    let customer = shop.customer(name).await;
    shop.says_text(&customer, "hello").await;
    let id = shop.conversation_of(&customer).await["id"].as_str().unwrap().to_owned();
    (customer, id)
}

async fn reply(shop: &Business, conversation: &str, body: &str) -> Value {
    let message = json!({ "type": "TEXT", "content": { "body": body } });
    shop.owner.post(&format!("conversations/{conversation}/messages"), message).await.expect(201)
}

async fn until(shop: &Business, conversation: &str, id: &Value, status: &str) -> Value {
    eventually(status, || async {
        shop.messages(conversation).await.into_iter().find(|m| &m["id"] == id && m["status"] == status)
    })
    .await
}

/// The calls that were made for a message, oldest first.
async fn calls(shop: &Business, id: &Value) -> Vec<Value> {
    let all = shop.sim().get("/_sim/calls?limit=10000").await.expect(200);
    let own = format!("tarun:{}", id.as_str().unwrap());
    let all = all["calls"].as_array().unwrap();
    all.iter().filter(|c| c["callback"].as_str().is_some_and(|c| c.starts_with(&own))).cloned().collect()
}

/// The ids that WhatsApp gave a message: one for each time it took it.
async fn wamids(shop: &Business, id: &Value) -> Vec<String> {
    let calls = calls(shop, id).await;
    calls.iter().filter(|c| c["accepted"] == true).map(|c| c["wamid"].as_str().unwrap().to_owned()).collect()
}

async fn behave(shop: &Business, behaviour: Value) {
    shop.sim().post("/_sim/behaviour", behaviour).await.expect(200);
}

/// The next so many sends to a customer end like this; `null`: all.
async fn rule(shop: &Business, customer: &str, times: Value, action: Value) {
    behave(shop, json!({ "rules": [{ "match": { "recipient": customer }, "times": times, "action": action }] })).await;
}

async fn silent(shop: &Business) {
    behave(shop, json!({ "settings": { "statuses": { "enabled": false } } })).await;
}

async fn resolve(shop: &Business, conversation: &str, id: &Value, resolution: &str) -> Answer {
    let path = format!("conversations/{conversation}/messages/{}/resolve", id.as_str().unwrap());
    shop.owner.post(&path, json!({ "resolution": resolution })).await
}

/// A webhook with one status of a message.
fn status(shop: &Business, wamid: &str, word: &str, more: Value) -> String {
    let at = time::OffsetDateTime::now_utc().unix_timestamp().to_string();
    let mut status = json!({ "id": wamid, "status": word, "timestamp": at, "recipient_id": "919800000000" });
    for (name, value) in more.as_object().unwrap() {
        status[name] = value.clone();
    }
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": shop.waba_id, "changes": [{ "field": "messages", "value": {
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": shop.display, "phone_number_id": shop.phone_number_id },
        "statuses": [status] } }] }] })
    .to_string()
}

/// Waits until everything that this customer's side sent before is handled: events of one customer are handled in order.
async fn settled(shop: &Business, customer: &str, conversation: &str) {
    let text = format!("marker {}", uuid::Uuid::now_v7());
    shop.says_text(customer, &text).await;
    eventually("the marker", || async {
        shop.messages(conversation).await.into_iter().find(|m| m["content"]["body"] == text.as_str())
    })
    .await;
}

#[tokio::test]
async fn a_reply_is_queued_sent_delivered_and_read() {
    let shop = business().await;
    let (customer, id) = thread(&shop, "Meera").await;
    let made = reply(&shop, &id, "Namaste! क्या मदद करूँ?").await;
    assert_eq!(
        (&made["status"], &made["direction"], &made["sent_by"]["name"]),
        (&json!("QUEUED"), &json!("OUTBOUND"), &json!("Asha Kulkarni"))
    );
    until(&shop, &id, &made["id"], "DELIVERED").await;
    shop.sim()
        .post(&format!("/_sim/customers/{customer}/read"), json!({ "phone_number_id": shop.phone_number_id }))
        .await
        .expect(200);
    let read = until(&shop, &id, &made["id"], "READ").await;
    assert!(read["sent_at"].is_string() && read["delivered_at"].is_string() && read["read_at"].is_string());
    let chat = shop
        .sim()
        .get(&format!("/_sim/customers/{customer}/messages?phone_number_id={}", shop.phone_number_id))
        .await
        .expect(200);
    assert!(chat.to_string().contains("क्या मदद करूँ?"));
}

#[tokio::test]
async fn the_same_idempotency_key_sends_once_and_another_body_is_refused() {
    let shop = business().await;
    let (_, id) = thread(&shop, "Nisha").await;
    let path = format!("conversations/{id}/messages");
    let send = |body: &str| {
        let message = json!({ "type": "TEXT", "content": { "body": body } });
        shop.owner.request(reqwest::Method::POST, &path).header("idempotency-key", "key-one").json(&message)
    };
    let first = shop.owner.send(send("only once")).await.expect(201);
    let again = shop.owner.send(send("only once")).await.expect(201);
    assert_eq!(first["id"], again["id"]);
    assert_eq!(first["client_key"], "key-one");
    assert_eq!(shop.owner.send(send("something else")).await.expect(409)["code"], "idempotency_key_reused");
    until(&shop, &id, &first["id"], "DELIVERED").await;
    assert_eq!(shop.messages(&id).await.len(), 2);
}

#[tokio::test]
async fn replies_of_one_conversation_arrive_in_order() {
    let shop = business().await;
    let (customer, id) = thread(&shop, "Ordered").await;
    let mut last = Value::Null;
    for n in 0..12 {
        last = reply(&shop, &id, &format!("part {n:02}")).await["id"].clone();
    }
    until(&shop, &id, &last, "DELIVERED").await;
    let chat = shop
        .sim()
        .get(&format!("/_sim/customers/{customer}/messages?phone_number_id={}", shop.phone_number_id))
        .await
        .expect(200);
    let text = chat.to_string();
    let mut found: Vec<(usize, usize)> =
        (0..12).filter_map(|n| Some((text.find(&format!("part {n:02}"))?, n))).collect();
    found.sort_unstable();
    let mut order: Vec<usize> = found.into_iter().map(|(_, n)| n).collect();
    if order.first() == Some(&11) {
        order.reverse();
    }
    assert_eq!(order, (0..12).collect::<Vec<_>>());
}

#[tokio::test]
async fn c_050_accepted_but_cut_off_is_never_sent_twice() {
    let shop = business().await;
    let (customer, id) = thread(&shop, "Cut off").await;
    let rule = json!({ "rules": [{ "match": { "recipient": customer }, "times": 1, "action": { "do": "drop", "accepted": true } }] });
    shop.sim().post("/_sim/behaviour", rule).await.expect(200);
    let made = reply(&shop, &id, "did it arrive?").await;
    until(&shop, &id, &made["id"], "DELIVERED").await;
    assert_eq!(calls(&shop, &made["id"]).await.len(), 1);
}

#[tokio::test]
async fn c_052_a_permanent_error_fails_at_once_with_words_and_can_be_tried_again_by_a_person() {
    let shop = business().await;
    let (customer, id) = thread(&shop, "Unreachable").await;
    let rule = json!({ "rules": [{ "match": { "recipient": customer }, "times": 1, "action": { "do": "error", "code": 131026 } }] });
    shop.sim().post("/_sim/behaviour", rule).await.expect(200);
    let made = reply(&shop, &id, "hello?").await;
    let failed = until(&shop, &id, &made["id"], "FAILED").await;
    assert_eq!(failed["error"]["code"], 131026);
    assert!(failed["error"]["detail"].as_str().unwrap().ends_with('.'));
    assert_eq!(calls(&shop, &made["id"]).await.len(), 1, "one attempt only");
    let path = format!("conversations/{id}/messages/{}/resolve", made["id"].as_str().unwrap());
    shop.owner.post(&path, json!({ "resolution": "RETRY" })).await.expect(200);
    until(&shop, &id, &made["id"], "DELIVERED").await;
    assert_eq!(shop.owner.post(&path, json!({ "resolution": "RETRY" })).await.expect(409)["code"], "not_failed");
}

#[tokio::test]
async fn c_048_a_provider_that_is_down_for_a_moment_costs_nothing_but_time() {
    let shop = business().await;
    let (customer, id) = thread(&shop, "Patient").await;
    let rule = json!({ "rules": [{ "match": { "recipient": customer }, "times": 1, "action": { "do": "error", "code": 131016, "http_status": 503 } }] });
    shop.sim().post("/_sim/behaviour", rule).await.expect(200);
    let made = reply(&shop, &id, "in a moment").await;
    until(&shop, &id, &made["id"], "DELIVERED").await;
}

#[tokio::test]
async fn outside_the_window_nothing_is_sent() {
    let shop = business().await;
    let at = time::OffsetDateTime::now_utc().unix_timestamp() - 25 * 3600;
    let body = tarun_testkit::text_webhook(&shop, &[("919811155555", "wamid.OLD", at, "yesterday")]);
    shop.webhook(&body, tarun_testkit::SECRET).await.expect(200);
    let thread = shop.conversation_of("919811155555").await;
    assert_eq!(thread["window"]["open"], false);
    let message = json!({ "type": "TEXT", "content": { "body": "too late" } });
    let refused = shop.owner.post(&format!("conversations/{}/messages", thread["id"].as_str().unwrap()), message).await;
    assert_eq!(refused.expect(422)["code"], "window_closed");
}
