//! The simulator as a process of its own.
//!
//! Prints one JSON line with its address when it answers, and stops on SIGTERM or Ctrl-C.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Context;
use clap::Parser;
use tarun_simulator::{ReadPolicy, SimNumber, SimulatorConfig, serve};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use url::Url;

/// A stand-in for Meta's Graph API, with a customer's phone in the browser.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:4180")]
    listen: SocketAddr,
    /// How others reach this simulator, if not by the address it listens on.
    #[arg(long)]
    public_url: Option<Url>,
    /// The app's callback URL; accounts start subscribed when it is given.
    #[arg(long)]
    webhook_url: Option<Url>,
    #[arg(long, env = "TARUN_SIMULATOR_APP_SECRET", default_value = "simulator-app-secret", hide_env_values = true)]
    app_secret: String,
    #[arg(
        long,
        env = "TARUN_SIMULATOR_VERIFY_TOKEN",
        default_value = "simulator-verify-token",
        hide_env_values = true
    )]
    verify_token: String,
    /// JSON file with a list of numbers: phone_number_id, waba_id, display_phone_number, verified_name, access_token.
    /// Without it one number: 100000000000001 of account 200000000000001, token "simulator-access-token".
    #[arg(long)]
    numbers: Option<PathBuf>,
    /// Send calls and webhook attempts are appended here as JSON lines.
    #[arg(long)]
    record: Option<PathBuf>,
    /// Accepted messages become read by themselves after so many milliseconds.
    #[arg(long)]
    read_after_ms: Option<u64>,
    /// Start without the pretend customers.
    #[arg(long)]
    no_customers: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()))
        .init();
    let options = Options::parse();
    let numbers = match &options.numbers {
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
        }],
    };
    let mut config = SimulatorConfig::new(options.listen, options.app_secret, options.verify_token, numbers);
    config.public_url = options.public_url;
    config.webhook_url = options.webhook_url;
    config.record_path = options.record;
    config.preset_customers = !options.no_customers;
    if let Some(ms) = options.read_after_ms {
        config.auto_status.read = ReadPolicy::AfterMs(ms);
    }

    let shutdown = CancellationToken::new();
    let running = serve(config, shutdown.clone()).await?;
    // The one line on standard output that a caller waits for.
    println!("{}", serde_json::json!({ "listening": running.addr, "graph_url": running.graph_url() }));
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        ctrl_c = tokio::signal::ctrl_c() => ctrl_c?,
    }
    shutdown.cancel();
    running.stopped().await;
    Ok(())
}
