//! A business on the stage: its owner, its connected number, the webhooks that Meta would send about it.

use crate::stage::{APP_SECRET, Stage, VERIFY_TOKEN};
use anyhow::{Context, bail};
use aws_lc_rs::hmac;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::time::Duration;

const PASSWORD: &str = "correct horse battery";
/// Longest wait for an answer; Meta's own is of this order.
const PATIENCE: Duration = Duration::from_secs(20);

/// One business. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shop {
    pub index: usize,
    pub url: String,
    /// With which a program of the business calls: it outlives restarts and takes no part in reading.
    pub key: String,
    pub email: String,
    /// Meta's.
    pub phone_number_id: String,
    pub waba_id: String,
    pub display: String,
    pub http: Client,
}

/// A customer's text, as a webhook reports it.
#[derive(Debug, Clone)]
pub struct Text<'a> {
    /// The customer's number, digits only.
    pub from: &'a str,
    pub wamid: &'a str,
    /// Seconds since 1970.
    pub at: i64,
    pub body: &'a str,
}

impl Shop {
    /// Signs up, registers a number at the simulator, connects it, makes a key.
    pub async fn open(stage: &Stage, index: usize) -> anyhow::Result<Self> {
        let http = Client::builder().timeout(PATIENCE).build()?;
        let mut shop = Self {
            index,
            url: stage.url.clone(),
            key: String::new(),
            email: format!("owner{index}@shop.example"),
            phone_number_id: format!("{}", 100_000_000_000_100 + index),
            waba_id: format!("{}", 200_000_000_000_100 + index),
            display: format!("+9180{index:08}"),
            http,
        };
        let owner = json!({ "business_name": format!("Shop {index}"), "name": "Asha Kulkarni", "email": shop.email, "password": PASSWORD });
        let session = shop.call(Method::POST, "auth/signup", "", &owner).await?;
        let token = session["access_token"].as_str().context("an access token")?.to_owned();
        let access_token = format!("access-token-number-{index}");
        let number = json!({
            "phone_number_id": shop.phone_number_id, "waba_id": shop.waba_id, "display_phone_number": shop.display,
            "verified_name": format!("Shop {index}"), "access_token": access_token,
        });
        shop.simulator(stage, Method::POST, "numbers", &number).await?;
        let number = json!({
            "phone_number_id": shop.phone_number_id, "waba_id": shop.waba_id, "display_phone_number": shop.display,
            "access_token": access_token, "app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN,
        });
        let number = shop.call(Method::POST, "whatsapp/numbers", &token, &number).await?;
        // As in Meta's dashboard; the handshake needs a number that is connected.
        let app =
            json!({ "webhook_url": format!("{}/api/webhooks/whatsapp", stage.url), "verify_token": VERIFY_TOKEN });
        shop.simulator(stage, Method::PUT, "app", &app).await?;
        let id = number["id"].as_str().context("the number's id")?;
        shop.call(Method::POST, &format!("whatsapp/numbers/{id}/check"), &token, &Value::Null).await?;
        let key = json!({ "name": "Ledger run", "scope": "WRITE" });
        let key = shop.call(Method::POST, "api-keys", &token, &key).await?;
        shop.key = key["key"].as_str().context("the key")?.to_owned();
        Ok(shop)
    }

    /// A call of the simulator's control.
    pub async fn simulator(&self, stage: &Stage, method: Method, path: &str, body: &Value) -> anyhow::Result<Value> {
        control(&self.http, &stage.simulator_url, method, path, body).await
    }

    /// A call that must succeed at once.
    pub async fn call(&self, method: Method, path: &str, token: &str, body: &Value) -> anyhow::Result<Value> {
        let mut request = self.http.request(method, format!("{}/api/v1/{path}", self.url));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        let answer = if body.is_null() { request.send().await? } else { request.json(body).send().await? };
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            bail!("{path}: {status} {text}");
        }
        Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    }

    /// A fresh access token of the owner.
    pub async fn sign_in(&self) -> anyhow::Result<String> {
        let session =
            self.call(Method::POST, "auth/login", "", &json!({ "email": self.email, "password": PASSWORD })).await?;
        Ok(session["access_token"].as_str().context("an access token")?.to_owned())
    }

    /// All rows of a list, page by page.
    pub async fn all(&self, path: &str, token: &str) -> anyhow::Result<Vec<Value>> {
        let (mut rows, mut cursor) = (vec![], None::<String>);
        loop {
            let after = cursor.map(|c| format!("&cursor={c}")).unwrap_or_default();
            let page = self.call(Method::GET, &format!("{path}?limit=200{after}"), token, &Value::Null).await?;
            rows.extend(page["data"].as_array().cloned().unwrap_or_default());
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return Ok(rows);
            }
        }
    }

    /// The body of a webhook with these texts.
    #[must_use]
    pub fn webhook(&self, texts: &[Text<'_>]) -> String {
        let contacts: Vec<Value> = texts
            .iter()
            .take(1)
            .map(|t| json!({ "profile": { "name": format!("Customer {}", t.from) }, "wa_id": t.from }))
            .collect();
        let messages: Vec<Value> = texts
            .iter()
            .map(|t| json!({ "from": t.from, "id": t.wamid, "timestamp": t.at.to_string(), "type": "text", "text": { "body": t.body } }))
            .collect();
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": self.waba_id, "changes": [{ "field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": self.display, "phone_number_id": self.phone_number_id },
            "contacts": contacts, "messages": messages } }] }] })
        .to_string()
    }

    /// Posts a signed body once and returns the status.
    pub async fn post(&self, body: &str) -> reqwest::Result<u16> {
        let answer = self
            .http
            .post(format!("{}/api/webhooks/whatsapp", self.url))
            .header("content-type", "application/json")
            .header("x-hub-signature-256", sign(body))
            .body(body.to_owned())
            .send()
            .await?;
        Ok(answer.status().as_u16())
    }

    /// Asks for a reply once; the same `key` again asks for the same one.
    pub async fn reply(&self, conversation: &str, key: &str, text: &str) -> reqwest::Result<(u16, Value)> {
        let answer = self
            .http
            .post(format!("{}/api/v1/conversations/{conversation}/messages", self.url))
            .bearer_auth(&self.key)
            .header("idempotency-key", key)
            .json(&json!({ "type": "TEXT", "content": { "body": text } }))
            .send()
            .await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }
}

/// A call of a simulator's control.
pub async fn control(
    http: &Client,
    simulator_url: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> anyhow::Result<Value> {
    let request = http.request(method, format!("{simulator_url}/_sim/{path}"));
    let answer = if body.is_null() { request.send().await? } else { request.json(body).send().await? };
    let (status, text) = (answer.status(), answer.text().await?);
    if !status.is_success() {
        bail!("the simulator's {path}: {status} {text}");
    }
    Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// `X-Hub-Signature-256`, made here a second time so that a mistake of the product's can't hide in shared code.
#[must_use]
pub fn sign(body: &str) -> String {
    sign_with(APP_SECRET, body)
}

/// The same, with another app's secret.
#[must_use]
pub fn sign_with(secret: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", hex::encode(hmac::sign(&key, body.as_bytes())))
}
