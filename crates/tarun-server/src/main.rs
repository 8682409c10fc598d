//! `tarun`: everything in one program.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // This program is also the guard that becomes PostgreSQL or Valkey; before anything else.
    tarun_embedded::guard::main_if_requested();
    match tarun_server::cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tarun: {error:#}");
            ExitCode::FAILURE
        }
    }
}
