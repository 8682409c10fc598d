use std::collections::HashSet;

use super::*;

fn text(id: &str) -> Value {
    message(json!({"id": id, "type": "text", "text": {"body": "hi"}}))
}

#[test]
fn peek_finds_the_origins_whatever_stands_around_them() {
    let body = messages_body("messages", json!([text("wamid.1")]));
    let origins = peek(&body).unwrap();
    assert_eq!(origins.waba_ids, [WABA]);
    assert_eq!(origins.phone_number_ids, [NUMBER]);

    let odd = br#"{"object":[1,{}],"entry":[null,5,"x",[],{"id":123,"changes":{"value":{"metadata":{"phone_number_id":"7"}}}},
        {"id":"\u0031","changes":[{"value":null},{"value":[{}]},{"value":{"metadata":{"phone_number_id":8,"x":{"id":"no"}}}}]}],"id":"no"}"#;
    let origins = peek(odd).unwrap();
    assert_eq!(origins.waba_ids, ["123", "1"]);
    assert_eq!(origins.phone_number_ids, ["7", "8"]);
}

#[test]
fn peek_remembers_a_bounded_number() {
    let entries: Vec<Value> = (0..1_000).map(|id| json!({"id": (id % 500).to_string()})).collect();
    let origins = peek(json!({"entry": entries}).to_string().as_bytes()).unwrap();
    assert_eq!(origins.waba_ids.len(), MAX_ORIGINS);
    let long = json!({"entry": [{"id": "9".repeat(10_000)}]}).to_string();
    assert_eq!(peek(long.as_bytes()).unwrap(), Origins::default());
}

#[test]
fn only_what_is_no_json_is_refused() {
    for body in [&b""[..], b"{", b"{}x", b"<html>", b"\xff\xfe", b"{\"entry\":[", b"{\"a\":\"\x00\"}"] {
        assert_eq!(split(body), Err(Unsplit::NotJson(NotJson)), "{body:?}");
        assert_eq!(peek(body), Err(NotJson), "{body:?}");
    }
    for body in [&b"{}"[..], b"[]", b"5", b"null", b"\"x\"", b"{\"entry\":5}", b" {\"entry\":[{}]} "] {
        let events = split(body).unwrap();
        assert_eq!((events.len(), events[0].kind), (1, RawKind::Other));
        assert!(peek(body).is_ok());
    }
}

#[test]
fn a_batch_loses_nothing() {
    let mut messages: Vec<Value> = (0..98).map(|n| text(&format!("wamid.{n}"))).collect();
    messages.insert(10, json!("broken"));
    messages.insert(20, message(json!({"id": "wamid.new", "type": "hologram"})));
    let mut value = messages_value("messages", Value::from(messages));
    value["statuses"] = json!([{"id": "wamid.s", "status": "sent"}, null]);
    value["errors"] = json!([{"code": 1}]);
    let other = json!({"field": "account_update", "value": {"event": "X"}});
    let entries = json!([
        {"id": WABA, "changes": [{"field": "messages", "value": value}, other, {"field": 5}, null]},
        {"id": "2", "changes": "none"},
        7,
    ]);
    let events =
        split(json!({"object": "whatsapp_business_account", "entry": entries}).to_string().as_bytes()).unwrap();
    let of = |kind| events.iter().filter(|event| event.kind == kind).count();
    assert_eq!((of(RawKind::Message), of(RawKind::Status), of(RawKind::Other)), (100, 2, 6));
    let readable =
        events.iter().filter(|event| matches!(read(&event.field, event.kind, &event.payload), Inbound::Message(_)));
    assert_eq!(readable.count(), 99);
    let distinct: HashSet<_> = events.iter().map(|event| event.dedupe).collect();
    assert_eq!(distinct.len(), events.len());
}

#[test]
fn a_list_of_the_wrong_shape_is_kept_whole() {
    let mut value = messages_value("messages", json!({"0": text("wamid.1")}));
    value["statuses"] = json!([{"id": "wamid.s", "status": "sent"}]);
    let events = split(&body("messages", value)).unwrap();
    assert_eq!(events.iter().map(|event| event.kind).collect::<Vec<_>>(), [RawKind::Status, RawKind::Other]);
}

