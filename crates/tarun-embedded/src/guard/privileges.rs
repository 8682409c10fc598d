//! Becoming the service user, with no way back.

use std::ffi::CString;

use nix::unistd::{Gid, Uid, geteuid, setgid, setuid};

use super::GuardError;
use crate::account::Account;

/// Becomes `account` for good. Nothing to do when there is none, or when we are it already.
///
/// # Errors
/// When the system refuses, or when root could be regained afterwards (then nothing may be started).
pub(super) fn take_on(account: Option<&Account>) -> Result<(), GuardError> {
    let Some(account) = account else { return Ok(()) };
    if !geteuid().is_root() {
        return if geteuid().as_raw() == account.uid { Ok(()) } else { Err(GuardError::RootRegained) };
    }
    let (uid, gid) = (Uid::from_raw(account.uid), Gid::from_raw(account.gid));
    let name = CString::new(account.name.as_str()).map_err(|_| GuardError::Misuse("a user name".into()))?;
    #[cfg(not(target_os = "macos"))]
    nix::unistd::initgroups(&name, gid).map_err(GuardError::setup("set the service user's groups"))?;
    #[cfg(target_os = "macos")]
    drop(name); // initgroups is not offered there; `std`'s `Command::uid` clears the groups (see elsewhere.rs)
    setgid(gid).map_err(GuardError::setup("take on the service user's group"))?;
    setuid(uid).map_err(GuardError::setup("take on the service user"))?;
    if setuid(Uid::from_raw(0)).is_ok() { Err(GuardError::RootRegained) } else { Ok(()) }
}
