use super::*;

/// Message fields, the kind, and the content they become.
fn table() -> Vec<(Value, &'static str, Value)> {
    vec![
        (json!({"type": "text", "text": {"body": "नमस्ते 🙏"}}), "TEXT", json!({"body": "नमस्ते 🙏"})),
        (json!({"type": "text", "text": {"body": ""}}), "TEXT", json!({"body": ""})),
        (json!({"type": "text", "text": {"body": "\u{202e}abc"}}), "TEXT", json!({"body": "\u{202e}abc"})),
        (json!({"type": "text", "text": {"body": null}}), "UNSUPPORTED", json!({"kind": "text"})),
        (json!({"type": "text", "text": {"body": 5}}), "UNSUPPORTED", json!({"kind": "text"})),
        (json!({"type": "text", "text": []}), "UNSUPPORTED", json!({"kind": "text"})),
        (json!({"type": "text"}), "UNSUPPORTED", json!({"kind": "text"})),
        (json!({}), "UNSUPPORTED", json!({"kind": "unknown"})),
        (json!({"type": 7}), "UNSUPPORTED", json!({"kind": "unknown"})),
        (
            json!({"type": "image", "image": {"id": "9001", "mime_type": "image/jpeg", "sha256": "q80=", "caption": "ये",
                   "url": "https://lookaside.fbsbx.com/x"}}),
            "IMAGE",
            json!({"provider_media_id": "9001", "mime_type": "image/jpeg", "sha256": "q80=", "caption": "ये"}),
        ),
        (json!({"type": "image", "image": {"id": 9001, "caption": 5}}), "IMAGE", json!({"provider_media_id": "9001"})),
        (
            json!({"type": "image", "image": {}, "errors": [{"code": 131052, "title": "Media download error"}]}),
            "UNSUPPORTED",
            json!({"kind": "image", "code": 131052, "reason": "Media download error"}),
        ),
        (json!({"type": "video", "video": {"id": "1"}}), "VIDEO", json!({"provider_media_id": "1"})),
        (
            json!({"type": "audio", "audio": {"id": "1", "mime_type": "audio/ogg; codecs=opus", "voice": true}}),
            "AUDIO",
            json!({"provider_media_id": "1", "mime_type": "audio/ogg; codecs=opus", "voice": true}),
        ),
        (
            json!({"type": "document", "document": {"id": "1", "filename": "../../in\u{202e}voice.pdf", "caption": "bill"}}),
            "DOCUMENT",
            json!({"provider_media_id": "1", "filename": "invoice.pdf", "caption": "bill"}),
        ),
        (
            json!({"type": "sticker", "sticker": {"id": "1", "mime_type": "image/webp", "animated": true}}),
            "STICKER",
            json!({"provider_media_id": "1", "mime_type": "image/webp", "animated": true}),
        ),
        (
            json!({"type": "location", "location": {"latitude": 28.6139, "longitude": "77.2090", "name": "India Gate"}}),
            "LOCATION",
            json!({"latitude": 28.6139, "longitude": 77.209, "name": "India Gate"}),
        ),
        (
            json!({"type": "location", "location": {"latitude": 91, "longitude": 0}}),
            "UNSUPPORTED",
            json!({"kind": "location"}),
        ),
        (
            json!({"type": "contacts", "contacts": [
                {"name": {"formatted_name": "Asha Rao", "first_name": "Asha"}, "phones": [{"phone": "+91 98123 45678",
                  "wa_id": "919812345678", "type": "CELL"}, {"wa_id": "911"}, {}, 5], "emails": [{"email": "a@b.in", "type": "WORK"}],
                  "addresses": [{"street": "MG Road", "city": "Pune", "zip": "411001"}, {}], "org": {"company": "Rao"},
                  "birthday": "1990-01-31", "origin": "other"},
                {"origin": "contact_request", "phones": "none"}, "x", null]}),
            "CONTACTS",
            json!({"contacts": [
                {"name": {"formatted_name": "Asha Rao", "first_name": "Asha"},
                 "phones": [{"phone": "+91 98123 45678", "wa_id": "919812345678", "type": "CELL"}, {"phone": "+911", "wa_id": "911"}],
                 "emails": [{"value": "a@b.in", "type": "WORK"}], "addresses": [{"value": "MG Road, Pune, 411001"}],
                 "org": {"company": "Rao"}, "birthday": "1990-01-31"},
                {"name": {}, "is_sender": true}]}),
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": "btn_yes", "title": "Haan"}}}),
            "BUTTON_REPLY",
            json!({"id": "btn_yes", "title": "Haan"}),
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "list_reply",
                   "list_reply": {"id": "row_7", "title": "Blue kurta", "description": "Size M"}}}),
            "LIST_REPLY",
            json!({"id": "row_7", "title": "Blue kurta", "description": "Size M"}),
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "row_7"}}}),
            "LIST_REPLY",
            json!({"id": "row_7", "title": ""}),
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent",
                   "response_json": "{\"flow_token\":\"t1\",\"city\":\"Pune\",\"z\":\"\\u0000\"}"}}}),
            "FLOW_REPLY",
            json!({"name": "flow", "body": "Sent", "flow_token": "t1",
                   "response": {"flow_token": "t1", "city": "Pune", "z": "\u{fffd}"}}),
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": "{broken"}}}),
            "FLOW_REPLY",
            json!({"response": "{broken"}),
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"name": "address_message"}}}),
            "FLOW_REPLY",
            json!({"name": "address_message", "response": null}),
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "call_permission_reply",
                   "call_permission_reply": {"response": "accept", "is_permanent": false}}}),
            "SYSTEM",
            json!({"event": "call_permission_reply", "text": "The customer allowed calls for a while"}),
        ),
        (json!({"type": "interactive"}), "UNSUPPORTED", json!({"kind": "interactive"})),
        (
            json!({"type": "interactive", "interactive": {"type": "new_reply", "new_reply": {}}}),
            "UNSUPPORTED",
            json!({"kind": "interactive/new_reply"}),
        ),
        (
            json!({"type": "button", "button": {"payload": "YES_PAYLOAD", "text": "Yes"}}),
            "BUTTON_REPLY",
            json!({"id": "YES_PAYLOAD", "title": "Yes"}),
        ),
        (json!({"type": "button", "button": {"text": "Yes"}}), "BUTTON_REPLY", json!({"id": "Yes", "title": "Yes"})),
        (json!({"type": "button", "button": {}}), "UNSUPPORTED", json!({"kind": "button"})),
        (
            json!({"type": "order", "order": {"catalog_id": "55", "text": "जल्दी", "product_items": [
                {"product_retailer_id": "SKU1", "quantity": 2, "item_price": 499.5, "currency": "INR"},
                {"product_retailer_id": "SKU2", "quantity": "3", "item_price": "10.25"}, {"quantity": "many"}, null]}}),
            "ORDER",
            json!({"catalog_id": "55", "text": "जल्दी", "items": [
                {"product_retailer_id": "SKU1", "quantity": 2, "item_price": 499.5, "currency": "INR"},
                {"product_retailer_id": "SKU2", "quantity": 3, "item_price": 10.25},
                {"product_retailer_id": ""}]}),
        ),
        (
            json!({"type": "unsupported", "unsupported": {"type": "poll_creation"}, "errors": [{"code": 131051,
                   "title": "Message type unknown", "error_data": {"details": "Message type is currently not supported."}}]}),
            "UNSUPPORTED",
            json!({"kind": "poll_creation", "code": 131051, "reason": "Message type is currently not supported."}),
        ),
        (
            json!({"type": "unknown", "errors": [{"code": 131060}]}),
            "UNSUPPORTED",
            json!({"kind": "unknown", "code": 131060}),
        ),
        (json!({"type": "hologram", "hologram": {"x": 1}}), "UNSUPPORTED", json!({"kind": "hologram"})),
    ]
}

