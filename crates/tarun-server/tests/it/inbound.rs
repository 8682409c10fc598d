//! From a customer's message to the inbox.

mod kept;
mod kinds;
mod lines;
mod people;

use serde_json::{Value, json};
use std::collections::BTreeSet;
use tarun_testkit::{Business, SECRET, business, eventually, text_webhook};
use time::OffsetDateTime;

fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

#[tokio::test]
async fn a_customers_message_makes_a_contact_a_conversation_and_an_unread_message() {
    let shop = business().await;
    let kavya = shop.customer("Kavya Nair").await;
    shop.says_text(&kavya, "नमस्ते! Mera order kab aayega?").await;
    let thread = shop.conversation_of(&kavya).await;
    assert_eq!(thread["contact"]["name"], "Kavya Nair");
    assert_eq!(
        (&thread["status"], &thread["unread_count"], &thread["window"]["open"]),
        (&json!("OPEN"), &json!(1), &json!(true))
    );
    let messages = shop.messages(thread["id"].as_str().unwrap()).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["type"], "TEXT");
    assert_eq!(messages[0]["content"], json!({ "body": "नमस्ते! Mera order kab aayega?" }));
    assert_eq!((&messages[0]["direction"], &messages[0]["sent_by"]["kind"]), (&json!("INBOUND"), &json!("CUSTOMER")));
}

/// "50 parallel webhooks from one new customer: one contact, one conversation, 50 messages in order."
#[tokio::test]
async fn c_042_fifty_parallel_webhooks_of_one_new_customer() {
    let shop = business().await;
    let (from, at) = ("919811100042", now() - 60);
    let bodies: Vec<String> = (0..50)
        .map(|n| text_webhook(&shop, &[(from, &format!("wamid.PAR{n:02}"), at + n, &format!("number {n:02}"))]))
        .collect();
    let answers = futures::future::join_all(bodies.iter().map(|b| shop.webhook(b, SECRET))).await;
    assert!(answers.iter().all(|a| a.status == 200));
    let thread = shop.conversation_of(from).await;
    let id = thread["id"].as_str().unwrap().to_owned();
    let messages = eventually("50 messages", || async {
        let all = shop.messages(&id).await;
        (all.len() == 50).then_some(all)
    })
    .await;
    let texts: Vec<&str> = messages.iter().map(|m| m["content"]["body"].as_str().unwrap()).collect();
    let expected: Vec<String> = (0..50).map(|n| format!("number {n:02}")).collect();
    assert_eq!(texts, expected);
    assert_eq!(shop.conversations().await.len(), 1);
    let thread = shop.owner.get(&format!("conversations/{id}")).await.expect(200);
    assert_eq!(thread["unread_count"], 50);
    assert_eq!(thread["last_message"]["content"]["body"], "number 49");
}

#[tokio::test]
async fn c_002_the_same_webhook_ten_times_at_once_is_one_message() {
    let shop = business().await;
    let body = text_webhook(&shop, &[("919811100002", "wamid.TEN", now(), "once")]);
    let answers = futures::future::join_all((0..10).map(|_| shop.webhook(&body, SECRET))).await;
    assert!(answers.iter().all(|a| a.status == 200));
    let thread = shop.conversation_of("919811100002").await;
    assert_eq!(shop.webhook(&body, SECRET).await.status, 200);
    let second = text_webhook(&shop, &[("919811100002", "wamid.ELEVEN", now(), "twice")]);
    shop.webhook(&second, SECRET).await.expect(200);
    let id = thread["id"].as_str().unwrap().to_owned();
    let messages = eventually("the second message", || async {
        let all = shop.messages(&id).await;
        all.iter().any(|m| m["content"]["body"] == "twice").then_some(all)
    })
    .await;
    assert_eq!(messages.len(), 2);
}

#[tokio::test]
async fn c_004_messages_in_shuffled_order_are_shown_by_the_providers_time() {
    let shop = business().await;
    let (from, at) = ("919811100004", now() - 3600);
    for n in [3i64, 0, 4, 1, 2, 7, 6, 5] {
        let body = text_webhook(&shop, &[(from, &format!("wamid.SHUF{n}"), at + n * 10, &format!("{n}"))]);
        shop.webhook(&body, SECRET).await.expect(200);
    }
    let id = shop.conversation_of(from).await["id"].as_str().unwrap().to_owned();
    let messages = eventually("8 messages", || async {
        let all = shop.messages(&id).await;
        (all.len() == 8).then_some(all)
    })
    .await;
    let texts: Vec<&str> = messages.iter().map(|m| m["content"]["body"].as_str().unwrap()).collect();
    assert_eq!(texts, ["0", "1", "2", "3", "4", "5", "6", "7"]);
}

