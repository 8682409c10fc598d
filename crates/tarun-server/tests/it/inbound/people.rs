//! Who it is that writes: since 2026 a phone number or a user id may be missing, and numbers are given to new people.

use super::{now, so_many};
use serde_json::{Value, json};
use tarun_testkit::{Business, SECRET, business, eventually};

/// A number of the business: Meta's id of it and of its account.
struct Line {
    phone_number_id: String,
    waba_id: String,
}

impl Line {
    fn of(shop: &Business) -> Self {
        Self { phone_number_id: shop.phone_number_id.clone(), waba_id: shop.waba_id.clone() }
    }
}

/// A change with one message of a person, of whom the number, the user id, or both show.
fn shown(line: &Line, phone: Option<&str>, user_id: Option<&str>, id: &str) -> Value {
    json!({ "id": line.waba_id, "changes": [{ "field": "messages", "value": {
        "messaging_product": "whatsapp", "metadata": { "display_phone_number": "+918000000000", "phone_number_id": line.phone_number_id },
        "contacts": [{ "profile": { "name": user_id.or(phone) }, "wa_id": phone, "user_id": user_id }],
        "messages": [{ "from": phone, "from_user_id": user_id, "id": id, "timestamp": now().to_string(), "type": "text", "text": { "body": id } }] } }] })
}

async fn post(shop: &Business, entries: &[Value]) {
    let body = json!({ "object": "whatsapp_business_account", "entry": entries });
    shop.webhook(&body.to_string(), SECRET).await.expect(200);
}

/// The conversation whose messages include this text.
async fn with(shop: &Business, text: &str) -> Value {
    eventually("the conversation", || async {
        for thread in shop.conversations().await {
            let all = shop.messages(thread["id"].as_str().unwrap()).await;
            if all.iter().any(|m| m["content"]["body"] == text) {
                return Some(thread);
            }
        }
        None
    })
    .await
}

/// The events of WhatsApp's lines in a conversation.
async fn lines(shop: &Business, thread: &Value) -> Vec<Value> {
    let all = shop.messages(thread["id"].as_str().unwrap()).await;
    all.iter().filter(|m| m["type"] == "SYSTEM").map(|m| m["content"]["event"].clone()).collect()
}

#[tokio::test]
async fn who_is_given_a_former_customers_number_is_another_person() {
    let shop = business().await;
    let line = Line::of(&shop);
    let phone = Some("919811100321");
    post(&shop, &[shown(&line, phone, Some("IN.FORMER321"), "wamid.FORMER321")]).await;
    let former = with(&shop, "wamid.FORMER321").await;
    assert_eq!(former["contact"]["phone"], "+919811100321");
    // The second one twice in a webhook, and once more with nothing but the number.
    let new = [
        shown(&line, phone, Some("IN.NEW321"), "wamid.NEW321A"),
        shown(&line, phone, None, "wamid.NEW321B"),
        shown(&line, phone, Some("IN.NEW321"), "wamid.NEW321C"),
    ];
    post(&shop, &new).await;
    let owner = with(&shop, "wamid.NEW321A").await;
    assert_ne!(owner["id"], former["id"]);
    assert_eq!(so_many(&shop, owner["id"].as_str().unwrap(), 3).await.len(), 3);
    assert_eq!((&owner["contact"]["phone"], &lines(&shop, &owner).await.len()), (&json!("+919811100321"), &0));
    let former = with(&shop, "wamid.FORMER321").await;
    assert_eq!(former["contact"]["phone"], Value::Null, "nothing that is said to the one goes to the other");
    assert_eq!(lines(&shop, &former).await, ["number_reassigned"]);
    let told = former["last_message"].clone();
    assert_eq!((&told["sent_by"]["kind"], &told["is_revoked"]), (&json!("SYSTEM"), &json!(false)));
    assert!(told["content"]["text"].as_str().unwrap().contains("Somebody else writes"), "{told}");
    // The former holder is still known by the user id.
    post(&shop, &[shown(&line, Some("919811100322"), Some("IN.FORMER321"), "wamid.BACK321")]).await;
    let back = with(&shop, "wamid.BACK321").await;
    assert_eq!((&back["id"], &back["contact"]["phone"]), (&former["id"], &json!("+919811100322")));
    assert_eq!(shop.conversations().await.len(), 2);
}

