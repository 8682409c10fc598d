//! Dead letters: they wait, and people decide.

use serde_json::{Value, json};
use tarun_testkit::{Business, Caller, World, eventually};

async fn letters(caller: &Caller, query: &str) -> Vec<Value> {
    let page = caller.get(&format!("failures?{query}")).await.expect(200);
    page["data"].as_array().unwrap().clone()
}

async fn state_of_file(shop: &Business, conversation: &str) -> Value {
    shop.messages(conversation).await[0]["content"]["media"]["state"].clone()
}

/// A customer sends a picture that WhatsApp does not give out; its conversation, once the tries of a day are used up.
async fn undeliverable(shop: &Business) -> String {
    let rule = json!({ "match": { "endpoint": "media_lookup" }, "times": null, "action": { "do": "error", "code": 131016, "http_status": 503 } });
    shop.sim().post("/_sim/behaviour", json!({ "rules": [rule] })).await.expect(200);
    let customer = shop.customer("Farah").await;
    shop.says(&customer, json!({ "type": "image" })).await;
    let id = shop.conversation_of(&customer).await["id"].as_str().unwrap().to_owned();
    eventually("the file is given up", || async {
        shop.world.clock.advance(time::Duration::minutes(20));
        (state_of_file(shop, &id).await == "FAILED").then_some(())
    })
    .await;
    id
}

#[tokio::test]
async fn a_file_that_could_not_be_fetched_is_tried_again_or_given_up_by_people() {
    let world: &'static World = Box::leak(Box::new(World::start(|_| {})));
    let mut shop = Business::in_world(world).await;
    // Lives longer than the owner's session.
    let key = shop.owner.post("api-keys", json!({ "name": "for days", "scope": "ADMIN" })).await.expect(201);
    let owner = shop.owner.clone();
    shop.owner = owner.with(key["key"].as_str());
    let conversation = undeliverable(&shop).await;
    let found = letters(&shop.owner, "").await;
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0]["kind"], &found[0]["conversation_id"]), (&json!("MEDIA"), &json!(conversation)));
    // A moved clock may end the lease of a try that is under way, which then counts twice.
    assert!(found[0]["attempts"].as_i64().unwrap() >= 10, "{}", found[0]);
    assert!(found[0]["cause"].as_str().unwrap().contains("131016"), "{}", found[0]);
    assert_eq!(letters(&shop.owner, "kind=MEDIA").await.len(), 1);
    assert_eq!(letters(&shop.owner, "kind=INBOUND").await.len(), 0);
    let id = found[0]["id"].to_string();

    let other = Business::in_world(world).await;
    let agent = shop.person("AGENT").await;
    assert_eq!(agent.get("failures").await.status, 403);
    for act in ["retry", "discard"] {
        assert_eq!(agent.post(&format!("failures/{id}/{act}"), Value::Null).await.status, 403);
        assert_eq!(other.owner.post(&format!("failures/{id}/{act}"), Value::Null).await.status, 404);
        assert_eq!(shop.owner.post(&format!("failures/9223372036854775807/{act}"), Value::Null).await.status, 404);
        assert_eq!(shop.owner.post(&format!("failures/x/{act}"), Value::Null).await.status, 404);
    }

    let sim = shop.sim();
    assert_eq!(sim.delete("/_sim/behaviour").await.status, 200);
    assert_eq!(shop.owner.post(&format!("failures/{id}/retry"), Value::Null).await.status, 204);
    assert_eq!(shop.owner.post(&format!("failures/{id}/retry"), Value::Null).await.status, 404, "once");
    eventually("the file", || async { (state_of_file(&shop, &conversation).await == "READY").then_some(()) }).await;
    assert_eq!(letters(&shop.owner, "").await.len(), 0);

    undeliverable(&shop).await;
    let id = letters(&shop.owner, "").await[0]["id"].to_string();
    assert_eq!(shop.owner.post(&format!("failures/{id}/discard"), Value::Null).await.status, 204);
    assert_eq!(shop.owner.post(&format!("failures/{id}/discard"), Value::Null).await.status, 404);
    let audit = shop.owner.get("audit").await.text;
    assert!(audit.contains("failure.retried") && audit.contains("failure.discarded"), "{audit}");
}

/// WhatsApp gives the same answer for a file that is gone and for a token that may not see it.
#[tokio::test]
async fn a_file_that_whatsapp_does_not_know_is_called_expired_at_once_and_people_may_try_again() {
    let world: &'static World = Box::leak(Box::new(World::start(|_| {})));
    let shop = Business::in_world(world).await;
    let action = json!({ "do": "error", "code": 100, "subcode": 33, "http_status": 400 });
    let rule = json!({ "match": { "endpoint": "media_lookup" }, "times": 1, "action": action });
    shop.sim().post("/_sim/behaviour", json!({ "rules": [rule] })).await.expect(200);
    let customer = shop.customer("Gone").await;
    shop.says(&customer, json!({ "type": "image" })).await;
    let id = shop.conversation_of(&customer).await["id"].as_str().unwrap().to_owned();
    eventually("expired", || async { (state_of_file(&shop, &id).await == "EXPIRED").then_some(()) }).await;
    let found = letters(&shop.owner, "kind=MEDIA").await;
    assert!(found[0]["cause"].as_str().unwrap().contains("may not see it"), "{}", found[0]);
    shop.owner.post(&format!("failures/{}/retry", found[0]["id"]), Value::Null).await.expect(204);
    eventually("the file", || async { (state_of_file(&shop, &id).await == "READY").then_some(()) }).await;
}

/// What stands in the way of a file passes: half a minute without the host costs a minute, not the file.
#[tokio::test]
async fn a_file_is_still_fetched_after_several_failures() {
    let world: &'static World = Box::leak(Box::new(World::start(|_| {})));
    let shop = Business::in_world(world).await;
    let action = json!({ "do": "error", "code": 190, "http_status": 401 });
    let rule = json!({ "match": { "endpoint": "media_lookup" }, "times": 4, "action": action });
    shop.sim().post("/_sim/behaviour", json!({ "rules": [rule] })).await.expect(200);
    let customer = shop.customer("Patient").await;
    shop.says(&customer, json!({ "type": "image" })).await;
    let id = shop.conversation_of(&customer).await["id"].as_str().unwrap().to_owned();
    eventually("the file", || async {
        // Six minutes in all, which the owner's session outlives.
        shop.world.clock.advance(time::Duration::seconds(1));
        (state_of_file(&shop, &id).await == "READY").then_some(())
    })
    .await;
    assert_eq!(letters(&shop.owner, "").await.len(), 0);
}
