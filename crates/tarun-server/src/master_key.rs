//! The master keys: given by the operator, or in a file of the data folder.
//!
//! Losing the file loses the data, and a new one in its place would hide the loss. So it is made in one case only: before
//! there is any data.

use crate::config::BadConfig;
use crate::note::Note;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tarun_store::Store;
use tarun_store::keys::{MasterKey, MasterKeys};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often a running server looks for a new key.
const LOOK: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub enum MasterSource {
    Given(MasterKeys),
    /// `master.key` in the data directory, made before there is any data.
    File(PathBuf),
}

impl MasterSource {
    /// The keys; makes the file, readable by its owner only, where there is no data yet.
    pub fn keys(&self) -> Result<MasterKeys, BadConfig> {
        match self {
            Self::Given(keys) => Ok(keys.clone()),
            Self::File(path) => match read(path)? {
                Some(keys) => Ok(keys),
                None if has_data(path) => Err(missing(path)),
                None => make(path),
            },
        }
    }
}

fn has_data(path: &Path) -> bool {
    path.parent().is_some_and(|folder| folder.join("pg").exists())
}

fn missing(path: &Path) -> BadConfig {
    BadConfig(format!(
        "the key file {} is missing, and without it the data beside it can't be read. Put it back from where you keep it",
        path.display()
    ))
}

/// A new key from the operating system's random numbers.
pub fn new_key() -> Result<MasterKey, BadConfig> {
    MasterKey::generate().map_err(|e| BadConfig(e.to_string()))
}

/// The keys of a file; `None` where there is none.
pub fn read(path: &Path) -> Result<Option<MasterKeys>, BadConfig> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(BadConfig(format!("the key file {} can't be read: {error}", path.display()))),
    };
    let mut keys = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| MasterKey::parse(line).map_err(|e| BadConfig(format!("the key file {}: {e}", path.display()))))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter();
    let current = keys
        .next()
        .ok_or_else(|| BadConfig(format!("the key file {} is empty; restore it from your backup", path.display())))?;
    Ok(Some(MasterKeys { current, previous: keys.collect() }))
}

fn make(path: &Path) -> Result<MasterKeys, BadConfig> {
    let failed = |e: std::io::Error| cannot_write(path, &e);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        // Others may pass through (the user of the databases must), but not look around.
        DirBuilder::new().recursive(true).mode(0o711).create(folder).map_err(failed)?;
        std::fs::set_permissions(folder, Permissions::from_mode(0o711)).map_err(failed)?;
    }
    let keys = MasterKeys { current: new_key()?, previous: vec![] };
    let beside = written_beside(path, &keys, None).map_err(failed)?;
    // Of two that start at once, one makes it; a link does not replace what is there.
    let linked = std::fs::hard_link(&beside, path);
    let _ = std::fs::remove_file(&beside);
    match linked {
        Ok(()) => sync_folder(path).map_err(failed)?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(error)),
    }
    read(path)?.ok_or_else(|| missing(path))
}

/// Puts other keys into a file beside its place and moves it there, so that a crash leaves the old ones or the new ones. The
/// file stays its owner's, also when root changes it: the server must be able to read it.
pub fn write(path: &Path, keys: &MasterKeys) -> Result<(), BadConfig> {
    write_as(path, keys, path)
}

/// Like [`write`], for a file that belongs to whoever `owner`'s file belongs to.
pub fn write_as(path: &Path, keys: &MasterKeys, owner: &Path) -> Result<(), BadConfig> {
    let failed = |e: std::io::Error| cannot_write(path, &e);
    let owner = std::fs::metadata(owner).map_err(failed)?;
    let beside = written_beside(path, keys, Some((owner.uid(), owner.gid()))).map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)?;
    sync_folder(path).map_err(failed)
}

fn cannot_write(path: &Path, error: &std::io::Error) -> BadConfig {
    BadConfig(format!("the key file {} can't be written: {error}", path.display()))
}

