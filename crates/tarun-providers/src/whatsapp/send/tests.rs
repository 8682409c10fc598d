use tarun_core::content::Contacts;

use super::*;

fn outgoing(kind: &str, content: Value) -> Outgoing {
    Outgoing {
        to: Recipient::Phone(Phone::parse("919812345678").unwrap()),
        content: Content::from_json(kind, content).unwrap(),
        reply_to_wamid: None,
        callback_data: None,
    }
}

fn built(message: &Outgoing) -> Result<Value, Unsendable> {
    let number = SendingNumber { phone_number_id: "100000000000001".into() };
    let request = build_message(&number, message)?;
    assert_eq!(request.path, ["100000000000001", "messages"]);
    let Body::Json(body) = request.body else { panic!("no JSON") };
    Ok(serde_json::from_slice(&body).unwrap())
}

/// The object under the message's type.
fn sent(kind: &str, content: Value) -> Result<Value, Unsendable> {
    let body = built(&outgoing(kind, content))?;
    let name = body["type"].as_str().unwrap().to_owned();
    Ok(body[name].clone())
}

#[test]
fn the_envelope() {
    let mut message = outgoing("TEXT", json!({"body": "नमस्ते https://example.in/track/42"}));
    message.reply_to_wamid = Some("wamid.Q".into());
    message.callback_data = Some("tarun:msg:1".into());
    let expected = json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+919812345678", "type": "text",
        "text": {"body": "नमस्ते https://example.in/track/42", "preview_url": true},
        "context": {"message_id": "wamid.Q"}, "biz_opaque_callback_data": "tarun:msg:1",
    });
    assert_eq!(built(&message).unwrap(), expected);

    message.to = Recipient::Bsuid("IN.48205519360071284463".into());
    let body = built(&message).unwrap();
    assert_eq!(body["recipient"], "IN.48205519360071284463");
    assert!(body.get("to").is_none());
    for id in ["", "919812345678", "in.48", "IN.", "IN.4 8", "IN.48\n", "é.48", "IN48"] {
        message.to = Recipient::Bsuid(id.into());
        assert_eq!(built(&message), Err(Unsendable::Malformed { what: "recipient's user id" }), "{id}");
    }
}

#[test]
fn texts() {
    assert_eq!(sent("TEXT", json!({"body": "hi"})).unwrap(), json!({"body": "hi"}));
    assert!(sent("TEXT", json!({"body": "🙏".repeat(4_096)})).is_ok());
    let long = sent("TEXT", json!({"body": "🙏".repeat(4_097)})).unwrap_err();
    assert_eq!(long.to_string(), "The text has 4097 characters, WhatsApp allows 4096. Shorten it.");
    assert_eq!(sent("TEXT", json!({"body": " \n"})), Err(Unsendable::Empty { what: "text" }));
}

#[test]
fn files_by_id_or_address() {
    let table = [
        ("IMAGE", json!({"provider_media_id": "9", "caption": "c"}), json!({"id": "9", "caption": "c"})),
        (
            "VIDEO",
            json!({"link": "https://example.in/a.mp4", "caption": ""}),
            json!({"link": "https://example.in/a.mp4"}),
        ),
        ("AUDIO", json!({"provider_media_id": "9", "voice": true}), json!({"id": "9", "voice": true})),
        ("DOCUMENT", json!({"provider_media_id": "9", "filename": "a/b.pdf"}), json!({"id": "9", "filename": "b.pdf"})),
        ("STICKER", json!({"provider_media_id": "9", "filename": "x"}), json!({"id": "9"})),
    ];
    for (kind, content, expected) in table {
        assert_eq!(sent(kind, content).unwrap(), expected);
    }
    assert_eq!(sent("IMAGE", json!({})), Err(Unsendable::Empty { what: "file" }));
    assert!(sent("IMAGE", json!({"link": "file:///etc/passwd"})).is_err());
    assert!(sent("IMAGE", json!({"provider_media_id": "1/2"})).is_err());
    assert!(sent("AUDIO", json!({"provider_media_id": "9", "caption": "c"})).is_err());
    assert!(sent("IMAGE", json!({"provider_media_id": "9", "caption": "c".repeat(1_025)})).is_err());
}

#[test]
fn places_cards_and_reactions() {
    assert_eq!(
        sent("LOCATION", json!({"latitude": 28.6, "longitude": 77.2, "name": "n"})).unwrap(),
        json!({"latitude": 28.6, "longitude": 77.2, "name": "n"})
    );
    assert!(sent("LOCATION", json!({"latitude": 100, "longitude": 77.2})).is_err());
    let card = json!({"name": {"formatted_name": "Asha Rao"}, "phones": [{"phone": "+91 98", "wa_id": "9198", "type": "CELL"}],
        "org": {"company": "Rao"}});
    assert_eq!(
        sent("CONTACTS", json!({"contacts": [card]})).unwrap(),
        json!([{"name": {"formatted_name": "Asha Rao", "first_name": "Asha Rao"}, "phones": [{"phone": "+91 98", "wa_id": "9198", "type": "CELL"}],
            "org": {"company": "Rao"}}])
    );
    assert!(sent("CONTACTS", json!({"contacts": [{}]})).is_err());
    assert!(contacts(&Contacts::default().contacts).is_err());
    assert_eq!(
        sent("REACTION", json!({"emoji": null, "provider_message_id": "wamid.T"})).unwrap(),
        json!({"message_id": "wamid.T", "emoji": ""})
    );
    assert!(sent("REACTION", json!({"emoji": "👍"})).is_err());
    let mut quoting = outgoing("REACTION", json!({"emoji": "👍", "provider_message_id": "wamid.T"}));
    quoting.reply_to_wamid = Some("wamid.Q".into());
    assert!(built(&quoting).unwrap().get("context").is_none());
}

