//! The demo shop: made at the first start, connected at every later one, whatever people did to it.

use crate::installation::{Installation, error_of};
use serde_json::{Value, json};
use tarun_testkit::{Caller, eventually};

const EMAIL: &str = "asha@noorneem.example";
/// A customer of the first start.
const DEBJANI: &str = "919000063370";
/// On whose phone a message with buttons waits.
const RUKHSAR: &str = "919000052614";

/// The word that was printed after these.
fn printed(shop: &Installation, after: &str) -> Option<String> {
    shop.said().split_once(after).map(|(_, rest)| rest.split_whitespace().next().unwrap().to_owned())
}

async fn owner(shop: &Installation, password: &str) -> Caller {
    let session = shop.api.post("auth/login", json!({ "email": EMAIL, "password": password })).await.expect(200);
    shop.api.with(session["access_token"].as_str())
}

async fn conversations(owner: &Caller) -> Vec<Value> {
    owner.get("conversations?limit=200").await.expect(200)["data"].as_array().unwrap().clone()
}

/// The phone of this start.
fn phone(shop: &Installation) -> Caller {
    let phone = printed(shop, "on the phone at ").unwrap().replace("localhost", "127.0.0.1");
    Caller { base: phone, ..shop.api.clone() }
}

/// A visitor taps a button of a message that Tarun did not send; the choice is in the inbox.
async fn a_button_is_tapped(shop: &Installation, owner: &Caller) {
    let path = format!("/_sim/customers/{RUKHSAR}/messages");
    let shown = phone(shop).get(&path).await.expect(200);
    let offers: Vec<&Value> =
        shown["messages"].as_array().unwrap().iter().filter(|m| m["type"] == "interactive").collect();
    assert_eq!(offers.len(), 1, "{shown}");
    let tap = json!({ "message_id": offers[0]["id"], "button_id": "keep" });
    phone(shop).post(&path, json!({ "type": "button_tap", "button_tap": tap })).await.expect(200);
    let threads = conversations(owner).await;
    let thread = threads.iter().find(|c| c["contact"]["phone"] == format!("+{RUKHSAR}")).unwrap();
    let path = format!("conversations/{}/messages", thread["id"].as_str().unwrap());
    eventually("the choice arrives", || async {
        let messages = owner.get(&path).await.expect(200)["data"].as_array().cloned()?;
        let choices: Vec<&Value> = messages.iter().filter(|m| m["type"] == "BUTTON_REPLY").collect();
        choices.last().map(|choice| assert_eq!(choice["content"]["title"], "Haan, rakh do", "{choice}"))
    })
    .await;
}

/// The inbox answers what was said before this start, whose window is open, and the customer writes: both arrive.
async fn both_ways(shop: &Installation, owner: &Caller, text: &str) {
    let phone = phone(shop);
    let phone_path = format!("/_sim/customers/{DEBJANI}/messages");
    let threads = conversations(owner).await;
    let thread = threads.iter().find(|c| c["contact"]["phone"] == format!("+{DEBJANI}")).unwrap();
    let path = format!("conversations/{}/messages", thread["id"].as_str().unwrap());
    let answer = format!("answer before {text}");
    owner.post(&path, json!({ "type": "TEXT", "content": { "body": answer } })).await.expect(201);
    phone.post(&phone_path, json!({ "type": "text", "text": text })).await.expect(200);
    eventually("the phone's text arrives and the answer is delivered", || async {
        let messages = owner.get(&path).await.expect(200)["data"].as_array().cloned()?;
        let of = |body: &str| messages.iter().find(|m| m["content"]["body"] == body);
        let sent = of(&answer)?;
        assert_ne!(sent["status"], "FAILED", "{sent}");
        (of(text).is_some() && sent["status"] == "DELIVERED").then_some(())
    })
    .await;
    let shown = phone.get(&phone_path).await.expect(200);
    assert!(shown["messages"].as_array().unwrap().iter().any(|m| m["content"]["body"] == answer), "{shown}");
}

