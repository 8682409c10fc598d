use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// One of each kind, with the `content` that the API shows.
fn samples() -> Vec<(&'static str, Value)> {
    vec![
        ("TEXT", json!({"body": "नमस्ते 🙏"})),
        ("IMAGE", json!({"provider_media_id": "1", "mime_type": "image/jpeg", "caption": "कुर्ता"})),
        ("VIDEO", json!({"provider_media_id": "1"})),
        ("AUDIO", json!({"provider_media_id": "1", "voice": true})),
        ("DOCUMENT", json!({"filename": "bill.pdf", "media_id": "0190a6f0-0000-7000-8000-000000000001"})),
        ("STICKER", json!({"animated": true})),
        ("LOCATION", json!({"latitude": 28.6139, "longitude": 77.209, "name": "India Gate"})),
        ("CONTACTS", json!({"contacts": [{"name": {"first_name": "Asha"}, "phones": [{"phone": "+91 98"}]}]})),
        (
            "INTERACTIVE",
            json!({"kind": "buttons", "text": "Size?", "buttons": [{"id": "s", "title": "Small"}], "footer": "Tap one"}),
        ),
        ("BUTTON_REPLY", json!({"id": "btn_yes", "title": "Haan"})),
        ("LIST_REPLY", json!({"id": "row_7", "title": "Blue kurta", "description": "Size M"})),
        ("FLOW_REPLY", json!({"name": "flow", "body": "Sent", "response": {"city": "Pune"}})),
        ("ORDER", json!({"items": [{"product_retailer_id": "SKU1", "quantity": 2, "item_price": 499.5}]})),
        ("TEMPLATE", json!({"name": "order_update", "language": "hi"})),
        ("REACTION", json!({"emoji": "👍"})),
        ("SYSTEM", json!({"event": "customer_identity_changed", "text": "The security code changed"})),
        ("UNSUPPORTED", json!({"kind": "poll_creation", "code": 131051})),
    ]
}

#[test]
fn every_kind_reads_and_writes_the_same_json() {
    let kinds: Vec<&str> = samples().iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, Content::KINDS);
    for (kind, content) in samples() {
        let read = Content::from_json(kind, content.clone()).unwrap();
        assert_eq!(read.kind(), kind);
        assert_eq!(read.to_json(), content, "{kind}");
        assert!(!read.summary().is_empty(), "{kind}");
        let whole = serde_json::to_value(&read).unwrap();
        assert_eq!(whole, json!({"type": kind, "content": content}));
        assert_eq!(serde_json::from_value::<Content>(whole).unwrap(), read);
    }
}

