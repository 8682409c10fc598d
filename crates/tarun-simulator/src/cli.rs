//! The command line, shared by the simulator's own program and by the server that offers it as a subcommand.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Context;
use clap::Args;
use url::Url;

use crate::{ReadPolicy, Secret, SimNumber, SimulatorConfig};

/// What a simulator is started with.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:4180")]
    pub listen: SocketAddr,
    /// How others reach this simulator, if not by the address it listens on.
    #[arg(long)]
    pub public_url: Option<Url>,
    /// The app's callback URL; accounts start subscribed when it is given.
    #[arg(long)]
    pub webhook_url: Option<Url>,
    #[arg(long, env = "TARUN_SIMULATOR_APP_SECRET", default_value = "simulator-app-secret", hide_env_values = true)]
    pub app_secret: Secret,
    #[arg(
        long,
        env = "TARUN_SIMULATOR_VERIFY_TOKEN",
        default_value = "simulator-verify-token",
        hide_env_values = true
    )]
    pub verify_token: Secret,
    /// JSON file with a list of numbers: phone_number_id, waba_id, display_phone_number, verified_name, access_token.
    /// Without it one number: 100000000000001 of account 200000000000001, token "simulator-access-token".
    #[arg(long)]
    pub numbers: Option<PathBuf>,
    /// Send calls and webhook attempts are appended here as JSON lines.
    #[arg(long)]
    pub record: Option<PathBuf>,
    /// Accepted messages become read by themselves after so many milliseconds.
    #[arg(long)]
    pub read_after_ms: Option<u64>,
    /// Start without the pretend customers.
    #[arg(long)]
    pub no_customers: bool,
}

impl Options {
    /// Reads the file of numbers, if one is named.
    ///
    /// # Errors
    /// When that file cannot be read or is not a list of numbers.
    pub fn into_config(self) -> anyhow::Result<SimulatorConfig> {
        let numbers = match &self.numbers {
            Some(path) => {
                let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
                serde_json::from_slice(&text).with_context(|| format!("{} is not a list of numbers", path.display()))?
            }
            None => vec![SimNumber {
                phone_number_id: "100000000000001".to_owned(),
                waba_id: "200000000000001".to_owned(),
                display_phone_number: "+91 90000 00001".to_owned(),
                verified_name: "Noor & Neem".to_owned(),
                access_token: "simulator-access-token".into(),
                token_expires_at: 0,
            }],
        };
        let mut config = SimulatorConfig::new(self.listen, self.app_secret, self.verify_token, numbers);
        config.public_url = self.public_url;
        config.webhook_url = self.webhook_url;
        config.record_path = self.record;
        config.preset_customers = !self.no_customers;
        if let Some(ms) = self.read_after_ms {
            config.auto_status.read = ReadPolicy::AfterMs(ms);
        }
        Ok(config)
    }
}