#[tokio::test]
async fn a_person_who_writes_to_two_portfolios_stays_one() {
    let shop = business().await;
    let (phone_number_id, waba_id) = (format!("9{}", shop.phone_number_id), format!("9{}", shop.waba_id));
    let number = json!({ "phone_number_id": phone_number_id, "waba_id": waba_id, "display_phone_number": "+918000000099",
        "access_token": "token-of-another-account", "app_secret": SECRET });
    shop.owner.post("whatsapp/numbers", number).await.expect(201);
    let (here, there) = (Line::of(&shop), Line { phone_number_id, waba_id });
    let phone = Some("919811100323");
    post(&shop, &[shown(&here, phone, Some("IN.HERE323"), "wamid.HERE323")]).await;
    post(&shop, &[shown(&there, phone, Some("IN.THERE323"), "wamid.THERE323")]).await;
    let (one, two) = (with(&shop, "wamid.HERE323").await, with(&shop, "wamid.THERE323").await);
    assert_ne!(one["number_id"], two["number_id"]);
    assert_eq!(one["contact"]["id"], two["contact"]["id"]);
    assert_eq!((lines(&shop, &one).await.len(), lines(&shop, &two).await.len()), (0, 0));
    // In each portfolio a further user id is a further person: the number is taken from both threads.
    post(&shop, &[shown(&there, phone, Some("IN.OTHER323"), "wamid.OTHER323")]).await;
    let other = with(&shop, "wamid.OTHER323").await;
    assert_ne!(other["contact"]["id"], one["contact"]["id"]);
    for thread in [&one, &two] {
        eventually("the line", || async { (lines(&shop, thread).await == ["number_reassigned"]).then_some(()) }).await;
    }
}

#[tokio::test]
async fn an_id_of_which_nobody_knows_where_it_was_seen_parts_nobody_until_it_is_seen_again() {
    let shop = business().await;
    let line = Line::of(&shop);
    let phone = Some("919811100324");
    post(&shop, &[shown(&line, phone, Some("IN.OLD324"), "wamid.OLD324")]).await;
    let thread = with(&shop, "wamid.OLD324").await;
    let forget = "update contact_identities set scope = null";
    sqlx::query(forget).execute(&mut shop.as_server().await).await.unwrap();
    post(&shop, &[shown(&line, phone, Some("IN.SAME324"), "wamid.SAME324")]).await;
    assert_eq!(with(&shop, "wamid.SAME324").await["id"], thread["id"]);
    sqlx::query(forget).execute(&mut shop.as_server().await).await.unwrap();
    post(&shop, &[shown(&line, phone, Some("IN.SAME324"), "wamid.AGAIN324")]).await;
    post(&shop, &[shown(&line, phone, Some("IN.THIRD324"), "wamid.THIRD324")]).await;
    assert_ne!(with(&shop, "wamid.THIRD324").await["id"], thread["id"]);
}

#[tokio::test]
async fn a_number_of_another_contact_is_not_taken_over() {
    let shop = business().await;
    let line = Line::of(&shop);
    let phone = Some("919811100325");
    post(&shop, &[shown(&line, None, Some("IN.HIDDEN325"), "wamid.HIDDEN325")]).await;
    post(&shop, &[shown(&line, phone, None, "wamid.SHOWN325")]).await;
    for id in ["wamid.BOTH325A", "wamid.BOTH325B"] {
        post(&shop, &[shown(&line, phone, Some("IN.HIDDEN325"), id)]).await;
    }
    let hidden = with(&shop, "wamid.HIDDEN325").await;
    assert_eq!(with(&shop, "wamid.BOTH325B").await["id"], hidden["id"]);
    assert_eq!(
        (&hidden["contact"]["phone"], lines(&shop, &hidden).await),
        (&Value::Null, vec![json!("number_of_another")])
    );
    let shown = with(&shop, "wamid.SHOWN325").await;
    assert_eq!((&shown["contact"]["phone"], lines(&shop, &shown).await.len()), (&json!("+919811100325"), 0));
}

