//! Open screens: what they hear, and what they must not.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tarun_testkit::{Caller, business, eventually};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// A Socket.IO client over a WebSocket, as far as events need one.
pub(crate) struct Screen(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Screen {
    pub(crate) async fn open(caller: &Caller) -> Self {
        let url = format!("{}/socket.io/?EIO=4&transport=websocket", caller.base.replace("http", "ws"));
        let (mut socket, _) = connect_async(url).await.unwrap();
        socket.next().await.unwrap().unwrap();
        let greeting = format!("40{}", json!({ "token": caller.token.clone().unwrap_or_default() }));
        socket.send(Message::text(greeting)).await.unwrap();
        Self(socket)
    }

    /// The next event: its name and what it says. `None` when the socket was closed.
    async fn next(&mut self) -> Option<(String, Value)> {
        // Shorter than the time between two pings, so that silence ends the test.
        self.within(Duration::from_secs(20)).await
    }

    /// The same for a socket on which nothing may happen for a while; pings are answered meanwhile.
    pub(crate) async fn within(&mut self, silence: Duration) -> Option<(String, Value)> {
        loop {
            let frame = tokio::time::timeout(silence, self.0.next()).await.expect("an event in time")?.ok()?;
            let Message::Text(text) = frame else { continue };
            if text.as_str() == "2" {
                self.0.send(Message::text("3")).await.ok()?;
            } else if text.starts_with("41") {
                return None;
            } else if let Some(event) = text.strip_prefix("42") {
                let event: Value = serde_json::from_str(event).unwrap();
                return Some((event[0].as_str().unwrap().to_owned(), event[1].clone()));
            }
        }
    }

    /// Events until one has this name; it is the last of them.
    async fn until(&mut self, name: &str) -> Vec<(String, Value)> {
        let mut heard = vec![];
        loop {
            let event = self.next().await.expect("the socket stays open");
            let found = event.0 == name;
            heard.push(event);
            if found {
                return heard;
            }
        }
    }
}

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
