use serde_json::{Value, json};

use super::harness::*;

#[tokio::test]
async fn tokens_and_visibility() {
    let sim = Sim::start().await;
    let with = |token: &str, path: &str| answer(sim.http.get(sim.graph(path)).bearer_auth(token));
    let (status, body) = answer(sim.http.get(sim.graph(NUMBER))).await;
    assert_eq!((status, code(&body)), (400, 2_500), "no token");
    let response = sim.http.get(sim.graph(NUMBER)).bearer_auth("nonsense").send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert!(response.headers()["www-authenticate"].to_str().unwrap().contains("invalid_token"));
    assert!(
        response.headers().contains_key("x-fb-trace-id") && response.headers().contains_key("facebook-api-version")
    );
    let body: Value = response.json().await.unwrap();
    assert_eq!((code(&body), &body["error"]["type"]), (190, &json!("OAuthException")));
    for path in [NUMBER, WABA, &format!("{WABA}/phone_numbers"), "123"] {
        let (status, body) = with(OTHER_TOKEN, path).await;
        assert_eq!((status, code(&body), &body["error"]["error_subcode"]), (400, 100, &json!(33)), "{path}");
    }
    let proof = "0".repeat(64);
    assert_eq!(code(&with(TOKEN, &format!("{NUMBER}?appsecret_proof={proof}")).await.1), 100);
    let old = answer(sim.http.get(format!("{}/v99.0/me", sim.url))).await;
    assert!(old.1["error"]["message"].as_str().unwrap().contains("Unknown path components"));
    assert_eq!(code(&answer(sim.http.get(format!("{}/v26.0/me", sim.url))).await.1), 2_500, "the version probe");
}

#[tokio::test]
async fn the_onboarding_checks() {
    let sim = Sim::start().await;
    let (_, token) = sim.get(&format!("debug_token?input_token={TOKEN}")).await;
    assert_eq!((&token["data"]["is_valid"], &token["data"]["expires_at"]), (&json!(true), &json!(0)));
    let messaging = &token["data"]["granular_scopes"][1];
    assert_eq!(messaging, &json!({ "scope": "whatsapp_business_messaging", "target_ids": [WABA] }));
    let (status, wrong) = sim.get("debug_token?input_token=x").await;
    assert_eq!((status, &wrong["data"]["is_valid"]), (200, &json!(false)));

    let (_, number) = sim
        .get(&format!("{NUMBER}?fields=verified_name,quality_rating,status,whatsapp_business_manager_messaging_limit"))
        .await;
    assert_eq!(
        number,
        json!({ "verified_name": "Noor & Neem", "quality_rating": "GREEN", "status": "CONNECTED",
        "whatsapp_business_manager_messaging_limit": "TIER_2K", "id": NUMBER })
    );
    assert_eq!(code(&sim.get(&format!("{NUMBER}?fields=nonsense")).await.1), 100);
    let (_, numbers) = sim.get(&format!("{WABA}/phone_numbers")).await;
    assert_eq!(numbers["data"][0]["id"], NUMBER);
    let (_, waba) = sim.get(&format!("{WABA}?fields=health_status")).await;
    assert_eq!(waba["health_status"]["can_send_message"], "AVAILABLE");

    let path = format!("{NUMBER}/register");
    let register = |pin: &str| sim.post(&path, json!({ "messaging_product": "whatsapp", "pin": pin }));
    assert_eq!(sim_code(sim.post(&format!("{NUMBER}/deregister"), json!({})).await), 0);
    sim.open_window().await;
    assert_eq!(code(&sim.send("text", json!({ "body": "x" })).await.1), 133_010);
    assert_eq!(sim_code(register("12345").await), 100);
    assert_eq!(register("123456").await, (200, json!({ "success": true })));
    assert_eq!(sim_code(register("654321").await), 133_005);
    sim.sent("text", json!({ "body": "x" })).await;

    let profile = format!("{NUMBER}/whatsapp_business_profile");
    let about = |text: String| json!({ "messaging_product": "whatsapp", "about": text });
    assert_eq!(sim_code(sim.post(&profile, about("x".repeat(140))).await), 100);
    assert_eq!(sim.post(&profile, about("Open 10 to 7".into())).await.0, 200);
    assert_eq!(sim.get(&profile).await.1["data"][0]["about"], "Open 10 to 7");
}

fn sim_code((_, body): (u16, Value)) -> i64 {
    code(&body)
}

#[tokio::test]
async fn templates_are_listed_by_pages_and_filters() {
    let sim = Sim::start().await;
    let (_, page) = sim.get(&format!("{WABA}/message_templates?limit=3&fields=name,language,status")).await;
    assert_eq!(page["data"].as_array().map(Vec::len), Some(3));
    assert!(page["data"][0].get("components").is_none() && page["data"][0]["id"].is_string());
    let next = page["paging"]["next"].as_str().unwrap();
    let (_, rest) = answer(sim.http.get(next).bearer_auth(TOKEN)).await;
    assert_ne!(rest["data"][0]["id"], page["data"][0]["id"]);
    let (_, hindi) = sim.get(&format!("{WABA}/message_templates?name=order_update&language=hi")).await;
    assert_eq!(hindi["data"].as_array().map(Vec::len), Some(1));
    let added = json!({ "id": "77", "name": "mine", "language": "en", "status": "APPROVED", "category": "UTILITY",
        "components": [{ "type": "BODY", "text": "Hello" }], "waba_id": OTHER_WABA });
    assert_eq!(sim.control("templates", added).await.0, 200);
    assert_eq!(sim.get(&format!("{WABA}/message_templates?name=mine")).await.1["data"], json!([]));
}

#[tokio::test]
async fn read_receipts_and_typing_reach_the_phone() {
    let sim = Sim::start().await;
    let first = sim.open_window().await;
    let second = sim.open_window().await;
    let path = format!("{NUMBER}/messages");
    let receipt = |id: &str| json!({ "messaging_product": "whatsapp", "status": "read", "message_id": id, "typing_indicator": { "type": "text" } });
    assert_eq!(sim_code(sim.post(&path, receipt("wamid.unknown")).await), 131_009);
    assert_eq!(sim.post(&path, receipt(&second)).await, (200, json!({ "success": true })));
    let chat = sim.observe(&format!("customers/{KAVYA}/messages")).await;
    assert!(chat["messages"].as_array().unwrap().iter().all(|message| message["stage"] == "read"), "{first} too");
    assert!(chat["typing_until_ms"].as_i64().unwrap() > 0);
    sim.sent("text", json!({ "body": "here" })).await;
    assert_eq!(sim.observe(&format!("customers/{KAVYA}/messages")).await["typing_until_ms"], 0);
}

#[tokio::test]
async fn numbers_and_controls() {
    let sim = Sim::start().await;
    let number = json!({ "phone_number_id": "9", "waba_id": "8", "display_phone_number": "+1 555 000 1111", "verified_name": "New", "access_token": "third" });
    assert_eq!(sim.control("numbers", number.clone()).await.0, 200);
    assert_eq!(sim.control("numbers", number).await.0, 422, "taken");
    assert_eq!(answer(sim.http.get(sim.graph("9")).bearer_auth("third")).await.1["verified_name"], "New");
    let foreign = sim.http.post(format!("{}/_sim/clock", sim.url)).header("origin", "https://evil.example");
    assert_eq!(answer(foreign.json(&json!({ "advance_seconds": 1 }))).await.0, 403);
    let (status, _) = sim.control("behaviour", json!({ "settings": { "webhooks": { "batsch": 1 } } })).await;
    assert_eq!(status, 422, "a typing error is told");
}
