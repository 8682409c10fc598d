//! A shop to look around in: a simulator of WhatsApp beside Tarun, and a business that is connected to it.
//!
//! Everything goes through the doors that others use: the simulator's control, the webhook, the HTTP API.

use crate::config::Config;
use anyhow::Context as _;
use reqwest::Client;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tarun_simulator::{SimNumber, SimulatorConfig};
use tokio_util::sync::CancellationToken;
use url::Url;

const EMAIL: &str = "asha@noorneem.example";
const NUMBER: &str = "100000000000001";
const WABA: &str = "200000000000001";
const DISPLAY: &str = "+91 80000 10001";
/// Where the phone is, if that port is free.
const PHONE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8090);

pub struct Demo {
    phone: String,
    password: String,
    secret: String,
    token: String,
    verify: String,
    /// Ends with this.
    _simulator: tarun_simulator::Running,
}

/// Starts the simulator and points Tarun at it.
pub async fn prepare(config: &mut Config) -> anyhow::Result<Demo> {
    // The same at each start, and different on each machine.
    let keys = config.master.keys()?;
    let (secret, token, verify) = (
        keys.current.password(b"demo secret"),
        keys.current.password(b"demo token"),
        keys.current.password(b"demo verify"),
    );
    let number = SimNumber {
        phone_number_id: NUMBER.into(),
        waba_id: WABA.into(),
        display_phone_number: DISPLAY.into(),
        verified_name: "Noor & Neem".into(),
        access_token: token.clone().into(),
    };
    // The port is taken: any other does.
    let listen = if std::net::TcpListener::bind(PHONE).is_ok() { PHONE } else { SocketAddr::new(PHONE.ip(), 0) };
    let simulator = SimulatorConfig::new(listen, secret.clone(), verify.clone(), vec![number]);
    let running =
        tarun_simulator::serve(simulator, CancellationToken::new()).await.context("the simulator does not start")?;
    let phone = format!("http://localhost:{}", running.addr.port());
    config.graph_url = Url::parse(&format!("http://{}", running.addr))?;
    let password = keys.current.password(b"demo password")[..12].to_owned();
    Ok(Demo { phone, password, secret, token, verify, _simulator: running })
}

impl Demo {
    /// What to tell the person at the terminal.
    pub fn words(&self) -> String {
        format!(
            "A demo shop is there. Sign in as {EMAIL} with the password {}\nBe its customer on the phone at {}",
            self.password, self.phone
        )
    }

    /// Makes the shop at the first start; connects the simulator to it at each.
    pub async fn fill(&self, addr: SocketAddr) -> anyhow::Result<()> {
        let http = Client::builder().timeout(Duration::from_secs(15)).build()?;
        let own = format!("http://127.0.0.1:{}", addr.port());
        let call = Calls { http: &http, api: format!("{own}/api/v1"), sim: format!("{}/_sim", self.phone) };
        let signed_in = call.api("auth/login", None, json!({ "email": EMAIL, "password": self.password })).await;
        let is_new = signed_in.is_err();
        let session = match signed_in {
            Ok(session) => session,
            Err(_) => {
                let person = json!({ "business_name": "Noor & Neem", "name": "Asha Kulkarni", "email": EMAIL, "password": self.password });
                call.api("auth/signup", None, person).await.context("the demo shop can't be made")?
            }
        };
        let bearer = session["access_token"].as_str().context("no access token")?.to_owned();
        if is_new {
            let number = json!({
                "phone_number_id": NUMBER, "waba_id": WABA, "display_phone_number": DISPLAY,
                "access_token": self.token, "app_secret": self.secret, "verify_token": self.verify,
            });
            let number = call
                .api("whatsapp/numbers", Some(&bearer), number)
                .await
                .context("the demo number can't be connected")?;
            call.save_webhook(&own, &self.verify).await?;
            let id = number["id"].as_str().context("no number")?;
            call.api(&format!("whatsapp/numbers/{id}/check"), Some(&bearer), Value::Null).await?;
            call.patch("tenant", &bearer, json!({ "onboarded": true })).await?;
            conversations(&call, &bearer).await?;
        } else {
            call.save_webhook(&own, &self.verify).await?;
        }
        Ok(())
    }
}

