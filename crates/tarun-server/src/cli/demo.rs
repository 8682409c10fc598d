//! A shop to look around in: a simulator of WhatsApp beside Tarun, and a business that is connected to it.
//!
//! Everything goes through the doors that others use: the simulator's control, the webhook, the HTTP API. The shop belongs to
//! whoever tries Tarun, and may be changed at will; so what can't be done to it is told and never keeps Tarun from starting.

mod calls;
mod conversations;
mod secrets;

use crate::config::Config;
use anyhow::Context as _;
use calls::{Calls, Refused};
use secrets::Secrets;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use tarun_simulator::{Limits, SimNumber, SimulatorConfig};
use tokio_util::sync::CancellationToken;
use url::Url;

const EMAIL: &str = "asha@noorneem.example";
const NUMBER: &str = "100000000000001";
const WABA: &str = "200000000000001";
const DISPLAY: &str = "+91 80000 10001";
/// Where the phone is, if that port is free.
const PHONE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8090);

pub struct Demo {
    phone: String,
    file: PathBuf,
    secrets: Secrets,
    /// Ends with this.
    _simulator: tarun_simulator::Running,
}

/// Starts the simulator and points Tarun at it.
pub async fn prepare(config: &mut Config) -> anyhow::Result<Demo> {
    anyhow::ensure!(
        !config.graph_url_given,
        "WHATSAPP_GRAPH_URL is set, and the demo would put its simulator in that place. Start without the demo \
         (`make run DEMO=no`), or take the setting away"
    );
    let file = config.data_dir.join("demo.json");
    let secrets = Secrets::load_or_make(&file, &config.master.keys()?.current)?;
    let number = SimNumber {
        phone_number_id: NUMBER.into(),
        waba_id: WABA.into(),
        display_phone_number: DISPLAY.into(),
        verified_name: "Noor & Neem".into(),
        access_token: secrets.access_token.as_str().into(),
        token_expires_at: 0,
    };
    // The port is taken: any other does.
    let listen = if std::net::TcpListener::bind(PHONE).is_ok() { PHONE } else { SocketAddr::new(PHONE.ip(), 0) };
    let mut simulator =
        SimulatorConfig::new(listen, secrets.app_secret.as_str(), secrets.verify_token.as_str(), vec![number]);
    // It forgets its chats when it stops, and Tarun does not: a window that is open in the inbox must not be shut here. Tarun
    // itself keeps the 24 hours.
    simulator.limits = Limits { window: false, ..Limits::default() };
    if secrets.filled && config.listen.port() != 0 {
        // Known before Tarun listens: what waited since the last stop is sent at once, and its statuses must find the way back.
        simulator.webhook_url = Some(Url::parse(&webhook(&own_url(config.listen)))?);
    }
    let running =
        tarun_simulator::serve(simulator, CancellationToken::new()).await.context("the simulator does not start")?;
    let phone = format!("http://localhost:{}", running.addr.port());
    config.graph_url = Url::parse(&running.graph_url())?;
    Ok(Demo { phone, file, secrets, _simulator: running })
}

/// The address by which this machine reaches a listener of its own.
fn own_url(addr: SocketAddr) -> String {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, addr.port()))
}

fn webhook(own: &str) -> String {
    format!("{own}/api/webhooks/whatsapp")
}

impl Demo {
    /// What to tell the person at the terminal.
    pub fn words(&self) -> String {
        let Self { phone, secrets, .. } = self;
        if !secrets.filled {
            return format!("The simulator's phone is there: play customers on the phone at {phone}");
        }
        let password = if secrets.own_password {
            "with the password that you gave it".to_owned()
        } else {
            format!("with the password {}", secrets.password)
        };
        format!("A demo shop is there. Sign in as {EMAIL} {password}\nBe its customer on the phone at {phone}")
    }

    /// Makes what the shop still lacks, and connects the simulator to it at each start.
    pub async fn fill(&mut self, addr: SocketAddr) -> anyhow::Result<()> {
        let own = own_url(addr);
        let call = Calls::new(&own, &self.phone)?;
        if self.secrets.filled {
            self.connect(&call, &own).await?;
            return self.look_at_password(&call).await;
        }
        let Some(bearer) = self.enter(&call).await? else {
            // Somebody changed the password before all was there: the shop is his, as it is.
            self.secrets.filled = true;
            self.secrets.own_password = true;
            self.secrets.save(&self.file)?;
            return self.connect(&call, &own).await;
        };
        let id = self.number(&call, &bearer).await.context("the demo number can't be connected")?;
        self.connect(&call, &own).await?;
        call.post(&format!("whatsapp/numbers/{id}/check"), Some(&bearer), Value::Null).await?;
        call.patch("tenant", &bearer, json!({ "onboarded": true })).await?;
        conversations::fill(&call, &bearer).await?;
        call.log_out(&bearer).await?;
        self.secrets.filled = true;
        self.secrets.save(&self.file)
    }

    /// Signs in or up; `None` where the shop is there and its password is not the one that was printed.
    async fn enter(&self, call: &Calls) -> anyhow::Result<Option<String>> {
        let session = match self.sign_in(call).await {
            Err(error) if Refused::is(&error, "invalid_credentials") => {
                let person = json!({
                    "business_name": "Noor & Neem", "name": "Asha Kulkarni", "email": EMAIL, "password": self.secrets.password,
                });
                match call.post("auth/signup", None, person).await {
                    Err(error) if Refused::is(&error, "email_taken") => return Ok(None),
                    other => other.context("the demo shop can't be made")?,
                }
            }
            other => other?,
        };
        Ok(Some(session["access_token"].as_str().context("no access token")?.to_owned()))
    }

    async fn sign_in(&self, call: &Calls) -> anyhow::Result<Value> {
        call.post("auth/login", None, json!({ "email": EMAIL, "password": self.secrets.password })).await
    }

    /// Finds out whether the password to be printed still holds. Asked once: a wrong one counts as a guess.
    async fn look_at_password(&mut self, call: &Calls) -> anyhow::Result<()> {
        if self.secrets.own_password {
            return Ok(());
        }
        match self.sign_in(call).await {
            Ok(session) => call.log_out(session["access_token"].as_str().unwrap_or_default()).await,
            Err(error) if Refused::is(&error, "invalid_credentials") => {
                self.secrets.own_password = true;
                self.secrets.save(&self.file)
            }
            Err(error) => Err(error),
        }
    }

    /// The number's id at Tarun; connects it first where it is not.
    async fn number(&self, call: &Calls, bearer: &str) -> anyhow::Result<String> {
        let known = call.list("whatsapp/numbers", bearer).await?.into_iter().find(|n| n["phone_number_id"] == NUMBER);
        let number = match known {
            Some(number) => number,
            None => {
                let number = json!({
                    "phone_number_id": NUMBER, "waba_id": WABA, "display_phone_number": DISPLAY,
                    "access_token": self.secrets.access_token, "app_secret": self.secrets.app_secret,
                    "verify_token": self.secrets.verify_token,
                });
                call.post("whatsapp/numbers", Some(bearer), number).await?
            }
        };
        Ok(number["id"].as_str().context("no number")?.to_owned())
    }

    /// What a person does at Meta: "Verify and save" the webhook, and subscribe the account to the app. The simulator has
    /// forgotten both since the last start.
    async fn connect(&self, call: &Calls, own: &str) -> anyhow::Result<()> {
        call.save_webhook(&webhook(own), &self.secrets.verify_token).await?;
        call.subscribe(WABA, &self.secrets.access_token).await
    }
}
