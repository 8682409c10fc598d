//! A business of a test: its owner, its number at the simulator, its customers.

use crate::world::World;
use crate::{eventually, world};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use std::sync::atomic::{AtomicU64, Ordering};
use tarun_providers::whatsapp::webhook::signature;

/// The simulator knows one app; so all numbers of a world share its secret.
pub const SECRET: &str = "app-secret-of-the-tests";
const VERIFY: &str = "verify-token-of-the-tests";
pub const PASSWORD: &str = "correct horse battery";

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body; null when there is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The body of an answer with this status.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }
}

/// Somebody who calls the API: with a token, or as nobody.
#[derive(Clone)]
pub struct Caller {
    pub base: String,
    pub token: Option<String>,
    pub http: Client,
}

impl Caller {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/api/v1/{path}") };
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, text: answer.text().await.expect("a text") }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// The same address with another token.
    #[must_use]
    pub fn with(&self, token: Option<&str>) -> Self {
        Self { token: token.map(str::to_owned), ..self.clone() }
    }
}

/// A business with its owner and a connected number.
pub struct Business {
    pub world: &'static World,
    /// As its owner.
    pub owner: Caller,
    pub owner_id: String,
    pub tenant_id: String,
    pub email: String,
    /// Ours.
    pub number_id: String,
    /// Meta's.
    pub phone_number_id: String,
    pub waba_id: String,
    pub display: String,
}

/// Different in each test and process.
fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// With an address of its own, as people have: sign-ups and failures are counted by address.
fn client_of_its_own(n: u64) -> Client {
    let [.., a, b, c] = n.to_be_bytes();
    let address = std::net::IpAddr::from([127, 200 + a % 50, b, c]);
    Client::builder().local_address(address).build().expect("a client")
}

/// A business of its own in the shared world.
pub async fn business() -> Business {
    Business::in_world(world()).await
}

impl Business {
    /// A connection as the server has it, at this business's rows.
    pub async fn as_server(&self) -> PgConnection {
        let mut app = PgConnection::connect(&self.world.app_url).await.expect("a connection");
        sqlx::query("select set_config('tarun.tenant', $1, false)")
            .bind(&self.tenant_id)
            .execute(&mut app)
            .await
            .expect("a tenant");
        app
    }

    /// Signs up, registers a number at the simulator, connects it.
    pub async fn in_world(world: &'static World) -> Self {
        let n = fresh();
        let email = format!("owner{n}@shop.example");
        let nobody = Caller { base: world.url.clone(), token: None, http: client_of_its_own(n) };
        let session = nobody
            .post("auth/signup", json!({ "business_name": format!("Shop {n}"), "name": "Asha Kulkarni", "email": email, "password": PASSWORD }))
            .await
            .expect(201);
        let owner = nobody.with(session["access_token"].as_str());
        let (phone_number_id, waba_id) =
            (format!("{}", 100_000_000_000_000 + n), format!("{}", 200_000_000_000_000 + n));
        let display = format!("+9180{:08}", n);
        let token = format!("access-token-number-{n}");
        let sim = Caller { base: world.simulator.clone(), token: None, http: owner.http.clone() };
        let number = json!({
            "phone_number_id": phone_number_id, "waba_id": waba_id, "display_phone_number": display,
            "verified_name": format!("Shop {n}"), "access_token": token,
        });
        sim.post("/_sim/numbers", number).await.expect(200);
        let number = json!({
            "phone_number_id": phone_number_id, "waba_id": waba_id, "display_phone_number": display,
            "access_token": token, "app_secret": SECRET, "verify_token": VERIFY,
        });
        let number = owner.post("whatsapp/numbers", number).await.expect(201);
        // As in Meta's dashboard; the first business of a world makes it verify.
        let app = json!({ "webhook_url": format!("{}/api/webhooks/whatsapp", world.url), "verify_token": VERIFY });
        sim.send(sim.request(Method::PUT, "/_sim/app").json(&app)).await.expect(200);
        let number_id = number["id"].as_str().expect("an id").to_owned();
        let check = owner.post(&format!("whatsapp/numbers/{number_id}/check"), Value::Null).await.expect(200);
        assert!(check["items"].as_array().is_some_and(|i| !i.is_empty()), "{check}");
        Self {
            world,
            owner_id: session["user"]["id"].as_str().expect("an id").to_owned(),
            tenant_id: session["tenant"]["id"].as_str().expect("an id").to_owned(),
            owner,
            email,
            number_id,
            phone_number_id,
            waba_id,
            display,
        }
    }