#[tokio::test]
async fn c_006_broken_unknown_and_foreign_elements_cost_their_neighbours_nothing() {
    let shop = business().await;
    let at = now();
    let texts: Vec<(String, String)> = (0..97).map(|n| (format!("wamid.MANY{n}"), format!("text {n}"))).collect();
    let messages: Vec<(&str, &str, i64, &str)> =
        texts.iter().map(|(id, text)| ("919811100006", id.as_str(), at, text.as_str())).collect();
    let mut body: Value = serde_json::from_str(&text_webhook(&shop, &messages)).unwrap();
    let list = body["entry"][0]["changes"][0]["value"]["messages"].as_array_mut().unwrap();
    list.insert(50, json!(["not", "a", "message"]));
    list.insert(10, json!({ "from": "919811100006", "id": "wamid.NEWTYPE", "timestamp": at.to_string(), "type": "hologram", "hologram": {} }));
    let mut foreign = body["entry"][0]["changes"][0].clone();
    foreign["value"]["metadata"]["phone_number_id"] = json!("999999999999");
    foreign["value"]["messages"] = json!([{ "from": "919811100006", "id": "wamid.FOREIGN", "timestamp": at.to_string(), "type": "text", "text": { "body": "x" } }]);
    body["entry"][0]["changes"].as_array_mut().unwrap().push(foreign);
    shop.webhook(&body.to_string(), SECRET).await.expect(200);
    let id = shop.conversation_of("919811100006").await["id"].as_str().unwrap().to_owned();
    let all = eventually("98 messages", || async {
        let all = shop.messages(&id).await;
        (all.len() >= 98).then_some(all)
    })
    .await;
    assert_eq!(all.len(), 98);
    assert_eq!(all.iter().filter(|m| m["type"] == "UNSUPPORTED").count(), 1);
    let seen: BTreeSet<&str> = all.iter().filter_map(|m| m["content"]["body"].as_str()).collect();
    assert_eq!(seen.len(), 97);
    kept::kept_are(
        &shop,
        &[("its number is not connected here", 1), ("unreadable: the element is not a JSON object", 1)],
    )
    .await;
}

#[tokio::test]
async fn c_007_one_webhook_for_two_businesses_tells_each_only_its_own() {
    let (one, two) = (business().await, business().await);
    let mut body: Value =
        serde_json::from_str(&text_webhook(&one, &[("919811100007", "wamid.FORONE", now(), "for one")])).unwrap();
    let second: Value =
        serde_json::from_str(&text_webhook(&two, &[("919811100007", "wamid.FORTWO", now(), "for two")])).unwrap();
    body["entry"].as_array_mut().unwrap().push(second["entry"][0].clone());
    one.webhook(&body.to_string(), SECRET).await.expect(200);
    for (shop, text) in [(&one, "for one"), (&two, "for two")] {
        let id = shop.conversation_of("919811100007").await["id"].as_str().unwrap().to_owned();
        let messages = shop.messages(&id).await;
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0]["content"]["body"], text);
    }
}

#[tokio::test]
async fn a_person_without_a_phone_number_is_known_by_his_user_id() {
    let shop = business().await;
    let hidden = json!({ "object": "whatsapp_business_account", "entry": [{ "id": shop.waba_id, "changes": [{ "field": "messages", "value": {
        "messaging_product": "whatsapp", "metadata": { "display_phone_number": shop.display, "phone_number_id": shop.phone_number_id },
        "contacts": [{ "profile": { "name": "", "username": "priya.s" }, "user_id": "IN.48205519360071284463" }],
        "messages": [{ "from_user_id": "IN.48205519360071284463", "id": "wamid.HIDDEN1", "timestamp": now().to_string(), "type": "text", "text": { "body": "hi" } }] } }] }] });
    shop.webhook(&hidden.to_string(), SECRET).await.expect(200);
    let thread = eventually("the conversation", || async { shop.conversations().await.into_iter().next() }).await;
    assert_eq!((&thread["contact"]["phone"], &thread["contact"]["name"]), (&Value::Null, &json!("@priya.s")));
    // Later the number shows as well: the same person, now with both.
    let shown = json!({ "object": "whatsapp_business_account", "entry": [{ "id": shop.waba_id, "changes": [{ "field": "messages", "value": {
        "messaging_product": "whatsapp", "metadata": { "display_phone_number": shop.display, "phone_number_id": shop.phone_number_id },
        "contacts": [{ "profile": { "name": "Priya Sharma" }, "wa_id": "919812345999", "user_id": "IN.48205519360071284463" }],
        "messages": [{ "from": "919812345999", "from_user_id": "IN.48205519360071284463", "id": "wamid.SHOWN1", "timestamp": now().to_string(), "type": "text", "text": { "body": "again" } }] } }] }] });
    shop.webhook(&shown.to_string(), SECRET).await.expect(200);
    let thread = shop.conversation_of("919812345999").await;
    assert_eq!(thread["contact"]["name"], "Priya Sharma");
    assert_eq!(shop.conversations().await.len(), 1);
    assert_eq!(shop.messages(thread["id"].as_str().unwrap()).await.len(), 2);
}

