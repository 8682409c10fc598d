//! Plain text and what makes any text storable.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest text kept, in Unicode code points: sixteen times WhatsApp's own limit of 4,096. A longer one is cut here
/// and marked; the raw event still has all of it.
pub const MAX_TEXT_CHARS: usize = 65_536;

/// A text message. Its JSON is exactly `{"body": "…"}` unless the text was cut.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    pub body: String,
    /// Whether more followed than was kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

impl Text {
    pub fn new(body: &str) -> Self {
        let kept = bounded(body, MAX_TEXT_CHARS);
        let truncated = kept.chars().count() < body.chars().count();
        Self { body: kept.into_owned(), truncated }
    }
}

/// The text with NUL replaced by U+FFFD: PostgreSQL stores every other character.
pub fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// At most the first `max_chars` code points, made [`storable`].
pub fn bounded(text: &str, max_chars: usize) -> Cow<'_, str> {
    // A text has at most as many code points as bytes, so that short ones need no count.
    if text.len() <= max_chars {
        return storable(text);
    }
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => storable(&text[..end]),
        None => storable(text),
    }
}

/// Makes every text in the value storable, keys included. Values come from the parser, which bounds their depth.
pub(super) fn make_storable(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(clean) = storable(text) {
                *text = clean;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_storable),
        Value::Object(fields) => {
            if fields.keys().any(|key| key.contains('\0')) {
                let renamed = std::mem::take(fields).into_iter().map(|(key, item)| (storable(&key).into_owned(), item));
                *fields = renamed.collect();
            }
            fields.values_mut().for_each(make_storable);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
