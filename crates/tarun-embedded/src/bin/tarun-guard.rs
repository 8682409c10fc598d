//! The guard as a program of its own, for programs whose `main` is not ours (test harnesses, above all).
//! `tarun` does not need it: it answers the guard's call itself.

fn main() -> std::process::ExitCode {
    tarun_embedded::guard::main_if_requested();
    eprintln!("tarun-guard is started by Tarun to run its database and queue; it does nothing when started by hand.");
    std::process::ExitCode::from(64)
}
