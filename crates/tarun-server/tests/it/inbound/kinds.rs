//! Each type of message in WhatsApp's documentation, from its webhook to what the API gives of it.

use super::{change, now, says, so_many};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use tarun_testkit::{Business, SECRET, business, eventually};
use time::OffsetDateTime;

/// By the names of the webhook's types: what a customer sends, and the type and content that come of it.
fn customers() -> Vec<(&'static str, Value, &'static str, Value)> {
    let card = json!({ "name": { "formatted_name": "Asha", "first_name": "Asha" }, "org": { "company": "Kulkarni" },
        "phones": [{ "phone": "+91 98111 00009", "wa_id": "919811100009", "type": "CELL" }],
        "emails": [{ "email": "asha@shop.example", "type": "WORK" }], "birthday": "1990-01-31",
        "addresses": [{ "street": "1 MG Road", "city": "Pune", "zip": "411001", "type": "HOME" }] });
    let button = |answer: Value| json!({ "type": "button_reply", "button_reply": answer });
    let list = json!({ "type": "list_reply", "list_reply": { "id": "row_7", "title": "Blue kurta", "description": "Size M" } });
    let flow = |name: &str, response: &str| json!({ "type": "nfm_reply", "nfm_reply": { "name": name, "body": "Sent", "response_json": response } });
    let order = json!({ "catalog_id": "77", "text": "please", "product_items": [
        { "product_retailer_id": "SKU1", "quantity": 2, "item_price": 499.5, "currency": "INR" },
        { "product_retailer_id": "SKU2", "quantity": "1", "item_price": "20", "currency": "INR" }] });
    let file = |mime: &str| json!({ "id": "770001", "mime_type": mime, "sha256": "x" });
    let mut image = file("image/jpeg");
    image["caption"] = json!("कुर्ता");
    let mut voice = file("audio/ogg; codecs=opus");
    voice["voice"] = json!(true);
    let mut document = file("application/pdf");
    document["filename"] = json!("../bill.pdf");
    vec![
        ("text", json!({ "body": "नमस्ते 🙏" }), "TEXT", json!({ "body": "नमस्ते 🙏" })),
        ("image", image, "IMAGE", json!({ "mime_type": "image/jpeg", "caption": "कुर्ता" })),
        ("video", file("video/mp4"), "VIDEO", json!({ "mime_type": "video/mp4" })),
        ("audio", voice, "AUDIO", json!({ "mime_type": "audio/ogg; codecs=opus", "voice": true })),
        ("document", document, "DOCUMENT", json!({ "mime_type": "application/pdf", "filename": "bill.pdf" })),
        ("sticker", file("image/webp"), "STICKER", json!({ "mime_type": "image/webp" })),
        (
            "location",
            json!({ "latitude": 28.6139, "longitude": 77.209, "name": "India Gate", "address": "New Delhi" }),
            "LOCATION",
            json!({ "latitude": 28.6139, "longitude": 77.209, "name": "India Gate", "address": "New Delhi" }),
        ),
        (
            "contacts",
            json!([card]),
            "CONTACTS",
            json!({ "contacts": [{ "name": { "formatted_name": "Asha", "first_name": "Asha" }, "org": { "company": "Kulkarni" },
                "phones": [{ "phone": "+91 98111 00009", "wa_id": "919811100009", "type": "CELL" }],
                "emails": [{ "value": "asha@shop.example", "type": "WORK" }], "birthday": "1990-01-31",
                "addresses": [{ "value": "1 MG Road, Pune, 411001", "type": "HOME" }] }] }),
        ),
        ("contacts", json!([]), "CONTACTS", json!({ "contacts": [] })),
        (
            "interactive",
            button(json!({ "id": "btn_yes", "title": "Haan" })),
            "BUTTON_REPLY",
            json!({ "id": "btn_yes", "title": "Haan" }),
        ),
        ("interactive", button(json!({ "id": "btn_yes" })), "BUTTON_REPLY", json!({ "id": "btn_yes", "title": "" })),
        ("interactive", list, "LIST_REPLY", json!({ "id": "row_7", "title": "Blue kurta", "description": "Size M" })),
        (
            "interactive",
            flow("flow", "{\"flow_token\":\"t1\",\"city\":\"Pune\"}"),
            "FLOW_REPLY",
            json!({ "name": "flow", "body": "Sent", "flow_token": "t1", "response": { "flow_token": "t1", "city": "Pune" } }),
        ),
        (
            "interactive",
            flow("address_message", "{\"values\":{\"name\":\"Asha\",\"in_pin_code\":\"411001\"}}"),
            "FLOW_REPLY",
            json!({ "name": "address_message", "body": "Sent", "response": { "values": { "name": "Asha", "in_pin_code": "411001" } } }),
        ),
        (
            "interactive",
            flow("flow", "no JSON"),
            "FLOW_REPLY",
            json!({ "name": "flow", "body": "Sent", "response": "no JSON" }),
        ),
        (
            "button",
            json!({ "payload": "YES_PAYLOAD", "text": "Yes" }),
            "BUTTON_REPLY",
            json!({ "id": "YES_PAYLOAD", "title": "Yes" }),
        ),
        (
            "order",
            order,
            "ORDER",
            json!({ "catalog_id": "77", "text": "please", "items": [
                { "product_retailer_id": "SKU1", "quantity": 2, "item_price": 499.5, "currency": "INR" },
                { "product_retailer_id": "SKU2", "quantity": 1, "item_price": 20, "currency": "INR" }] }),
        ),
        (
            "system",
            json!({ "type": "customer_identity_changed", "body": "The security code changed" }),
            "SYSTEM",
            json!({ "event": "customer_identity_changed", "text": "The security code changed" }),
        ),
        ("interactive", Value::Null, "UNSUPPORTED", json!({ "kind": "interactive" })),
        ("unsupported", json!({ "type": "poll_creation" }), "UNSUPPORTED", json!({ "kind": "poll_creation" })),
        ("hologram", json!({ "depth": 3 }), "UNSUPPORTED", json!({ "kind": "hologram" })),
    ]
}

