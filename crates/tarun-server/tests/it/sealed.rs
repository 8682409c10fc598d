//! C-101: what lies in the columns, seen and moved about by somebody who holds the database and not the keys.

use serde_json::{Value, json};
use tarun_testkit::{Business, business, world};

#[tokio::test]
async fn c_101_a_ciphertext_moved_to_another_row_column_or_business_does_not_open() {
    let (shop, other) = (business().await, business().await);
    let (one, two, theirs) =
        (thread(&shop, "first").await, thread(&shop, "second").await, thread(&other, "third").await);
    let foreign: Vec<u8> = cell("select profile_enc from contacts where id = $1::uuid", &theirs.contact).await;
    let sibling: Vec<u8> = cell("select profile_enc from contacts where id = $1::uuid", &two.contact).await;
    let column: Vec<u8> = cell("select body_enc from messages where id = $1::uuid", &one.message).await;
    let own: Vec<u8> = cell("select profile_enc from contacts where id = $1::uuid", &one.contact).await;
    let mut edited = own.clone();
    *edited.last_mut().unwrap() ^= 1;
    for (what, moved) in [("row", sibling), ("business", foreign), ("column", column), ("place, edited", edited)] {
        put("update contacts set profile_enc = $2 where id = $1::uuid", &one.contact, &moved).await;
        let answer = shop.owner.get(&format!("contacts/{}", one.contact)).await;
        assert_eq!(answer.status, 500, "of another {what}: {}", answer.text);
        assert!(!answer.text.contains("Customer"), "{}", answer.text);
    }
    put("update contacts set profile_enc = $2 where id = $1::uuid", &one.contact, &own).await;
    shop.owner.get(&format!("contacts/{}", one.contact)).await.expect(200);

    let said: Vec<u8> = cell("select body_enc from messages where id = $1::uuid", &two.message).await;
    put("update messages set body_enc = $2 where id = $1::uuid", &one.message, &said).await;
    let answer = shop.owner.get(&format!("conversations/{}/messages", one.conversation)).await;
    assert!(!answer.text.contains("second"), "{}", answer.text);
    // It stands in its place as what can't be read, and costs nothing beside it.
    let page = answer.expect(200);
    assert_eq!(
        (&page["data"][0]["type"], &page["data"][0]["content"]["kind"]),
        (&json!("UNSUPPORTED"), &json!("unreadable"))
    );
    let threads = shop.conversations().await;
    let texts: Vec<&Value> = threads.iter().map(|c| &c["last_message"]["content"]["body"]).collect();
    assert!(texts.contains(&&Value::Null) && texts.contains(&&json!("second")), "{texts:?}");
    let message = json!({ "type": "TEXT", "content": { "body": "about that" }, "reply_to": one.message });
    let answer = shop.owner.post(&format!("conversations/{}/messages", one.conversation), message).await.expect(201);
    assert_eq!(
        (&answer["reply_to"]["type"], &answer["reply_to"]["message_id"]),
        (&json!("UNSUPPORTED"), &json!(one.message))
    );
}

#[tokio::test]
async fn c_101_the_same_value_twice_looks_different_and_is_looked_up_differently_in_two_businesses() {
    let (shop, other) = (business().await, business().await);
    let (one, two) = (thread(&shop, "the same words").await, thread(&shop, "the same words").await);
    // The same customer writes to the other business as well.
    let phone = one.phone.trim_start_matches('+').to_owned();
    other.says_text(&phone, "the same words").await;
    let there = other.conversation_of(&phone).await;
    let there = ids(&other, &there).await;
    let body = "select body_enc from messages where id = $1::uuid";
    let profile = "select profile_enc from contacts where id = $1::uuid";
    assert_ne!(cell(body, &one.message).await, cell(body, &two.message).await);
    assert_ne!(cell(body, &one.message).await, cell(body, &there.message).await);
    assert_ne!(cell(profile, &one.contact).await, cell(profile, &there.contact).await);
    let hash = "select value_hash from contact_identities where kind = 'PHONE' and contact_id = $1::uuid";
    assert_ne!(cell(hash, &one.contact).await, cell(hash, &there.contact).await);
}

struct Thread {
    conversation: String,
    message: String,
    contact: String,
    phone: String,
}

async fn thread(shop: &Business, text: &str) -> Thread {
    let customer = shop.customer("Customer").await;
    shop.says_text(&customer, text).await;
    let conversation = shop.conversation_of(&customer).await;
    ids(shop, &conversation).await
}

async fn ids(shop: &Business, conversation: &Value) -> Thread {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let id = text(&conversation["id"]);
    let message = text(&shop.messages(&id).await[0]["id"]);
    let contact = &conversation["contact"];
    Thread { conversation: id, message, contact: text(&contact["id"]), phone: text(&contact["phone"]) }
}

async fn cell(query: &'static str, id: &str) -> Vec<u8> {
    sqlx::query_scalar(query).bind(id).fetch_one(&mut world().owner().await).await.unwrap()
}

async fn put(query: &'static str, id: &str, value: &[u8]) {
    let done = sqlx::query(query).bind(id).bind(value).execute(&mut world().owner().await).await.unwrap();
    assert_eq!(done.rows_affected(), 1);
}
