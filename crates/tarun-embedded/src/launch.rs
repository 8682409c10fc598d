//! Starting programs through the guard.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::account::Account;
use crate::error::EmbeddedError;
use crate::guard::{self, Order, Task};
use crate::runtime::{run_bounded, run_fed};

const REACH_LIMIT: Duration = Duration::from_secs(20);

/// Starts programs as the service user.
///
/// The kernel's parent-death signal is bound to the *thread* that started a child. All servers are therefore started
/// from the supervisor's thread, which lives as long as they do.
#[derive(Debug, Clone)]
pub(crate) struct Launcher {
    program: PathBuf,
    account: Account,
}

impl Launcher {
    pub fn new(guard: Option<PathBuf>, account: Account) -> Self {
        // /proc/self/exe stays valid when an upgrade replaces the file of the running program.
        let own = || if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() };
        let program = guard.or_else(|| own().ok()).unwrap_or_else(|| PathBuf::from("tarun"));
        Self { program, account }
    }

    /// Starts a server that holds `lock` and writes to `log`.
    pub fn serve(
        &self,
        program: &Path,
        args: &[OsString],
        stop: Signal,
        lock: &Path,
        log: &Path,
    ) -> Result<Child, EmbeddedError> {
        let log_error = EmbeddedError::file("open the log", log);
        let out = open_log(log).map_err(log_error)?;
        let err = out.try_clone().map_err(EmbeddedError::file("open the log", log))?;
        let task = Task::Serve { program: program.to_path_buf(), args: args.to_vec() };
        let mut command = self.command(stop, Some(lock.to_path_buf()), task);
        // Where the guard stays (not Linux), the open end of this pipe is the sign that we live.
        let stdin = if cfg!(target_os = "linux") { Stdio::null() } else { Stdio::piped() };
        let child = command.stdin(stdin).stdout(out).stderr(err).spawn();
        child.map_err(|source| EmbeddedError::Guard { program: self.program.clone(), source })
    }

    /// Runs a program to its end, feeding it `input`.
    pub fn run(&self, program: &Path, args: &[OsString], input: &str, limit: Duration) -> Result<String, String> {
        let task = Task::Serve { program: program.to_path_buf(), args: args.to_vec() };
        run_fed(&mut self.command(Signal::SIGTERM, None, task), input, limit)
    }

    /// Tries that the service user can reach these paths.
    pub fn check_reach(&self, paths: &[PathBuf]) -> Result<(), EmbeddedError> {
        let task = Task::Reach(paths.to_vec());
        run_bounded(&mut self.command(Signal::SIGTERM, None, task), REACH_LIMIT)
            .map(drop)
            .map_err(|why| EmbeddedError::Unreachable { user: self.account.name.clone(), why })
    }

    fn command(&self, stop_signal: Signal, lock: Option<PathBuf>, task: Task) -> Command {
        let account = Some(self.account.clone());
        let order = Order { parent: std::process::id(), stop_signal, account, lock, task };
        let mut command = Command::new(&self.program);
        command.arg(guard::REQUEST).args(order.to_args());
        // Nothing of the caller's environment (passwords, PG* variables) reaches the servers.
        command.env_clear().env("PATH", "/usr/bin:/bin").env("TZ", "UTC").current_dir("/");
        command
    }
}

fn open_log(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o640).open(path)
}
