use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::harness::*;

fn signature_fits(received: &Received) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let header = received.headers["x-hub-signature-256"].to_str().unwrap();
    let tag = hex::decode(header.strip_prefix("sha256=").unwrap()).unwrap();
    hmac::verify(&key, &received.body, &tag).is_ok()
}

#[tokio::test]
async fn bodies_are_signed_over_metas_escaped_bytes() {
    let sim = Sim::start().await;
    let text = "नमस्ते 👋 https://example.in/a";
    let (message, value) = sim.hears(json!({ "type": "text", "text": text })).await;
    assert_eq!(message["text"]["body"], text);
    assert_eq!(message["from"], KAVYA);
    assert_eq!(value["contacts"][0]["wa_id"], KAVYA);
    assert_eq!(value["contacts"][0]["user_id"], message["from_user_id"]);
    assert_eq!(value["metadata"], json!({ "display_phone_number": "919000000001", "phone_number_id": NUMBER }));
    let received = &sim.receiver.all()[0];
    assert!(signature_fits(received));
    let raw = String::from_utf8(received.body.to_vec()).unwrap();
    assert!(
        raw.is_ascii() && raw.contains(r"\u0928\u092e") && raw.contains(r"\ud83d\udc4b") && raw.contains(r"https:\/\/")
    );
    assert_eq!(received.json["object"], "whatsapp_business_account");
    assert_eq!(received.json["entry"][0]["id"], WABA);
}

#[tokio::test]
async fn anything_but_200_is_delivered_again_with_the_same_bytes() {
    let sim = Sim::start().await;
    sim.receiver.answer_with(&[500, 202, 301, 413]);
    sim.control(&format!("customers/{KAVYA}/messages"), json!({ "text": "again" })).await;
    let all = sim.receiver.until("five attempts", |received| (received.len() == 5).then(|| received.to_vec())).await;
    assert!(all.iter().all(|one| one.body == all[0].body && signature_fits(one)));
    sim.settled().await;
    assert_eq!(sim.receiver.all().len(), 5, "after a 200 nothing follows");
    let attempts = sim.observe("webhooks").await;
    let statuses: Vec<i64> =
        attempts["attempts"].as_array().unwrap().iter().map(|a| a["http_status"].as_i64().unwrap()).collect();
    assert_eq!(statuses, [500, 202, 301, 413, 200]);
}

#[tokio::test]
async fn statuses_come_in_order_with_what_was_sent_along() {
    let sim = Sim::start().await;
    sim.open_window().await;
    let more = json!({ "biz_opaque_callback_data": "tarun:msg:1" });
    let (_, body) = sim.send_body("text", json!({ "body": "hello" }), more).await;
    let wamid = body["messages"][0]["id"].as_str().unwrap().to_owned();
    sim.receiver.statuses(&wamid, "delivered").await;
    sim.settled().await;
    assert_eq!(sim.receiver.statuses(&wamid, "delivered").await.len(), 2, "not read before the phone shows it");
    sim.control(&format!("customers/{KAVYA}/read"), json!({})).await;
    let statuses = sim.receiver.statuses(&wamid, "read").await;
    let names: Vec<&str> = statuses.iter().map(|s| s["status"].as_str().unwrap()).collect();
    assert_eq!(names, ["sent", "delivered", "read"]);
    for status in &statuses {
        assert_eq!(status["biz_opaque_callback_data"], "tarun:msg:1");
        assert_eq!(status["recipient_id"], KAVYA);
        assert!(status["recipient_user_id"].as_str().unwrap().starts_with("IN."));
        assert!(status["timestamp"].is_string());
    }
    let pricing =
        json!({ "billable": false, "pricing_model": "PMP", "type": "free_customer_service", "category": "service" });
    assert_eq!(statuses[0]["pricing"], pricing);
    sim.settled().await;
    let (_, history) = sim.get(&format!("{NUMBER}/message_history?message_id={}", urlencode(&wamid))).await;
    let events = history["data"][0]["events"].as_array().unwrap();
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|event| event["webhook_update_state"] == "DELIVERED"), "{history}");
}

fn urlencode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn batches_duplicates_and_shuffles_lose_nothing() {
    let sim = Sim::start().await;
    sim.settings(json!({ "webhooks": { "paused": true, "batch": 50 } })).await;
    for n in 0..20 {
        sim.control(&format!("customers/{KAVYA}/messages"), json!({ "text": format!("m{n}") })).await;
    }
    sim.settings(json!({ "webhooks": { "paused": false } })).await;
    sim.settled().await;
    assert_eq!(sim.receiver.all().len(), 1, "one POST for all");
    assert_eq!(sim.receiver.changes().len(), 20);

    sim.settings(json!({ "webhooks": { "batch": 1, "duplicate_percent": 100, "reorder_within_ms": 60 } })).await;
    for n in 20..40 {
        sim.control(&format!("customers/{KAVYA}/messages"), json!({ "text": format!("m{n}") })).await;
    }
    sim.settled().await;
    let bodies: Vec<String> = sim.receiver.changes()[20..]
        .iter()
        .map(|(_, value)| value["messages"][0]["text"]["body"].as_str().unwrap().to_owned())
        .collect();
    let mut sorted = bodies.clone();
    sorted.sort();
    let expected: Vec<String> = (20..40).flat_map(|n| [format!("m{n}"), format!("m{n}")]).collect();
    assert_eq!(sorted, expected, "each twice");
    assert_ne!(bodies, expected, "out of order");
}

