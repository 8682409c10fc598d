//! `up`, `serve`, `work`: starting, waiting for the signal, stopping.

use super::demo;
use crate::config::{Config, Servers};
use crate::server::{self, Backing, Parts, Running};
use crate::telemetry;
use std::io::Write as _;
use tarun_core::clock::Clock;
use tokio::signal::unix::{SignalKind, signal};

/// Everything in one process.
pub fn run(config: &Config, with_demo: bool) -> anyhow::Result<()> {
    telemetry::start(config).map_err(anyhow::Error::msg)?;
    let runtime = super::tokio()?;
    // Blocking, and before the runtime is needed: its own thread holds the children.
    let backing = Backing::start(config)?;
    let ended: anyhow::Result<()> = runtime.block_on(async {
        let mut config = config.clone();
        let mut demo = if with_demo { Some(demo::prepare(&mut config).await?) } else { None };
        let running = server::start(&config, &backing, Parts { http: true, work: true }, Clock::system()).await?;
        let Some(addr) = running.addr else { anyhow::bail!("nothing listens") };
        if let Some(demo) = &mut demo
            && let Err(error) = demo.fill(addr).await
        {
            eprintln!("The demo shop is not complete: {error:#}. Tarun itself runs; `make clean-data` begins anew.");
        }
        println!("\nTarun is ready: {}\n", running.app.public_url);
        if let Some(demo) = &demo {
            println!("{}\n", demo.words());
        }
        let ended = until_told(&running).await;
        // Whoever read the output may be gone already; stopping goes on.
        let _ = writeln!(std::io::stdout(), "Stopping…");
        running.stop().await;
        ended
    });
    telemetry::stop();
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    backing.stop()?;
    ended
}

/// HTTP or workers only, against servers that others share.
pub fn part(config: &Config, http: bool) -> anyhow::Result<()> {
    if matches!(config.servers, Servers::Embedded) {
        anyhow::bail!(
            "serve and work share their servers with other processes: set DATABASE_URL and REDIS_URL. To run everything on one machine use: tarun up"
        );
    }
    telemetry::start(config).map_err(anyhow::Error::msg)?;
    let backing = Backing::start(config)?;
    let ended = super::tokio()?.block_on(async {
        let running = server::start(config, &backing, Parts { http, work: !http }, Clock::system()).await?;
        match running.addr {
            Some(addr) => println!("Tarun serves on {addr}"),
            None => println!("Tarun works"),
        }
        let ended = until_told(&running).await;
        running.stop().await;
        ended
    });
    telemetry::stop();
    ended
}

/// Waits until somebody ends the program, or a part of it died.
async fn until_told(running: &Running) -> anyhow::Result<()> {
    tokio::select! {
        told = wait() => told,
        () = running.broken() => anyhow::bail!(
            "a part of Tarun died of a mistake of ours (the log says which), so that all of it stops. Start it again; nothing is lost"
        ),
    }
}

/// Waits for Ctrl-C or SIGTERM.
pub(super) async fn wait() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
