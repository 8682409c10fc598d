//! The simulator as a process of its own.
//!
//! Prints one JSON line with its address when it answers, and stops on SIGTERM or Ctrl-C.

use clap::Parser;
use tarun_simulator::{Options, serve};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A stand-in for Meta's Graph API, with a customer's phone in the browser.
#[derive(Debug, Parser)]
#[command(version)]
struct Program {
    #[command(flatten)]
    options: Options,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()))
        .init();
    let config = Program::parse().options.into_config()?;
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
