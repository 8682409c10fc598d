//! PostgreSQL and Valkey, once for all tests of a process. They end with it.

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use std::os::unix::fs::PermissionsExt;
use std::sync::OnceLock;
use tarun_embedded::{Embedded, EmbeddedOptions, Runtime, guard, runtime};
use tempfile::TempDir;

/// The servers, and the folder in which they live.
pub struct Servers {
    pub embedded: Embedded,
    _folder: TempDir,
}

/// A folder that the servers' user can pass through, also when tests run as root.
#[must_use]
pub fn open_folder() -> TempDir {
    sweep();
    let prefix = format!("{PREFIX}{}-", std::process::id());
    let folder = tempfile::Builder::new().prefix(&prefix).tempdir().expect("a temporary folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).expect("an open folder");
    folder
}

const PREFIX: &str = "tarun-test-";

/// Removes the folders of test processes that are no more: what is shared by all tests of a process outlives them, and so
/// does the folder of a process that was killed.
fn sweep() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()?.parse::<i32>().ok());
        let is_gone = |pid| kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH);
        if owner.is_some_and(is_gone) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Started at the first call.
pub fn servers() -> &'static Servers {
    static SERVERS: OnceLock<Servers> = OnceLock::new();
    SERVERS.get_or_init(|| {
        let runtime = Runtime::locate_or_install(&runtime::default_cache_dir(), &mut |line| eprintln!("{line}"))
            .unwrap_or_else(|error| panic!("{error}"));
        let folder = open_folder();
        let mut options = EmbeddedOptions::new(folder.path().join("data"));
        options.guard = guard::find_program();
        assert!(options.guard.is_some(), "tarun-guard is missing: cargo build -p tarun-embedded --bin tarun-guard");
        options.pg_settings = vec![("max_connections".into(), "200".into())];
        let embedded = Embedded::start(&runtime, options).unwrap_or_else(|error| panic!("{error}"));
        Servers { embedded, _folder: folder }
    })
}
