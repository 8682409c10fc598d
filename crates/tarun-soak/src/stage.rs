//! The system under test as it runs in production: a server, workers and the two servers below them, each a process of its
//! own, with the simulator in Meta's place.

use crate::program::{Program, Recipe};
use anyhow::{Context, anyhow};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tarun_embedded::{Embedded, EmbeddedOptions, Runtime, Server, StopLimits, runtime};
use tempfile::TempDir;

/// Of the app at Meta, the same for all numbers: the simulator knows one app.
pub const APP_SECRET: &str = "app-secret-of-the-ledger-run";
pub const VERIFY_TOKEN: &str = "verify-token-of-the-ledger-run";
/// 32 bytes that are nobody's secret.
const MASTER_KEY: &str = "00112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f";
const METRICS_TOKEN: &str = "metrics-token-of-the-ledger-run";
const QUEUE_PREFIX: &str = "tarun";
const LISTEN: &str = "TARUN_LISTEN";

/// What to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program `tarun`.
    pub tarun: PathBuf,
    /// The program that answers the embedded servers' guard request; none when the running one does.
    pub guard: Option<PathBuf>,
    pub workers: usize,
    /// Where PostgreSQL and Valkey keep their data; none for the stage's own folder.
    pub data: Option<PathBuf>,
}

/// Everything that runs. Dropping it ends all of it.
#[derive(Debug)]
pub struct Stage {
    pub server: Program,
    pub workers: Vec<Program>,
    pub simulator: Program,
    /// `http://127.0.0.1:…`
    pub url: String,
    pub simulator_url: String,
    pub servers: Arc<Embedded>,
    serving: Recipe,
    worker: Recipe,
    data: PathBuf,
    folder: TempDir,
}

impl Stage {
    /// Starts everything and returns when all of it is ready.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::Builder::new().prefix("tarun-soak-").tempdir()?;
        // The servers' user must be able to pass through, also when root runs this.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711))?;
        let (data, guard) = (options.data.unwrap_or_else(|| folder.path().join("data")), options.guard.clone());
        let root = data.clone();
        let servers = blocking(move || {
            let runtime = Runtime::locate_or_install(&runtime::default_cache_dir(), &mut |line| eprintln!("{line}"))?;
            Ok(Embedded::start(&runtime, EmbeddedOptions { guard, ..EmbeddedOptions::new(root) })?)
        })
        .await?;
        let mut simulator = Program::new(Recipe {
            name: "simulator".into(),
            program: options.tarun.clone(),
            args: [
                "simulator",
                "--listen",
                "127.0.0.1:0",
                "--no-customers",
                "--app-secret",
                APP_SECRET,
                "--verify-token",
                VERIFY_TOKEN,
            ]
            .into_iter()
            .map(OsString::from)
            .chain(["--record".into(), record_file(folder.path()).into()])
            .collect(),
            env: vec![],
            ready: "The phone: ",
            log: folder.path().join("simulator.log"),
        });
        let line = simulator.start().await?;
        let simulator_url =
            line.split_once("The phone: ").map(|(_, url)| url.trim().to_owned()).context("the simulator's address")?;
        let listen = free_address()?;
        let env = environment(&servers, &simulator_url, listen, folder.path());
        let part = |name: &str, command: &str, ready| {
            let log = folder.path().join(format!("{name}.log"));
            let (program, args) = (options.tarun.clone(), vec![command.into()]);
            Recipe { name: name.into(), program, args, env: env.clone(), ready, log }
        };
        let serving = part("server", "serve", "Tarun serves on");
        let mut server = Program::new(serving.clone());
        server.start().await?;
        let worker = part("worker", "work", "Tarun works");
        let mut workers = vec![];
        for _ in 0..options.workers {
            let mut one = Program::new(worker.clone());
            one.start().await?;
            workers.push(one);
        }
        let (url, servers) = (format!("http://{listen}"), Arc::new(servers));
        Ok(Self { server, workers, simulator, url, simulator_url, servers, serving, worker, data, folder })
    }

    /// One more worker, not started yet. It is the caller's to end.
    #[must_use]
    pub fn another_worker(&self) -> Program {
        Program::new(self.worker.clone())
    }

    /// One more server over the same PostgreSQL and Valkey, not started yet, and its address. It is the caller's to end.
    pub fn another_server(&self) -> anyhow::Result<(Program, String)> {
        let listen = free_address()?;
        let mut recipe = self.serving.clone();
        recipe.env.retain(|(name, _)| name != LISTEN);
        recipe.env.push((LISTEN.into(), listen.to_string().into()));
        Ok((Program::new(recipe), format!("http://{listen}")))
    }

    /// As the tables' owner, who sees all tenants.
    #[must_use]
    pub fn owner_url(&self) -> String {
        self.servers.database_url()
    }

    /// Send calls and webhook attempts, as JSON lines that the simulator wrote.
    #[must_use]
    pub fn record(&self) -> PathBuf {
        record_file(self.folder.path())
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves the folder with data and logs behind for a person to look into.
    pub fn keep_folder(&mut self) -> PathBuf {
        self.folder.disable_cleanup(true);
        self.folder.path().to_owned()
    }

    /// The streams of all kinds of work.
    #[must_use]
    pub fn streams() -> Vec<String> {
        let kinds = ["inbound", "send", "media"];
        kinds.iter().flat_map(|kind| (0..8).map(move |n| format!("{QUEUE_PREFIX}:{kind}:{n}"))).collect()
    }

    /// Takes one of the two servers down, with or without a chance to stop cleanly, until [`Stage::release`].
    pub async fn hold(&self, server: Server, kill: bool) -> anyhow::Result<()> {
        let servers = self.servers.clone();
        blocking(move || Ok(servers.hold(server, kill)?)).await
    }

    pub async fn release(&self, server: Server) -> anyhow::Result<()> {
        let servers = self.servers.clone();
        blocking(move || Ok(servers.release(server)?)).await
    }

    /// `kill -9` of everything at once, as when the machine loses its power: server, workers, PostgreSQL with all its
    /// processes, Valkey. (The provider is another machine.) The two servers come back by themselves, the programs by
    /// [`Stage::start_programs`].
    pub async fn kill_everything(&mut self) -> anyhow::Result<()> {
        let below = self.servers.pids();
        let mut pids: Vec<u32> = self.workers.iter().chain([&self.server]).filter_map(Program::pid).collect();
        pids.extend(below.valkey);
        pids.extend(below.postgres);
        pids.extend(below.postgres.map(children).unwrap_or_default());
        // Without a pause between them: nothing of it sees the others end.
        for pid in pids {
            match kill(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL) {
                // A backend may have ended with its client.
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(error) => return Err(error.into()),
            }
        }
        for program in self.workers.iter_mut().chain([&mut self.server]) {
            program.kill().await?;
        }
        Ok(())
    }

    /// Starts the server and the workers; each tries again until the servers below answer.
    pub async fn start_programs(&mut self) -> anyhow::Result<()> {
        for program in [&mut self.server].into_iter().chain(&mut self.workers) {
            program.start().await?;
        }
        Ok(())
    }

    /// A connection to Valkey.
    pub async fn valkey(&self) -> anyhow::Result<redis::aio::MultiplexedConnection> {
        Ok(redis::Client::open(self.servers.redis_url())?.get_multiplexed_async_connection().await?)
    }

    /// Kills Valkey, throws its data away and starts it empty: as after a lost disk.
    pub async fn wipe_valkey(&self) -> anyhow::Result<()> {
        self.hold(Server::Valkey, true).await?;
        let folder = self.valkey_folder();
        blocking(move || empty_folder(&folder)).await?;
        self.release(Server::Valkey).await
    }

    /// Keeps a copy of what Valkey has on disk now: what a replica that stays behind would hold. Stops it for a moment.
    pub async fn copy_valkey(&self) -> anyhow::Result<PathBuf> {
        self.hold(Server::Valkey, false).await?;
        let (from, to) = (self.valkey_folder(), self.folder.path().join("valkey-copy"));
        let copied = to.clone();
        blocking(move || copy_folder(&from, &copied)).await?;
        self.release(Server::Valkey).await?;
        Ok(to)
    }

    /// Kills Valkey and starts it with an earlier copy of its data: as after a failover to a replica that was behind.
    pub async fn put_back_valkey(&self, copy: &Path) -> anyhow::Result<()> {
        self.hold(Server::Valkey, true).await?;
        let (from, to) = (copy.to_owned(), self.valkey_folder());
        blocking(move || {
            empty_folder(&to)?;
            copy_folder(&from, &to)
        })
        .await?;
        self.release(Server::Valkey).await
    }

    fn valkey_folder(&self) -> PathBuf {
        self.data.join("valkey")
    }

    /// The server's figures, for its metrics token.
    pub async fn metrics(&self) -> anyhow::Result<String> {
        Ok(reqwest::Client::new()
            .get(format!("{}/metrics", self.url))
            .bearer_auth(METRICS_TOKEN)
            .send()
            .await?
            .text()
            .await?)
    }

    /// Ends everything in order: programs first, then the servers below them.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        for program in self.workers.iter_mut().chain([&mut self.server, &mut self.simulator]) {
            program.kill().await?;
        }
        let servers = Arc::try_unwrap(self.servers).map_err(|_| anyhow!("somebody still uses the servers"))?;
        blocking(move || Ok(servers.stop(StopLimits::default())?)).await
    }
}