#[tokio::test]
async fn every_type_of_message_is_given_out_as_what_it_is() {
    let shop = business().await;
    let from = "919811100501";
    let all = customers();
    let messages = all.iter().enumerate().map(|(n, (kind, body, ..))| {
        json!({ "id": format!("wamid.KIND{n}"), "timestamp": (now() - 600 + n as i64).to_string(), "type": kind, (*kind): body })
    });
    says(&shop, from, messages).await;
    let id = shop.conversation_of(from).await["id"].as_str().unwrap().to_owned();
    let given = so_many(&shop, &id, all.len()).await;
    assert_eq!(given.len(), all.len());
    for (message, (posted, _, kind, content)) in given.iter().zip(&all) {
        let mut shown = message["content"].clone();
        // Files are fetched meanwhile.
        shown.as_object_mut().unwrap().remove("media");
        assert_eq!((&message["type"], &shown), (&json!(kind), content), "{posted}");
        assert_eq!(message["direction"], "INBOUND");
    }
}

#[tokio::test]
async fn where_a_message_came_from_is_given_out() {
    let shop = business().await;
    let from = "919811100502";
    let text = |id: &str, more: Value| {
        let mut message = json!({ "id": id, "type": "text", "text": { "body": id } });
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        message
    };
    let ad = json!({ "source_url": "https://fb.me/xyz", "source_id": "120210000000000001", "source_type": "ad", "headline": "Diwali sale",
        "body": "Chat with us", "media_type": "image", "image_url": "https://example.com/x.jpg", "ctwa_clid": "ARAk" });
    let product = json!({ "from": shop.display, "id": "wamid.UNKNOWN", "referred_product": { "catalog_id": "77", "product_retailer_id": "SKU1" } });
    says(
        &shop,
        from,
        [
            text("wamid.PLAIN502", json!({})),
            text("wamid.ONCE502", json!({ "context": { "forwarded": true } })),
            text("wamid.OFTEN502", json!({ "context": { "frequently_forwarded": true } })),
            text("wamid.AD502", json!({ "referral": ad })),
            text("wamid.SHOP502", json!({ "context": product })),
        ],
    )
    .await;
    let id = shop.conversation_of(from).await["id"].as_str().unwrap().to_owned();
    let all = so_many(&shop, &id, 5).await;
    let origins: HashMap<&str, &Value> =
        all.iter().map(|m| (m["content"]["body"].as_str().unwrap(), &m["origin"])).collect();
    assert_eq!(origins["wamid.PLAIN502"], &Value::Null);
    assert_eq!(origins["wamid.ONCE502"]["forwarded"], "once");
    assert_eq!(origins["wamid.OFTEN502"]["forwarded"], "often");
    let shown = json!({ "source_type": "ad", "source_id": "120210000000000001", "source_url": "https://fb.me/xyz",
        "headline": "Diwali sale", "body": "Chat with us" });
    assert_eq!(origins["wamid.AD502"]["referral"], shown);
    assert_eq!(origins["wamid.SHOP502"]["product"], json!({ "catalog_id": "77", "product_retailer_id": "SKU1" }));
}

