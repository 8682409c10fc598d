//! What one webhook costs before and after it is stored: `cargo bench -p tarun-providers`.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use serde_json::json;
use tarun_providers::whatsapp::webhook::{peek, read, signature, split};

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

/// Messages per body: one, as is usual, and as many as Meta sends at most.
const SIZES: [usize; 2] = [1, 1_000];

fn main() {
    divan::main();
}

/// A body with so many Hindi text messages, escaped as Meta escapes them.
fn body(messages: usize) -> Vec<u8> {
    let message = |n: usize| {
        json!({"from": "919812345678", "from_user_id": "IN.48205519360071284463", "timestamp": "1795334400", "type": "text",
            "id": format!("wamid.HBgMOTE5ODEyMzQ1Njc4FQIAEhgg{n:08}"), "text": {"body": "नमस्ते, क्या यह कुर्ता M साइज़ में मिलेगा? 🙏"}})
    };
    let value = json!({"messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001111", "phone_number_id": "100000000000001"},
        "contacts": [{"profile": {"name": "Priya Sharma"}, "wa_id": "919812345678", "user_id": "IN.48205519360071284463"}],
        "messages": (0..messages).map(message).collect::<Vec<_>>()});
    let entry = json!({"id": "200000000000001", "changes": [{"field": "messages", "value": value}]});
    let plain = json!({"object": "whatsapp_business_account", "entry": [entry]}).to_string();
    let mut escaped = String::new();
    for c in plain.chars() {
        if c.is_ascii() {
            escaped.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| escaped.push_str(&format!("\\u{unit:04x}")));
        }
    }
    escaped.into_bytes()
}

#[divan::bench(args = SIZES)]
fn look_at_origins(bencher: Bencher<'_, '_>, messages: usize) {
    let body = body(messages);
    bencher.counter(ItemsCount::new(messages)).bench(|| peek(black_box(&body)));
}

#[divan::bench(args = SIZES)]
fn verify_signature(bencher: Bencher<'_, '_>, messages: usize) {
    let body = body(messages);
    let header = signature::sign(SECRET, &body);
    bencher.counter(ItemsCount::new(messages)).bench(|| signature::verify(SECRET, black_box(&body), Some(&header)));
}

#[divan::bench(args = SIZES)]
fn split_into_events(bencher: Bencher<'_, '_>, messages: usize) {
    let body = body(messages);
    bencher.counter(ItemsCount::new(messages)).bench(|| split(black_box(&body)));
}

#[divan::bench]
fn read_one_message(bencher: Bencher<'_, '_>) {
    let event = split(&body(1)).ok().and_then(|mut events| events.pop());
    bencher.bench(|| event.as_ref().map(|event| read(&event.field, event.kind, black_box(&event.payload))));
}