#[tokio::test]
async fn subscription_and_override_decide_where_updates_go() {
    let sim = Sim::start().await;
    let own = Receiver::start().await;
    let path = format!("{WABA}/subscribed_apps");
    let (_, listed) = sim.get(&path).await;
    assert_eq!(listed["data"][0]["whatsapp_business_api_data"]["id"], "900000000000001");

    let wrong = json!({ "override_callback_uri": own.url, "verify_token": "not it" });
    assert_eq!(sim.post(&path, wrong).await.0, 400, "the handshake fails");
    let right = json!({ "override_callback_uri": own.url, "verify_token": VERIFY });
    assert_eq!(sim.post(&path, right).await, (200, json!({ "success": true })));
    assert_eq!(sim.get(&path).await.1["data"][0]["override_callback_uri"], own.url);
    sim.control(&format!("customers/{KAVYA}/messages"), json!({ "text": "to the override" })).await;
    own.until("the override's message", |received| received.first().cloned()).await;
    assert!(sim.receiver.all().is_empty());

    // The number's own address goes before the account's.
    let third = Receiver::start().await;
    let configuration =
        json!({ "webhook_configuration": { "override_callback_uri": third.url, "verify_token": VERIFY } });
    assert_eq!(sim.post(NUMBER, configuration).await.0, 200);
    sim.control(&format!("customers/{KAVYA}/messages"), json!({ "text": "to the number's" })).await;
    third.until("the number's message", |received| received.first().cloned()).await;
    let removed = json!({ "webhook_configuration": { "override_callback_uri": "" } });
    assert_eq!(sim.post(NUMBER, removed).await.0, 200);

    assert_eq!(answer(sim.http.delete(sim.graph(&path)).bearer_auth(TOKEN)).await.0, 200);
    assert_eq!(sim.get(&path).await.1, json!({ "data": [] }));
    sim.control(&format!("customers/{KAVYA}/messages"), json!({ "text": "nobody hears this" })).await;
    sim.settled().await;
    assert_eq!((own.all().len(), third.all().len(), sim.receiver.all().len()), (1, 1, 0));
}

#[tokio::test]
async fn hand_made_webhooks() {
    let sim = Sim::start().await;
    let field = json!({ "field": "account_update", "value": { "event": "ACCOUNT_RESTRICTION" } });
    assert_eq!(sim.control("webhooks", field).await.0, 200);
    let entry =
        sim.receiver.until("the update", |received| received.first().map(|one| one.json["entry"][0].clone())).await;
    assert_eq!(entry["changes"][0]["value"]["event"], "ACCOUNT_RESTRICTION");
    assert!(entry["time"].is_i64(), "account fields carry the time");

    let forged = json!({ "raw": "{\"a\":1}", "secret": "another app" });
    assert_eq!(sim.control("webhooks", forged).await.1, json!({ "http_status": 200 }));
    let last = sim.receiver.all().pop().unwrap();
    assert_eq!(last.json, json!({ "a": 1 }));
    assert!(!signature_fits(&last));
    sim.control("webhooks", json!({ "raw": "x", "signature": "" })).await;
    assert!(!sim.receiver.all().pop().unwrap().headers.contains_key("x-hub-signature-256"));
}

#[tokio::test]
async fn the_apps_callback_url_is_verified_before_it_is_saved() {
    let sim = Sim::start_with(|config| config.webhook_url = None).await;
    let put = |body: Value| answer(sim.http.put(format!("{}/_sim/app", sim.url)).json(&body));
    let (status, body) = put(json!({ "webhook_url": "http://127.0.0.1:1/none" })).await;
    assert_eq!(status, 422);
    assert!(body["error"].as_str().unwrap().contains("could not be reached"));
    assert_eq!(put(json!({ "webhook_url": sim.receiver.url, "verify_token": "wrong" })).await.0, 422);
    assert_eq!(put(json!({ "webhook_url": sim.receiver.url, "verify_token": VERIFY })).await.0, 200);
    sim.control(&format!("customers/{KAVYA}/messages"), json!({ "text": "before subscribing" })).await;
    sim.settled().await;
    assert!(sim.receiver.all().is_empty(), "the account is not subscribed yet");
    assert_eq!(sim.post(&format!("{WABA}/subscribed_apps"), json!({})).await.0, 200);
    sim.hears(json!({ "text": "after" })).await;
}
