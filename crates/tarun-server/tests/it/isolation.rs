//! One business never reaches another's rows: through bodies, through lists, or by SQL.

use futures::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tarun_testkit::{Business, business, world};

async fn app_role() -> PgConnection {
    PgConnection::connect(&world().app_url).await.unwrap()
}

#[tokio::test]
async fn c_080_neither_copy_nor_update_goes_round_row_level_security() {
    let (shop, other) = (business().await, business().await);
    let mut sql = app_role().await;
    let copied: Vec<_> = sql.copy_out_raw("copy users to stdout").await.unwrap().collect().await;
    assert!(copied.is_empty(), "COPY shows rows to nobody in particular");
    sqlx::query("select set_config('tarun.tenant', $1, false)").bind(&shop.tenant_id).execute(&mut sql).await.unwrap();
    let moved = sqlx::query("update users set tenant_id = $1::uuid")
        .bind(&other.tenant_id)
        .execute(&mut sql)
        .await
        .unwrap_err();
    assert!(moved.to_string().contains("row-level security"), "{moved}");
}

#[tokio::test]
async fn c_077_ids_of_another_business_in_a_body_are_refused() {
    let (shop, other) = (business().await, business().await);
    let (ours, theirs) = (thread(&shop).await, thread(&other).await);
    let path = format!("conversations/{}", ours.0);
    let call = |method: &Method, path: &str, body: Value| {
        shop.owner.send(shop.owner.request(method.clone(), path).json(&body))
    };
    let reply = json!({ "type": "TEXT", "content": { "body": "hi" }, "reply_to": theirs.1 });
    for (method, path, body) in [
        (Method::POST, format!("{path}/assign"), json!({ "agent_id": other.owner_id })),
        (Method::POST, format!("{path}/messages"), reply),
        (Method::POST, format!("{path}/read"), json!({ "up_to": theirs.1 })),
        (Method::PATCH, path.clone(), json!({ "status": "RESOLVED", "seen_message_id": theirs.1 })),
    ] {
        let stranger = call(&method, &path, body.clone()).await;
        assert!([404, 422].contains(&stranger.status), "{path}: {}", stranger.text);
        let mut missing = body;
        for value in missing.as_object_mut().unwrap().values_mut().filter(|v| v.as_str().is_some_and(|s| s.len() == 36))
        {
            *value = json!(uuid::Uuid::now_v7());
        }
        let nothing = call(&method, &path, missing).await;
        assert_eq!((stranger.status, &stranger.json()["code"]), (nothing.status, &nothing.json()["code"]), "{path}");
    }
    let path = format!("conversations?assigned_agent_id={}", other.owner_id);
    assert_eq!(shop.owner.get(&path).await.expect(200)["data"], json!([]));
    let path = format!("conversations?number_id={}", other.number_id);
    assert_eq!(shop.owner.get(&path).await.expect(200)["data"], json!([]));
}

#[tokio::test]
async fn c_078_lists_hold_only_ones_own() {
    let (shop, other) = (business().await, business().await);
    thread(&shop).await;
    let theirs = thread(&other).await;
    let mut canaries = vec![
        theirs.0,
        theirs.1,
        other.tenant_id.clone(),
        other.owner_id.clone(),
        other.number_id.clone(),
        other.email.clone(),
    ];
    canaries.push(other.phone_number_id.clone());
    for path in [
        "me",
        "users",
        "invitations",
        "api-keys",
        "audit?limit=200",
        "auth/sessions",
        "whatsapp/numbers",
        "conversations?limit=200",
        "conversations?q=hello",
        "conversations/counts",
        "failures",
    ] {
        let answer = shop.owner.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        for canary in &canaries {
            assert!(!answer.text.contains(canary.as_str()), "{path} shows {canary}");
        }
    }
}

/// A conversation with one message of a customer: its id and the message's.
async fn thread(shop: &Business) -> (String, String) {
    let customer = shop.customer("Kavya").await;
    shop.says_text(&customer, "hello canary").await;
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let conversation = shop.conversation_of(&customer).await;
    let message = id(&shop.messages(&id(&conversation)).await[0]);
    (id(&conversation), message)
}