    /// The simulator's control.
    #[must_use]
    pub fn sim(&self) -> Caller {
        Caller { base: self.world.simulator.clone(), token: None, http: self.owner.http.clone() }
    }

    /// A new customer at the simulator; returns the WhatsApp id.
    pub async fn customer(&self, name: &str) -> String {
        let wa_id = format!("9198{:08}", fresh() + 10_000_000);
        self.sim().post("/_sim/customers", json!({ "wa_id": wa_id, "name": name })).await.expect(200);
        wa_id
    }

    /// A customer writes to this business; returns the provider's message id.
    pub async fn says(&self, customer: &str, mut message: Value) -> String {
        message["phone_number_id"] = json!(self.phone_number_id);
        let said = self.sim().post(&format!("/_sim/customers/{customer}/messages"), message).await.expect(200);
        said["id"].as_str().expect("an id").to_owned()
    }

    /// A customer writes a text.
    pub async fn says_text(&self, customer: &str, text: &str) -> String {
        self.says(customer, json!({ "type": "text", "text": text })).await
    }

    /// Posts a body as Meta would, signed with a secret.
    pub async fn webhook(&self, body: &str, secret: &str) -> Answer {
        let request = self
            .owner
            .with(None)
            .request(Method::POST, "/api/webhooks/whatsapp")
            .header("content-type", "application/json")
            .header("x-hub-signature-256", signature::sign(secret.as_bytes(), body.as_bytes()))
            .body(body.to_owned());
        self.owner.send(request).await
    }

    /// All conversations that the owner sees.
    pub async fn conversations(&self) -> Vec<Value> {
        let page = self.owner.get("conversations?limit=200").await.expect(200);
        page["data"].as_array().cloned().unwrap_or_default()
    }

    /// Waits for a customer's conversation.
    pub async fn conversation_of(&self, customer: &str) -> Value {
        let phone = format!("+{customer}");
        eventually("the customer's conversation", || async {
            self.conversations().await.into_iter().find(|c| c["contact"]["phone"] == phone.as_str())
        })
        .await
    }

    /// Messages of a conversation, oldest first.
    pub async fn messages(&self, conversation: &str) -> Vec<Value> {
        let page = self.owner.get(&format!("conversations/{conversation}/messages?limit=200")).await.expect(200);
        let mut all = page["data"].as_array().cloned().unwrap_or_default();
        all.reverse();
        all
    }

    /// A further person with a role, signed in.
    pub async fn person(&self, role: &str) -> Caller {
        let n = fresh();
        let invitation = self
            .owner
            .post("invitations", json!({ "email": format!("person{n}@shop.example"), "role": role }))
            .await
            .expect(201);
        let url = invitation["url"].as_str().expect("a link");
        let token = url.rsplit('/').next().expect("a token");
        let nobody = self.owner.with(None);
        let session = nobody
            .post(
                "auth/invitations/accept",
                json!({ "token": token, "name": format!("Person {n}"), "password": PASSWORD }),
            )
            .await
            .expect(201);
        nobody.with(session["access_token"].as_str())
    }
}

/// A webhook body with text messages: (customer's number, message id, seconds, text).
#[must_use]
pub fn text_webhook(business: &Business, messages: &[(&str, &str, i64, &str)]) -> String {
    let contacts: Vec<Value> = messages
        .iter()
        .map(|(from, ..)| json!({ "profile": { "name": format!("Customer {from}") }, "wa_id": from }))
        .collect();
    let messages: Vec<Value> = messages
        .iter()
        .map(|(from, id, at, text)| json!({ "from": from, "id": id, "timestamp": at.to_string(), "type": "text", "text": { "body": text } }))
        .collect();
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": business.waba_id, "changes": [{ "field": "messages", "value": {
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": business.display, "phone_number_id": business.phone_number_id },
        "contacts": contacts, "messages": messages } }] }] })
    .to_string()
}
