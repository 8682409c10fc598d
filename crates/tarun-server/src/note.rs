//! What a running `tarun up` leaves in its data folder for `tarun admin`: where its servers are, and with which key it works.
//! No secrets; the sockets let in this machine's root and owner only.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

#[derive(Serialize, Deserialize)]
pub struct Note {
    pub owner_url: String,
    pub app_url: String,
    pub redis_url: String,
    /// Id of the master key in use, once the server has read it.
    #[serde(default)]
    pub key: Option<String>,
    /// As browsers reach it, once it listens.
    #[serde(default)]
    pub public_url: Option<String>,
}

impl Note {
    fn path(data_dir: &Path) -> PathBuf {
        data_dir.join("servers.json")
    }

    /// `None`: no Tarun runs there. One that was killed leaves its note behind; its servers don't answer.
    pub fn read(data_dir: &Path) -> anyhow::Result<Option<Self>> {
        let path = Self::path(data_dir);
        match std::fs::read(&path) {
            Ok(text) => {
                let note = serde_json::from_slice(&text);
                Ok(Some(note.with_context(|| format!("{} is damaged; restart tarun up", path.display()))?))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} can't be read", path.display())),
        }
    }

    pub fn write(&self, data_dir: &Path) -> anyhow::Result<()> {
        let path = Self::path(data_dir);
        let beside = path.with_extension("json.new");
        std::fs::write(&beside, serde_json::to_vec(self)?)?;
        Ok(std::fs::rename(&beside, &path)?)
    }

    /// Notes which key is in use; nothing where the servers are others'.
    pub fn set_key(data_dir: &Path, id: &str) -> anyhow::Result<()> {
        let Some(note) = Self::read(data_dir)? else { return Ok(()) };
        Self { key: Some(id.to_owned()), ..note }.write(data_dir)
    }

    /// Notes how browsers reach the server; nothing where the servers are others'.
    pub fn set_public_url(data_dir: &Path, url: &str) -> anyhow::Result<()> {
        let Some(note) = Self::read(data_dir)? else { return Ok(()) };
        Self { public_url: Some(url.to_owned()), ..note }.write(data_dir)
    }

    /// The servers have stopped.
    pub fn remove(data_dir: &Path) {
        if let Err(error) = std::fs::remove_file(Self::path(data_dir))
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!(%error, "the note of the running servers stays behind");
        }
    }
}
