use serde_json::{Value, json};

use super::harness::*;

#[tokio::test]
async fn free_form_needs_an_open_window_and_templates_do_not() {
    let sim = Sim::start().await;
    let (status, body) = sim.send("text", json!({ "body": "hi" })).await;
    assert_eq!((status, code(&body)), (400, 131_047));
    assert!(body["error"]["error_data"]["details"].as_str().unwrap().contains("24 hours"));
    let template = json!({ "name": "welcome_back", "language": { "code": "en" } });
    let (status, body) = sim.send("template", template).await;
    assert_eq!(status, 200);
    assert_eq!(body["messages"][0]["message_status"], "accepted");
    assert_eq!(body["contacts"][0], json!({ "input": format!("+{KAVYA}"), "wa_id": KAVYA }));
    assert_eq!(code(&sim.send("text", json!({ "body": "hi" })).await.1), 131_047, "a template opens nothing");

    sim.open_window().await;
    sim.sent("text", json!({ "body": "hi" })).await;
    sim.control("clock", json!({ "advance_seconds": 86_401 })).await;
    assert_eq!(code(&sim.send("text", json!({ "body": "late" })).await.1), 131_047);

    sim.settings(json!({ "limits": { "window_error_late": true } })).await;
    let wamid = sim.sent("text", json!({ "body": "late" })).await;
    let failed = sim.receiver.statuses(&wamid, "failed").await;
    assert_eq!(failed[0]["errors"][0]["code"], 131_047);
    assert!(failed[0].get("recipient_user_id").is_none(), "not told when a number was addressed");
    let without_contacts =
        sim.receiver.changes().into_iter().find(|(_, v)| v["statuses"][0]["status"] == "failed").unwrap();
    assert!(without_contacts.1.get("contacts").is_none());
}

#[tokio::test]
async fn templates_are_checked_against_what_was_approved() {
    let sim = Sim::start().await;
    let order = |name: &str, language: &str, components: Value| json!({ "name": name, "language": { "code": language }, "components": components });
    let texts = |values: &[&str]| -> Value {
        values.iter().map(|text| json!({ "type": "text", "text": text })).collect::<Vec<_>>().into()
    };
    let url = json!({ "type": "button", "sub_type": "url", "index": "0", "parameters": [{ "type": "text", "text": "4821" }] });
    let body = |values: &[&str]| json!({ "type": "body", "parameters": texts(values) });
    let long = "x".repeat(1_020);
    let named = |name: &str| json!({ "type": "text", "parameter_name": name, "text": "Priya" });
    let cases = [
        (order("order_update", "hi", json!([body(&["प्रिया", "#1", "कल"]), url])), None),
        (order("order_update", "en_US", json!([body(&["a", "b"]), url])), Some(132_000)),
        (order("order_update", "en_US", json!([body(&["a", "b", "c", "d"]), url])), Some(132_000)),
        (order("order_update", "en_US", json!([body(&["a", "b\nc", "d"]), url])), Some(132_012)),
        (order("order_update", "en_US", json!([body(&["a", &long, "d"]), url])), Some(132_005)),
        (order("order_update", "en_US", json!([body(&["a", "b", "c"])])), Some(131_008)),
        (order("order_update", "de", json!([])), Some(132_001)),
        (order("no_such", "en", json!([])), Some(132_001)),
        (order("summer_sale", "en", json!([])), Some(132_015)),
        (order("feedback_request", "en", json!([])), Some(132_001)),
        (
            order(
                "diwali_offer",
                "en",
                json!([{ "type": "body", "parameters": [named("first_name"), named("discount")] }]),
            ),
            Some(132_012),
        ),
        (
            order(
                "appointment_reminder",
                "en",
                json!([{ "type": "body", "parameters": [named("first_name"), named("day"), named("time")] }]),
            ),
            None,
        ),
        (
            order(
                "appointment_reminder",
                "en",
                json!([{ "type": "body", "parameters": [named("first_name"), named("day"), named("hour")] }]),
            ),
            Some(132_000),
        ),
    ];
    for (template, expected) in cases {
        let (_, answer) = sim.send("template", template.clone()).await;
        assert_eq!(answer.get("error").map(|_| code(&answer)), expected, "{template} → {answer}");
    }
}

