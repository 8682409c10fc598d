//! The command line.

mod admin;
mod demo;
mod simulator;
mod up;

use crate::config::{Config, Servers};
use crate::server::runtime_dir;
use clap::{Parser, Subcommand};
use tarun_embedded::Runtime;

/// WhatsApp Business conversations, on your own machine.
#[derive(Parser)]
#[command(name = "tarun", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything in one process; without DATABASE_URL and REDIS_URL also PostgreSQL and Valkey
    Up {
        /// Bring a simulator of WhatsApp and a shop with a few conversations
        #[arg(long)]
        demo: bool,
    },
    /// Serve HTTP and sockets (needs DATABASE_URL and REDIS_URL)
    Serve,
    /// Work through the queues (needs DATABASE_URL and REDIS_URL)
    Work,
    /// Get PostgreSQL and Valkey, unless they are there
    Setup,
    /// Run the simulator of Meta's Graph API, with a phone in the browser
    Simulator(Box<simulator::Args>),
    /// Print the API's contract
    Openapi,
    /// Look after an installation
    #[command(subcommand)]
    Admin(admin::Command),
}

/// Does what the command line says.
pub fn run() -> anyhow::Result<()> {
    // One TLS provider, chosen before anything opens a connection.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match Cli::parse().command {
        Command::Up { demo } => up::run(&Config::load()?, demo),
        Command::Serve => up::part(&Config::load()?, true),
        Command::Work => up::part(&Config::load()?, false),
        Command::Setup => {
            if matches!(Config::load()?.servers, Servers::External { .. }) {
                println!("Nothing to get: DATABASE_URL and REDIS_URL name servers of your own.");
                return Ok(());
            }
            let runtime = Runtime::locate_or_install(&runtime_dir(), &mut |line| println!("{line}"))?;
            println!("{}", runtime.describe());
            Ok(())
        }
        Command::Simulator(args) => simulator::run(*args),
        Command::Openapi => {
            println!("{}", crate::http::openapi::text());
            Ok(())
        }
        Command::Admin(command) => admin::run(&Config::load()?, command),
    }
}

/// The runtime of a command.
fn tokio() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