#[test]
fn a_text_is_its_body_and_nothing_else() {
    assert_eq!(Content::text("hi").to_json().to_string(), r#"{"body":"hi"}"#);
}

#[test]
fn a_text_beyond_the_bound_is_cut_and_says_so() {
    let exact = "ठ".repeat(MAX_TEXT_CHARS);
    assert_eq!(Content::text(&exact).to_json(), json!({"body": exact}));
    let longer = format!("{exact}x");
    assert_eq!(Content::text(&longer).to_json(), json!({"body": exact, "truncated": true}));
    assert_eq!(Content::from_json("TEXT", json!({"body": longer})).unwrap().to_json()["truncated"], true);
    let again = Content::from_json("TEXT", Content::text(&longer).to_json()).unwrap();
    assert_eq!(again, Content::text(&longer));
}

#[test]
fn nul_becomes_storable_everywhere() {
    assert_eq!(Content::text("a\0b").to_json(), json!({"body": "a\u{fffd}b"}));
    let template = json!({"name": "n\0", "language": "hi", "components": [{"k\0": ["\0"]}]});
    let stored = Content::from_json("TEMPLATE", template).unwrap().to_json();
    assert!(!stored.to_string().contains("\\u0000"));
    assert_eq!(stored["components"][0]["k\u{fffd}"][0], "\u{fffd}");
}

#[test]
fn summaries() {
    let table: Vec<(&str, Value, &str)> = vec![
        ("TEXT", json!({"body": "  first\n\nsecond\t third "}), "first second third"),
        ("IMAGE", json!({}), "Photo"),
        ("IMAGE", json!({"caption": "new stock"}), "Photo: new stock"),
        ("AUDIO", json!({"voice": true}), "Voice message"),
        ("AUDIO", json!({}), "Audio"),
        ("DOCUMENT", json!({"filename": "bill.pdf", "caption": "c"}), "Document: bill.pdf"),
        ("LOCATION", json!({"latitude": 1, "longitude": 2}), "Location"),
        ("LOCATION", json!({"latitude": 1, "longitude": 2, "name": "India Gate"}), "Location: India Gate"),
        ("CONTACTS", json!({"contacts": []}), "Contact"),
        ("CONTACTS", json!({"contacts": [{"phones": [{"phone": "123"}]}]}), "Contact: 123"),
        ("CONTACTS", json!({"contacts": [{}, {}]}), "2 contacts"),
        ("BUTTON_REPLY", json!({"title": "Haan"}), "Chose: Haan"),
        ("REACTION", json!({"emoji": null}), "Removed a reaction"),
        ("ORDER", json!({"items": [{}]}), "Order: 1 item"),
        ("FLOW_REPLY", json!({"name": "address_message"}), "Address"),
    ];
    for (kind, content, expected) in table {
        assert_eq!(Content::from_json(kind, content).unwrap().summary(), expected);
    }
    let long = Content::text(&"word ".repeat(10_000)).summary();
    assert_eq!(long.chars().count(), 200);
    assert!(long.ends_with('…'));
}

#[test]
fn searchable_words() {
    let image = Content::from_json("IMAGE", json!({"caption": "blue kurta", "filename": " "})).unwrap();
    assert_eq!(image.searchable_text(), "blue kurta");
    assert_eq!(Content::unsupported("poll", None).searchable_text(), "");
}

#[test]
fn filenames_of_strangers() {
    for (given, safe) in [
        ("bill.pdf", "bill.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.doc", "a.doc"),
        ("inv\u{202e}fdp.exe", "invfdp.exe"),
        ("a\0\n\tb.txt", "ab.txt"),
        ("बिल.pdf", "बिल.pdf"),
        (".htaccess", "htaccess"),
        ("..", ""),
        ("/", ""),
    ] {
        assert_eq!(safe_filename(given), safe);
    }
    assert_eq!(safe_filename(&"ठ".repeat(1000)).chars().count(), 255);
}

#[test]
fn nonsense_is_refused_with_words() {
    assert_eq!(Content::from_json("POLL", json!({})), Err(ContentError::UnknownKind("POLL".into())));
    let error = Content::from_json("TEXT", json!({"text": "x"})).unwrap_err();
    assert!(error.to_string().contains("body"), "{error}");
}

pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(Value::from("a\0b")),
    ];
    let key = prop_oneof![
        prop::sample::select(vec![
            "body",
            "caption",
            "contacts",
            "phones",
            "name",
            "kind",
            "text",
            "buttons",
            "id",
            "title",
            "items",
            "quantity",
            "emoji",
            "latitude",
            "longitude",
            "response",
            "components",
            "language",
            "media_id",
            "event",
        ])
        .prop_map(str::to_owned),
        ".{0,4}",
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_accepted_can_be_shown_and_read_again(kind in prop::sample::select(&Content::KINDS[..]), value in any_json()) {
        if let Ok(content) = Content::from_json(kind, value) {
            prop_assert!(content.summary().chars().count() <= 200);
            prop_assert!(!content.searchable_text().contains('\0'));
            let json = content.to_json();
            prop_assert!(!json.to_string().contains("\\u0000"));
            prop_assert_eq!(Content::from_json(kind, json).unwrap(), content);
        }
    }

    #[test]
    fn any_text_survives(body in "\\PC{0,300}") {
        prop_assert_eq!(Content::text(&body).to_json(), json!({"body": body}));
    }
}