fn written_beside(path: &Path, keys: &MasterKeys, owner: Option<(u32, u32)>) -> std::io::Result<PathBuf> {
    let beside = path.with_extension(format!("key.{}", Uuid::now_v7().simple()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    if let Some((user, group)) = owner {
        fchown(&file, Some(user), Some(group))?;
    }
    let mut text = String::from(
        "# Tarun's master keys: the first is in use, the others still open what they wrapped. Back this file up apart from the database.\n",
    );
    for key in std::iter::once(&keys.current).chain(&keys.previous) {
        text += &key.to_hex();
        text.push('\n');
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(beside)
}

/// A name in a folder outlives a power cut only when the folder is written, too.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Takes over keys that `tarun admin rotate-master-key` wrote while this process runs, and says so in the note. Only reads: a
/// file that is away for a moment leaves the keys in memory in use.
pub async fn follow(path: PathBuf, store: Store, stop: CancellationToken) {
    let mut well = true;
    let mut known = None;
    loop {
        match read(&path).and_then(|keys| keys.ok_or_else(|| missing(&path))) {
            Ok(keys) => {
                let id = keys.current.id();
                store.set_master_keys(keys);
                if known.as_ref() != Some(&id) {
                    match path.parent().map_or(Ok(()), |folder| Note::set_key(folder, &id)) {
                        Ok(()) => known = Some(id),
                        Err(error) => tracing::error!(%error, "the note of the running servers can't be written"),
                    }
                }
                well = true;
            }
            // Said once, not every few seconds.
            Err(error) if well => {
                tracing::error!(%error, "the keys in memory stay in use");
                well = false;
            }
            Err(_) => {}
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_key_file_is_made_once_and_only_for_its_owner() {
        let folder = folder();
        let path = folder.path().join("data/master.key");
        let source = MasterSource::File(path.clone());
        let made = source.keys().unwrap().current.to_hex();
        assert_eq!(source.keys().unwrap().current.to_hex(), made);
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(&folder.path().join("data")), 0o711);
        assert_eq!(std::fs::read_dir(folder.path().join("data")).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn two_that_start_at_once_make_one_key() {
        let folder = folder();
        let source = MasterSource::File(folder.path().join("master.key"));
        let made: Vec<String> = std::thread::scope(|scope| {
            let tries: Vec<_> =
                (0..8).map(|_| scope.spawn(|| source.keys().unwrap().current.to_hex().to_string())).collect();
            tries.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(made.iter().all(|key| *key == made[0]));
    }

    #[test]
    fn where_there_is_data_a_missing_key_is_never_replaced() {
        let folder = folder();
        let path = folder.path().join("master.key");
        std::fs::create_dir(folder.path().join("pg")).unwrap();
        let refused = MasterSource::File(path.clone()).keys().unwrap_err().to_string();
        assert!(refused.contains("is missing") && refused.contains("Put it back"), "{refused}");
        assert!(!path.exists());
    }

    #[test]
    fn other_keys_keep_the_owner_of_the_file() {
        let folder = folder();
        let path = folder.path().join("master.key");
        let old = MasterSource::File(path.clone()).keys().unwrap();
        // Only root can give a file away; for others the owner is the same before and after.
        let _ = std::os::unix::fs::chown(&path, Some(65_534), Some(65_534));
        let owner = std::fs::metadata(&path).unwrap().uid();
        let new = MasterKeys { current: new_key().unwrap(), previous: vec![old.current.clone()] };
        write(&path, &new).unwrap();
        write_as(&path.with_extension("key.old"), &old, &path).unwrap();
        let read = read(&path).unwrap().unwrap();
        assert_eq!(read.current.to_hex(), new.current.to_hex());
        assert_eq!(read.previous[0].to_hex(), old.current.to_hex());
        for path in [path.clone(), path.with_extension("key.old")] {
            assert_eq!((std::fs::metadata(&path).unwrap().uid(), mode(&path)), (owner, 0o600));
        }
    }
}