struct Calls<'a> {
    http: &'a Client,
    api: String,
    sim: String,
}

impl Calls<'_> {
    async fn api(&self, path: &str, bearer: Option<&str>, body: Value) -> anyhow::Result<Value> {
        let mut request = self.http.post(format!("{}/{path}", self.api));
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        anyhow::ensure!(status.is_success(), "{path} answered {status}: {text}");
        Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    }

    async fn patch(&self, path: &str, bearer: &str, body: Value) -> anyhow::Result<()> {
        self.http
            .patch(format!("{}/{path}", self.api))
            .bearer_auth(bearer)
            .json(&body)
            .send()
            .await?
            .error_for_status()?;
        Ok(())
    }

    async fn list(&self, path: &str, bearer: &str) -> anyhow::Result<Vec<Value>> {
        let answer =
            self.http.get(format!("{}/{path}", self.api)).bearer_auth(bearer).send().await?.error_for_status()?;
        let page: Value = answer.json().await?;
        Ok(page["data"].as_array().cloned().unwrap_or_default())
    }

    /// As in Meta's dashboard: callback URL and verify token, "Verify and save".
    async fn save_webhook(&self, own: &str, verify: &str) -> anyhow::Result<()> {
        let body = json!({ "webhook_url": format!("{own}/api/webhooks/whatsapp"), "verify_token": verify });
        let answer = self.http.put(format!("{}/app", self.sim)).json(&body).send().await?;
        anyhow::ensure!(
            answer.status().is_success(),
            "the simulator could not verify the webhook: {}",
            answer.text().await?
        );
        Ok(())
    }

    async fn customer_says(&self, who: &str, message: Value) -> anyhow::Result<()> {
        let answer = self.http.post(format!("{}/customers/{who}/messages", self.sim)).json(&message).send().await?;
        anyhow::ensure!(answer.status().is_success(), "the simulator: {}", answer.text().await?);
        Ok(())
    }
}

/// A few customers, one of them answered.
async fn conversations(call: &Calls<'_>, bearer: &str) -> anyhow::Result<()> {
    let text = |body: &str| json!({ "type": "text", "text": body });
    call.customer_says("919000041827", text("Hi! Vitamin C serum order kiya hai, NN-20418")).await?;
    call.customer_says("919000041827", json!({ "type": "image", "image": { "caption": "Serum leak ho gaya hai 😕" } }))
        .await?;
    call.customer_says("919000041827", text("सीरम लगाने के बाद गाल पर जलन और लाल दाने हैं। क्या लगाती रहूँ?")).await?;
    call.customer_says("919000052614", text("COD available hai kya Jaipur ke liye? Kit chahiye Holi se pehle")).await?;
    call.customer_says("919000063370", json!({ "type": "voice" })).await?;
    call.customer_says("919000063370", text("Is this the same batch?")).await?;
    call.customer_says("919000074495", json!({ "type": "location", "location": { "latitude": 18.5308, "longitude": 73.8475, "name": "Shivajinagar", "address": "Pune" } })).await?;
    call.customer_says("919000074495", text("Kya aap yahan deliver karte hain?")).await?;
    // Webhooks arrive in their own time.
    for _ in 0..100 {
        let found = call.list("conversations", bearer).await?;
        let kavya = found.iter().find(|c| c["contact"]["name"] == "Kavya Nair");
        if let (Some(id), true) = (kavya.and_then(|c| c["id"].as_str()), found.len() >= 4) {
            let reply = json!({ "type": "TEXT", "content": { "body": "So sorry, Kavya! Leaks are replaced free. कृपया अभी सीरम बंद कर दें।" } });
            call.api(&format!("conversations/{id}/messages"), Some(bearer), reply).await?;
            let note = json!({ "body": "Batch VC-0226 has 3 leak reports. Approve without photos." });
            call.api(&format!("conversations/{id}/notes"), Some(bearer), note).await?;
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!(
        "the demo's messages did not arrive: is something between this program and its own address {}?",
        call.api
    )
}