#[test]
fn buttons() {
    let buttons =
        |count: usize| (0..count).map(|n| json!({"id": n.to_string(), "title": format!("b{n}")})).collect::<Vec<_>>();
    let form = |count| json!({"kind": "buttons", "text": "Size?", "buttons": buttons(count), "footer": "f", "header": {"kind": "text", "text": "h"}});
    assert_eq!(
        sent("INTERACTIVE", form(1)).unwrap(),
        json!({"type": "button", "header": {"type": "text", "text": "h"}, "body": {"text": "Size?"}, "footer": {"text": "f"},
            "action": {"buttons": [{"type": "reply", "reply": {"id": "0", "title": "b0"}}]}})
    );
    assert!(sent("INTERACTIVE", form(3)).is_ok());
    assert_eq!(sent("INTERACTIVE", form(4)), Err(Unsendable::TooMany { what: "buttons", limit: 3, count: 4 }));
    assert_eq!(sent("INTERACTIVE", form(0)), Err(Unsendable::Empty { what: "buttons" }));
    for (id, title) in [("1", "b0"), ("0", "b1"), ("1", ""), ("", "b1"), ("1", "twenty-one characters")] {
        let mut form = form(1);
        form["buttons"].as_array_mut().unwrap().push(json!({"id": id, "title": title}));
        assert!(sent("INTERACTIVE", form).is_err(), "{id} {title}");
    }
}

#[test]
fn lists() {
    let rows = |from: usize, to: usize| {
        (from..to).map(|n| json!({"id": n.to_string(), "title": "t", "description": ""})).collect::<Vec<_>>()
    };
    let form = |sections: Value| json!({"kind": "list", "text": "Menu", "button": "Open", "sections": sections});
    assert_eq!(
        sent("INTERACTIVE", form(json!([{"rows": rows(0, 1)}]))).unwrap(),
        json!({"type": "list", "body": {"text": "Menu"}, "action": {"button": "Open", "sections": [{"rows": [{"id": "0", "title": "t"}]}]}})
    );
    assert!(
        sent("INTERACTIVE", form(json!([{"title": "a", "rows": rows(0, 5)}, {"title": "b", "rows": rows(5, 10)}])))
            .is_ok()
    );
    for sections in [
        json!([]),
        json!([{"rows": []}]),
        json!([{"rows": rows(0, 11)}]),
        json!([{"title": "a", "rows": rows(0, 5)}, {"title": "b", "rows": rows(0, 5)}]),
        json!([{"title": "a", "rows": rows(0, 5)}, {"rows": rows(5, 6)}]),
        json!([{"title": "a", "rows": rows(0, 5)}, {"title": "b", "rows": []}]),
    ] {
        assert!(sent("INTERACTIVE", form(sections.clone())).is_err(), "{sections}");
    }
    let mut with_image = form(json!([{"rows": rows(0, 1)}]));
    with_image["header"] = json!({"kind": "image", "image": {"provider_media_id": "9"}});
    assert!(sent("INTERACTIVE", with_image).is_err());
}

#[test]
fn other_forms() {
    let link = json!({"kind": "cta_url", "text": "Pay", "button": "Pay now", "url": "https://example.in/p"});
    assert_eq!(
        sent("INTERACTIVE", link).unwrap()["action"],
        json!({"name": "cta_url", "parameters": {"display_text": "Pay now", "url": "https://example.in/p"}})
    );
    assert!(
        sent("INTERACTIVE", json!({"kind": "cta_url", "text": "x", "button": "x", "url": "javascript:x"})).is_err()
    );
    for (kind, name) in [("location_request", "send_location"), ("contact_request", "request_contact_info")] {
        assert_eq!(sent("INTERACTIVE", json!({"kind": kind, "text": "x"})).unwrap()["action"], json!({"name": name}));
    }
}

#[test]
fn templates() {
    let filled = json!({"type": "body", "parameters": [{"type": "text", "text": "Priya"}]});
    let empty = json!({"type": "header", "parameters": []});
    assert_eq!(
        sent(
            "TEMPLATE",
            json!({"name": "order_update", "language": "en_US", "components": [empty, filled], "text": "Hi Priya"})
        )
        .unwrap(),
        json!({"name": "order_update", "language": {"code": "en_US"}, "components": [filled]})
    );
    for (name, language) in [("", "hi"), ("Order", "hi"), ("order-update", "hi"), ("order", ""), ("order", "en-US")] {
        assert!(sent("TEMPLATE", json!({"name": name, "language": language})).is_err(), "{name} {language}");
    }
}

#[test]
fn what_only_customers_send() {
    for (kind, content) in [
        ("BUTTON_REPLY", json!({"id": "1", "title": "x"})),
        ("ORDER", json!({"items": []})),
        ("SYSTEM", json!({"event": "x"})),
        ("UNSUPPORTED", json!({"kind": "x"})),
    ] {
        assert!(matches!(sent(kind, content), Err(Unsendable::OnlyReceived { .. })), "{kind}");
    }
}