#[tokio::test]
async fn whose_number_changed_is_the_same_under_the_new_user_id_that_follows() {
    let shop = business().await;
    let line = Line::of(&shop);
    post(&shop, &[shown(&line, Some("919811100326"), Some("IN.BEFORE326"), "wamid.BEFORE326")]).await;
    let thread = with(&shop, "wamid.BEFORE326").await;
    let moved = json!({ "type": "user_changed_number", "body": "Changed", "wa_id": "919811100327" });
    super::says(&shop, "919811100326", [json!({ "id": "wamid.MOVED326", "type": "system", "system": moved })]).await;
    post(&shop, &[shown(&line, Some("919811100327"), Some("IN.AFTER326"), "wamid.AFTER326")]).await;
    let after = with(&shop, "wamid.AFTER326").await;
    assert_eq!((&after["id"], &after["contact"]["phone"]), (&thread["id"], &json!("+919811100327")));
}

#[tokio::test]
async fn what_a_customer_wishes_about_marketing_holds_by_its_time_whichever_comes_first() {
    let shop = business().await;
    let from = "919811100331";
    super::says(&shop, from, [json!({ "id": "wamid.WISH331", "type": "text", "text": { "body": "hi" } })]).await;
    let contact = shop.conversation_of(from).await["contact"].clone();
    assert_eq!(contact["marketing_opt_out_at"], Value::Null);
    let wishes = async |wa_id: &str, value: &str, category: &str, at: i64| {
        let wish = json!({ "wa_id": wa_id, "user_id": format!("IN.{wa_id}"), "detail": "…", "category": category, "value": value, "timestamp": at });
        let body = super::change(&shop, "user_preferences", json!({ "user_preferences": [wish] }));
        shop.webhook(&body, SECRET).await.expect(200);
    };
    let path = format!("contacts/{}", contact["id"].as_str().unwrap());
    let opted_out = async || shop.owner.get(&path).await.expect(200)["marketing_opt_out_at"].clone();
    let became = async |is_out: bool| {
        eventually("the wish", || async { (opted_out().await.is_null() != is_out).then_some(()) }).await;
    };
    let at = now() - 1000;
    wishes(from, "stop", "marketing_messages", at).await;
    became(true).await;
    let since = opted_out().await;
    assert_eq!(shop.conversation_of(from).await["contact"]["marketing_opt_out_at"], since);
    // What was said before, and what is about something else, change nothing.
    wishes(from, "resume", "marketing_messages", at - 1).await;
    wishes(from, "resume", "something_else", at + 5).await;
    wishes(from, "resume", "marketing_messages", at + 10).await;
    became(false).await;
    wishes(from, "stop", "marketing_messages", at + 9).await;
    wishes(from, "stop", "marketing_messages", at + 20).await;
    became(true).await;
    assert_ne!(opted_out().await, since);
    // Who never wrote and refuses is remembered when he writes.
    wishes("919811100332", "stop", "marketing_messages", at).await;
    super::says(&shop, "919811100332", [json!({ "id": "wamid.WISH332", "type": "text", "text": { "body": "hi" } })])
        .await;
    let thread = shop.conversation_of("919811100332").await;
    assert_eq!(thread["contact"]["marketing_opt_out_at"], since);
}

#[tokio::test]
async fn a_number_that_a_customer_shares_of_his_own_accord_is_his() {
    let shop = business().await;
    let card = |id: &str, origin: Option<&str>, phone: &str| {
        let mut card = shown(&Line::of(&shop), None, Some("IN.SHY341"), id);
        let shared = json!({ "name": { "formatted_name": "Priya" }, "phones": [{ "phone": phone, "wa_id": phone }], "origin": origin });
        let message = &mut card["changes"][0]["value"]["messages"][0];
        message["type"] = json!("contacts");
        message["contacts"] = json!([shared]);
        card
    };
    post(&shop, &[card("wamid.CARD341", None, "919811100341")]).await;
    let thread = eventually("the conversation", || async { shop.conversations().await.into_iter().next() }).await;
    assert_eq!(thread["contact"]["phone"], Value::Null, "somebody else's card");
    post(&shop, &[card("wamid.OWN341", Some("contact_request"), "919811100342")]).await;
    let known = shop.conversation_of("919811100342").await;
    assert_eq!(
        (&known["id"], &known["last_message"]["content"]["contacts"][0]["is_sender"]),
        (&thread["id"], &json!(true))
    );
    // By it he is found from now on.
    post(&shop, &[shown(&Line::of(&shop), Some("919811100342"), None, "wamid.SHOWN341")]).await;
    assert_eq!(with(&shop, "wamid.SHOWN341").await["id"], thread["id"]);
}
