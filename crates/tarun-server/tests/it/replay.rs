//! Kept events handled again: what is there stays as it is, what was lost comes back.

use crate::installation::{Installation, error_of};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tarun_core::ids::TenantId;
use tarun_providers::whatsapp::webhook::signature;
use tarun_store::{Cursor, Store, event};
use tarun_testkit::{Business, PASSWORD, SECRET, World, business, eventually, text_webhook};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Deletes rows of the business, as the server.
async fn deleted(shop: &Business, sql: &'static str, id: uuid::Uuid) -> u64 {
    sqlx::query(sql).bind(id).execute(&mut shop.as_server().await).await.unwrap().rows_affected()
}

/// The raw event is forgotten after a week; a provider that sends it again then finds the message itself.
#[tokio::test]
async fn c_003_a_webhook_that_comes_again_after_its_event_was_forgotten_makes_nothing_twice() {
    let shop = business().await;
    let customer = "919811100003";
    let at = OffsetDateTime::now_utc().unix_timestamp() - 8 * 86_400;
    let body = text_webhook(&shop, &[(customer, "wamid.EIGHTDAYS", at, "a week ago")]);
    shop.webhook(&body, SECRET).await.expect(200);
    let id = shop.conversation_of(customer).await["id"].as_str().unwrap().to_owned();
    let before = shop.messages(&id).await;
    let thread = shop.owner.get(&format!("conversations/{id}")).await.expect(200);
    let number: uuid::Uuid = shop.number_id.parse().unwrap();
    assert_eq!(deleted(&shop, "delete from inbound_events where number_id = $1", number).await, 1);
    shop.webhook(&body, SECRET).await.expect(200);
    let marker = text_webhook(&shop, &[(customer, "wamid.MARKER", at + 60, "a marker")]);
    shop.webhook(&marker, SECRET).await.expect(200);
    let after = eventually("the marker", || async {
        let all = shop.messages(&id).await;
        all.iter().any(|m| m["content"]["body"] == "a marker").then_some(all)
    })
    .await;
    assert_eq!((after.len(), &after[0]), (2, &before[0]));
    let later = shop.owner.get(&format!("conversations/{id}")).await.expect(200);
    assert_eq!(later["unread_count"].as_i64(), thread["unread_count"].as_i64().map(|n| n + 1));
}

#[tokio::test]
async fn replayed_events_change_nothing_that_is_there_and_bring_back_what_is_not() {
    let shop = business().await;
    let customer = shop.customer("Replayed").await;
    shop.says_text(&customer, "one").await;
    shop.says_text(&customer, "two").await;
    let id = shop.conversation_of(&customer).await["id"].as_str().unwrap().to_owned();
    let before = eventually("both messages", || async {
        let all = shop.messages(&id).await;
        (all.len() == 2).then_some(all)
    })
    .await;
    // Somebody's mistake: one message is gone.
    let lost: uuid::Uuid = before[1]["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(deleted(&shop, "delete from messages where id = $1", lost).await, 1);

    let store = Store::open(&shop.world.app_url, shop.world.keys.clone(), 2).await.unwrap();
    let ctx = store.tenant(TenantId(shop.tenant_id.parse().unwrap())).await.unwrap();
    let mut tx = store.begin(&ctx).await.unwrap();
    let now = OffsetDateTime::now_utc();
    // In parts, each of which goes on where the one before ended.
    let (mut count, mut parts) = (0, 0);
    let mut next = Some(Cursor { at: now - Duration::hours(1), id: Uuid::nil() });
    while let Some(after) = next {
        let part = event::replay(&mut tx, after, now + Duration::hours(1), 1, now).await.unwrap();
        (count, parts, next) = (count + part.count, parts + 1, part.next);
    }
    let again = Cursor { at: now - Duration::hours(1), id: Uuid::nil() };
    let waiting = event::replay(&mut tx, again, now + Duration::hours(1), 100, now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((count, parts, waiting.count), (2, 3, 0), "and none of them twice");
    let after = eventually("the lost message is back", || async {
        let all = shop.messages(&id).await;
        (all.len() == 2).then_some(all)
    })
    .await;
    assert_eq!(after[0], before[0], "what was there is untouched");
    assert_eq!(after[1]["content"], json!({ "body": "two" }));
}

#[tokio::test]
async fn an_operator_has_kept_events_handled_again_by_a_command() {
    let tarun = Installation::start(&["up"], &[]).await;
    let person =
        json!({ "business_name": "Shop", "name": "Asha", "email": "replays@shop.example", "password": PASSWORD });
    let session = tarun.api.post("auth/signup", person).await.expect(201);
    let owner = tarun.api.with(session["access_token"].as_str());
    let number = json!({ "phone_number_id": "300000000000601", "waba_id": "300000000000602", "display_phone_number": "+918000000001",
        "access_token": "token-of-a-replay", "app_secret": SECRET });
    owner.post("whatsapp/numbers", number).await.expect(201);
    let at = OffsetDateTime::now_utc().unix_timestamp() - 60;
    let text = |id: &str, at: i64| json!({ "from": "919811100601", "id": id, "timestamp": at.to_string(), "type": "text", "text": { "body": id } });
    let value = json!({ "metadata": { "phone_number_id": "300000000000601" }, "messages": [text("wamid.ONE601", at), text("wamid.TWO601", at + 1)] });
    let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "300000000000602", "changes": [{ "field": "messages", "value": value }] }] }).to_string();
    let request =
        tarun.api.request(reqwest::Method::POST, "/api/webhooks/whatsapp").header("content-type", "application/json");
    let request = request.header("x-hub-signature-256", signature::sign(SECRET.as_bytes(), body.as_bytes())).body(body);
    tarun.api.send(request).await.expect(200);
    let texts = async || {
        let threads = owner.get("conversations").await.expect(200);
        let Some(id) = threads["data"][0]["id"].as_str() else { return vec![] };
        let page = owner.get(&format!("conversations/{id}/messages")).await.expect(200);
        page["data"].as_array().unwrap().iter().map(|m| m["content"]["body"].clone()).collect::<Vec<Value>>()
    };
    let both = || async { Some(texts().await).filter(|t| t.len() == 2) };
    let before = eventually("both messages", both).await;
    let note: Value = serde_json::from_slice(&std::fs::read(tarun.data().join("servers.json")).unwrap()).unwrap();
    let mut app = PgConnection::connect(note["app_url"].as_str().unwrap()).await.unwrap();
    let tenant = session["tenant"]["id"].as_str().unwrap();
    sqlx::query("select set_config('tarun.tenant', $1, false)").bind(tenant).execute(&mut app).await.unwrap();
    assert_eq!(sqlx::query("delete from messages").execute(&mut app).await.unwrap().rows_affected(), 2);

    let replayed = tarun.admin(&["replay", "--tenant", tenant, "--from", "2026-02-26T12:00:00Z"]);
    assert!(replayed.status.success(), "{}", error_of(&replayed));
    assert_eq!(String::from_utf8(replayed.stdout).unwrap(), "2 events are handled again.\n");
    assert_eq!(eventually("both messages are back", both).await, before);
    let nonsense = tarun.admin(&["replay", "--tenant", tenant, "--from", "yesterday"]);
    assert!(
        !nonsense.status.success() && error_of(&nonsense).contains("yesterday is not a moment"),
        "{}",
        error_of(&nonsense)
    );
}

