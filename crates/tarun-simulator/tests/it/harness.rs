//! A running simulator and a receiver of its webhooks.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    routing::get,
};
use serde_json::{Value, json};
use tarun_simulator::{ReadPolicy, Running, SimNumber, SimulatorConfig, serve};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub const NUMBER: &str = "100000000000001";
pub const OTHER_NUMBER: &str = "100000000000002";
pub const WABA: &str = "200000000000001";
pub const OTHER_WABA: &str = "200000000000002";
pub const TOKEN: &str = "token-one";
pub const OTHER_TOKEN: &str = "token-two";
pub const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub const VERIFY: &str = "verify-me";
pub const KAVYA: &str = "919000041827";
/// Longest wait for anything; reached only by a failing test.
const PATIENCE: Duration = Duration::from_secs(20);

/// One POST as the receiver got it.
#[derive(Clone, Debug)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: Bytes,
    pub json: Value,
}

#[derive(Default)]
struct Inbox {
    received: Mutex<Vec<Received>>,
    /// Statuses to answer with, before 200s.
    answers: Mutex<VecDeque<u16>>,
    arrived: Notify,
}

/// A product's webhook address.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    inbox: Arc<Inbox>,
}

impl Receiver {
    pub async fn start() -> Self {
        let inbox = Arc::new(Inbox::default());
        let router = Router::new().route("/webhook", get(handshake).post(receive)).with_state(inbox.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, inbox }
    }

    /// Answers the next POSTs with these statuses.
    pub fn answer_with(&self, statuses: &[u16]) {
        self.inbox.answers.lock().unwrap().extend(statuses);
    }

    pub fn all(&self) -> Vec<Received> {
        self.inbox.received.lock().unwrap().clone()
    }

    /// Waits until `wanted` finds something in what was received.
    pub async fn until<T>(&self, what: &str, wanted: impl Fn(&[Received]) -> Option<T>) -> T {
        let waiting = async {
            loop {
                let arrived = self.inbox.arrived.notified();
                if let Some(found) = wanted(&self.all()) {
                    return found;
                }
                arrived.await;
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(found) => found,
            Err(_) => panic!("{what} did not arrive; received: {:#?}", self.changes()),
        }
    }

    /// `(field, value)` of every change received, in order.
    pub fn changes(&self) -> Vec<(String, Value)> {
        changes(&self.all())
    }

    /// The first inbound message that `wanted` accepts, with the `value` around it.
    pub async fn message(&self, wamid: &str) -> (Value, Value) {
        self.until("the message", |received| {
            changes(received).into_iter().find_map(|(_, value)| {
                let found = value["messages"].as_array()?.iter().find(|message| message["id"] == wamid)?.clone();
                Some((found, value.clone()))
            })
        })
        .await
    }

    /// Statuses of a message in order of arrival, once `last` is among them.
    pub async fn statuses(&self, wamid: &str, last: &str) -> Vec<Value> {
        self.until(last, |received| {
            let found: Vec<Value> = changes(received)
                .iter()
                .flat_map(|(_, value)| value["statuses"].as_array().cloned().unwrap_or_default())
                .filter(|status| status["id"] == wamid)
                .collect();
            found.iter().any(|status| status["status"] == last).then_some(found)
        })
        .await
    }
}

fn changes(received: &[Received]) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for one in received {
        for entry in one.json["entry"].as_array().into_iter().flatten() {
            for change in entry["changes"].as_array().into_iter().flatten() {
                found.push((change["field"].as_str().unwrap_or_default().to_owned(), change["value"].clone()));
            }
        }
    }
    found
}

async fn handshake(Query(query): Query<std::collections::HashMap<String, String>>) -> (StatusCode, String) {
    if query.get("hub.mode").is_some_and(|m| m == "subscribe")
        && query.get("hub.verify_token").is_some_and(|t| t == VERIFY)
    {
        return (StatusCode::OK, query.get("hub.challenge").cloned().unwrap_or_default());
    }
    (StatusCode::FORBIDDEN, String::new())
}

async fn receive(State(inbox): State<Arc<Inbox>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
    inbox.received.lock().unwrap().push(Received { headers, body, json });
    let answer = inbox.answers.lock().unwrap().pop_front().unwrap_or(200);
    inbox.arrived.notify_waiters();
    StatusCode::from_u16(answer).unwrap()
}

