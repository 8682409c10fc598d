//! Tests made from the contract: what a new field or parameter of it must stand is asked without anybody thinking of it.

use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tarun_testkit::{Business, business};

/// Ids in bodies by which a business could name what is another's, each with a test: `isolation.rs`. A new one fails here
/// until it has one.
const IDS_IN_BODIES: [&str; 4] = [
    "PATCH /api/v1/conversations/{id} /seen_message_id",
    "POST /api/v1/conversations/{id}/assign /agent_id",
    "POST /api/v1/conversations/{id}/messages /reply_to",
    "POST /api/v1/conversations/{id}/read /up_to",
];

#[tokio::test]
async fn c_077_every_id_that_a_body_can_hold_is_tried_with_anothers() {
    let contract = business().await.owner.get("openapi.json").await.expect(200);
    let mut found = BTreeSet::new();
    for (operation, described) in operations(&contract) {
        for content in described["requestBody"]["content"].as_object().into_iter().flat_map(|c| c.values()) {
            ids(&contract, &content["schema"], "", &mut BTreeSet::new(), &mut |at| {
                found.insert(format!("{operation} {at}"));
            });
        }
    }
    assert_eq!(found, IDS_IN_BODIES.map(str::to_owned).into());
}

const INJECTIONS: [&str; 12] = [
    "' or '1'='1",
    "' or 1=1 --",
    "\"; drop table messages; --",
    "'; select pg_sleep(10); --",
    "1) or (1=1",
    "') union select * from users --",
    "$1",
    "%",
    "_",
    "\\",
    "{\"$ne\":null}",
    "' and (select email_enc from users limit 1)::text::int = 1 --",
];

#[tokio::test]
async fn c_085_no_parameter_reaches_the_language_of_the_database() {
    let (shop, other) = (business().await, business().await);
    let (own, _) = (thread(&shop, "hello canary").await, thread(&other, "foreign canary").await);
    let contract = shop.owner.get("openapi.json").await.expect(200);
    let mut tried = 0;
    for (operation, described) in operations(&contract) {
        let (method, path) = operation.split_once(' ').unwrap();
        // Of strangers' addresses, other tests look at what they take.
        if method != "GET" || path.contains("webhooks") || path.contains("/media/") {
            continue;
        }
        for injection in INJECTIONS {
            let encoded: String = url::form_urlencoded::byte_serialize(injection.as_bytes()).collect();
            if path.contains('{') {
                let at = path.split('{').next().unwrap().to_owned() + &encoded.replace('+', "%20");
                assert_eq!(shop.owner.get(&at).await.status, 404, "{at}");
                tried += 1;
            }
            for parameter in described["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query") {
                let name = parameter["name"].as_str().unwrap();
                let at = format!("{}?{name}={encoded}", path.replace("{id}", &own));
                let answer = shop.owner.get(&at).await;
                let text = parameter["schema"]["type"] == "string" && parameter["schema"].get("format").is_none();
                let looked_for = text && name == "q";
                assert_eq!(answer.status, if looked_for { 200 } else { 400 }, "{at}: {}", answer.text);
                assert!(!answer.text.contains("canary"), "{at} found something: {}", answer.text);
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "{tried}");
    // Written, they are words like others.
    let contact = shop.owner.get(&format!("conversations/{own}")).await.expect(200)["contact"]["id"].clone();
    for injection in INJECTIONS {
        let path = format!("contacts/{}", contact.as_str().unwrap());
        shop.owner.patch(&path, json!({ "name": injection })).await.expect(200);
        assert_eq!(shop.owner.get(&path).await.expect(200)["name"], injection);
        let note = shop.owner.post(&format!("conversations/{own}/notes"), json!({ "body": injection })).await;
        assert_eq!(note.expect(201)["content"]["body"], injection);
    }
    let request = shop.owner.request(Method::GET, &format!("conversations/{own}/messages"));
    assert!(shop.owner.send(request).await.text.contains("hello canary"), "nothing was dropped");
}

/// Operations as `METHOD path`, with their description.
fn operations(contract: &Value) -> Vec<(String, &Value)> {
    let paths = contract["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(m, d)| (format!("{} {path}", m.to_uppercase()), d))
        })
        .collect()
}

/// Tells each place of a schema that holds an id.
fn ids<'a>(
    contract: &'a Value,
    schema: &'a Value,
    at: &str,
    within: &mut BTreeSet<&'a str>,
    found: &mut impl FnMut(&str),
) {
    if let Some(name) = schema["$ref"].as_str().map(|r| r.trim_start_matches("#/components/schemas/")) {
        if within.insert(name) {
            ids(contract, &contract["components"]["schemas"][name], at, within, found);
            within.remove(name);
        }
        return;
    }
    if schema["format"] == "uuid" {
        found(at);
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        ids(contract, inner, &format!("{at}/{name}"), within, found);
    }
    for inner in ["oneOf", "anyOf", "allOf"].iter().flat_map(|k| schema[*k].as_array().into_iter().flatten()) {
        ids(contract, inner, at, within, found);
    }
    for key in ["items", "additionalProperties"] {
        if schema[key].is_object() {
            ids(contract, &schema[key], &format!("{at}/*"), within, found);
        }
    }
}

/// A conversation with one message of a customer.
async fn thread(shop: &Business, text: &str) -> String {
    let customer = shop.customer("Kavya").await;
    shop.says_text(&customer, text).await;
    shop.conversation_of(&customer).await["id"].as_str().unwrap().to_owned()
}
