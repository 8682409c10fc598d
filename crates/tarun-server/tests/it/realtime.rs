//! Open screens: what they hear, and what they must not.

use crate::screen::Screen;
use serde_json::json;
use tarun_testkit::{business, eventually};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

#[tokio::test]
async fn an_event_equals_what_a_refetch_gives() {
    let shop = business().await;
    let mut screen = Screen::open(&shop.owner).await;
    screen.until("ready").await;
    let customer = shop.customer("Live").await;
    shop.says_text(&customer, "सुनो!").await;
    let created = screen.until("message.created").await.pop().unwrap().1;
    let conversation = created["data"]["conversation_id"].as_str().unwrap().to_owned();
    assert_eq!(created["data"], shop.messages(&conversation).await[0]);
    let told = screen.until("conversation.created").await.pop().unwrap().1;
    let mut fetched = shop.owner.get(&format!("conversations/{conversation}")).await.expect(200);
    assert_eq!(fetched["unread_count"], 1);
    // It differs by reader, so that an event leaves it open.
    fetched["unread_count"] = json!(-1);
    assert_eq!(told["data"], fetched);

    let reply = json!({ "type": "TEXT", "content": { "body": "haan" } });
    let made = shop.owner.post(&format!("conversations/{conversation}/messages"), reply).await.expect(201);
    let mut statuses = vec![];
    while statuses.last().is_none_or(|s| s != "DELIVERED") {
        let (name, event) = screen.next().await.unwrap();
        if name.starts_with("message.") && event["data"]["id"] == made["id"] {
            statuses.push(event["data"]["status"].as_str().unwrap().to_owned());
        }
    }
    // A status may be overtaken by the next before it is read; it never goes back.
    let rank = |s: &String| ["QUEUED", "SENT", "DELIVERED"].iter().position(|r| r == s).unwrap();
    assert!(statuses.windows(2).all(|w| rank(&w[0]) <= rank(&w[1])), "{statuses:?}");
}

#[tokio::test]
async fn c_078_sockets_tell_nobody_what_he_may_not_read() {
    let (shop, other) = (business().await, business().await);
    let agent = shop.person("AGENT").await;
    let (mut foreign, mut narrow) = (Screen::open(&other.owner).await, Screen::open(&agent).await);
    foreign.until("ready").await;
    narrow.until("ready").await;
    let customer = shop.customer("Private").await;
    shop.says_text(&customer, "first").await;
    narrow.until("message.created").await;
    let id = shop.conversation_of(&customer).await["id"].as_str().unwrap().to_owned();
    // Assigned to the owner, it is not the agent's to see any more.
    shop.owner.post(&format!("conversations/{id}/assign"), json!({ "agent_id": shop.owner_id })).await.expect(200);
    let hidden = narrow.until("conversation.hidden").await.pop().unwrap().1;
    assert_eq!(hidden["data"], json!({ "id": id }));
    shop.says_text(&customer, "SECRETCANARY").await;
    eventually("the second message", || async { (shop.messages(&id).await.len() == 3).then_some(()) }).await;
    // Something for each to hear, so that silence before it means something.
    let visible = shop.customer("Visible").await;
    shop.says_text(&visible, "for the agent").await;
    let own = other.customer("Own").await;
    other.says_text(&own, "for the other").await;
    let heard = narrow.until("message.created").await;
    assert!(!format!("{heard:?}").contains("SECRETCANARY"));
    assert_eq!(heard.last().unwrap().1["data"]["content"]["body"], "for the agent");
    let heard = foreign.until("message.created").await;
    assert_eq!(heard.last().unwrap().1["data"]["content"]["body"], "for the other");
    assert!(!format!("{heard:?}").contains("SECRETCANARY") && !format!("{heard:?}").contains("first"));
}

#[tokio::test]
async fn c_062_c_090_strangers_and_other_sites_get_no_socket() {
    let shop = business().await;
    for token in ["", "nonsense", "a.b.c"] {
        let mut screen = Screen::open(&shop.owner.with(Some(token))).await;
        while let Some((name, _)) = screen.next().await {
            assert_eq!(name, "unauthorized");
        }
    }
    let url = format!("{}/socket.io/?EIO=4&transport=websocket", shop.owner.base.replace("http", "ws"));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    let refused = connect_async(request).await.unwrap_err().to_string();
    assert!(refused.contains("403"), "{refused}");
}
