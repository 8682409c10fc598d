use proptest::prelude::*;

use super::*;

const KINDS: [RawKind; 4] = [RawKind::Message, RawKind::Status, RawKind::Echo, RawKind::Other];
const FIELDS: [&str; 6] =
    ["messages", "smb_message_echoes", "user_preferences", "user_id_update", "history", "account_update"];

/// JSON that uses Meta's words at random places.
fn odd_json() -> impl Strategy<Value = Value> {
    let words = vec![
        "object",
        "entry",
        "id",
        "changes",
        "field",
        "value",
        "metadata",
        "phone_number_id",
        "contacts",
        "profile",
        "name",
        "wa_id",
        "user_id",
        "messages",
        "statuses",
        "errors",
        "from",
        "from_user_id",
        "to",
        "timestamp",
        "type",
        "text",
        "body",
        "image",
        "interactive",
        "button_reply",
        "nfm_reply",
        "response_json",
        "order",
        "product_items",
        "location",
        "latitude",
        "longitude",
        "system",
        "reaction",
        "message_id",
        "emoji",
        "edit",
        "revoke",
        "message",
        "original_message_id",
        "context",
        "referral",
        "status",
        "recipient_id",
        "recipient_type",
        "pricing",
        "code",
        "message_echoes",
        "user_preferences",
        "previous",
        "current",
        "unsupported",
        "phones",
        "phone",
        "element",
    ];
    let word = prop::sample::select(words);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        word.clone().prop_map(Value::from),
        prop::sample::select(vec!["group", "call", "sent", "919812345678", WAMID, "user_changed_number"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(word.clone().prop_map(str::to_owned), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Everything on the way from a body to its events, as the server does it.
fn all_the_way(body: &[u8]) {
    let _ = peek(body);
    for event in split(body).unwrap_or_default() {
        assert!(serde_json::from_slice::<&serde_json::value::RawValue>(&event.payload).is_ok());
        read(&event.field, event.kind, &event.payload);
        for kind in KINDS {
            read("messages", kind, &event.payload);
        }
    }
}

proptest! {
    #[test]
    fn bytes(body in prop::collection::vec(any::<u8>(), 0..400)) {
        all_the_way(&body);
        for kind in KINDS {
            read("messages", kind, &body);
        }
    }

    #[test]
    fn json(value in odd_json(), field in prop::sample::select(&FIELDS[..])) {
        all_the_way(value.to_string().as_bytes());
        all_the_way(&body(field, value.clone()));
        for kind in KINDS {
            read(field, kind, json!({"element": value, "contact": value}).to_string().as_bytes());
        }
    }

    #[test]
    fn every_element_is_accounted_for(elements in prop::collection::vec(odd_json(), 0..8), field in 0..4_usize) {
        let key = ["messages", "message_echoes", "user_preferences", "user_id_update"][field];
        let count = elements.len();
        let events = split(&body(FIELDS[field], messages_value(key, Value::from(elements)))).unwrap();
        prop_assert_eq!(events.len(), count);
    }

    #[test]
    fn a_message_with_an_id_and_a_sender_is_never_lost(fields in prop::collection::btree_map("[a-z]{1,9}", odd_json(), 0..8)) {
        let mut element = message(json!({}));
        for (key, value) in fields {
            if !["id", "from"].contains(&key.as_str()) {
                element[key] = value;
            }
        }
        let lost = matches!(only(&messages_body("messages", json!([element]))), Inbound::Unreadable { .. });
        prop_assert!(!lost);
    }

    #[test]
    fn a_body_cut_anywhere_is_refused(at in 1..500_usize) {
        let whole = messages_body("messages", json!([message(json!({"type": "text", "text": {"body": "नमस्ते 🙏"}}))]));
        let cut = &whole[..at.min(whole.len() - 1)];
        prop_assert_eq!(split(cut), Err(Unsplit::NotJson(NotJson)));
        prop_assert_eq!(peek(cut), Err(NotJson));
    }
}

#[test]
fn depth_is_no_danger() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    all_the_way(deep.as_bytes());
    let template = String::from_utf8(messages_body(
        "messages",
        json!(["DEEP", message(json!({"type": "text", "text": {"body": "x"}}))]),
    ));
    let body = template.unwrap().replace("\"DEEP\"", &deep);
    let events = split(body.as_bytes()).unwrap();
    assert_eq!(events.len(), 2);
    assert!(matches!(read("messages", events[0].kind, &events[0].payload), Inbound::Unreadable { .. }));
    assert!(matches!(read("messages", events[1].kind, &events[1].payload), Inbound::Message(_)));
}

#[test]
fn many_contacts_and_many_messages_take_linear_time() {
    let contacts: Vec<Value> = (0..30_000).map(|n| json!({"wa_id": n.to_string()})).collect();
    let messages: Vec<Value> =
        (0..MAX_EVENTS).map(|n| json!({"id": n.to_string(), "from": (n / 2).to_string()})).collect();
    let body = body("messages", json!({"contacts": contacts, "messages": messages}));
    assert_eq!(split(&body).unwrap().len(), MAX_EVENTS);
}
