//! What the demo shop signs in with and is connected by: a file of its own in the data folder, readable by its owner only.
//!
//! Not derived anew at each start: the shop must still be found when the master key has been replaced.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use tarun_store::keys::MasterKey;

#[derive(Serialize, Deserialize)]
pub struct Secrets {
    pub password: String,
    pub app_secret: String,
    pub access_token: String,
    pub verify_token: String,
    /// The shop is complete; from now on it is left as people make it.
    pub filled: bool,
    /// Somebody has changed the password.
    pub own_password: bool,
}

impl Secrets {
    /// Reads the file, or makes it: at the first start by the master key of that day, so that a start that was broken off,
    /// and data from before there was this file, find the same again.
    pub fn load_or_make(file: &Path, key: &MasterKey) -> anyhow::Result<Self> {
        match std::fs::read(file) {
            Ok(text) => serde_json::from_slice(&text)
                .with_context(|| format!("{} is damaged; delete it, or start without the demo", file.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut password = key.password(b"demo password");
                password.truncate(12);
                let made = Self {
                    password,
                    app_secret: key.password(b"demo secret"),
                    access_token: key.password(b"demo token"),
                    verify_token: key.password(b"demo verify"),
                    filled: false,
                    own_password: false,
                };
                made.save(file)?;
                Ok(made)
            }
            Err(error) => Err(error).with_context(|| format!("{} can't be read", file.display())),
        }
    }

    /// Writes the file beside its place and moves it there.
    pub fn save(&self, file: &Path) -> anyhow::Result<()> {
        let failed = || format!("{} can't be written", file.display());
        let beside = file.with_extension("new");
        let _ = std::fs::remove_file(&beside);
        let mut new =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).with_context(failed)?;
        new.write_all(&serde_json::to_vec_pretty(self)?).with_context(failed)?;
        std::fs::rename(&beside, file).with_context(failed)
    }
}