fn record_file(folder: &Path) -> PathBuf {
    folder.join("record.jsonl")
}

fn empty_folder(folder: &Path) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { std::fs::remove_dir_all(path)? } else { std::fs::remove_file(path)? }
    }
    Ok(())
}

/// Copies what is in a folder, with its owners: the servers run as a user of their own.
fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (data, target) = (entry.metadata()?, to.join(entry.file_name()));
        if data.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else if data.is_file() {
            std::fs::copy(entry.path(), &target)?;
        } else {
            continue;
        }
        chown(&target, Some(data.uid()), Some(data.gid()))?;
    }
    Ok(())
}

/// Processes that a process has started, where the system tells (Linux).
fn children(pid: u32) -> Vec<u32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

/// An address that nothing listens on now. It must stay the same over restarts, so the server can't choose it itself.
fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?.local_addr()?)
}

fn environment(servers: &Embedded, simulator_url: &str, listen: SocketAddr, folder: &Path) -> Vec<(String, OsString)> {
    [
        ("DATABASE_URL", servers.database_url().into()),
        ("REDIS_URL", servers.redis_url().into()),
        ("TARUN_MASTER_KEY", OsString::from(MASTER_KEY)),
        ("TARUN_QUEUE_PREFIX", QUEUE_PREFIX.into()),
        (LISTEN, listen.to_string().into()),
        ("TARUN_METRICS_TOKEN", METRICS_TOKEN.into()),
        ("TARUN_DATA_DIR", folder.join("files").into()),
        // A file without settings, so that nobody's own counts.
        ("TARUN_CONFIG", "/dev/null".into()),
        ("WHATSAPP_GRAPH_URL", simulator_url.into()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// The embedded servers' calls block; they must not hold up the runtime.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> anyhow::Result<T> + Send + 'static) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await?
}
