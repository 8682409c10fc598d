//! One supervised server: how it starts, is found ready, and what is left of an earlier one.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::account::Account;
use crate::error::EmbeddedError;
use crate::launch::Launcher;
use crate::layout::{Layout, private_folder};
use crate::process::{self, Record};
use crate::runtime::{Runtime, last_lines};
use crate::server::Server;
use crate::valkey::ValkeyFsync;
use crate::{postgres, valkey};

/// Size at which a log is moved to `.1`, bytes.
const LOG_LIMIT: u64 = 16 * 1024 * 1024;
const TAIL_LINES: usize = 12;
const TAIL_BYTES: u64 = 16 * 1024;

/// What is fixed about a server.
#[derive(Debug)]
pub(crate) struct Spec {
    pub server: Server,
    pub log: PathBuf,
    program: PathBuf,
    args: Vec<OsString>,
    folder: PathBuf,
    lock: PathBuf,
    run: PathBuf,
    account: Account,
    /// What the server's own children show in their command line, unique to the data directory.
    process_title: String,
}

impl Spec {
    pub fn postgres(runtime: &Runtime, layout: &Layout, account: &Account) -> Self {
        Self {
            server: Server::Postgres,
            program: postgres::program(runtime),
            args: postgres::args(layout),
            folder: layout.pg.clone(),
            lock: layout.lock_file("pg"),
            log: layout.log.join("postgres.log"),
            process_title: format!("postgres: {}:", postgres::cluster_name(layout)),
            run: layout.run.clone(),
            account: account.clone(),
        }
    }

    pub fn valkey(runtime: &Runtime, layout: &Layout, account: &Account, fsync: ValkeyFsync) -> Self {
        Self {
            server: Server::Valkey,
            program: runtime.valkey_server.clone(),
            args: valkey::args(layout, fsync),
            folder: layout.valkey.clone(),
            lock: layout.lock_file("valkey"),
            log: layout.log.join("valkey.log"),
            process_title: valkey::socket(layout).to_string_lossy().into_owned(),
            run: layout.run.clone(),
            account: account.clone(),
        }
    }

    /// What the service user must be able to reach.
    pub fn needs(&self) -> [PathBuf; 2] {
        [self.program.clone(), self.folder.clone()]
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Fast shutdown for PostgreSQL (rolls back open transactions, writes a checkpoint), clean exit for Valkey.
    pub fn stop_signal(&self) -> Signal {
        match self.server {
            Server::Postgres => Signal::SIGINT,
            Server::Valkey => Signal::SIGTERM,
        }
    }

    pub fn start(&self, launcher: &Launcher) -> Result<Child, EmbeddedError> {
        // The folder may have been removed while the server was down: the queue can be rebuilt.
        private_folder(&self.folder, &self.account)?;
        if self.server == Server::Postgres {
            postgres::remove_stale_files(&self.folder, &self.run)?;
        }
        self.shorten_log();
        launcher.serve(&self.program, &self.args, self.stop_signal(), &self.lock, &self.log)
    }

    /// Pid of the server behind our child: the child itself on Linux, else the guard's child, as it wrote it down.
    pub fn pid(&self, child: &Child) -> Option<u32> {
        if cfg!(target_os = "linux") { Some(child.id()) } else { self.recorded().map(|record| record.pid) }
    }

    pub fn is_ready(&self, pid: u32) -> bool {
        match self.server {
            Server::Postgres => postgres::is_ready(&self.folder, pid),
            Server::Valkey => valkey::is_ready(&self.run.join("valkey.sock"), pid),
        }
    }

    /// Pid of a server that still runs on this folder. Only asked while we have none ourselves.
    pub fn orphan(&self) -> Option<u32> {
        let recorded = self.recorded().filter(|record| !self.is_unlocked() && record.is_running());
        recorded.map(|record| record.pid).or_else(|| match self.server {
            Server::Postgres => postgres::orphan(&self.folder),
            Server::Valkey => valkey::orphan(&self.run.join("valkey.sock"), &self.folder),
        })
    }

    /// Whether no process of an earlier server lives: they hold the lock as long as one of them does.
    pub fn is_unlocked(&self) -> bool {
        match File::open(&self.lock).map(|file| file.try_lock()) {
            Ok(Ok(())) | Err(_) => true,
            Ok(Err(TryLockError::WouldBlock)) => false,
            Ok(Err(TryLockError::Error(_))) => true,
        }
    }

    /// Kills what is left of an earlier server on this folder: itself, or the processes it had started.
    pub fn kill_leftovers(&self) {
        let ours = |line: &str| match self.server {
            Server::Postgres => line.starts_with(&self.process_title),
            Server::Valkey => line.starts_with("valkey-") && line.contains(&self.process_title),
        };
        let left = process::all().into_iter().filter(|(_, line)| ours(line)).map(|(pid, _)| pid);
        for pid in self.orphan().into_iter().chain(left) {
            process::signal(pid, Signal::SIGKILL);
        }
    }

    fn recorded(&self) -> Option<Record> {
        std::fs::read_to_string(&self.lock).ok()?.parse().ok()
    }

    /// The end of the server's log, for messages.
    pub fn log_tail(&self) -> String {
        use std::io::{Read, Seek, SeekFrom};
        let read = || -> std::io::Result<String> {
            let mut file = File::open(&self.log)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
            let mut bytes = Vec::new();
            file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        read().map(|text| last_lines(&text, TAIL_LINES)).unwrap_or_default()
    }

    /// Keeps the log within twice [`LOG_LIMIT`]. The server appends, so that emptying the file under it is safe.
    pub fn shorten_log(&self) {
        let length = self.log.metadata().map(|metadata| metadata.len()).unwrap_or(0);
        if length > LOG_LIMIT {
            let old = self.log.with_extension("log.1");
            let moved =
                std::fs::copy(&self.log, old).and_then(|_| File::options().write(true).open(&self.log)?.set_len(0));
            if let Err(error) = moved {
                tracing::warn!(path = %self.log.display(), %error, "cannot shorten the log");
            }
        }
    }
}

/// Where a server is in its life.
#[derive(Debug)]
pub(crate) enum State {
    /// Waiting until nothing of an earlier server runs any more.
    Clearing {
        since: Instant,
        asked: Option<u32>,
        killed: bool,
    },
    /// Started, not ready yet.
    Starting {
        child: Child,
        since: Instant,
    },
    Up {
        child: Child,
        since: Instant,
    },
    /// Ended unexpectedly; the next attempt is at `until`.
    Resting {
        until: Instant,
    },
    /// Down because it was asked for.
    Held,
}

impl State {
    pub fn clearing() -> Self {
        Self::Clearing { since: Instant::now(), asked: None, killed: false }
    }
}

/// Pause before the next attempt after `failures` failures in a row.
pub(crate) fn back_off(failures: u32) -> Duration {
    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(5);
    FIRST.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit() {
        let pauses: Vec<u128> = [0, 1, 2, 3, 7, 60, u32::MAX].map(|n| back_off(n).as_millis()).into();
        assert_eq!(pauses, [100, 100, 200, 400, 5000, 5000, 5000]);
    }
}