#[test]
fn every_type_becomes_its_content() {
    for (fields, kind, content) in table() {
        let message = received_message(fields.clone());
        assert_eq!(message.content.kind(), kind, "{fields}");
        assert_eq!(message.content.to_json(), content, "{fields}");
        assert_eq!(message.wamid, WAMID);
        assert_eq!(message.sent_at_unix, Some(1_795_334_400));
        assert!(message.opens_window && message.counts_unread);
        assert_eq!(message.sender.wa_id.as_deref(), Some("919812345678"));
        assert_eq!(message.sender.profile_name.as_deref(), Some("Priya Sharma"));
        assert_eq!(message.sender.username.as_deref(), Some("priya.s"));
    }
}

#[test]
fn an_edit_that_is_not_passed_on_is_no_new_word_of_the_customer() {
    let message = received_message(json!({"type": "unsupported", "unsupported": {"type": "edit"}}));
    assert!(!message.opens_window);
}

#[test]
fn escapes_as_meta_writes_them() {
    let text = r#"\u0928\u092e\u0938\u094d\u0924\u0947 \ud83d\ude4f \u003Ca\u0040b\/c\u0025"#;
    for (written, expected) in [
        (text, "नमस्ते 🙏 <a@b/c%"),
        (r"\ud83d", "\u{fffd}"),
        (r"a\u0000b", "a\u{fffd}b"),
        (r"\ude4f\ud83d!", "\u{fffd}\u{fffd}!"),
        (r"\\ud83d", "\\ud83d"),
    ] {
        let template = String::from_utf8(messages_body(
            "messages",
            json!([message(json!({"type": "text", "text": {"body": "TEXT"}}))]),
        ));
        let body = template.unwrap().replace("\"TEXT\"", &format!("\"{written}\""));
        let Inbound::Message(message) = only(body.as_bytes()) else { panic!("no message: {body}") };
        assert_eq!(message.content.to_json(), json!({"body": expected}));
    }
}