#[tokio::test]
async fn reactions_edits_replies_and_number_changes_land_on_what_they_are_about() {
    let shop = business().await;
    let rohit = shop.customer("Rohit Bansal").await;
    let first = shop.says_text(&rohit, "COD available hai?").await;
    shop.says(&rohit, json!({ "type": "text", "text": "About this", "reply_to": first })).await;
    shop.says(&rohit, json!({ "type": "reaction", "reaction": { "message_id": first, "emoji": "🙏" } })).await;
    let id = shop.conversation_of(&rohit).await["id"].as_str().unwrap().to_owned();
    let messages = eventually("the reaction", || async {
        let all = shop.messages(&id).await;
        (all.len() == 2 && all[0]["reactions"][0]["emoji"] == "🙏").then_some(all)
    })
    .await;
    assert_eq!(messages[1]["reply_to"]["message_id"], messages[0]["id"]);
    assert_eq!(messages[1]["reply_to"]["summary"], "COD available hai?");
    let now = now().to_string();
    let change = json!({ "object": "whatsapp_business_account", "entry": [{ "id": shop.waba_id, "changes": [{ "field": "messages", "value": {
        "messaging_product": "whatsapp", "metadata": { "display_phone_number": shop.display, "phone_number_id": shop.phone_number_id },
        "messages": [{ "from": rohit, "id": "wamid.MOVED1", "timestamp": now, "type": "system",
            "system": { "type": "user_changed_number", "body": "Rohit changed", "wa_id": "919899988877" } }] } }] }] });
    shop.webhook(&change.to_string(), SECRET).await.expect(200);
    let thread = shop.conversation_of("919899988877").await;
    assert_eq!(thread["id"].as_str().unwrap(), id, "the thread stays");
}

/// A webhook with one change of the business's number.
fn change(shop: &Business, field: &str, value: Value) -> String {
    let mut value = value;
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] = json!({ "display_phone_number": shop.display, "phone_number_id": shop.phone_number_id });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": shop.waba_id, "changes": [{ "field": field, "value": value }] }] })
        .to_string()
}

/// Reports of edits and reactions overtake each other, and some wait for their message: the newest said holds.
#[tokio::test]
async fn c_004_an_older_edit_or_reaction_that_comes_late_undoes_nothing() {
    let shop = business().await;
    let (from, at) = ("919811100019", now() - 100);
    let post = async |messages: Value| {
        let contacts = json!([{ "wa_id": from, "profile": { "name": "Late Letters" } }]);
        let body = change(&shop, "messages", json!({ "contacts": contacts, "messages": messages }));
        shop.webhook(&body, SECRET).await.expect(200);
    };
    let event = |id: &str, after: i64, kind: &str, what: Value| json!({ "from": from, "id": id, "timestamp": (at + after).to_string(), "type": kind, kind: what });
    let edit = |words: &str| json!({ "original_message_id": "wamid.LATE", "message": { "type": "text", "text": { "body": words } } });
    let emoji = |emoji: &str| json!({ "message_id": "wamid.LATE", "emoji": emoji });
    post(json!([event("wamid.LATE", 0, "text", json!({ "body": "one" }))])).await;
    post(json!([event("wamid.E3", 30, "edit", edit("three")), event("wamid.R3", 30, "reaction", emoji(""))])).await;
    post(json!([event("wamid.E2", 20, "edit", edit("two")), event("wamid.R2", 20, "reaction", emoji("👍"))])).await;
    // What comes last says that the others were handled: one person's events keep their order.
    post(json!([event("wamid.LAST", 40, "text", json!({ "body": "last" }))])).await;
    let id = shop.conversation_of(from).await["id"].as_str().unwrap().to_owned();
    let messages = eventually("the last", async || Some(shop.messages(&id).await).filter(|m| m.len() == 2)).await;
    assert_eq!((&messages[0]["content"]["body"], &messages[0]["reactions"]), (&json!("three"), &json!([])));
    post(json!([event("wamid.E5", 50, "edit", edit("five")), event("wamid.R5", 50, "reaction", emoji("🙏"))])).await;
    eventually("the newest", async || {
        let first = shop.messages(&id).await.swap_remove(0);
        (first["content"]["body"] == "five" && first["reactions"][0]["emoji"] == "🙏").then_some(())
    })
    .await;
}

