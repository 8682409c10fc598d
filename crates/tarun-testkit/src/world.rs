//! A Tarun that runs, with a simulator beside it, on a thread and a database of its own.

use crate::servers::{open_folder, servers};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::net::SocketAddr;
use std::sync::{OnceLock, mpsc};
use tarun_core::clock::Clock;
use tarun_server::config::Config;
use tarun_server::server::{self, Backing, Parts};
use tarun_simulator::{SimulatorConfig, WebhookOptions};
use tarun_store::keys::MasterKeys;
use tokio::sync::mpsc::Sender;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Everything a test talks to.
pub struct World {
    /// `http://127.0.0.1:…`
    pub url: String,
    pub simulator: String,
    pub clock: Clock,
    /// As the owner of the tables.
    pub owner_url: String,
    /// As the server.
    pub app_url: String,
    pub redis_url: String,
    pub queue_prefix: String,
    pub keys: MasterKeys,
    stop: CancellationToken,
    restart: Sender<oneshot::Sender<()>>,
    _folder: tempfile::TempDir,
}

/// The one that tests share.
pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::start(|_| {}))
}

impl World {
    /// A world of its own; `change` may alter the settings.
    pub fn start(change: impl FnOnce(&mut Config) + Send + 'static) -> Self {
        let (ready, started) = mpsc::channel();
        // A thread and a runtime that outlive the test which asks first.
        std::thread::spawn(move || {
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let stop = CancellationToken::new();
                let (asked, mut restarts) = tokio::sync::mpsc::channel(1);
                let (world, mut server, simulator) = begin(change, stop.clone(), asked).await;
                ready.send(world).expect("somebody waits");
                loop {
                    let asked = tokio::select! {
                        asked = restarts.recv() => asked,
                        () = stop.cancelled() => None,
                    };
                    let Some(done) = asked else { break };
                    server = server.again().await;
                    // Whoever asked may have given up waiting.
                    let _ = done.send(());
                }
                server.running.stop().await;
                drop(simulator);
            });
        });
        started.recv().expect("the world starts")
    }

    /// Stops the server with its workers and starts it again, at the same address and with the same clock.
    pub async fn restart(&self) {
        let (done, again) = oneshot::channel();
        self.restart.send(done).await.expect("the world runs");
        again.await.expect("the server starts again");
    }

    /// Takes everything from Valkey that is this world's: what others keep there stays.
    pub async fn forget_news(&self) {
        let client = redis::Client::open(self.redis_url.as_str()).expect("an address");
        let mut valkey = client.get_multiplexed_async_connection().await.expect("Valkey");
        let own: Vec<String> = redis::cmd("KEYS")
            .arg(format!("{}:*", self.queue_prefix))
            .query_async(&mut valkey)
            .await
            .expect("the names of its keys");
        if !own.is_empty() {
            let () = redis::cmd("DEL").arg(own).query_async(&mut valkey).await.expect("they are gone");
        }
    }

    /// A fresh connection as the owner: sees everything only where row-level security lets it.
    pub async fn owner(&self) -> PgConnection {
        PgConnection::connect(&self.owner_url).await.expect("a connection as owner")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The server under test, and all it takes to start it again.
struct Server {
    config: Config,
    backing: Backing,
    clock: Clock,
    running: server::Running,
}

impl Server {
    async fn start(mut config: Config, backing: Backing, clock: Clock) -> Self {
        let running = server::start(&config, &backing, Parts { http: true, work: true }, clock.clone())
            .await
            .unwrap_or_else(|e| panic!("{e:#}"));
        // The address that it got the first time stays its own.
        config.listen = running.addr.expect("an address");
        Self { config, backing, clock, running }
    }

    async fn again(self) -> Self {
        self.running.stop().await;
        Self::start(self.config, self.backing, self.clock).await
    }
}

async fn begin(
    change: impl FnOnce(&mut Config),
    stop: CancellationToken,
    restart: Sender<oneshot::Sender<()>>,
) -> (World, Server, tarun_simulator::Running) {
    let servers = &servers().embedded;
    let name = format!("w{}", uuid::Uuid::now_v7().simple());
    let mut owner = PgConnection::connect(&servers.database_url()).await.expect("the test database");
    sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut owner).await.expect("a database");
    let of = |url: String| {
        let mut url = Url::parse(&url).expect("an address");
        url.set_path(&name);
        url.to_string()
    };
    let (owner_url, app_url, redis_url) =
        (of(servers.database_url()), of(servers.app_database_url()), servers.redis_url());
    let folder = open_folder();
    let mut config = Config::for_tests(folder.path());
    config.queue_prefix = name.clone();

    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut simulator = SimulatorConfig::new(listen, "app-secret-of-the-tests", "verify-token-of-the-tests", vec![]);
    simulator.preset_customers = false;
    simulator.webhooks = WebhookOptions { parallel: 1, ..WebhookOptions::default() };
    let simulator = tarun_simulator::serve(simulator, CancellationToken::new()).await.expect("a simulator");
    config.graph_url = Url::parse(&format!("http://{}", simulator.addr)).expect("its address");
    change(&mut config);

    let backing = Backing::at(&owner_url, &app_url, &redis_url);
    let clock = Clock::movable();
    let keys = config.master.keys().expect("keys");
    let server = Server::start(config, backing, clock.clone()).await;
    let url = format!("http://{}", server.config.listen);
    let world = World {
        url,
        simulator: format!("http://{}", simulator.addr),
        clock,
        owner_url,
        app_url,
        redis_url,
        queue_prefix: name,
        keys,
        stop,
        restart,
        _folder: folder,
    };
    (world, server, simulator)
}