/// A simulator with its receiver and a client that holds the first token.
pub struct Sim {
    pub url: String,
    pub receiver: Receiver,
    pub http: reqwest::Client,
    _running: Running,
}

impl Sim {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut SimulatorConfig)) -> Self {
        let receiver = Receiver::start().await;
        let number = |id: &str, waba: &str, digits: &str, token: &str| SimNumber {
            phone_number_id: id.to_owned(),
            waba_id: waba.to_owned(),
            display_phone_number: digits.to_owned(),
            verified_name: "Noor & Neem".to_owned(),
            access_token: token.into(),
            token_expires_at: 0,
        };
        let numbers = vec![
            number(NUMBER, WABA, "+91 90000 00001", TOKEN),
            number(OTHER_NUMBER, OTHER_WABA, "+91 90000 00002", OTHER_TOKEN),
        ];
        let mut config = SimulatorConfig::new("127.0.0.1:0".parse().unwrap(), SECRET, VERIFY, numbers);
        config.webhook_url = Some(receiver.url.parse().unwrap());
        config.auto_status.sent_after_ms = 0;
        config.auto_status.delivered_after_ms = Some(5);
        config.auto_status.read = ReadPolicy::WhenShown;
        config.webhooks.parallel = 1;
        config.webhooks.retry_base_ms = 10;
        change(&mut config);
        let running = serve(config, CancellationToken::new()).await.unwrap();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .no_proxy()
            .build()
            .unwrap();
        Self { url: running.graph_url(), receiver, http, _running: running }
    }

    pub fn graph(&self, path: &str) -> String {
        format!("{}/v26.0/{path}", self.url)
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.http.get(self.graph(path)).bearer_auth(TOKEN)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.http.post(self.graph(path)).bearer_auth(TOKEN).json(&body)).await
    }

    /// A send call to Kavya; the body without its envelope.
    pub async fn send(&self, kind: &str, content: Value) -> (u16, Value) {
        self.send_body(kind, content, json!({})).await
    }

    pub async fn send_body(&self, kind: &str, content: Value, more: Value) -> (u16, Value) {
        let mut body =
            json!({ "messaging_product": "whatsapp", "to": format!("+{KAVYA}"), "type": kind, kind: content });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.post(&format!("{NUMBER}/messages"), body).await
    }

    /// Sends and expects acceptance; gives the wamid.
    pub async fn sent(&self, kind: &str, content: Value) -> String {
        let (status, body) = self.send(kind, content).await;
        assert_eq!(status, 200, "{body}");
        body["messages"][0]["id"].as_str().unwrap().to_owned()
    }

    pub async fn control(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.http.post(format!("{}/_sim/{path}", self.url)).json(&body)).await
    }

    pub async fn observe(&self, path: &str) -> Value {
        answer(self.http.get(format!("{}/_sim/{path}", self.url))).await.1
    }

    /// Kavya writes; gives the wamid once the product has it.
    pub async fn hears(&self, order: Value) -> (Value, Value) {
        let (status, body) = self.control(&format!("customers/{KAVYA}/messages"), order).await;
        assert_eq!(status, 200, "{body}");
        self.receiver.message(body["id"].as_str().unwrap()).await
    }

    /// Opens the service window.
    pub async fn open_window(&self) -> String {
        let (message, _) = self.hears(json!({ "type": "text", "text": "hi" })).await;
        message["id"].as_str().unwrap().to_owned()
    }

    pub async fn rule(&self, rule: Value) {
        let (status, body) = self.control("behaviour", json!({ "rules": [rule] })).await;
        assert_eq!(status, 200, "{body}");
    }

    pub async fn settings(&self, settings: Value) {
        let (status, body) = self.control("behaviour", json!({ "settings": settings })).await;
        assert_eq!(status, 200, "{body}");
    }

    /// Waits until nothing is planned or under way.
    pub async fn settled(&self) {
        for _ in 0..2_000 {
            if self.observe("idle").await["idle"] == true {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the simulator did not come to rest: {}", self.observe("idle").await);
    }
}

pub async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let bytes = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into()))
}

/// Meta's code in an error body.
pub fn code(body: &Value) -> i64 {
    body["error"]["code"].as_i64().unwrap_or_default()
}
