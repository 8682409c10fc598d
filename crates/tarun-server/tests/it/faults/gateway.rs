//! A gateway between us and WhatsApp answers in its place, after WhatsApp took the message.

use serde_json::{Value, json};
use tarun_testkit::{Business, World, eventually};

#[tokio::test]
async fn c_050_c_054_a_gateways_page_for_an_accepted_message_is_no_reason_to_send_it_again() {
    let world: &'static World = Box::leak(Box::new(World::start(|_| {})));
    let shop = Business::in_world(world).await;
    let customer = shop.customer("Behind a gateway").await;
    shop.says_text(&customer, "hello").await;
    let id = shop.conversation_of(&customer).await["id"].as_str().unwrap().to_owned();
    // No status comes in time: while webhooks are late, only the answer could tell.
    let silence = json!({ "settings": { "statuses": { "enabled": false } } });
    shop.sim().post("/_sim/behaviour", silence).await.expect(200);
    for status in [500, 502, 503, 504] {
        let action = json!({ "do": "answer", "http_status": status, "content_type": "text/html", "body": "<html>", "accepted": true });
        let rule = json!({ "match": { "recipient": customer }, "times": 1, "action": action });
        shop.sim().post("/_sim/behaviour", json!({ "rules": [rule] })).await.expect(200);
        let message = json!({ "type": "TEXT", "content": { "body": format!("through {status}") } });
        let made = shop.owner.post(&format!("conversations/{id}/messages"), message).await.expect(201);
        let settled = eventually("the message is settled", || async {
            world.clock.advance(time::Duration::seconds(1));
            shop.messages(&id).await.into_iter().find(|m| m["id"] == made["id"] && m["status"] != "QUEUED")
        })
        .await;
        let calls = shop.sim().get("/_sim/calls?limit=1000").await.expect(200);
        let own = format!("tarun:{}", made["id"].as_str().unwrap());
        let accepted = |c: &&Value| c["callback"] == own.as_str() && c["accepted"] == true;
        let accepted = calls["calls"].as_array().unwrap().iter().filter(accepted).count();
        assert_eq!((accepted, &settled["status"]), (1, &json!("UNKNOWN")), "{status}: a person decides");
    }
}
