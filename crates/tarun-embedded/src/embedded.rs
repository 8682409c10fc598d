//! The handle to the running pair of servers.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::account::Account;
use crate::error::EmbeddedError;
use crate::launch::Launcher;
use crate::layout::{Layout, private_folder};
use crate::runtime::Runtime;
use crate::server::{EventListener, Pids, Server};
use crate::slot::Spec;
use crate::supervisor::{Reply, Request, Supervisor};
use crate::valkey::ValkeyFsync;
use crate::{postgres, valkey};

/// How to run the servers.
#[derive(Clone)]
pub struct EmbeddedOptions {
    /// Where everything is kept; made when missing.
    pub data_dir: PathBuf,
    /// Operating system user for the servers when root starts them; none to take the owner of the
    /// existing data, else the first of `tarun`, `postgres` and `nobody` that exists.
    pub user: Option<String>,
    /// Program that answers [`crate::guard::REQUEST`]; none when the running program itself does.
    pub guard: Option<PathBuf>,
    pub valkey_fsync: ValkeyFsync,
    /// Further settings for postgresql.conf; they win over Tarun's.
    pub pg_settings: Vec<(String, String)>,
    /// Longest wait for one server to be ready. Generous: recovery after a crash reads the whole log.
    pub start_limit: Duration,
    /// Told when a server dies, is ready again, or an orphan was found.
    pub on_event: Option<EventListener>,
}

impl EmbeddedOptions {
    /// The defaults for a data directory.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            user: None,
            guard: None,
            valkey_fsync: ValkeyFsync::default(),
            pg_settings: Vec::new(),
            start_limit: Duration::from_secs(300),
            on_event: None,
        }
    }
}

/// How long a clean stop may take before the server is killed.
#[derive(Debug, Clone, Copy)]
pub struct StopLimits {
    pub valkey: Duration,
    pub postgres: Duration,
}

impl Default for StopLimits {
    fn default() -> Self {
        Self { valkey: Duration::from_secs(10), postgres: Duration::from_secs(30) }
    }
}

/// PostgreSQL and Valkey, running and supervised. Dropping it stops both.
///
/// All calls block; from async code use `tokio::task::spawn_blocking`. (The servers are children of a thread of our own,
/// not of the calling one, so any thread will do.)
#[derive(Debug)]
pub struct Embedded {
    requests: Option<Sender<Request>>,
    thread: Option<JoinHandle<()>>,
    pids: Arc<Mutex<Pids>>,
    layout: Layout,
}

impl Embedded {
    /// Starts both servers on the data directory, making the database at the first start, and returns when both answer.
    ///
    /// # Errors
    /// A sentence for the person at the terminal; nothing is left running then.
    pub fn start(runtime: &Runtime, options: EmbeddedOptions) -> Result<Self, EmbeddedError> {
        let account = Account::for_servers(options.user.as_deref(), &options.data_dir)?;
        let (layout, lock) = Layout::open(&options.data_dir, &account)?;
        let pids = Arc::new(Mutex::new(Pids::default()));
        let (requests, received) = channel();
        let (started, outcome) = channel();
        let mut own = Self { requests: Some(requests), thread: None, pids: Arc::clone(&pids), layout: layout.clone() };
        let runtime = runtime.clone();
        let body = move || {
            // The lock of the data directory is held as long as the servers may run.
            let _lock = lock;
            supervise(&runtime, &options, &account, &layout, pids, &received, &started);
            layout.remove_short_run();
        };
        let thread = std::thread::Builder::new().name("tarun-embedded".to_owned()).spawn(body);
        own.thread = Some(thread.map_err(EmbeddedError::file("start the supervisor for", &own.layout.root))?);
        outcome.recv().unwrap_or(Err(EmbeddedError::SupervisorGone)).map(|()| own)
    }

    /// Connection URL of the owner of the database `tarun` (superuser): for migrations.
    pub fn database_url(&self) -> String {
        postgres::url("tarun", &self.layout.run)
    }

    /// Connection URL of the role `tarun_app`, for whom row level security holds: for everything else.
    pub fn app_database_url(&self) -> String {
        postgres::url("tarun_app", &self.layout.run)
    }