#[tokio::test]
async fn what_the_business_says_on_its_phone_is_given_out_as_its_own() {
    let shop = business().await;
    let from = "919811100503";
    let echo = |id: &str, kind: &str, body: Value| json!({ "from": shop.display, "to": from, "id": id, "timestamp": now().to_string(), "type": kind, (kind): body });
    let echoes = json!([
        echo("wamid.ECHO503A", "text", json!({ "body": "sent from the phone" })),
        echo("wamid.ECHO503B", "interactive", json!({ "type": "button", "body": { "text": "Size?" } })),
        echo("wamid.ECHO503C", "template", json!({ "name": "order_update" })),
    ]);
    let body = change(&shop, "smb_message_echoes", json!({ "message_echoes": echoes }));
    shop.webhook(&body, SECRET).await.expect(200);
    let thread = shop.conversation_of(from).await;
    assert_eq!((&thread["unread_count"], &thread["window"]["open"]), (&json!(0), &json!(false)));
    let all = so_many(&shop, thread["id"].as_str().unwrap(), 3).await;
    let shown: Vec<Value> = all.iter().map(|m| json!([m["type"], m["content"], m["status"]])).collect();
    assert_eq!(
        shown,
        [
            json!(["TEXT", { "body": "sent from the phone" }, "SENT"]),
            json!(["UNSUPPORTED", { "kind": "interactive/button" }, "SENT"]),
            json!(["UNSUPPORTED", { "kind": "template" }, "SENT"]),
        ]
    );
    assert!(all.iter().all(|m| m["direction"] == "OUTBOUND" && m["sent_by"]["kind"] == "APP"));
}

/// A person's new user id, told in both ways that WhatsApp has.
#[tokio::test]
async fn a_new_user_id_is_a_line_in_the_thread_that_goes_on() {
    let shop = business().await;
    let hidden = |user_id: &str, message: Value| {
        let mut message = message;
        message["from_user_id"] = json!(user_id);
        message["timestamp"] = json!(now().to_string());
        change(
            &shop,
            "messages",
            json!({ "contacts": [{ "profile": { "name": "Priya" }, "user_id": user_id }], "messages": [message] }),
        )
    };
    let text = |id: &str| json!({ "id": id, "type": "text", "text": { "body": id } });
    let changed = json!({ "id": "wamid.ID504", "type": "system", "system": { "type": "user_changed_user_id", "body": "Priya changed", "user_id": "IN.SECOND504" } });
    let update = json!({ "user_id_update": [{ "detail": "…", "user_id": { "previous": "IN.SECOND504", "current": "IN.THIRD504" }, "timestamp": now().to_string() }] });
    for body in [
        hidden("IN.FIRST504", text("wamid.ONE504")),
        hidden("IN.FIRST504", changed),
        hidden("IN.SECOND504", text("wamid.TWO504")),
        change(&shop, "user_id_update", update),
        hidden("IN.THIRD504", text("wamid.THREE504")),
    ] {
        shop.webhook(&body, SECRET).await.expect(200);
    }
    let thread = eventually("the conversation", || async { shop.conversations().await.into_iter().next() }).await;
    let all = so_many(&shop, thread["id"].as_str().unwrap(), 5).await;
    let lines: Vec<&Value> = all.iter().filter(|m| m["type"] == "SYSTEM").map(|m| &m["content"]["event"]).collect();
    assert_eq!(lines, ["user_id_changed", "user_id_changed"]);
    assert_eq!((all.len(), shop.conversations().await.len()), (5, 1));
}