async fn count(shop: &Business, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut shop.as_server().await).await.unwrap()
}

const EVENTS: &str = "select count(*) from inbound_events";

/// Lets time pass, and the retention have its turn: it comes with the first look of a server that starts, and takes a key
/// that is older than a day with it.
async fn passes(shop: &Business, time: Duration) {
    let key = "insert into idempotency_keys (tenant_id, key_hash, request_hash, status, response_enc, created_at)
         values (current_tenant(), '\\x00', '\\x00', 200, '\\x00', $1)";
    sqlx::query(key).bind(shop.world.clock.now()).execute(&mut shop.as_server().await).await.unwrap();
    shop.world.clock.advance(time);
    shop.world.restart().await;
    eventually("the retention has had its turn", || async {
        (count(shop, "select count(*) from idempotency_keys").await == 0).then_some(())
    })
    .await;
}

/// A business with two events that are understood and one that waits for a person's decision.
async fn with_events(world: World) -> Business {
    let shop = Business::in_world(Box::leak(Box::new(world))).await;
    let at = OffsetDateTime::now_utc().unix_timestamp();
    for id in ["wamid.KEPT1", "wamid.KEPT2", "wamid.KEPT3"] {
        shop.webhook(&text_webhook(&shop, &[("919811100602", id, at, id)]), SECRET).await.expect(200);
    }
    let id = shop.conversation_of("919811100602").await["id"].as_str().unwrap().to_owned();
    eventually("all are understood", || async { (shop.messages(&id).await.len() == 3).then_some(()) }).await;
    let dead = "insert into jobs (tenant_id, ordering_key, kind, ref_id, state, attempts, sweep_at, created_at, failed_at, error)
         select tenant_id, 1, 'INBOUND', id, 'DEAD', 3, received_at, received_at, received_at, 'for a test' from inbound_events limit 1";
    sqlx::query(dead).execute(&mut shop.as_server().await).await.unwrap();
    shop
}

#[tokio::test]
async fn raw_events_are_forgotten_after_a_week_but_for_those_that_wait() {
    let shop = with_events(World::start(|_| {})).await;
    passes(&shop, Duration::days(6)).await;
    assert_eq!(count(&shop, EVENTS).await, 3);
    passes(&shop, Duration::days(2)).await;
    assert_eq!(count(&shop, EVENTS).await, 1, "the one of which somebody is to decide");
    assert_eq!(count(&shop, "select count(*) from messages").await, 3, "what they meant stays");
}

#[tokio::test]
async fn raw_events_are_kept_as_long_as_the_setting_says() {
    let shop = with_events(World::start(|config| config.keep_events = Duration::days(30))).await;
    passes(&shop, Duration::days(8)).await;
    assert_eq!(count(&shop, EVENTS).await, 3);
    passes(&shop, Duration::days(23)).await;
    assert_eq!(count(&shop, EVENTS).await, 1);
}
