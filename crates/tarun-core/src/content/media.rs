//! A file that travels with a message.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::plain::bounded;

/// A picture, film, sound, document or sticker. Everything is optional: what the provider left out is not made up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Media {
    /// The stored file, once it was fetched or uploaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_id: Option<Uuid>,
    /// The provider's id of the file; for inbound files it stops working after 7 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_media_id: Option<String>,
    /// Public https address that the provider fetches itself (outbound only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Digest of the file as the provider gave it: base64 in webhooks, hex in look-ups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// For people; never a path. See [`safe_filename`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// A sound recorded in the app, as opposed to a sent file.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub voice: bool,
    /// A sticker that moves.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub animated: bool,
}

/// The last part of a name given by a stranger, without control characters and without the marks that turn the reading
/// direction (they make `exe.fdp` look like `pdf.exe`). At most 255 code points; empty if nothing is left.
pub fn safe_filename(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last.chars().filter(|c| !c.is_control() && !is_direction_mark(*c)).collect();
    let trimmed = visible.trim().trim_start_matches('.');
    bounded(trimmed, 255).into_owned()
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
