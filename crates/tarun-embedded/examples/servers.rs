//! Runs the embedded servers on a data directory until standard input closes, and prints how to reach them. For work on
//! queries and migrations without the rest of Tarun:
//!
//! ```sh
//! cargo run -p tarun-embedded --example servers -- ./data
//! ```

use std::error::Error;
use std::io::Read;
use std::process::ExitCode;

use tarun_embedded::{Embedded, EmbeddedOptions, Runtime, StopLimits, guard, runtime};

fn main() -> ExitCode {
    guard::main_if_requested();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let data_dir = std::env::args_os().nth(1).ok_or("name a data directory")?;
    let runtime = Runtime::locate_or_install(&runtime::default_cache_dir(), &mut |step| eprintln!("{step}"))?;
    let servers = Embedded::start(&runtime, EmbeddedOptions::new(data_dir))?;
    println!("DATABASE_URL={}", servers.database_url());
    println!("APP_DATABASE_URL={}", servers.app_database_url());
    println!("REDIS_URL={}", servers.redis_url());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    servers.stop(StopLimits::default())?;
    Ok(())
}
