use super::*;
use serde_json::json;

fn send(kind: &str, content: Value) -> Result<Outgoing, i64> {
    let body = json!({ "messaging_product": "whatsapp", "to": "+919000041827", "type": kind, kind: content });
    parse(&body).map_err(|error| error.code)
}

fn code(kind: &str, content: Value) -> Option<i64> {
    send(kind, content).err()
}

fn buttons(count: usize) -> Value {
    let buttons: Vec<Value> = (0..count)
        .map(|n| json!({ "type": "reply", "reply": { "id": format!("b{n}"), "title": format!("Button {n}") } }))
        .collect();
    json!({ "type": "button", "body": { "text": "?" }, "action": { "buttons": buttons } })
}

fn list(sections: usize, rows: usize) -> Value {
    let sections: Vec<Value> = (0..sections)
        .map(|s| {
            let rows: Vec<Value> = (0..rows).map(|r| json!({ "id": format!("{s}-{r}"), "title": "Row" })).collect();
            json!({ "title": format!("S{s}"), "rows": rows })
        })
        .collect();
    json!({ "type": "list", "body": { "text": "?" }, "action": { "button": "Menu", "sections": sections } })
}

#[test]
fn limits_of_every_type() {
    let long = |n: usize| "क".repeat(n);
    let card = |n| (0..n).map(|_| json!({ "name": { "formatted_name": "A B", "first_name": "A" } })).collect::<Value>();
    let cases: Vec<(&str, Value, Option<i64>)> = vec![
        ("text", json!({ "body": long(4096) }), None),
        ("text", json!({ "body": long(4097) }), Some(100)),
        ("text", json!({ "body": "" }), Some(131_008)),
        ("image", json!({ "id": "1", "caption": long(1024) }), None),
        ("image", json!({ "id": "1", "caption": long(1025) }), Some(131_009)),
        ("image", json!({ "caption": "no file" }), Some(131_008)),
        ("image", json!({ "id": "1", "link": "https://a.in/b.png" }), Some(131_009)),
        ("image", json!({ "link": "ftp://a.in/b.png" }), Some(131_009)),
        ("audio", json!({ "id": "1", "caption": "x" }), Some(131_009)),
        ("sticker", json!({ "id": "1" }), None),
        ("location", json!({ "latitude": "28.6", "longitude": 77.2 }), None),
        ("location", json!({ "latitude": 91, "longitude": 77.2 }), Some(131_009)),
        ("location", json!({ "latitude": 28.6 }), Some(131_008)),
        ("reaction", json!({ "message_id": "wamid.x", "emoji": "" }), None),
        ("reaction", json!({ "message_id": "wamid.x" }), Some(131_008)),
        ("reaction", json!({ "message_id": "wamid.x", "emoji": "hello" }), Some(131_009)),
        ("contacts", card(1), None),
        ("contacts", card(258), Some(131_009)),
        ("contacts", json!([{ "name": { "formatted_name": "A" } }]), Some(131_008)),
        ("interactive", buttons(3), None),
        ("interactive", buttons(4), Some(131_009)),
        ("interactive", buttons(0), Some(131_009)),
        ("interactive", list(1, 10), None),
        ("interactive", list(2, 6), Some(131_009)),
        ("interactive", json!({ "type": "poll" }), Some(131_009)),
        (
            "interactive",
            json!({ "type": "location_request_message", "body": { "text": "?" },
            "action": { "name": "send_location" } }),
            None,
        ),
        ("poll", json!({}), Some(100)),
    ];
    for (kind, content, expected) in cases {
        assert_eq!(
            code(kind, content.clone()),
            expected,
            "{kind} {}",
            &content.to_string()[..content.to_string().len().min(120)]
        );
    }
}

#[test]
fn duplicate_ids_and_titles_are_refused() {
    let mut twice = buttons(2);
    twice["action"]["buttons"][1]["reply"]["id"] = "b0".into();
    assert_eq!(code("interactive", twice), Some(131_009));
    let mut rows = list(1, 2);
    rows["action"]["sections"][0]["rows"][1]["id"] = "0-0".into();
    assert_eq!(code("interactive", rows), Some(131_009));
}

#[test]
fn recipients_become_whatsapps_numbers() {
    let canonical = |text: &str| Recipient::Number(text.into()).canonical("919000000001").map_err(|e| e.code);
    assert_eq!(canonical("+91 90000-41827").as_deref(), Ok("919000041827"));
    assert_eq!(canonical("9000041827").as_deref(), Ok("919000041827"));
    assert_eq!(canonical("+5215512345678").as_deref(), Ok("525512345678"));
    assert_eq!(canonical("+5531987654321").as_deref(), Ok("553187654321"));
    assert_eq!(canonical("+5511987654321").as_deref(), Ok("5511987654321"));
    assert_eq!(canonical("IN.123"), Err(131_009));
    assert_eq!(canonical("+12"), Err(131_009));
}

#[test]
fn envelope() {
    let body = json!({ "to": "+919000041827", "text": { "body": "x" } });
    assert_eq!(parse(&body).map_err(|e| e.code).err(), Some(100), "messaging_product");
    let both = json!({ "messaging_product": "whatsapp", "to": "+91900", "recipient": "IN.1", "text": { "body": "x" } });
    assert_eq!(parse(&both).unwrap().to, Recipient::Number("+91900".into()));
    let data = "x".repeat(513);
    let long = json!({ "messaging_product": "whatsapp", "recipient": "IN.1", "text": { "body": "x" },
        "biz_opaque_callback_data": data });
    assert_eq!(parse(&long).map_err(|e| e.code).err(), Some(100));
}