#[tokio::test]
async fn recipients_by_user_id_and_those_who_cannot_be_reached() {
    let sim = Sim::start().await;
    let people = sim.observe("state").await;
    let zoya =
        people["customers"].as_array().unwrap().iter().find(|one| one["username"] == "zoya.writes").unwrap().clone();
    let user_id = zoya["user_id"].as_str().unwrap();
    let written = sim.control(&format!("customers/{user_id}/messages"), json!({ "text": "hello" })).await.1;
    let (message, value) = sim.receiver.message(written["id"].as_str().unwrap()).await;
    assert!(message.get("from").is_none() && value["contacts"][0].get("wa_id").is_none());
    assert_eq!(value["contacts"][0]["profile"], json!({ "name": "Zoya", "username": "zoya.writes" }));

    let to_user = |id: &str| json!({ "messaging_product": "whatsapp", "recipient": id, "type": "text", "text": { "body": "hi" } });
    let path = format!("{NUMBER}/messages");
    let (status, body) = sim.post(&path, to_user(user_id)).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["contacts"][0], json!({ "input": user_id, "user_id": user_id }));
    let statuses = sim.receiver.statuses(body["messages"][0]["id"].as_str().unwrap(), "delivered").await;
    assert!(statuses[0].get("recipient_id").is_none());
    assert_eq!(statuses[0]["recipient_user_id"], user_id);
    assert_eq!(code(&sim.post(&path, to_user("IN.999")).await.1), 131_009, "a user id of another portfolio");
    let code_template = json!({ "messaging_product": "whatsapp", "recipient": user_id, "type": "template",
        "template": { "name": "login_code", "language": { "code": "en" } } });
    assert_eq!(code(&sim.post(&path, code_template).await.1), 131_062);

    let patch = sim.http.patch(format!("{}/_sim/customers/{KAVYA}", sim.url)).json(&json!({ "reachable": false }));
    assert_eq!(answer(patch).await.0, 200);
    sim.open_window().await;
    let wamid = sim.sent("text", json!({ "body": "are you there?" })).await;
    assert_eq!(sim.receiver.statuses(&wamid, "failed").await[0]["errors"][0]["code"], 131_026);
    let to_self = json!({ "messaging_product": "whatsapp", "to": "+919000000001", "text": { "body": "me" } });
    assert_eq!(code(&sim.post(&path, to_self).await.1), 131_021);
}

#[tokio::test]
async fn marketing_opt_out_and_reactions_and_blocks() {
    let sim = Sim::start().await;
    let stop = sim.control(&format!("customers/{KAVYA}/preferences"), json!({ "value": "stop" })).await;
    assert_eq!(stop.0, 200);
    let value = sim.receiver.until("the preference", |_| {
        sim.receiver.changes().into_iter().find(|(field, _)| field == "user_preferences").map(|(_, value)| value)
    });
    let value = value.await;
    assert_eq!(value["user_preferences"][0]["value"], "stop");
    assert!(value["user_preferences"][0]["timestamp"].is_i64());
    let wamid = sim.sent("template", json!({ "name": "welcome_back", "language": { "code": "en" } })).await;
    assert_eq!(sim.receiver.statuses(&wamid, "failed").await[0]["errors"][0]["code"], 131_050);

    let greeting = sim.open_window().await;
    let wamid = sim.sent("reaction", json!({ "message_id": greeting, "emoji": "👍" })).await;
    sim.receiver.statuses(&wamid, "sent").await;
    sim.settled().await;
    assert_eq!(sim.receiver.statuses(&wamid, "sent").await.len(), 1, "reactions only get sent");
    let chat = sim.observe(&format!("customers/{KAVYA}/messages")).await;
    let target = chat["messages"].as_array().unwrap().iter().find(|m| m["id"] == greeting).unwrap().clone();
    assert_eq!(target["business_reaction"], "👍");
    assert_eq!(code(&sim.send("reaction", json!({ "message_id": "wamid.none", "emoji": "👍" })).await.1), 131_009);

    let block = json!({ "messaging_product": "whatsapp", "block_users": [{ "user": format!("+{KAVYA}") }] });
    assert_eq!(sim.post(&format!("{NUMBER}/block_users"), block).await.0, 200);
    assert_eq!(code(&sim.send("text", json!({ "body": "x" })).await.1), 130_403);
    assert_eq!(sim.control(&format!("customers/{KAVYA}/messages"), json!({ "text": "x" })).await.0, 422);
}

#[tokio::test]
async fn rates_are_kept_per_number_and_per_customer() {
    let sim = Sim::start_with(|config| config.limits.per_second = None).await;
    let template = json!({ "name": "welcome_back", "language": { "code": "en" } });
    for _ in 0..45 {
        sim.sent("template", template.clone()).await;
    }
    assert_eq!(code(&sim.send("template", template.clone()).await.1), 131_056);
    sim.control("clock", json!({ "advance_seconds": 7 })).await;
    sim.sent("template", template.clone()).await;
    sim.settings(json!({ "limits": { "per_second": 1, "pair": false } })).await;
    sim.sent("template", template.clone()).await;
    let (status, body) = sim.send("template", template).await;
    assert_eq!((status, code(&body), &body["error"]["is_transient"]), (400, 130_429, &json!(true)));
}

#[tokio::test]
async fn pricing_follows_category_and_entry_point() {
    let sim = Sim::start().await;
    let referral =
        json!({ "source_type": "ad", "source_id": "1", "source_url": "https://fb.me/x", "ctwa_clid": "ARAk" });
    let (message, _) = sim.hears(json!({ "text": "I saw your ad", "referral": referral })).await;
    assert_eq!(message["referral"]["ctwa_clid"], "ARAk");
    let wamid = sim.sent("text", json!({ "body": "welcome" })).await;
    let statuses = sim.receiver.statuses(&wamid, "delivered").await;
    assert_eq!(statuses[0]["pricing"]["type"], "free_entry_point");
    sim.control("clock", json!({ "advance_seconds": 73 * 3_600 })).await;
    let wamid = sim.sent("template", json!({ "name": "welcome_back", "language": { "code": "en" } })).await;
    let pricing = sim.receiver.statuses(&wamid, "delivered").await[0]["pricing"].clone();
    assert_eq!(
        (&pricing["type"], &pricing["category"], &pricing["billable"]),
        (&json!("regular"), &json!("marketing"), &json!(true))
    );
}
