//! Shared by the tests: a data directory the service user can reach, the options, waiting for a condition.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use tarun_embedded::{Embedded, EmbeddedOptions, Runtime, ServerEvent, runtime};
use tempfile::TempDir;

pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        Runtime::locate_or_install(&runtime::default_cache_dir(), &mut |step| eprintln!("{step}")).unwrap()
    })
}

/// A folder the service user may pass through (plain `tempdir()` is closed to it when we are root).
pub fn folder() -> TempDir {
    tempfile::Builder::new().permissions(Permissions::from_mode(0o711)).tempdir().unwrap()
}

pub fn options(data_dir: &Path) -> EmbeddedOptions {
    EmbeddedOptions { guard: Some(env!("CARGO_BIN_EXE_tarun-guard").into()), ..EmbeddedOptions::new(data_dir) }
}

pub fn start(data_dir: &Path) -> Embedded {
    Embedded::start(runtime(), options(data_dir)).unwrap()
}

pub type Events = Arc<Mutex<Vec<ServerEvent>>>;

/// Options that also write down what happens.
pub fn watched(data_dir: &Path) -> (EmbeddedOptions, Events) {
    let events = Events::default();
    let sink = Arc::clone(&events);
    let on_event: tarun_embedded::EventListener = Arc::new(move |event| sink.lock().unwrap().push(event.clone()));
    (EmbeddedOptions { on_event: Some(on_event), ..options(data_dir) }, events)
}

/// Waits until `condition` gives something, at most `seconds`.
pub fn wait_for<T>(what: &str, seconds: u64, mut condition: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < end, "waited {seconds} s for: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether the process exists and is no zombie.
pub fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim().is_empty() && !rest.trim_start().starts_with('Z'))
}

pub fn kill_9(pid: u32) {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid.cast_signed()), nix::sys::signal::Signal::SIGKILL).unwrap();
}

/// Runs async code of the clients.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Runs statements on a new connection.
pub fn sql(url: &str, statements: &'static str) -> Result<(), sqlx::Error> {
    block_on(async {
        let mut connection = PgConnection::connect(url).await?;
        sqlx::raw_sql(statements).execute(&mut connection).await?;
        connection.close().await
    })
}

/// One number from the database.
pub fn number(url: &str, query: &'static str) -> Result<i64, sqlx::Error> {
    block_on(async {
        let mut connection = PgConnection::connect(url).await?;
        let value = sqlx::query_scalar::<_, i64>(query).fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(value)
    })
}

pub fn redis(url: &str) -> redis::RedisResult<redis::Connection> {
    redis::Client::open(url)?.get_connection()
}
