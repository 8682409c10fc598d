//! An open screen: a socket as a browser has it.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tarun_testkit::Caller;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async};

/// A Socket.IO client over a WebSocket, as far as events need one.
pub struct Screen(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Screen {
    pub async fn open(caller: &Caller) -> Self {
        Self::open_on(caller, TcpSocket::new_v4().unwrap()).await
    }

    /// One whose system takes little in while it does not read.
    pub async fn open_narrow(caller: &Caller) -> Self {
        let line = TcpSocket::new_v4().unwrap();
        line.set_recv_buffer_size(4096).unwrap();
        Self::open_on(caller, line).await
    }

    async fn open_on(caller: &Caller, line: TcpSocket) -> Self {
        let url = format!("{}/socket.io/?EIO=4&transport=websocket", caller.base.replace("http", "ws"));
        let address = caller.base.trim_start_matches("http://").parse().unwrap();
        let line = MaybeTlsStream::Plain(line.connect(address).await.unwrap());
        let (mut socket, _) = client_async(url, line).await.unwrap();
        socket.next().await.unwrap().unwrap();
        let greeting = format!("40{}", json!({ "token": caller.token.clone().unwrap_or_default() }));
        socket.send(Message::text(greeting)).await.unwrap();
        Self(socket)
    }

    /// The next event: its name and what it says. `None` when the socket was closed.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        // Shorter than the time between two pings, so that silence ends the test.
        self.within(Duration::from_secs(20)).await
    }

    /// The same for a socket on which nothing may happen for a while; pings are answered meanwhile.
    pub async fn within(&mut self, silence: Duration) -> Option<(String, Value)> {
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
    pub async fn until(&mut self, name: &str) -> Vec<(String, Value)> {
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
