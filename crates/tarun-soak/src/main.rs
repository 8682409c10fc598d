//! `tarun-soak`: a long run under load and faults. Exits with 0 only when every promise held.

use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tarun_soak::plan::Size;
use tarun_soak::run::Manner;
use tarun_soak::stage::Options;
use tokio::signal::unix::{SignalKind, signal};

/// Loads a Tarun of its own, breaks its parts at random moments, and compares what was accepted with what came of it.
#[derive(Debug, Parser)]
#[command(name = "tarun-soak")]
struct Cli {
    /// From which everything random follows; printed, so that a run can be repeated
    #[arg(long)]
    seed: Option<u64>,
    /// Inbound messages of one round
    #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    messages: u32,
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    contacts: u32,
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=50))]
    shops: u8,
    /// Seconds over which messages and faults are spread; follows from the number of messages unless given
    #[arg(long)]
    seconds: Option<u32>,
    /// Runs one after the other, each with the next seed
    #[arg(long, default_value_t = 1)]
    rounds: u32,
    /// The program under test; the one beside this one unless given
    #[arg(long)]
    tarun: Option<PathBuf>,
    /// Keep data and logs also when all is well
    #[arg(long)]
    keep: bool,
    /// Break the product on purpose, by triggers in its tables: the run must then fail
    #[arg(long)]
    sabotage: bool,
}

/// The shortest span in which a worker can be frozen for longer than a lease.
const SHORTEST: u32 = 75;
/// Messages a second that two cores carry beside all else that runs here.
const RATE: u32 = 60;

fn main() -> ExitCode {
    // This program is also the guard that becomes PostgreSQL or Valkey; before anything else.
    tarun_embedded::guard::main_if_requested();
    match run(&Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("tarun-soak: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<bool> {
    let tarun = match &cli.tarun {
        Some(path) => path.clone(),
        None => std::env::current_exe()?.with_file_name("tarun"),
    };
    anyhow::ensure!(tarun.is_file(), "{} is missing: cargo build -p tarun-server --bin tarun", tarun.display());
    let first = cli.seed.unwrap_or_else(|| rand::random::<u32>().into());
    let span = Duration::from_secs(u64::from(cli.seconds.unwrap_or_else(|| (cli.messages / RATE).max(SHORTEST))));
    let size = Size { shops: cli.shops.into(), contacts: cli.contacts as usize, messages: cli.messages as usize, span };
    let manner = Manner { keep: cli.keep, sabotage: cli.sabotage };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut sound = true;
        for round in 0..cli.rounds {
            let seed = first + u64::from(round);
            println!("seed {seed}");
            let options = Options { tarun: tarun.clone(), guard: None, workers: 2, data: None };
            let ended = tokio::select! {
                ended = tarun_soak::run::run(options, seed, size, manner) => ended?,
                // Dropping the run ends what it started.
                () = told_to_stop() => anyhow::bail!("stopped before the end, seed {seed}"),
            };
            println!("{}", ended.text());
            sound &= ended.passed();
        }
        Ok(sound)
    })
}

/// Waits for Ctrl-C or SIGTERM.
async fn told_to_stop() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
