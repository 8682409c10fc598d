//! Work that waits for its time, through everything that may happen until then.

use serde_json::{Value, json};
use tarun_testkit::{Business, PASSWORD, World, eventually};
use time::{Duration, OffsetDateTime};

/// How long the provider asks us to wait, seconds.
const WAIT: i64 = 400;
/// A moment that is not its time yet, by as much as a slow machine may take for what is done in it.
const EARLY: Duration = Duration::seconds(WAIT / 2);

#[tokio::test]
async fn c_036_a_delayed_send_fires_once_and_not_early_through_restart_loss_and_a_jump_of_the_clock() {
    let world: &'static World = Box::leak(Box::new(World::start(|_| {})));
    let mut shop = Business::in_world(world).await;
    let (slow, other) = (shop.customer("Limited").await, shop.customer("Other").await);
    let mut threads = vec![];
    for customer in [&slow, &other] {
        shop.says_text(customer, "hello").await;
        threads.push(shop.conversation_of(customer).await["id"].as_str().unwrap().to_owned());
    }
    let action = json!({ "do": "error", "code": 130429, "http_status": 429, "retry_after": WAIT });
    let rule = json!({ "rules": [{ "match": { "recipient": slow }, "times": 1, "action": action }] });
    shop.sim().post("/_sim/behaviour", rule).await.expect(200);
    let delayed = reply(&shop, &threads[0], "in a while").await;
    let due: OffsetDateTime = eventually("it waits", || async {
        let due = "select not_before from jobs where kind = 'SEND' and not_before is not null";
        sqlx::query_scalar(due).fetch_optional(&mut world.owner().await).await.unwrap()
    })
    .await;

    // Neither a restart nor a Valkey that forgot brings it forward; nor what waits behind it.
    world.restart().await;
    world.forget_news().await;
    world.clock.advance(due - world.clock.now() - EARLY);
    let behind = reply(&shop, &threads[0], "behind it").await;
    let elsewhere = reply(&shop, &threads[1], "elsewhere").await;
    until(&shop, &threads[1], &elsewhere, "DELIVERED").await;
    world.forget_news().await;
    assert_eq!(calls(&shop, &delayed).await, [false], "it was refused, and not tried again before its time");
    assert_eq!(calls(&shop, &behind).await, [false; 0], "nothing overtakes it");

    // Long after its time, as when the clock was set right or the machine slept.
    world.clock.advance(Duration::hours(1));
    sign_in(&mut shop).await;
    for message in [&delayed, &behind] {
        until(&shop, &threads[0], message, "DELIVERED").await;
    }
    world.clock.advance(Duration::hours(1));
    world.restart().await;
    sign_in(&mut shop).await;
    let last = reply(&shop, &threads[0], "last").await;
    until(&shop, &threads[0], &last, "DELIVERED").await;
    assert_eq!(calls(&shop, &delayed).await, [false, true], "it fired once");
    assert_eq!(calls(&shop, &behind).await, [true]);
}

/// A token lives for minutes, not for an hour.
pub(super) async fn sign_in(shop: &mut Business) {
    let session = shop.owner.post("auth/login", json!({ "email": shop.email, "password": PASSWORD })).await.expect(200);
    shop.owner = shop.owner.with(session["access_token"].as_str());
}

async fn reply(shop: &Business, conversation: &str, body: &str) -> Value {
    let message = json!({ "type": "TEXT", "content": { "body": body } });
    shop.owner.post(&format!("conversations/{conversation}/messages"), message).await.expect(201)["id"].clone()
}

async fn until(shop: &Business, conversation: &str, id: &Value, status: &str) {
    eventually(status, || async {
        shop.messages(conversation).await.into_iter().find(|m| &m["id"] == id && m["status"] == status)
    })
    .await;
}

/// Calls for a message, in their order: whether the provider accepted it.
async fn calls(shop: &Business, id: &Value) -> Vec<bool> {
    let calls = shop.sim().get("/_sim/calls?limit=1000").await.expect(200);
    let own = format!("tarun:{}", id.as_str().unwrap());
    let of = calls["calls"].as_array().unwrap().iter().filter(|c| c["callback"] == own.as_str());
    of.map(|c| c["accepted"] == true).collect()
}
