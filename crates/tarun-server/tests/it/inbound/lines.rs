//! What WhatsApp tells beside what people say: it stands in the thread, and it is not the customer speaking.

use super::{change, now, says, so_many};
use serde_json::{Value, json};
use tarun_testkit::{Business, SECRET, business, eventually};
use time::Duration;

async fn conversation(shop: &Business, id: &str) -> Value {
    shop.owner.get(&format!("conversations/{id}")).await.expect(200)
}

#[tokio::test]
async fn a_line_by_whatsapp_is_nobodys_word_and_takes_nothing_up_again() {
    let shop = business().await;
    let from = "919811100301";
    says(&shop, from, [json!({ "id": "wamid.HELLO301", "type": "text", "text": { "body": "hello" } })]).await;
    let id = shop.conversation_of(from).await["id"].as_str().unwrap().to_owned();
    shop.owner.post(&format!("conversations/{id}/read"), Value::Null).await.expect(204);
    shop.owner.patch(&format!("conversations/{id}"), json!({ "status": "RESOLVED" })).await.expect(200);
    let before = conversation(&shop, &id).await;
    let identity = json!({ "type": "customer_identity_changed", "body": "The security code changed" });
    let moved = json!({ "type": "user_changed_number", "body": "Customer changed", "wa_id": "919811100302" });
    says(&shop, from, [json!({ "id": "wamid.CODE301", "type": "system", "system": identity })]).await;
    says(&shop, from, [json!({ "id": "wamid.MOVED301", "type": "system", "system": moved })]).await;
    // An edit that WhatsApp does not pass on is none of it either: nothing new was said.
    let edit = json!({ "id": "wamid.EDIT301", "type": "unsupported", "unsupported": { "type": "edit" } });
    says(&shop, "919811100302", [edit]).await;
    // Beside the timeline's own line about the status.
    let all = so_many(&shop, &id, 5).await;
    let by = |event: &str| all.iter().find(|m| m["content"]["event"] == event).unwrap()["sent_by"]["kind"].clone();
    assert_eq!((by("customer_identity_changed"), by("number_changed")), (json!("SYSTEM"), json!("SYSTEM")));
    let after = conversation(&shop, &id).await;
    for field in ["status", "unread_count", "resolved_at", "window"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!((&after["status"], &after["unread_count"]), (&json!("RESOLVED"), &json!(0)));
    assert_eq!(after["contact"]["phone"], "+919811100302");
    let sessions = "select count(*) from conversation_sessions where conversation_id = $1";
    let conversation_id: uuid::Uuid = id.parse().unwrap();
    let sessions: i64 =
        sqlx::query_scalar(sessions).bind(conversation_id).fetch_one(&mut shop.as_server().await).await.unwrap();
    assert_eq!(sessions, 1, "none was begun");

    let word = json!({ "id": "wamid.WORD301", "type": "text", "text": { "body": "one more question" } });
    says(&shop, "919811100302", [word]).await;
    eventually("the customer's own word opens it", || async {
        (conversation(&shop, &id).await["status"] == "OPEN").then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_answer_about_calls_is_the_customers_own() {
    let shop = business().await;
    let from = "919811100303";
    let answer = json!({ "type": "call_permission_reply", "call_permission_reply": { "response": "accept" } });
    says(&shop, from, [json!({ "id": "wamid.CALLS303", "type": "interactive", "interactive": answer })]).await;
    let thread = shop.conversation_of(from).await;
    assert_eq!((&thread["unread_count"], &thread["window"]["open"]), (&json!(1), &json!(true)));
    assert_eq!(thread["last_message"]["sent_by"]["kind"], "CUSTOMER");
}

#[tokio::test]
async fn opening_the_chat_opens_the_window_of_a_known_conversation_and_makes_none() {
    let shop = business().await;
    let from = "919811100304";
    let day = (now() - Duration::days(2).whole_seconds()).to_string();
    let old = json!({ "id": "wamid.OLD304", "timestamp": day, "type": "text", "text": { "body": "two days ago" } });
    says(&shop, from, [old]).await;
    let thread = shop.conversation_of(from).await;
    assert_eq!(thread["window"]["open"], false);
    let id = thread["id"].as_str().unwrap();
    says(&shop, "919811100305", [json!({ "id": "wamid.NEW305", "type": "request_welcome" })]).await;
    says(&shop, from, [json!({ "id": "wamid.AGAIN304", "type": "request_welcome" })]).await;
    eventually("the window is open", || async {
        (conversation(&shop, id).await["window"]["open"] == true).then_some(())
    })
    .await;
    let after = conversation(&shop, id).await;
    assert_eq!((&after["unread_count"], &after["last_message_at"]), (&json!(1), &thread["last_message_at"]));
    assert_eq!((shop.conversations().await.len(), shop.messages(id).await.len()), (1, 1));
}

#[tokio::test]
async fn each_side_takes_back_its_own_messages_only() {
    let shop = business().await;
    let from = "919811100306";
    let text = |id: &str| json!({ "id": id, "type": "text", "text": { "body": id } });
    let revoke = |id: &str, of: &str| json!({ "id": id, "type": "revoke", "revoke": { "original_message_id": of } });
    let echo = async |mut message: Value| {
        message["from"] = json!(shop.display);
        message["to"] = json!(from);
        message["timestamp"] = json!(now().to_string());
        let body = change(&shop, "smb_message_echoes", json!({ "message_echoes": [message] }));
        shop.webhook(&body, SECRET).await.expect(200);
    };
    says(&shop, from, [text("wamid.THEIRS306"), text("wamid.KEPT306")]).await;
    echo(text("wamid.OURS306")).await;
    let id = shop.conversation_of(from).await["id"].as_str().unwrap().to_owned();
    so_many(&shop, &id, 3).await;
    echo(revoke("wamid.R1", "wamid.KEPT306")).await;
    echo(revoke("wamid.R2", "wamid.OURS306")).await;
    says(&shop, from, [revoke("wamid.R3", "wamid.THEIRS306")]).await;
    let all = eventually("two are taken back", || async {
        let all = shop.messages(&id).await;
        (all.iter().filter(|m| m["is_revoked"] == true).count() == 2).then_some(all)
    })
    .await;
    let gone: Vec<&Value> = all.iter().filter(|m| m["is_revoked"] == true).map(|m| &m["direction"]).collect();
    assert_eq!(gone, ["INBOUND", "OUTBOUND"]);
    assert!(all.iter().any(|m| m["content"]["body"] == "wamid.KEPT306"));
}
