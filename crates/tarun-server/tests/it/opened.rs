//! Who has read what: the access log of conversations.

use futures::future::join_all;
use serde_json::{Value, json};
use tarun_testkit::{Business, Caller, SECRET, World, text_webhook};
use time::Duration;

/// Who stands in the log as having opened which conversation, newest first.
async fn openings(admin: &Caller) -> Vec<(Value, Value, Value)> {
    let page = admin.get("audit?limit=200&action=conversation.opened").await.expect(200);
    let lines = page["data"].as_array().unwrap().iter().filter(|l| l["action"] == "conversation.opened");
    lines.map(|l| (l["actor_kind"].clone(), l["actor_id"].clone(), l["subject_id"].clone())).collect()
}

#[tokio::test]
async fn c_104_who_opens_a_conversation_stands_in_the_log_once_in_a_quarter_of_an_hour() {
    // Of its own: the clock is moved, to where a quarter begins.
    let world: &'static World = Box::leak(Box::new(World::start(|_| {})));
    let quarter = 15 * 60;
    world.clock.advance(Duration::seconds(quarter - world.clock.now().unix_timestamp() % quarter));
    let shop = Business::in_world(world).await;
    let key = shop.owner.post("api-keys", json!({ "name": "k", "scope": "ADMIN" })).await.expect(201);
    let by_key = shop.owner.with(key["key"].as_str());
    let (agent, from) = (shop.person("AGENT").await, "919811100104");
    let body = text_webhook(&shop, &[(from, "wamid.OPENED", world.clock.now().unix_timestamp(), "namaste")]);
    shop.webhook(&body, SECRET).await.expect(200);
    let id = shop.conversation_of(from).await["id"].clone();
    let thread = format!("conversations/{}", id.as_str().unwrap());
    let messages = format!("{thread}/messages");
    shop.owner.get(&thread).await.expect(200);
    assert_eq!(openings(&by_key).await, [], "rows of a list are no conversations");

    let owner = (json!("USER"), json!(shop.owner_id), id.clone());
    for answer in join_all((0..8).map(|_| shop.owner.get(&messages))).await {
        answer.expect(200);
    }
    assert_eq!(openings(&by_key).await, vec![owner.clone()], "once, though all asked at once");
    world.restart().await;
    shop.owner.get(&messages).await.expect(200);
    assert_eq!(openings(&by_key).await, vec![owner.clone()], "once, also for a process that knows of nothing");

    // Each person and key by itself.
    agent.get(&messages).await.expect(200);
    let me = agent.get("me").await.expect(200)["user"]["id"].clone();
    by_key.get(&messages).await.expect(200);
    let others = [(json!("API_KEY"), key["id"].clone(), id.clone()), (json!("USER"), me, id.clone())];
    assert_eq!(openings(&by_key).await, [others.to_vec(), vec![owner.clone()]].concat());
    agent.get("audit").await.expect(403);

    // The log of everything else is not buried under them.
    let page = by_key.get("audit").await.expect(200);
    let actions: Vec<&str> = page["data"].as_array().unwrap().iter().filter_map(|l| l["action"].as_str()).collect();
    assert!(actions.contains(&"api_key.created") && !actions.contains(&"conversation.opened"), "{actions:?}");

    // What was refused was not read.
    shop.owner.post(&format!("{thread}/assign"), json!({ "agent_id": shop.owner_id })).await.expect(200);
    agent.get(&messages).await.expect(404);
    assert_eq!(openings(&by_key).await.len(), 3);

    world.clock.advance(Duration::seconds(quarter));
    by_key.get(&messages).await.expect(200);
    assert_eq!(openings(&by_key).await, [others[..1].to_vec(), others.to_vec(), vec![owner]].concat());
}
