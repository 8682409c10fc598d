//! What runs between the parent's `spawn` and the server: a short life in our own binary, re-executed.
//!
//! A freshly started child has to do things that std's `Command` cannot express (own process group, one-way drop of
//! privileges, death with the parent, a lock that lives as long as the server). Doing them between fork and exec needs
//! `unsafe`; doing them in a re-executed copy of the program does not. On Linux the copy then *becomes* the server
//! (`exec`), so the server's pid is the child's pid. Elsewhere it stays as the server's parent and stops it when the
//! pipe from Tarun closes.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;
mod order;
mod privileges;

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use order::{Order, Task};

/// First argument by which the program knows that it is asked to be a guard.
pub const REQUEST: &str = "__guard";

/// Exit code of a guard that found its lock taken: the server's predecessor still runs.
pub(crate) const EXIT_LOCKED: i32 = 75;
/// Exit code of a guard that could not become the service user or could not reach a path as that user.
pub(crate) const EXIT_NO_PERMISSION: i32 = 77;
const EXIT_MISUSE: i32 = 64;
const EXIT_OTHER: i32 = 71;

/// Runs the guard and does not return if this process was started as one; returns at once otherwise.
///
/// Call it first in `main`, before threads, logging or settings.
pub fn main_if_requested() {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_none_or(|first| first != REQUEST) {
        return;
    }
    let code = match run(args.collect()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("tarun guard: {error}");
            error.exit_code()
        }
    };
    std::process::exit(code);
}

/// The guard program for a process whose `main` does not call [`main_if_requested`] (a test harness): `TARUN_GUARD`, or
/// `tarun-guard` in the folder of the running program or the one above it (where cargo puts it).
pub fn find_program() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("TARUN_GUARD") {
        return Some(PathBuf::from(path));
    }
    let exe = std::env::current_exe().ok()?;
    exe.ancestors().skip(1).take(2).map(|folder| folder.join("tarun-guard")).find(|path| path.is_file())
}

fn run(args: Vec<OsString>) -> Result<i32, GuardError> {
    let order = Order::parse(args)?;
    match &order.task {
        Task::Reach(paths) => reach(&order, paths),
        #[cfg(target_os = "linux")]
        Task::Serve { program, args } => linux::become_server(&order, program, args).map(|never| match never {}),
        #[cfg(not(target_os = "linux"))]
        Task::Serve { program, args } => elsewhere::watch_server(&order, program, args),
    }
}

/// Tries, as the service user, that every path can be reached; prints the first that cannot.
fn reach(order: &Order, paths: &[PathBuf]) -> Result<i32, GuardError> {
    privileges::take_on(order.account.as_ref())?;
    for path in paths {
        let tried = if path.is_dir() { std::fs::read_dir(path).map(drop) } else { File::open(path).map(drop) };
        tried.map_err(|source| GuardError::Unreachable { path: closed_ancestor(path), source })?;
    }
    Ok(0)
}

/// The outermost folder on the way to `path` that this user may not pass, or `path` itself.
fn closed_ancestor(path: &Path) -> PathBuf {
    let mut inwards: Vec<&Path> = path.ancestors().collect();
    inwards.reverse();
    let blocked = inwards.windows(2).find(|pair| pair[1].symlink_metadata().is_err()).map(|pair| pair[0]);
    blocked.unwrap_or(path).to_path_buf()
}

/// Takes the server's lock. The server inherits the descriptor as its standard input, so that the kernel holds the lock
/// exactly as long as the server or any of its own children lives.
fn take_lock(path: &Path) -> Result<File, GuardError> {
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    let file = open.map_err(|source| GuardError::Lock { path: path.to_path_buf(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(GuardError::Locked(path.to_path_buf())),
        Err(std::fs::TryLockError::Error(source)) => Err(GuardError::Lock { path: path.to_path_buf(), source }),
    }
}

/// Why a guard could not start its server. Printed to the server's log, which the supervisor quotes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GuardError {
    #[error("called with arguments it does not know: {0}")]
    Misuse(String),
    #[error("the server that used {0} before is still running")]
    Locked(PathBuf),
    #[error("cannot lock {path}: {source}")]
    Lock { path: PathBuf, source: io::Error },
    #[error("cannot {what}: {source}")]
    Setup { what: &'static str, source: io::Error },
    #[error("could become root again after taking on the service user; refusing to go on")]
    RootRegained,
    #[cfg(target_os = "linux")]
    #[error("the program that started this server has ended")]
    ParentGone,
    #[error("{path} is closed to this user ({source})")]
    Unreachable { path: PathBuf, source: io::Error },
    #[error("cannot run {program}: {source}")]
    Exec { program: PathBuf, source: io::Error },
}

impl GuardError {
    fn exit_code(&self) -> i32 {
        match self {
            Self::Misuse(_) => EXIT_MISUSE,
            Self::Locked(_) => EXIT_LOCKED,
            Self::Unreachable { .. } | Self::RootRegained => EXIT_NO_PERMISSION,
            _ => EXIT_OTHER,
        }
    }

    pub(super) fn setup(what: &'static str) -> impl FnOnce(nix::errno::Errno) -> Self {
        move |errno| Self::Setup { what, source: errno.into() }
    }
}
