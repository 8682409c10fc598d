//! The data directory: what lies where, who owns it, and that the service user can reach it.
//!
//! ```text
//! data/                 root's (or ours); passable for the service user
//!   tarun.lock          one Tarun per data directory
//!   pg/ valkey/ run/    0700, the service user's: database, queue, sockets
//!   conf/               written anew at every start, never by the servers
//!   log/                standard output of the servers
//!   pg.lock valkey.lock held by the servers themselves, see the guard
//! ```

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::account::Account;
use crate::error::EmbeddedError;

/// Longest path a Unix socket may have (`sun_path` is 108 bytes on Linux and 104 on macOS, one is the ending zero).
const SOCKET_PATH_LIMIT: usize = if cfg!(target_os = "macos") { 103 } else { 107 };
/// The longest name a server puts into the socket folder.
const LONGEST_SOCKET: &str = ".s.PGSQL.5432.lock";

/// Paths of one data directory, absolute and without links.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub root: PathBuf,
    pub pg: PathBuf,
    pub valkey: PathBuf,
    pub conf: PathBuf,
    pub log: PathBuf,
    /// Folder of the sockets: `run`, or a short one elsewhere when that path is too long.
    pub run: PathBuf,
    /// Names the data directory among others: a short hash of its path.
    pub id: String,
}

impl Layout {
    /// Makes the data directory where missing and takes its lock; the lock is held until the file is dropped.
    pub fn open(data_dir: &Path, account: &Account) -> Result<(Self, File), EmbeddedError> {
        if !data_dir.exists() {
            // Others may pass through (the service user must), but not look around.
            let made = DirBuilder::new().recursive(true).mode(0o711).create(data_dir);
            made.map_err(EmbeddedError::file("make the data directory", data_dir))?;
            std::fs::set_permissions(data_dir, Permissions::from_mode(0o711))
                .map_err(EmbeddedError::file("open", data_dir))?;
        }
        let root = data_dir.canonicalize().map_err(EmbeddedError::file("find", data_dir))?;
        let lock = lock_data_dir(&root)?;
        let digest = Sha256::digest(root.as_os_str().as_encoded_bytes());
        let id: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let run = socket_folder(&root, &id, account)?;
        let folder = |name: &str| root.join(name);
        let layout = Self {
            pg: folder("pg"),
            valkey: folder("valkey"),
            conf: folder("conf"),
            log: folder("log"),
            run,
            id,
            root,
        };
        for own in [&layout.conf, &layout.log] {
            let made = DirBuilder::new().recursive(true).mode(0o711).create(own);
            made.map_err(EmbeddedError::file("make", own))?;
        }
        Ok((layout, lock))
    }

    pub fn lock_file(&self, name: &str) -> PathBuf {
        self.root.join(format!("{name}.lock"))
    }

    /// Removes a socket folder outside the data directory; called after both servers have stopped.
    pub fn remove_short_run(&self) {
        if !self.run.starts_with(&self.root)
            && let Err(error) = std::fs::remove_dir_all(&self.run)
        {
            tracing::warn!(path = %self.run.display(), %error, "cannot remove the socket folder");
        }
    }
}

/// Makes a folder of the service user (0700), or checks that an existing one is theirs. An existing empty folder of
/// somebody else is taken over, a filled one never; links are not followed.
pub(crate) fn private_folder(path: &Path, account: &Account) -> Result<(), EmbeddedError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(EmbeddedError::file("make", path)(error)),
    }
    let metadata = path.symlink_metadata().map_err(EmbeddedError::file("look at", path))?;
    if !metadata.is_dir() {
        return Err(EmbeddedError::NotAFolder { path: path.to_path_buf() });
    }
    if metadata.uid() != account.uid {
        let empty = std::fs::read_dir(path).map_err(EmbeddedError::file("read", path))?.next().is_none();
        if !empty {
            let (owner, expected) = (metadata.uid(), account.uid);
            return Err(EmbeddedError::ForeignFolder { path: path.to_path_buf(), owner, expected });
        }
        std::os::unix::fs::lchown(path, Some(account.uid), Some(account.gid))
            .map_err(EmbeddedError::file("give away", path))?;
    }
    if metadata.mode() & 0o777 != 0o700 {
        std::fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(EmbeddedError::file("close", path))?;
    }
    Ok(())
}

/// Writes a configuration file that the service user may read and only we may change.
pub(crate) fn write_conf(path: &Path, content: &str) -> Result<(), EmbeddedError> {
    std::fs::write(path, content).map_err(EmbeddedError::file("write", path))?;
    std::fs::set_permissions(path, Permissions::from_mode(0o644)).map_err(EmbeddedError::file("open", path))
}

fn lock_data_dir(root: &Path) -> Result<File, EmbeddedError> {
    let path = root.join("tarun.lock");
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = open.map_err(EmbeddedError::file("open", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => {
            let mut text = String::new();
            let _ = file.read_to_string(&mut text); // only for the message
            return Err(EmbeddedError::InUse { data_dir: root.to_path_buf(), pid: text.trim().parse().ok() });
        }
        Err(std::fs::TryLockError::Error(source)) => return Err(EmbeddedError::file("lock", &path)(source)),
    }
    let record = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
    record.map_err(EmbeddedError::file("write", &path))?;
    Ok(file)
}

/// `run` within the data directory, or a short folder in the system's runtime directory named after the data directory.
fn socket_folder(root: &Path, id: &str, account: &Account) -> Result<PathBuf, EmbeddedError> {
    let fits = |folder: &Path| folder.as_os_str().len() + 1 + LONGEST_SOCKET.len() <= SOCKET_PATH_LIMIT;
    let inside = root.join("run");
    if fits(&inside) {
        private_folder(&inside, account)?;
        return Ok(inside);
    }
    let session = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let bases = if nix::unistd::geteuid().is_root() { Some(PathBuf::from("/run")) } else { session };
    let mut why = String::new();
    for base in bases.into_iter().chain([PathBuf::from("/tmp")]) {
        let folder = base.join(format!("tarun-{id}"));
        if !fits(&folder) || !base.is_dir() {
            continue;
        }
        match private_folder(&folder, account) {
            Ok(()) => return Ok(folder),
            Err(error) => why = error.to_string(),
        }
    }
    Err(EmbeddedError::NoSocketFolder { why })
}
