//! Calls to Tarun's own API and to the simulator.

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use std::time::Duration;

/// Tarun answered no.
#[derive(Debug, thiserror::Error)]
#[error("{path} answered {status}: {detail}")]
pub struct Refused {
    path: String,
    status: u16,
    /// The problem's stable word.
    code: String,
    detail: String,
}

impl Refused {
    /// Whether an error is an answer with this code.
    pub fn is(error: &anyhow::Error, code: &str) -> bool {
        error.downcast_ref::<Self>().is_some_and(|refused| refused.code == code)
    }
}

pub struct Calls {
    http: Client,
    api: String,
    simulator: String,
}

impl Calls {
    pub fn new(own: &str, simulator: &str) -> anyhow::Result<Self> {
        // A proxy must not see loopback traffic, and could not reach it.
        let http = Client::builder().timeout(Duration::from_secs(15)).no_proxy().build()?;
        Ok(Self { http, api: format!("{own}/api/v1"), simulator: simulator.to_owned() })
    }

    pub async fn post(&self, path: &str, bearer: Option<&str>, body: Value) -> anyhow::Result<Value> {
        let mut request = self.http.post(format!("{}/{path}", self.api));
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        api(path, request).await
    }

    pub async fn patch(&self, path: &str, bearer: &str, body: Value) -> anyhow::Result<Value> {
        api(path, self.http.patch(format!("{}/{path}", self.api)).bearer_auth(bearer).json(&body)).await
    }

    pub async fn list(&self, path: &str, bearer: &str) -> anyhow::Result<Vec<Value>> {
        let page = api(path, self.http.get(format!("{}/{path}", self.api)).bearer_auth(bearer)).await?;
        Ok(page["data"].as_array().cloned().unwrap_or_default())
    }

    /// So that the list of devices shows people only.
    pub async fn log_out(&self, bearer: &str) -> anyhow::Result<()> {
        let request = self.http.post(format!("{}/auth/logout", self.api)).bearer_auth(bearer);
        api("auth/logout", request.header("x-tarun-client", "demo")).await?;
        Ok(())
    }

    /// As in Meta's dashboard: callback URL and verify token, "Verify and save".
    pub async fn save_webhook(&self, webhook_url: &str, verify_token: &str) -> anyhow::Result<()> {
        let body = json!({ "webhook_url": webhook_url, "verify_token": verify_token });
        let request = self.http.put(format!("{}/_sim/app", self.simulator)).json(&body);
        simulator("could not verify the webhook", request.send().await?).await
    }

    /// Messages of the account's numbers are told to the app from now on.
    pub async fn subscribe(&self, waba: &str, token: &str) -> anyhow::Result<()> {
        let request = self.http.post(format!("{}/v26.0/{waba}/subscribed_apps", self.simulator)).bearer_auth(token);
        simulator("could not subscribe the app", request.send().await?).await
    }

    /// A message of the business's number, by WhatsApp's own API: Tarun does not know of it.
    pub async fn send_past_tarun(&self, number: &str, token: &str, message: &Value) -> anyhow::Result<()> {
        let request = self.http.post(format!("{}/v26.0/{number}/messages", self.simulator)).bearer_auth(token);
        simulator("could not take a message", request.json(message).send().await?).await
    }

    pub async fn customer_says(&self, who: &str, message: &Value) -> anyhow::Result<()> {
        let request = self.http.post(format!("{}/_sim/customers/{who}/messages", self.simulator)).json(message);
        simulator("could not play a customer", request.send().await?).await
    }
}

async fn api(path: &str, request: RequestBuilder) -> anyhow::Result<Value> {
    let answer = request.send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    if !status.is_success() {
        let word = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let refused =
            Refused { path: path.to_owned(), status: status.as_u16(), code: word("code"), detail: word("detail") };
        return Err(refused.into());
    }
    Ok(body)
}

async fn simulator(failed: &str, answer: Response) -> anyhow::Result<()> {
    anyhow::ensure!(answer.status().is_success(), "the simulator {failed}: {}", answer.text().await?);
    Ok(())
}