#[test]
fn payloads_stand_alone_and_keep_numbers_as_written() {
    let body = r#"{"object":"whatsapp_business_account","entry":[{"id":"1","time":1795334400,"changes":[{"field":"message_template_status_update",
        "value":{"message_template_id":123456789012345678901234567890,"price":1.10}}]}]}"#;
    let events = split(body.as_bytes()).unwrap();
    let payload = String::from_utf8(events[0].payload.clone()).unwrap();
    assert!(payload.contains("123456789012345678901234567890") && payload.contains("1.10"), "{payload}");
    assert!(payload.contains(r#""time":1795334400"#));

    let events = split(&messages_body("messages", json!([text("wamid.1")]))).unwrap();
    let payload: Value = serde_json::from_slice(&events[0].payload).unwrap();
    assert_eq!(payload["metadata"]["display_phone_number"], "15550001111");
    assert_eq!(payload["contact"]["profile"]["name"], "Priya Sharma");
    assert_eq!(payload["element"]["id"], "wamid.1");
    assert_eq!(events[0].phone_number_id.as_deref(), Some(NUMBER));
    assert_eq!(events[0].waba_id, WABA);
}

/// The dedupe key of the one event of a body.
fn key(body: &[u8]) -> [u8; 32] {
    split(body).unwrap()[0].dedupe
}

#[test]
fn dedupe_knows_an_event_again() {
    let sent = |fields: Value| {
        let mut status = json!({"id": "wamid.1", "status": "sent", "timestamp": "1"});
        for (key, value) in fields.as_object().unwrap() {
            status[key] = value.clone();
        }
        key(&messages_body("statuses", json!([status])))
    };
    let changed = message(json!({"id": "wamid.1", "type": "text", "text": {"body": "other"}}));
    let first = key(&messages_body("messages", json!([text("wamid.1")])));
    assert_eq!(first, key(&messages_body("messages", json!([changed]))));
    assert_ne!(first, key(&messages_body("messages", json!([text("wamid.2")]))));
    assert_ne!(first, sent(json!({})));
    assert_eq!(sent(json!({})), sent(json!({"timestamp": "2"})));
    assert_ne!(sent(json!({})), sent(json!({"status": "read"})));
    assert_ne!(sent(json!({})), sent(json!({"recipient_participant_id": "911"})));
    assert_ne!(sent(json!({"recipient_participant_id": "911"})), sent(json!({"recipient_participant_id": "912"})));

    let mut elsewhere = messages_value("messages", json!([text("wamid.1")]));
    elsewhere["metadata"]["phone_number_id"] = json!("7");
    assert_ne!(first, key(&body("messages", elsewhere)));

    let update = |name: &str, time: u64| {
        let change = json!({"field": "account_update", "value": {"event": name}});
        let entry = json!({"id": WABA, "time": time, "changes": [change]});
        key(json!({"entry": [entry]}).to_string().as_bytes())
    };
    assert_eq!(update("A", 1), update("A", 1));
    assert_ne!(update("A", 1), update("B", 1));
    // The same state reached again, later, is a new event.
    assert_ne!(update("A", 1), update("A", 2));
}

#[test]
fn ordering_follows_the_person() {
    let of = |body: Vec<u8>| split(&body).unwrap()[0].ordering.clone();
    let inbound = of(messages_body("messages", json!([text("wamid.1")])));
    assert_eq!(inbound, "919812345678");
    let status = json!({"id": "wamid.1", "status": "read", "recipient_id": "+91 98123 45678"});
    assert_eq!(of(messages_body("statuses", json!([status]))), inbound);
    let echo = json!({"id": "wamid.1", "to": "919812345678"});
    assert_eq!(of(body("smb_message_echoes", json!({"message_echoes": [echo]}))), inbound);
    // The number is left out of the message but stands in the contact.
    let hidden = json!({"id": "wamid.1", "from_user_id": BSUID});
    assert_eq!(of(messages_body("messages", json!([hidden]))), inbound);
    assert_eq!(of(body("messages", json!({"messages": [hidden]}))), BSUID);
    let preference = json!({"user_id": BSUID, "value": "stop"});
    assert_eq!(of(body("user_preferences", messages_value("user_preferences", json!([preference])))), inbound);
    let group = message(json!({"group_id": "Y2Fw"}));
    assert_eq!(of(messages_body("messages", json!([group]))), "Y2Fw");
    let group = json!({"id": "wamid.1", "status": "read", "recipient_type": "group", "recipient_id": "Y2Fw"});
    assert_eq!(of(messages_body("statuses", json!([group]))), "Y2Fw");
    assert_eq!(of(body("account_update", json!({}))), format!("{WABA}/account_update"));
}

#[test]
fn another_object_is_never_read_as_whatsapp() {
    let entry = json!({"id": "1", "changes": [{"field": "messages", "value": {"messages": [text("wamid.1")]}}]});
    let events = split(json!({"object": "page", "entry": [entry]}).to_string().as_bytes()).unwrap();
    assert_eq!((events.len(), events[0].field.as_str(), events[0].kind), (1, "page/messages", RawKind::Other));
}

#[test]
fn a_large_contact_in_as_many_messages_as_may_come_takes_a_bounded_room() {
    let mut value = messages_value(
        "messages",
        Value::from((0..MAX_EVENTS).map(|n| text(&format!("wamid.{n}"))).collect::<Vec<_>>()),
    );
    value["contacts"][0]["profile"]["name"] = json!("x".repeat(8_000));
    let events = split(&body("messages", value)).unwrap();
    assert_eq!(events.len(), MAX_EVENTS);
    let bytes: usize = events.iter().map(|event| event.payload.len()).sum();
    assert!(bytes < 20 * 1024 * 1024, "{bytes}");
    let last = events.last().unwrap();
    assert!(matches!(read(&last.field, last.kind, &last.payload), Inbound::Message(_)));
}

#[test]
fn one_event_more_than_may_come_is_refused_with_all() {
    let many = |n: usize| body("messages", messages_value("messages", Value::from(vec![json!(0); n])));
    assert_eq!(split(&many(MAX_EVENTS)).map(|events| events.len()), Ok(MAX_EVENTS));
    assert_eq!(split(&many(MAX_EVENTS + 1)), Err(Unsplit::TooMany));
}