#[test]
fn long_texts() {
    for length in [4_096, 65_536, 65_537, 400_000] {
        let message = received_message(json!({"type": "text", "text": {"body": "ठ".repeat(length)}}));
        let content = message.content.to_json();
        assert_eq!(content["body"].as_str().unwrap().chars().count(), length.min(65_536));
        assert_eq!(content.get("truncated").is_some(), length > 65_536);
    }
}

#[test]
fn context_and_referral() {
    let message = received_message(json!({
        "type": "text", "text": {"body": "hi"},
        "context": {"from": "15550001111", "id": "wamid.Q", "referred_product": {"catalog_id": "1", "product_retailer_id": "SKU"}},
        "referral": {"source_url": "https://fb.me/xyz", "source_id": 120210000000000001_u64, "source_type": "ad", "headline": "Diwali sale",
                     "ctwa_clid": "ARAk", "welcome_message": {"text": "Hi!"}, "media_type": null},
    }));
    assert_eq!(message.context.reply_to_wamid.as_deref(), Some("wamid.Q"));
    assert_eq!(message.context.referred_product.unwrap().product_retailer_id.as_deref(), Some("SKU"));
    let referral = message.referral.unwrap();
    assert_eq!(referral.source_id.as_deref(), Some("120210000000000001"));
    assert_eq!(referral.source_type.as_deref(), Some("ad"));
    assert_eq!(referral.welcome_text.as_deref(), Some("Hi!"));
    assert_eq!(referral.media_type, None);

    let forwarded = received_message(json!({"type": "text", "text": {"body": "x"}, "context": {"forwarded": true}}));
    assert!(forwarded.context.forwarded && !forwarded.context.frequently_forwarded);
    assert_eq!(forwarded.context.reply_to_wamid, None);
}

#[test]
fn senders_with_and_without_a_number() {
    let hidden =
        json!({"from_user_id": BSUID, "id": WAMID, "timestamp": 1795334400, "type": "text", "text": {"body": "x"}});
    let mut value = messages_value("messages", json!([hidden]));
    value["contacts"] = json!([{"profile": {"name": "Someone else"}, "wa_id": "911"}]);
    let Inbound::Message(message) = only(&body("messages", value.clone())) else { panic!() };
    assert_eq!(message.sender, Person { user_id: Some(BSUID.into()), ..Person::default() });
    assert_eq!(message.sent_at_unix, Some(1_795_334_400));

    value["contacts"] = json!([{"wa_id": "911"}, {"user_id": BSUID, "wa_id": "+91 98123-45678", "profile": null}]);
    let Inbound::Message(message) = only(&body("messages", value.clone())) else { panic!() };
    assert_eq!(message.sender.wa_id.as_deref(), Some("919812345678"));
    assert_eq!(message.sender.profile_name, None);

    value["contacts"] = json!("none");
    assert!(matches!(only(&body("messages", value)), Inbound::Message(_)));
}

#[test]
fn messages_that_cannot_be_placed() {
    for element in
        [json!(null), json!(5), json!("x"), json!([]), json!({}), json!({"id": WAMID}), json!({"from": "911"})]
    {
        let read = only(&messages_body("messages", json!([element])));
        assert!(matches!(read, Inbound::Unreadable { .. }), "{element}: {read:?}");
    }
}