    /// Connection URL of the queue and cache.
    pub fn redis_url(&self) -> String {
        valkey::url(&valkey::socket(&self.layout))
    }

    /// Process ids of the servers that are up.
    pub fn pids(&self) -> Pids {
        *self.pids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one server down and keeps it down until [`Embedded::release`]: for maintenance, and for tests of failures.
    /// With `kill` it gets no chance to stop cleanly.
    pub fn hold(&self, server: Server, kill: bool) -> Result<(), EmbeddedError> {
        let limits = StopLimits::default();
        let limit = match server {
            Server::Postgres => limits.postgres,
            Server::Valkey => limits.valkey,
        };
        self.ask(|reply| Request::Hold { server, kill, limit, reply })
    }

    /// Starts a held server again and returns when it answers.
    pub fn release(&self, server: Server) -> Result<(), EmbeddedError> {
        self.ask(|reply| Request::Release { server, reply })
    }

    /// Stops the queue, then the database, cleanly. Stop whatever uses them first.
    ///
    /// # Errors
    /// [`EmbeddedError::Killed`] when one did not stop within its limit; both are down in any case.
    pub fn stop(mut self, limits: StopLimits) -> Result<(), EmbeddedError> {
        self.stop_now(limits)
    }

    fn stop_now(&mut self, limits: StopLimits) -> Result<(), EmbeddedError> {
        let limits = [limits.valkey, limits.postgres];
        let result = self.ask(|reply| Request::Stop { limits, reply });
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            thread.join().map_err(|_| EmbeddedError::SupervisorGone)?;
        }
        result
    }

    fn ask(&self, request: impl FnOnce(Reply) -> Request) -> Result<(), EmbeddedError> {
        let (reply, answer) = channel();
        let requests = self.requests.as_ref().ok_or(EmbeddedError::SupervisorGone)?;
        requests.send(request(reply)).map_err(|_| EmbeddedError::SupervisorGone)?;
        answer.recv().unwrap_or(Err(EmbeddedError::SupervisorGone))
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if self.thread.is_some()
            && let Err(error) = self.stop_now(StopLimits::default())
        {
            tracing::warn!(%error, "while stopping the embedded servers");
        }
    }
}

/// Body of the supervisor's thread.
fn supervise(
    runtime: &Runtime,
    options: &EmbeddedOptions,
    account: &Account,
    layout: &Layout,
    pids: Arc<Mutex<Pids>>,
    requests: &Receiver<Request>,
    started: &Sender<Result<(), EmbeddedError>>,
) {
    let launcher = Launcher::new(options.guard.clone(), account.clone());
    let begun = prepare(runtime, options, account, layout, &launcher).and_then(|specs| {
        let needed: Vec<PathBuf> = specs.iter().flat_map(Spec::needs).chain([layout.run.clone()]).collect();
        let listener = options.on_event.clone();
        let mut supervisor = Supervisor::new(specs, launcher.clone(), listener, pids, options.start_limit);
        match supervisor.start() {
            Ok(()) => Ok(supervisor),
            // A folder closed to the service user is the likeliest cause; trying it first would slow down every start.
            Err(error) => Err(launcher.check_reach(&needed).err().unwrap_or(error)),
        }
    });
    match begun {
        Ok(mut supervisor) => {
            if started.send(Ok(())).is_ok() {
                supervisor.run(requests);
            }
        }
        // Nobody waits any more only if the caller's thread has ended.
        Err(error) => drop(started.send(Err(error))),
    }
}

fn prepare(
    runtime: &Runtime,
    options: &EmbeddedOptions,
    account: &Account,
    layout: &Layout,
    launcher: &Launcher,
) -> Result<[Spec; 2], EmbeddedError> {
    postgres::ensure_cluster(runtime, layout, launcher, account)?;
    postgres::write_settings(layout, &Account::own()?, account, &options.pg_settings)?;
    private_folder(&layout.valkey, account)?;
    let valkey = Spec::valkey(runtime, layout, account, options.valkey_fsync);
    Ok([valkey, Spec::postgres(runtime, layout, account)])
}
