//! What a message says: one enum for everything that travels in a conversation, both ways.
//!
//! The same JSON is stored, served by the API and shown by the browser, so its shape is part of the contract:
//! `type` names the kind in upper case ([`Content::kind`]) and `content` holds that kind's object ([`Content::to_json`]).
//! What the provider sent beyond this model stays in the raw event, it is not squeezed in here.

mod choice;
mod contacts;
mod interactive;
mod media;
mod order;
mod place;
mod plain;
mod summary;
mod template;

pub use choice::{Choice, FlowReply};
pub use contacts::{ContactCard, ContactName, ContactPhone, Contacts, LabelledValue, MAX_CARDS, Organisation};
pub use interactive::{Button, Header, Interactive, Row, Section};
pub use media::{Media, safe_filename};
pub use order::{MAX_ORDER_ITEMS, Order, OrderItem};
pub use place::Location;
pub use plain::{MAX_TEXT_CHARS, Text, bounded, storable};
pub use template::Template;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// The content of one message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "content", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Content {
    Text(Text),
    Image(Media),
    Video(Media),
    Audio(Media),
    Document(Media),
    Sticker(Media),
    Location(Location),
    Contacts(Contacts),
    /// Buttons, a list or another form that the business sent.
    Interactive(Interactive),
    /// The customer tapped a reply button, of an interactive message or of a template.
    ButtonReply(Choice),
    /// The customer chose a row of a list.
    ListReply(Choice),
    /// The customer filled in a form (a WhatsApp Flow or the address form).
    FlowReply(FlowReply),
    /// The customer sent a cart from the catalogue.
    Order(Order),
    Template(Template),
    Reaction(Reaction),
    /// A note by WhatsApp in the thread, written by neither side.
    System(System),
    /// Something that WhatsApp does not pass on, or that this version cannot read.
    Unsupported(Unsupported),
}

/// One person's emoji on one message; no emoji takes an earlier one back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    #[serde(default)]
    pub emoji: Option<String>,
    /// The message reacted to, by our id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<Uuid>,
    /// The message reacted to, by the provider's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_message_id: Option<String>,
}

/// A note by WhatsApp. `event` is the provider's word (`customer_identity_changed` …), `text` is for people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    pub event: String,
    #[serde(default)]
    pub text: String,
}

/// What is known about a message whose content is not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsupported {
    /// The provider's word for what it was, `unknown` if it did not say.
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The provider's error code, where one came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
}

/// Why a stored or given content cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContentError {
    UnknownKind(String),
    Malformed { kind: String, reason: String },
}

impl std::fmt::Display for ContentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownKind(kind) => write!(f, "there is no message type {kind:?}"),
            Self::Malformed { kind, reason } => write!(f, "this is no content for a message of type {kind}: {reason}"),
        }
    }
}

impl std::error::Error for ContentError {}

impl Content {
    /// Every value of [`Content::kind`], in the order of the enum: for check constraints and the API's schema.
    pub const KINDS: [&'static str; 17] = [
        "TEXT",
        "IMAGE",
        "VIDEO",
        "AUDIO",
        "DOCUMENT",
        "STICKER",
        "LOCATION",
        "CONTACTS",
        "INTERACTIVE",
        "BUTTON_REPLY",
        "LIST_REPLY",
        "FLOW_REPLY",
        "ORDER",
        "TEMPLATE",
        "REACTION",
        "SYSTEM",
        "UNSUPPORTED",
    ];

    pub fn text(body: &str) -> Self {
        Self::Text(Text::new(body))
    }

    pub fn unsupported(kind: &str, reason: impl Into<Option<String>>) -> Self {
        Self::Unsupported(Unsupported { kind: bounded(kind, 100).into_owned(), reason: reason.into(), code: None })
    }

    /// The API's `type`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "TEXT",
            Self::Image(_) => "IMAGE",
            Self::Video(_) => "VIDEO",
            Self::Audio(_) => "AUDIO",
            Self::Document(_) => "DOCUMENT",
            Self::Sticker(_) => "STICKER",
            Self::Location(_) => "LOCATION",
            Self::Contacts(_) => "CONTACTS",
            Self::Interactive(_) => "INTERACTIVE",
            Self::ButtonReply(_) => "BUTTON_REPLY",
            Self::ListReply(_) => "LIST_REPLY",
            Self::FlowReply(_) => "FLOW_REPLY",
            Self::Order(_) => "ORDER",
            Self::Template(_) => "TEMPLATE",
            Self::Reaction(_) => "REACTION",
            Self::System(_) => "SYSTEM",
            Self::Unsupported(_) => "UNSUPPORTED",
        }
    }

    /// The API's `content`, without the kind.
    pub fn to_json(&self) -> Value {
        // Every variant holds a struct of plain fields with string keys, which always serialises.
        match serde_json::to_value(self) {
            Ok(Value::Object(mut whole)) => whole.remove("content").unwrap_or_default(),
            _ => Value::Null,
        }
    }

    /// The content of the given kind, from the API or from storage. NUL characters become U+FFFD and texts beyond
    /// [`MAX_TEXT_CHARS`] are cut, so that the result can always be stored.
    pub fn from_json(kind: &str, mut content: Value) -> Result<Self, ContentError> {
        if !Self::KINDS.contains(&kind) {
            return Err(ContentError::UnknownKind(bounded(kind, 100).into_owned()));
        }
        plain::make_storable(&mut content);
        let whole = serde_json::json!({ "type": kind, "content": content });
        let content: Self = serde_json::from_value(whole)
            .map_err(|error| ContentError::Malformed { kind: kind.to_owned(), reason: error.to_string() })?;
        Ok(match content {
            Self::Text(text) if !text.truncated => Self::Text(Text::new(&text.body)),
            other => other,
        })
    }

    /// The attached file, for the kinds that have one.
    pub fn media(&self) -> Option<&Media> {
        match self {
            Self::Image(m) | Self::Video(m) | Self::Audio(m) | Self::Document(m) | Self::Sticker(m) => Some(m),
            _ => None,
        }
    }

    /// Like [`Content::media`], to note where the file was stored.
    pub fn media_mut(&mut self) -> Option<&mut Media> {
        match self {
            Self::Image(m) | Self::Video(m) | Self::Audio(m) | Self::Document(m) | Self::Sticker(m) => Some(m),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
