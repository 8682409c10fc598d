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

/// A folder the service user may pass through, whatever the umask.
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

/// The user id of `nobody`, as whom root runs things here that must not run as root.
pub const NOBODY: u32 = 65534;

pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// A process that starts the servers and then waits until it is killed: this test program, asked to run [`hold_servers`].
pub struct Holder {
    pub child: std::process::Child,
    pub pids: tarun_embedded::Pids,
}

impl Holder {
    /// Starts it on `data_dir`; `program` is this test program or a copy of it.
    pub fn start(program: &Path, data_dir: &Path, uid: Option<u32>) -> Self {
        use std::os::unix::process::CommandExt;
        let report = data_dir.with_extension("report");
        let _ = std::fs::remove_file(&report);
        let mut command = std::process::Command::new(program);
        command.args(["--exact", "embedded::support::hold_servers", "--ignored", "--nocapture"]);
        command.env("HOLD_DATA", data_dir).env("HOLD_REPORT", &report).env("HOME", data_dir.parent().unwrap());
        command.env("TARUN_RUNTIME_DIR", runtime::default_cache_dir()).stdin(std::process::Stdio::piped());
        if let Some(uid) = uid {
            command.uid(uid).gid(uid);
        }
        let mut child = command.spawn().unwrap();
        let text = wait_for("the holder's servers", 60, || {
            assert_eq!(child.try_wait().unwrap(), None, "the holder ended");
            std::fs::read_to_string(&report).ok()
        });
        let mut pids = text.split_whitespace().map(|pid| pid.parse().unwrap());
        let pids = tarun_embedded::Pids { postgres: pids.next(), valkey: pids.next() };
        Self { child, pids }
    }

    pub fn pid_list(&self) -> [u32; 2] {
        [self.pids.postgres.unwrap(), self.pids.valkey.unwrap()]
    }
}

/// Not a test: what [`Holder`] runs. Stops cleanly when its standard input closes.
#[test]
#[ignore = "run by other tests"]
fn hold_servers() {
    use std::io::Read;
    let (Some(data), Some(report)) = (std::env::var_os("HOLD_DATA"), std::env::var_os("HOLD_REPORT")) else { return };
    let guard = std::env::current_exe().unwrap().with_file_name("tarun-guard");
    let mut options = options(Path::new(&data));
    if guard.is_file() {
        options.guard = Some(guard);
    }
    let servers = Embedded::start(&Runtime::locate(&runtime::default_cache_dir()).unwrap(), options).unwrap();
    let pids = servers.pids();
    let part = Path::new(&report).with_extension("part");
    std::fs::write(&part, format!("{} {}", pids.postgres.unwrap(), pids.valkey.unwrap())).unwrap();
    std::fs::rename(part, report).unwrap();
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    servers.stop(tarun_embedded::StopLimits::default()).unwrap();
}
