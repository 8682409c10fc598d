//! Table tests over the samples of what Meta sends, and properties over what nobody sends.

mod acts;
mod contents;
mod hostile;
mod splitting;
mod statuses;

use serde_json::{Value, json};
use tarun_core::content::Content;

use super::*;

const WABA: &str = "200000000000001";
const NUMBER: &str = "100000000000001";
const WAMID: &str = "wamid.HBgMOTE5ODEyMzQ1Njc4FQIAEhggQTAwMQA=";
const BSUID: &str = "IN.48205519360071284463";

/// A body with one change.
fn body(field: &str, value: Value) -> Vec<u8> {
    let entry = json!({"id": WABA, "changes": [{"field": field, "value": value}]});
    json!({"object": "whatsapp_business_account", "entry": [entry]}).to_string().into_bytes()
}

/// A body of the `messages` field with contact and metadata.
fn messages_body(key: &str, elements: Value) -> Vec<u8> {
    body("messages", messages_value(key, elements))
}

fn messages_value(key: &str, elements: Value) -> Value {
    let contact =
        json!({"profile": {"name": "Priya Sharma", "username": "priya.s"}, "wa_id": "919812345678", "user_id": BSUID});
    json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001111", "phone_number_id": NUMBER},
        "contacts": [contact],
        key: elements,
    })
}

/// A message with the common fields and these besides.
fn message(fields: Value) -> Value {
    let mut whole = json!({"from": "919812345678", "from_user_id": BSUID, "id": WAMID, "timestamp": "1795334400"});
    for (key, value) in fields.as_object().unwrap() {
        whole[key] = value.clone();
    }
    whole
}

/// The one event of a body, split and read.
fn only(body: &[u8]) -> Inbound {
    let events = split(body).unwrap();
    assert_eq!(events.len(), 1, "{events:?}");
    read(&events[0].field, events[0].kind, &events[0].payload)
}

/// A message of a customer, through split and read.
fn received(fields: Value) -> Inbound {
    only(&messages_body("messages", json!([message(fields)])))
}

fn received_message(fields: Value) -> InboundMessage {
    match received(fields) {
        Inbound::Message(message) => message,
        other => panic!("no message: {other:?}"),
    }
}
