use serde_json::{Value, json};

use super::harness::*;

#[tokio::test]
async fn every_kind_of_message_a_customer_sends() {
    let sim = Sim::start().await;
    let place = json!({ "latitude": 28.6139, "longitude": 77.209 });
    let order = json!({ "catalog_id": "1", "product_items": [{ "product_retailer_id": "S", "quantity": 2, "item_price": 499.5, "currency": "INR" }] });
    let edit = json!({ "original_message_id": "wamid.x", "message": { "type": "text", "text": { "body": "new" } } });
    let cases = [
        (json!({ "type": "image", "image": { "caption": "see" } }), "image", "/image/caption", json!("see")),
        (json!({ "type": "video" }), "video", "/video/mime_type", json!("video/mp4")),
        (json!({ "type": "audio" }), "audio", "/audio/voice", json!(false)),
        (
            json!({ "type": "document", "document": { "filename": "a.pdf" } }),
            "document",
            "/document/filename",
            json!("a.pdf"),
        ),
        (json!({ "type": "sticker" }), "sticker", "/sticker/animated", json!(false)),
        (
            json!({ "type": "image", "image": { "base64": "AQID", "mime_type": "image/png" } }),
            "image",
            "/image/sha256",
            json!("A5BYxvLAy0ksUzsKTRTvd8wPeKvMztUofYShogEc+4E="),
        ),
        (json!({ "type": "location", "location": place }), "location", "/location/latitude", json!(28.6139)),
        (json!({ "type": "order", "order": order }), "order", "/order/product_items/0/quantity", json!(2)),
        (json!({ "type": "unsupported" }), "unsupported", "/errors/0/code", json!(131_051)),
        (json!({ "type": "request_welcome" }), "request_welcome", "/request_welcome", Value::Null),
        (json!({ "type": "edit", "edit": edit }), "edit", "/edit/message/text/body", json!("new")),
        (json!({ "type": "text", "text": "fwd", "forwarded": true }), "text", "/context/forwarded", json!(true)),
        (json!({ "type": "contact_request" }), "contacts", "/contacts/0/origin", json!("contact_request")),
        (
            json!({ "type": "text", "text": "then", "timestamp": 1_700_000_000, "id": "wamid.mine" }),
            "text",
            "/timestamp",
            json!("1700000000"),
        ),
    ];
    for (order, kind, path, expected) in cases {
        let (message, _) = sim.hears(order.clone()).await;
        assert_eq!(message["type"], kind);
        assert_eq!(message.pointer(path).cloned().unwrap_or(Value::Null), expected, "{order} → {message}");
    }
    assert_eq!(sim.control("customers/nobody/messages", json!({ "text": "x" })).await.0, 422);
    assert_eq!(sim.control(&format!("customers/{KAVYA}/messages"), json!({ "type": "location" })).await.0, 422);
}

#[tokio::test]
async fn taps_answer_what_was_sent() {
    let sim = Sim::start().await;
    let greeting = sim.open_window().await;
    let buttons = sim
        .sent(
            "interactive",
            json!({ "type": "button", "body": { "text": "?" }, "action": { "buttons": [
            { "type": "reply", "reply": { "id": "yes", "title": "Haan" } } ] } }),
        )
        .await;
    let list = sim
        .sent(
            "interactive",
            json!({ "type": "list", "body": { "text": "?" }, "action": { "button": "Menu", "sections": [
            { "rows": [{ "id": "r7", "title": "Blue kurta", "description": "Size M" }] } ] } }),
        )
        .await;
    let template = sim.sent("template", json!({ "name": "welcome_back", "language": { "code": "en" } })).await;

    let (tap, _) =
        sim.hears(json!({ "type": "button_tap", "button_tap": { "message_id": buttons, "button_id": "yes" } })).await;
    assert_eq!(tap["interactive"], json!({ "type": "button_reply", "button_reply": { "id": "yes", "title": "Haan" } }));
    assert_eq!(tap["context"], json!({ "from": "919000000001", "id": buttons }));
    let (choice, _) =
        sim.hears(json!({ "type": "list_choice", "list_choice": { "message_id": list, "row_id": "r7" } })).await;
    assert_eq!(
        choice["interactive"]["list_reply"],
        json!({ "id": "r7", "title": "Blue kurta", "description": "Size M" })
    );
    let (reply, _) =
        sim.hears(json!({ "type": "template_reply", "template_reply": { "message_id": template, "index": 0 } })).await;
    assert_eq!(
        (&reply["type"], &reply["button"]),
        (&json!("button"), &json!({ "payload": "Yes, please", "text": "Yes, please" }))
    );
    assert_eq!(reply["context"]["id"], template);
    let (quoted, _) = sim.hears(json!({ "text": "about that", "reply_to": greeting })).await;
    assert_eq!(quoted["context"], json!({ "from": KAVYA, "id": greeting }));

    let (given, _) =
        sim.hears(json!({ "type": "reaction", "reaction": { "message_id": buttons, "emoji": "👍" } })).await;
    assert_eq!(given["reaction"], json!({ "message_id": buttons, "emoji": "👍" }));
    let (taken, _) = sim.hears(json!({ "type": "reaction", "reaction": { "message_id": buttons, "emoji": "" } })).await;
    assert_eq!(taken["reaction"], json!({ "message_id": buttons }), "removal has no emoji");
    let wrong = json!({ "type": "button_tap", "button_tap": { "message_id": buttons, "button_id": "maybe" } });
    assert_eq!(sim.control(&format!("customers/{KAVYA}/messages"), wrong).await.0, 422);
}

#[tokio::test]
async fn a_change_of_number_keeps_the_person() {
    let sim = Sim::start().await;
    let (before, _) = sim.hears(json!({ "text": "old number" })).await;
    let (system, value) = sim.hears(json!({ "type": "system", "system": { "new_wa_id": "919111111111" } })).await;
    assert_eq!((&system["from"], &system["system"]["wa_id"]), (&json!(KAVYA), &json!("919111111111")));
    assert_eq!(system["system"]["type"], "user_changed_number");
    assert!(value.get("contacts").is_none(), "system messages carry no contacts");
    let (after, value) = sim.hears(json!({ "text": "new number" })).await;
    assert_eq!(after["from"], "919111111111");
    assert_ne!(after["from_user_id"], before["from_user_id"]);
    assert_eq!(value["contacts"][0]["profile"]["name"], "Kavya Nair");
    let chat = sim.observe("customers/919111111111/messages").await;
    assert_eq!(chat["messages"].as_array().map(Vec::len), Some(3), "one chat");
}

#[tokio::test]
async fn ticks_on_the_phone_follow_the_products_answer() {
    let sim = Sim::start().await;
    let stage = async || {
        let chat = sim.observe(&format!("customers/{KAVYA}/messages")).await;
        chat["messages"][0]["stage"].as_str().unwrap().to_owned()
    };
    sim.settings(json!({ "webhooks": { "paused": true } })).await;
    sim.control(&format!("customers/{KAVYA}/messages"), json!({ "text": "one tick" })).await;
    assert_eq!(stage().await, "sent");
    sim.settings(json!({ "webhooks": { "paused": false } })).await;
    sim.settled().await;
    assert_eq!(stage().await, "delivered");
}
