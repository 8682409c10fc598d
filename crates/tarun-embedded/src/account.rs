//! Which operating system user the servers run as.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{Uid, User, geteuid};

use crate::error::EmbeddedError;

/// An operating system user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
}

/// Users to try in this order when root starts Tarun and nothing else says which.
const CANDIDATES: [&str; 3] = ["tarun", "postgres", "nobody"];

impl Account {
    /// The user this process runs as.
    pub fn own() -> Result<Self, EmbeddedError> {
        let uid = geteuid();
        by_uid(uid)?.ok_or(EmbeddedError::NoPasswdEntry { uid: uid.as_raw() })
    }

    /// The user the servers shall run as.
    ///
    /// PostgreSQL refuses to run as root, so root needs another: the one set, else the owner of the existing data, else
    /// the first of `tarun`, `postgres` and `nobody` that exists. Everybody else runs the servers as themselves.
    pub fn for_servers(wanted: Option<&str>, data_dir: &Path) -> Result<Self, EmbeddedError> {
        let own = Self::own()?;
        if own.uid != 0 {
            return match wanted {
                Some(name) if name != own.name => {
                    Err(EmbeddedError::CannotBecome { name: name.to_owned(), own: own.name })
                }
                _ => Ok(own),
            };
        }
        if let Some(name) = wanted {
            let found = by_name(name)?.ok_or_else(|| EmbeddedError::NoSuchUser { name: name.to_owned() })?;
            return if found.uid == 0 { Err(EmbeddedError::RootAsServiceUser) } else { Ok(found) };
        }
        for folder in [data_dir.join("pg"), data_dir.to_path_buf()] {
            if let Ok(metadata) = folder.symlink_metadata()
                && metadata.uid() != 0
                && let Some(owner) = by_uid(Uid::from_raw(metadata.uid()))?
            {
                return Ok(owner);
            }
        }
        for name in CANDIDATES {
            if let Some(found) = by_name(name)? {
                return Ok(found);
            }
        }
        Err(EmbeddedError::NoServiceUser)
    }
}

fn by_name(name: &str) -> Result<Option<Account>, EmbeddedError> {
    User::from_name(name).map(|user| user.map(Account::from)).map_err(EmbeddedError::users)
}

fn by_uid(uid: Uid) -> Result<Option<Account>, EmbeddedError> {
    User::from_uid(uid).map(|user| user.map(Account::from)).map_err(EmbeddedError::users)
}

impl From<User> for Account {
    fn from(user: User) -> Self {
        Self { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() }
    }
}
