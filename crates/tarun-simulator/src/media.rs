//! Files: uploaded by the business (30 days), sent by customers (7 days), with download addresses of 5 minutes.

use std::collections::{HashMap, VecDeque};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;

use crate::ids;

/// Life of a download address, in seconds.
pub(crate) const URL_LIFE: i64 = 5 * 60;
const UPLOAD_LIFE: i64 = 30 * 86_400;
const INBOUND_LIFE: i64 = 7 * 86_400;

#[derive(Debug, Clone)]
pub(crate) struct Media {
    pub(crate) id: String,
    /// The number that uploaded or received it; others do not see it.
    pub(crate) phone_number_id: String,
    pub(crate) mime_type: String,
    pub(crate) bytes: Bytes,
    /// Part of the download address, so that it cannot be guessed from the id.
    pub(crate) key: String,
    pub(crate) expires: i64,
}

impl Media {
    /// Digest in base64, as webhooks carry it.
    pub(crate) fn sha256_base64(&self) -> String {
        STANDARD.encode(digest(&SHA256, &self.bytes))
    }

    /// Digest in hex, as the look-up answers it.
    pub(crate) fn sha256_hex(&self) -> String {
        hex::encode(digest(&SHA256, &self.bytes))
    }

    /// The address to download from, valid for five minutes from `now`.
    pub(crate) fn url(&self, base: &str, now: i64) -> String {
        format!("{base}/whatsapp_business/attachments/?mid={}&ext={}&hash={}", self.id, now + URL_LIFE, self.key)
    }
}

#[derive(Debug, Default)]
pub(crate) struct MediaStore {
    files: HashMap<String, Media>,
    age: VecDeque<String>,
    size: usize,
}

impl MediaStore {
    /// All files together; the oldest go first.
    const MOST_BYTES: usize = 512 * 1024 * 1024;

    pub(crate) fn add(
        &mut self,
        phone_number_id: &str,
        mime_type: &str,
        bytes: Bytes,
        inbound: bool,
        now: i64,
    ) -> Media {
        let life = if inbound { INBOUND_LIFE } else { UPLOAD_LIFE };
        let media = Media {
            id: ids::decimal_id(),
            phone_number_id: phone_number_id.to_owned(),
            mime_type: mime_type.to_owned(),
            bytes,
            key: ids::random_hex(16),
            expires: now + life,
        };
        self.size += media.bytes.len();
        self.age.push_back(media.id.clone());
        self.files.insert(media.id.clone(), media.clone());
        while self.size > Self::MOST_BYTES
            && let Some(oldest) = self.age.pop_front()
        {
            self.remove(&oldest);
        }
        media
    }

    /// The file, unless it has expired.
    pub(crate) fn get(&self, id: &str, now: i64) -> Option<&Media> {
        self.files.get(id).filter(|media| media.expires > now)
    }

    pub(crate) fn remove(&mut self, id: &str) -> bool {
        match self.files.remove(id) {
            Some(gone) => {
                self.size -= gone.bytes.len();
                true
            }
            None => false,
        }
    }
}

/// Largest file Meta takes from a business for a media type, in bytes; `None` when the type is not accepted.
pub(crate) fn largest(mime_type: &str) -> Option<usize> {
    const MB: usize = 1024 * 1024;
    let bare = mime_type.split(';').next().unwrap_or_default().trim();
    Some(match bare {
        "audio/aac" | "audio/amr" | "audio/mpeg" | "audio/mp4" | "audio/ogg" => 16 * MB,
        "image/jpeg" | "image/png" => 5 * MB,
        "video/mp4" | "video/3gpp" => 16 * MB,
        "image/webp" => 500 * 1024,
        "text/plain"
        | "application/pdf"
        | "application/msword"
        | "application/vnd.ms-excel"
        | "application/vnd.ms-powerpoint"
        | "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        | "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        | "application/vnd.openxmlformats-officedocument.presentationml.presentation" => 100 * MB,
        _ => return None,
    })
}

/// Whether a file of this media type may be sent as a message of this type.
pub(crate) fn fits(kind: &str, mime_type: &str) -> bool {
    let bare = mime_type.split(';').next().unwrap_or_default().trim();
    match kind {
        "image" => matches!(bare, "image/jpeg" | "image/png"),
        "sticker" => bare == "image/webp",
        "audio" => bare.starts_with("audio/"),
        "video" => bare.starts_with("video/"),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_expire_and_make_room() {
        let mut store = MediaStore::default();
        let uploaded = store.add("1", "image/png", Bytes::from_static(b"abc"), false, 0);
        let received = store.add("1", "image/png", Bytes::from_static(b"abc"), true, 0);
        assert!(store.get(&received.id, INBOUND_LIFE - 1).is_some());
        assert!(store.get(&received.id, INBOUND_LIFE).is_none());
        assert!(store.get(&uploaded.id, INBOUND_LIFE).is_some());
        assert_eq!(uploaded.sha256_base64(), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
        assert!(store.remove(&uploaded.id) && !store.remove(&uploaded.id));
    }
}
