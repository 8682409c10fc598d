//! Putting the parts together: stores, workers, HTTP and sockets, started and stopped in order.

use crate::config::{BadConfig, Config, Servers};
use crate::http::{self, Http, HttpSettings};
use crate::master_key::{self, MasterSource};
use crate::note::Note;
use crate::realtime::{self, Relay};
use crate::serve::{Limits as Connections, serve};
use crate::telemetry;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tarun_app::App;
use tarun_app::auth::Auth;
use tarun_app::change::Announcer;
use tarun_app::conversation::Openings;
use tarun_app::intake::{Intake, Routes, When};
use tarun_app::lasting::Lasting;
use tarun_app::media::Objects;
use tarun_app::queue::{self, Queue};
use tarun_core::clock::Clock;
use tarun_embedded::{Embedded, EmbeddedOptions, Runtime, StopLimits, runtime};
use tarun_providers::http::{Guarded, Limits, Settings};
use tarun_store::keys::MasterKeys;
use tarun_store::{Store, setup};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    pub http: bool,
    pub work: bool,
}

/// Addresses of PostgreSQL and Valkey, and our own servers where they are ours.
pub struct Backing {
    pub owner_url: String,
    /// `None`: on servers of the operator's own, where it follows from what the database holds ([`Self::app_url`]).
    app_url: Option<String>,
    pub redis_url: String,
    embedded: Option<Embedded>,
    /// Where the note of our own servers lies.
    noted: Option<PathBuf>,
}

impl Backing {
    /// Starts our own servers or takes the given ones. Blocking.
    pub fn start(config: &Config) -> anyhow::Result<Self> {
        match &config.servers {
            Servers::External { database_url, redis_url } => {
                parsed(database_url.reveal())?;
                Ok(Self {
                    owner_url: database_url.reveal().to_owned(),
                    app_url: None,
                    redis_url: redis_url.reveal().to_owned(),
                    embedded: None,
                    noted: None,
                })
            }
            Servers::Embedded => {
                // Before there is data: later a missing key is never replaced by a new one.
                config.master.keys()?;
                let runtime = Runtime::locate_or_install(&runtime_dir(), &mut |line| tracing::info!("{line}"))?;
                let options = EmbeddedOptions { user: config.user.clone(), ..EmbeddedOptions::new(&config.data_dir) };
                let embedded = Embedded::start(&runtime, options)?;
                let note = Note {
                    owner_url: embedded.database_url(),
                    app_url: embedded.app_database_url(),
                    redis_url: embedded.redis_url(),
                    key: None,
                };
                note.write(&config.data_dir)?;
                let mut backing = Self::of(embedded);
                backing.noted = Some(config.data_dir.clone());
                Ok(backing)
            }
        }
    }

    #[must_use]
    pub fn of(embedded: Embedded) -> Self {
        Self {
            owner_url: embedded.database_url(),
            app_url: Some(embedded.app_database_url()),
            redis_url: embedded.redis_url(),
            embedded: Some(embedded),
            noted: None,
        }
    }

    /// Servers at these addresses, with both roles made.
    #[must_use]
    pub fn at(owner_url: &str, app_url: &str, redis_url: &str) -> Self {
        Self {
            owner_url: owner_url.into(),
            app_url: Some(app_url.into()),
            redis_url: redis_url.into(),
            embedded: None,
            noted: None,
        }
    }

    /// The servers that a running `tarun up` started on this data directory.
    pub fn attach(config: &Config) -> anyhow::Result<Self> {
        let note = Note::read(&config.data_dir)?.ok_or_else(|| {
            anyhow::anyhow!("no Tarun runs on {}. Start it first: tarun up", config.data_dir.display())
        })?;
        Ok(Self::at(&note.owner_url, &note.app_url, &note.redis_url))
    }

    /// The address for the program itself, which sees one business at a time. The database was migrated.
    pub async fn app_url(&self, keys: &MasterKeys) -> anyhow::Result<String> {
        if let Some(url) = &self.app_url {
            return Ok(url.clone());
        }
        let login = setup::login(&self.owner_url, keys).await?;
        let mut url = parsed(&self.owner_url)?;
        let failed = || BadConfig("DATABASE_URL must name a host".into());
        url.set_username(&login.role).map_err(|()| failed())?;
        url.set_password(Some(login.password.reveal())).map_err(|()| failed())?;
        Ok(url.to_string())
    }

    /// Stops our own servers; does nothing to others. Blocking.
    pub fn stop(self) -> anyhow::Result<()> {
        if let Some(embedded) = self.embedded {
            embedded.stop(StopLimits::default())?;
        }
        if let Some(data_dir) = self.noted {
            Note::remove(&data_dir);
        }
        Ok(())
    }
}

/// Where the PostgreSQL and Valkey programs lie.
#[must_use]
pub fn runtime_dir() -> PathBuf {
    runtime::default_cache_dir()
}

/// The address of an external database.
fn parsed(database_url: &str) -> Result<url::Url, BadConfig> {
    url::Url::parse(database_url)
        .map_err(|_| BadConfig("DATABASE_URL is not an address like postgres://user:password@host:5432/tarun".into()))
}

/// A server that runs.
pub struct Running {
    /// Where HTTP listens; `None` in a process of workers only.
    pub addr: Option<SocketAddr>,
    pub app: App,
    stop: CancellationToken,
    http: Lasting,
    workers: Lasting,
    tellers: Lasting,
    /// Ends the tellers, when nobody is left who has something to tell.
    end: CancellationToken,
}