#[tokio::test]
async fn the_demo_works_both_ways_at_every_start() {
    let mut shop = Installation::start(&["up", "--demo"], &[]).await;
    let password = printed(&shop, "with the password ").unwrap();
    let asha = owner(&shop, &password).await;
    both_ways(&shop, &asha, "first day").await;
    a_button_is_tapped(&shop, &asha).await;
    let before = conversations(&owner(&shop, &password).await).await.len();
    shop.stop().await;

    shop.again().await;
    assert_eq!(printed(&shop, "with the password ").as_deref(), Some(password.as_str()));
    let asha = owner(&shop, &password).await;
    both_ways(&shop, &asha, "second day").await;
    a_button_is_tapped(&shop, &asha).await;
    assert_eq!(conversations(&asha).await.len(), before, "the shop is made once");
    let devices = asha.get("auth/sessions").await.expect(200);
    assert_eq!(devices["data"].as_array().unwrap().len(), 3, "only those of this test: {devices}");
    shop.stop().await;
}

#[tokio::test]
async fn a_changed_password_and_a_rotated_key_do_not_stop_the_demo() {
    let mut shop = Installation::start(&["up", "--demo"], &[]).await;
    let password = printed(&shop, "with the password ").unwrap();
    let asha = owner(&shop, &password).await;
    let change = json!({ "current_password": password, "new_password": "words of her own choice" });
    let changed = asha.post("auth/password", change).await;
    assert!((200..300).contains(&changed.status), "{}", changed.text);
    let rotated = shop.admin(&["rotate-master-key"]);
    assert!(rotated.status.success(), "{}", error_of(&rotated));
    shop.stop().await;

    for day in ["second day", "third day"] {
        shop.again().await;
        assert!(shop.said().contains("with the password that you gave it"), "{}", shop.said());
        both_ways(&shop, &owner(&shop, "words of her own choice").await, day).await;
        shop.stop().await;
    }
}

#[tokio::test]
async fn a_first_start_that_was_broken_off_is_completed_by_the_next() {
    let mut shop = Installation::start(&["up"], &[]).await;
    // As far as a start came that ended after signing up.
    let password = "a password of the file";
    let secrets = json!({
        "password": password, "app_secret": "app-secret-of-the-demo", "access_token": "access-token-of-the-demo",
        "verify_token": "verify-token-of-the-demo", "filled": false, "own_password": false,
    });
    std::fs::write(shop.data().join("demo.json"), secrets.to_string()).unwrap();
    let person =
        json!({ "business_name": "Noor & Neem", "name": "Asha Kulkarni", "email": EMAIL, "password": password });
    shop.api.post("auth/signup", person).await.expect(201);
    shop.stop().await;

    shop.arguments.push("--demo");
    shop.again().await;
    assert_eq!(printed(&shop, "with the password a ").as_deref(), Some("password"), "{}", shop.said());
    let asha = owner(&shop, password).await;
    assert_eq!(conversations(&asha).await.len(), 4);
    both_ways(&shop, &asha, "completed").await;
    shop.stop().await;
}

#[tokio::test]
async fn where_the_demo_cannot_be_made_tarun_starts_and_says_so() {
    let mut tarun = Installation::start(&["up", "--demo"], &[("TARUN_SIGNUP", "closed")]).await;
    let log = std::fs::read_to_string(tarun.log()).unwrap();
    assert!(log.contains("The demo shop is not complete"), "{log}");
    assert!(!tarun.said().contains("Sign in as"), "{}", tarun.said());
    assert_eq!(tarun.api.get("/readyz").await.status, 200);
    tarun.stop().await;
}

#[tokio::test]
async fn the_demo_does_not_replace_an_address_that_somebody_set() {
    let mut tarun = Installation::start(&["up"], &[]).await;
    tarun.stop().await;
    let refused =
        tarun.command("up").arg("--demo").env("WHATSAPP_GRAPH_URL", "https://graph.facebook.com").output().unwrap();
    assert!(!refused.status.success());
    assert!(error_of(&refused).contains("WHATSAPP_GRAPH_URL is set"), "{}", error_of(&refused));
}