#[tokio::test]
async fn a_voice_message_that_was_played_was_read_and_says_when() {
    let shop = business().await;
    let customer = shop.customer("Listens").await;
    shop.says_text(&customer, "hello").await;
    let id = shop.conversation_of(&customer).await["id"].as_str().unwrap().to_owned();
    let made = shop
        .owner
        .post(&format!("conversations/{id}/messages"), json!({ "type": "TEXT", "content": { "body": "listen" } }))
        .await
        .expect(201);
    let own = format!("tarun:{}", made["id"].as_str().unwrap());
    let report = |status: &str, at: i64| {
        let status = json!({ "id": "wamid.VOICE505", "status": status, "timestamp": at.to_string(), "recipient_id": customer,
            "biz_opaque_callback_data": own });
        change(&shop, "messages", json!({ "statuses": [status] }))
    };
    let at = now() - 100;
    for (status, later) in [("played", 30), ("delivered", 10), ("played", 50)] {
        shop.webhook(&report(status, at + later), SECRET).await.expect(200);
    }
    let played = eventually("it was played", || async {
        shop.messages(&id).await.into_iter().find(|m| m["id"] == made["id"] && m["played_at"].is_string())
    })
    .await;
    let first = OffsetDateTime::from_unix_timestamp(at + 30).unwrap();
    let told = |field: &str| {
        OffsetDateTime::parse(played[field].as_str().unwrap(), &time::format_description::well_known::Rfc3339).unwrap()
    };
    assert_eq!((&played["status"], told("played_at"), told("read_at")), (&json!("READ"), first, first));
}

/// As much as one POST may hold: it can't be understood within the time of an answer, but it is kept and understood.
#[tokio::test]
async fn c_055_a_thousand_long_messages_of_three_hundred_people_in_one_post_are_all_shown_once() {
    let shop = business().await;
    let at = now() - 3600;
    let filler = "क".repeat(1_180);
    let people: Vec<String> = (0..300).map(|n| format!("9197{n:08}")).collect();
    let contacts: Vec<Value> = people.iter().map(|p| json!({ "wa_id": p, "profile": { "name": p } })).collect();
    let messages: Vec<Value> = (0..1_000)
        .map(|n| {
            json!({ "from": people[n % 300], "id": format!("wamid.BIG{n}"), "timestamp": (at + n as i64).to_string(), "type": "text",
                "text": { "body": format!("{n} {filler}") } })
        })
        .collect();
    let body = change(&shop, "messages", json!({ "contacts": contacts, "messages": messages }));
    assert!((3_500_000..4 * 1024 * 1024).contains(&body.len()), "{} bytes", body.len());
    shop.webhook(&body, SECRET).await.expect(200);
    let threads = eventually("all of them", || async {
        let threads = all_conversations(&shop).await;
        let unread: i64 = threads.iter().map(|c| c["unread_count"].as_i64().unwrap()).sum();
        (threads.len() == 300 && unread == 1_000).then_some(threads)
    })
    .await;
    let mut shown = HashSet::new();
    for thread in &threads {
        for message in shop.messages(thread["id"].as_str().unwrap()).await {
            let text = message["content"]["body"].as_str().unwrap();
            assert!(shown.insert(text.split(' ').next().unwrap().to_owned()), "{} twice", &text[..8]);
        }
    }
    assert_eq!(shown.len(), 1_000);
}

async fn all_conversations(shop: &Business) -> Vec<Value> {
    let (mut all, mut cursor) = (vec![], String::new());
    loop {
        let page = shop.owner.get(&format!("conversations?limit=200{cursor}")).await.expect(200);
        all.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}
