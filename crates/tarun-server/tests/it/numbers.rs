//! Connecting numbers.

use serde_json::{Value, json};
use tarun_testkit::{Business, SECRET, World, business, eventually, text_webhook};
use time::OffsetDateTime;

fn item<'a>(check: &'a Value, code: &str) -> &'a Value {
    check["items"].as_array().unwrap().iter().find(|i| i["code"] == code).unwrap()
}

async fn check(shop: &Business) -> Value {
    shop.owner.post(&format!("whatsapp/numbers/{}/check", shop.number_id), Value::Null).await.expect(200)
}

#[tokio::test]
async fn a_connected_number_passes_its_check_and_learns_what_whatsapp_knows() {
    let shop = business().await;
    let first = check(&shop).await;
    for code in ["token", "number", "waba", "subscription"] {
        assert_eq!(item(&first, code)["state"], "PASSED", "{first}");
    }
    assert_eq!((&first["ok"], &item(&first, "webhook_received")["state"]), (&json!(true), &json!("WAITING")));
    let customer = shop.customer("Isha").await;
    shop.says_text(&customer, "hello").await;
    shop.conversation_of(&customer).await;
    assert_eq!(item(&check(&shop).await, "webhook_received")["state"], "PASSED");
    let number = shop.owner.get(&format!("whatsapp/numbers/{}", shop.number_id)).await.expect(200);
    let health = &number["health"];
    assert!(number["verified_name"].is_string() && health["last_webhook_received_at"].is_string(), "{number}");
    assert_eq!((&health["quality"], &health["paused_reason"]), (&json!("GREEN"), &Value::Null));
    assert_eq!(number["webhook_url"], format!("{}/api/webhooks/whatsapp", public_url(&number)));
    assert!(number["graph_url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
}

#[tokio::test]
async fn the_health_tells_when_an_event_was_last_handled() {
    let shop = business().await;
    let customer = shop.customer("Omkar").await;
    shop.says_text(&customer, "hello").await;
    eventually("the moment of handling", || async {
        let number = shop.owner.get(&format!("whatsapp/numbers/{}", shop.number_id)).await.expect(200);
        let health = &number["health"];
        (health["last_webhook_processed_at"].is_string() && health["backlog"] == 0).then_some(())
    })
    .await;
}

fn public_url(number: &Value) -> &str {
    number["webhook_url"].as_str().unwrap().split("/api/").next().unwrap()
}

#[tokio::test]
async fn secrets_go_in_and_never_come_out() {
    let shop = business().await;
    let agent = shop.person("AGENT").await;
    for caller in [&shop.owner, &agent] {
        let list = caller.get("whatsapp/numbers").await;
        let numbers = list.expect(200);
        assert!(!list.text.contains(SECRET) && !list.text.contains("access-token-number"), "{}", list.text);
        assert_eq!(numbers["data"][0]["app_secret_hint"], "ests");
        assert_eq!(numbers["data"].as_array().unwrap().len(), 1);
    }
    let seen = agent.get(&format!("whatsapp/numbers/{}", shop.number_id)).await.expect(200);
    assert_eq!(seen["verify_token"], Value::Null, "for admins only");
    for (answer, what) in [
        (agent.post("whatsapp/numbers", json!({})).await, "shape first"),
        (agent.post(&format!("whatsapp/numbers/{}/check", shop.number_id), Value::Null).await, "check"),
        (agent.patch(&format!("whatsapp/numbers/{}", shop.number_id), json!({})).await, "change"),
        (agent.delete(&format!("whatsapp/numbers/{}", shop.number_id)).await, "remove"),
    ] {
        assert!(matches!(answer.status, 403 | 422), "{what}: {}", answer.text);
    }
}

#[tokio::test]
async fn what_is_entered_is_checked_and_a_number_is_connected_once() {
    let shop = business().await;
    let good = json!({ "phone_number_id": format!("55{}", shop.phone_number_id), "waba_id": "1", "display_phone_number": "+91 98111 00001",
        "access_token": "long-enough-token", "app_secret": "long-enough-secret" });
    for (pointer, value) in [
        ("/phone_number_id", json!("12a")),
        ("/waba_id", json!("1".repeat(33))),
        ("/display_phone_number", json!("my shop")),
        ("/access_token", json!("short")),
        ("/app_secret", json!("with a space in it")),
        ("/verify_token", json!("short")),
    ] {
        let mut bad = good.clone();
        bad[&pointer[1..]] = value;
        let problem = shop.owner.post("whatsapp/numbers", bad).await.expect(422);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let mut forged = good.clone();
    forged["quality"] = json!("GREEN");
    assert_eq!(shop.owner.post("whatsapp/numbers", forged).await.expect(400)["code"], "unknown_field");
    let send = |body: &Value| {
        shop.owner.request(reqwest::Method::POST, "whatsapp/numbers").header("idempotency-key", "n-1").json(body)
    };
    let made = shop.owner.send(send(&good)).await.expect(201);
    assert_eq!(made["verify_token"].as_str().unwrap().len(), 32, "made when absent");
    assert_eq!(shop.owner.send(send(&good)).await.expect(201)["id"], made["id"]);
    let other = business().await;
    for owner in [&shop.owner, &other.owner] {
        assert_eq!(owner.post("whatsapp/numbers", good.clone()).await.expect(409)["code"], "number_taken");
    }
    let page = shop.owner.get("whatsapp/numbers?limit=1").await.expect(200);
    let rest = shop
        .owner
        .get(&format!("whatsapp/numbers?limit=1&cursor={}", page["next_cursor"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!((&page["data"][0]["id"], &rest["data"][0]["id"]), (&json!(shop.number_id), &made["id"]));
    assert_eq!(rest["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_number_with_conversations_stays_and_one_without_goes() {
    let shop = business().await;
    let path = format!("whatsapp/numbers/{}", shop.number_id);
    let body =
        text_webhook(&shop, &[("919811100033", "wamid.STAYS", OffsetDateTime::now_utc().unix_timestamp(), "hello")]);
    shop.webhook(&body, SECRET).await.expect(200);
    shop.conversation_of("919811100033").await;
    assert_eq!(shop.owner.delete(&path).await.expect(409)["code"], "number_in_use");
    let empty = business().await;
    let path = format!("whatsapp/numbers/{}", empty.number_id);
    assert_eq!(empty.owner.delete(&path).await.status, 204);
    assert_eq!(empty.owner.get(&path).await.status, 404);
    assert_eq!(empty.owner.delete(&path).await.status, 404);
    let audit = empty.owner.get("audit").await;
    assert!(audit.text.contains("number.removed") && audit.text.contains("number.created"), "{}", audit.text);
    assert!(!audit.text.contains(&empty.display[1..]), "ids only");
}

#[tokio::test]
async fn a_bad_token_is_named_pauses_sends_and_a_new_one_ends_the_pause() {
    let shop = business().await;
    let customer = shop.customer("Tara").await;
    shop.says_text(&customer, "hello").await;
    let thread = shop.conversation_of(&customer).await["id"].as_str().unwrap().to_owned();
    let path = format!("whatsapp/numbers/{}", shop.number_id);
    shop.owner.patch(&path, json!({ "access_token": "a-token-that-is-wrong" })).await.expect(200);
    let bad = check(&shop).await;
    assert_eq!((&bad["ok"], &item(&bad, "token")["state"]), (&json!(false), &json!("FAILED")), "{bad}");
    assert_eq!(item(&bad, "number")["state"], "WAITING");
    let message = json!({ "type": "TEXT", "content": { "body": "hi" } });
    shop.owner.post(&format!("conversations/{thread}/messages"), message).await.expect(201);
    eventually("the pause", || async {
        let number = shop.owner.get(&path).await.expect(200);
        number["health"]["paused_reason"].is_string().then_some(())
    })
    .await;
    let right = shop.phone_number_id.parse::<u64>().unwrap() - 100_000_000_000_000;
    let after =
        shop.owner.patch(&path, json!({ "access_token": format!("access-token-number-{right}") })).await.expect(200);
    assert_eq!(after["health"]["paused_reason"], Value::Null);
    assert_eq!(check(&shop).await["ok"], true);
}

#[tokio::test]
async fn a_token_that_ends_soon_is_warned_of_and_a_number_of_another_account_is_found() {
    let shop = business().await;
    let first = check(&shop).await;
    assert!(item(&first, "token")["detail"].as_str().unwrap().ends_with("it never expires."), "{first}");
    // One token for two numbers of different accounts, as a system user may have; a person's, which ends.
    let (token, ends) = ("a-persons-access-token", OffsetDateTime::now_utc().unix_timestamp() + 10 * 86_400);
    let ids = [1, 2].map(|n| (format!("7{n}{}", shop.phone_number_id), format!("7{n}{}", shop.waba_id)));
    for (phone_number_id, waba_id) in &ids {
        let number = json!({ "phone_number_id": phone_number_id, "waba_id": waba_id, "display_phone_number": shop.display,
            "verified_name": "Shop", "access_token": token, "token_expires_at": ends });
        shop.sim().post("/_sim/numbers", number).await.expect(200);
    }
    let connected_to = async |waba_id: &str| {
        let number = json!({ "phone_number_id": ids[0].0, "waba_id": waba_id, "display_phone_number": shop.display,
            "access_token": token, "app_secret": SECRET });
        let number = shop.owner.post("whatsapp/numbers", number).await.expect(201);
        let path = format!("whatsapp/numbers/{}", number["id"].as_str().unwrap());
        let found = shop.owner.post(&format!("{path}/check"), Value::Null).await.expect(200);
        shop.owner.delete(&path).await;
        found
    };
    let found = connected_to(&ids[0].1).await;
    assert_eq!((&found["ok"], &item(&found, "token")["state"]), (&json!(true), &json!("WARNING")), "{found}");
    let day = OffsetDateTime::from_unix_timestamp(ends).unwrap().date().to_string();
    assert!(item(&found, "token")["detail"].as_str().unwrap().contains(&day), "{found}");
    assert_eq!(item(&found, "waba")["state"], "PASSED");

    let found = connected_to(&ids[1].1).await;
    assert_eq!((&found["ok"], &item(&found, "waba")["state"]), (&json!(false), &json!("FAILED")), "{found}");
}

#[tokio::test]
async fn a_check_without_a_way_to_whatsapp_is_a_list_of_sentences() {
    // Nobody listens on port 1.
    let world: &'static World =
        Box::leak(Box::new(World::start(|config| config.graph_url = "http://127.0.0.1:1".parse().unwrap())));
    let shop = Business::in_world(world).await;
    let found = check(&shop).await;
    assert_eq!(found["ok"], false);
    for code in ["token", "number", "waba"] {
        assert_eq!(item(&found, code)["state"], "FAILED");
        assert!(item(&found, code)["detail"].as_str().unwrap().contains("could not be reached"), "{found}");
    }
}