/// Posts messages of one customer, known by his number, as one webhook each.
async fn says(shop: &Business, from: &str, messages: impl IntoIterator<Item = Value>) {
    for mut message in messages {
        message["from"] = json!(from);
        message["timestamp"].is_null().then(|| message["timestamp"] = json!(now().to_string()));
        let contacts = json!([{ "wa_id": from, "profile": { "name": format!("Customer {from}") } }]);
        let body = change(shop, "messages", json!({ "contacts": contacts, "messages": [message] }));
        shop.webhook(&body, SECRET).await.expect(200);
    }
}

/// The messages of a conversation, once there are so many.
async fn so_many(shop: &Business, conversation: &str, count: usize) -> Vec<Value> {
    eventually("the messages", || async {
        let all = shop.messages(conversation).await;
        (all.len() >= count).then_some(all)
    })
    .await
}

async fn found(shop: &Business, word: &str) -> usize {
    let page = shop.owner.get(&format!("conversations?q={word}")).await.expect(200);
    page["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn what_a_customer_takes_back_is_in_no_quote_and_no_search_and_an_edit_is_found_by_its_new_words() {
    let shop = business().await;
    let (from, at) = ("919811100016", now());
    let text = |id: &str, words: &str| json!({ "from": from, "id": id, "timestamp": at.to_string(), "type": "text", "text": { "body": words } });
    let post = async |message: Value| {
        let contacts = json!([{ "wa_id": from, "profile": { "name": "Second Thoughts" } }]);
        let body = change(&shop, "messages", json!({ "contacts": contacts, "messages": [message] }));
        shop.webhook(&body, SECRET).await.expect(200);
    };
    post(text("wamid.SECRET", "meinsecret")).await;
    post(text("wamid.TYPO", "mispelled")).await;
    let mut reply = text("wamid.REPLY", "never mind");
    reply["context"] = json!({ "from": from, "id": "wamid.SECRET" });
    post(reply).await;
    let id = shop.conversation_of(from).await["id"].as_str().unwrap().to_owned();
    let quote = async || {
        shop.messages(&id)
            .await
            .into_iter()
            .find(|m| m["content"]["body"] == "never mind")
            .map(|m| m["reply_to"].clone())
    };
    assert_eq!(eventually("the reply", &quote).await["summary"], "meinsecret");
    assert_eq!((found(&shop, "meinsecret").await, found(&shop, "mispelled").await), (1, 1));

    let corrected =
        json!({ "original_message_id": "wamid.TYPO", "message": { "type": "text", "text": { "body": "misspelled" } } });
    post(json!({ "from": from, "id": "wamid.EDIT", "timestamp": at.to_string(), "type": "edit", "edit": corrected }))
        .await;
    let revoked = json!({ "original_message_id": "wamid.SECRET" });
    post(
        json!({ "from": from, "id": "wamid.REVOKE", "timestamp": at.to_string(), "type": "revoke", "revoke": revoked }),
    )
    .await;
    let quoted = eventually("it is taken back", || async { quote().await.filter(|q| q["is_revoked"] == true) }).await;
    assert_eq!(quoted["summary"], "");
    assert!(!shop.owner.get(&format!("conversations/{id}/messages")).await.text.contains("meinsecret"));
    assert_eq!(
        (found(&shop, "meinsecret").await, found(&shop, "mispelled").await, found(&shop, "misspelled").await),
        (0, 0, 1)
    );
}

#[tokio::test]
async fn a_reaction_from_the_phone_app_is_the_businesss_own() {
    let shop = business().await;
    let (from, at) = ("919811100017", now());
    shop.webhook(&text_webhook(&shop, &[(from, "wamid.NICE", at, "nice?")]), SECRET).await.expect(200);
    let id = shop.conversation_of(from).await["id"].as_str().unwrap().to_owned();
    let echo = json!({ "from": shop.display, "to": from, "id": "wamid.ECHO", "timestamp": at.to_string(), "type": "reaction",
        "reaction": { "message_id": "wamid.NICE", "emoji": "👍" } });
    let body = change(&shop, "smb_message_echoes", json!({ "message_echoes": [echo] }));
    shop.webhook(&body, SECRET).await.expect(200);
    let reactions = eventually("the reaction", || async {
        let reactions = shop.messages(&id).await[0]["reactions"].clone();
        (reactions != json!([])).then_some(reactions)
    })
    .await;
    assert_eq!(reactions, json!([{ "emoji": "👍", "by": { "kind": "APP" } }]));
}