/// Brings the database to this version and starts the parts.
pub async fn start(config: &Config, backing: &Backing, parts: Parts, clock: Clock) -> anyhow::Result<Running> {
    telemetry::metrics();
    let keys = config.master.keys()?;
    // A database of ours that was just started always may be migrated; so may an external one, by its owner.
    setup::migrate(&backing.owner_url, backing.app_url.is_none().then_some(&keys)).await?;
    let store = Store::open(&backing.app_url(&keys).await?, keys, 24).await?;
    for warning in store.durability_warnings().await? {
        tracing::error!("{warning}");
    }
    let (local, local_hints) = mpsc::channel(1024);
    let (announce, changes) = mpsc::channel(4096);
    let valkey = queue::connect(&backing.redis_url)
        .await
        .map_err(|e| anyhow::anyhow!("Valkey or Redis can't be reached: {e}. Check REDIS_URL"))?;
    let (stop, end) = (CancellationToken::new(), CancellationToken::new());
    let workers = Lasting::default();
    let (http, tellers) = (workers.beside(), workers.beside());
    // Nobody waits for their end: they hold nothing, or end with the last who may want something of them.
    let others = workers.beside();
    let queue = Queue::new(&config.queue_prefix, valkey.clone(), local, &tellers, &end);
    let listener = if parts.http {
        Some(TcpListener::bind(config.listen).await.map_err(|e| listen_failed("TARUN_LISTEN", config.listen, &e))?)
    } else {
        None
    };
    let addr = listener.as_ref().map(TcpListener::local_addr).transpose()?;
    let public_url = match (&config.public_url, addr) {
        (Some(url), _) => url.as_str().trim_end_matches('/').to_owned(),
        (None, Some(addr)) => format!("http://{}", local_name(addr)),
        (None, None) => format!("http://{}", config.listen),
    };
    let objects = match &config.s3 {
        Some(s3) => Objects::in_s3(s3),
        None => Objects::in_folder(&config.data_dir.join("files")),
    };
    let provider = Guarded::new(Settings {
        graph_url: config.graph_url.clone(),
        graph_version: config.graph_version.clone(),
        limits: Limits::default(),
    })?;
    let announcer = Announcer::new(announce);
    // A process without workers only keeps what comes: that is what they are for.
    let when = if parts.work { When::AtOnce } else { When::ByWorkers };
    let app = App {
        intake: Intake::start(&store, &queue, &announcer, &clock, Routes::new(store.clone()), when, &others),
        auth: Auth::new(&store),
        provider: Arc::new(provider),
        announcer,
        objects: objects.map_err(anyhow::Error::msg)?,
        public_url: public_url.as_str().into(),
        openings: Openings::default(),
        keep_events: config.keep_events,
        store,
        clock,
        queue,
    };
    if parts.work {
        tarun_app::work::start(&app, &backing.redis_url, local_hints, &stop, &workers);
    }
    let id = Uuid::now_v7();
    let channel = format!("{}:changes", config.queue_prefix);
    let announcer = app.announcer.clone();
    let mut relay = Relay {
        id,
        channel: channel.clone(),
        valkey,
        announcer,
        realtime: None,
        tasks: tellers.clone(),
        end: end.clone(),
    };
    if let Some(listener) = listener {
        let (sockets, realtime) = realtime::start(&app, &stop, &others);
        relay.realtime = Some(realtime.clone());
        let hearing = realtime::subscribe(backing.redis_url.clone(), channel, id, realtime, stop.clone());
        others.spawn("the subscription to changes", hearing);
        let settings = HttpSettings {
            trusted_proxy: config.trusted_proxy,
            sign_up: config.signup,
            metrics_token: config.metrics_token.clone(),
        };
        let router = http::router(Http { app: app.clone(), settings: Arc::new(settings) }, sockets);
        http.spawn("HTTP", serve(listener, router, Connections::default(), stop.clone()));
    }
    // In every kind of process: those that only work have figures, too.
    if let Some(listen) = config.metrics_listen {
        let bound = TcpListener::bind(listen).await;
        let listener = bound.map_err(|e| listen_failed("TARUN_METRICS_LISTEN", listen, &e))?;
        let router = http::health::metrics_only(app.store.clone());
        others.spawn("HTTP of figures", serve(listener, router, Connections::default(), stop.clone()));
    }
    tellers.spawn("the relay of changes", relay.run(changes));
    if let MasterSource::File(path) = &config.master {
        others.spawn("the look at the master key", master_key::follow(path.clone(), app.store.clone(), stop.clone()));
    }
    Ok(Running { addr, app, stop, http, workers, tellers, end })
}

fn listen_failed(setting: &str, addr: SocketAddr, error: &std::io::Error) -> anyhow::Error {
    anyhow::anyhow!(
        "nothing can listen on {addr}: {error}. Is another Tarun running? Choose another port with {setting}"
    )
}

/// `localhost` where the address is this machine's own: browsers keep cookies by name.
pub(crate) fn local_name(addr: SocketAddr) -> String {
    if addr.ip().is_loopback() || addr.ip().is_unspecified() {
        format!("localhost:{}", addr.port())
    } else {
        addr.to_string()
    }
}

impl Running {
    /// Ends when a part of it died, by a mistake of ours: the rest can't do its work without it.
    pub async fn broken(&self) {
        self.workers.broken().await;
    }

    /// Stops accepting, finishes what is under way, tells what came of it, closes.
    pub async fn stop(self) {
        self.stop.cancel();
        self.http.ended(Duration::from_secs(11)).await;
        if !self.workers.ended(Duration::from_secs(25)).await {
            tracing::warn!("work under way took too long to finish; its rows bring it back at the next start");
        }
        self.end.cancel();
        if !self.tellers.ended(Duration::from_secs(2)).await {
            tracing::warn!("not everything was told to other processes; they fetch it at the next start");
        }
        self.app.store.close().await;
    }
}
