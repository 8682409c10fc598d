//! What was said in a conversation.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Direction {
    Inbound,
    Outbound,
}

/// Where a message of ours is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Delivery {
    Queued,
    Sent,
    Delivered,
    Read,
    Failed,
    /// It may or may not have been sent: the connection broke in mid-call and no status has come. A person decides.
    Unknown,
}

/// Who spoke.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Sender {
    Customer,
    /// A person of the business.
    User {
        id: Uuid,
        name: String,
    },
    ApiKey {
        id: Uuid,
    },
    /// Sent from the WhatsApp Business app on a phone.
    App,
    /// WhatsApp itself: a line in the thread.
    System,
}

/// Where a customer's message came from, as far as WhatsApp tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Origin {
    /// It was passed on: `once` (up to five times) or `often`.
    pub forwarded: Option<String>,
    /// The advertisement or post that brought the customer.
    pub referral: Option<Referral>,
    /// The product page on which the customer wrote.
    pub product: Option<ReferredProduct>,
}

/// An advertisement or post, in the words of whoever published it. Its pictures are on Meta's servers and not given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Referral {
    /// `ad` or `post`.
    pub source_type: Option<String>,
    pub source_id: Option<String>,
    /// Its address, `http` or `https`.
    pub source_url: Option<String>,
    pub headline: Option<String>,
    pub body: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReferredProduct {
    pub catalog_id: Option<String>,
    /// The business's own id of the product.
    pub product_retailer_id: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Message {
    pub id: Uuid,
    pub conversation_id: Uuid,
    pub direction: Direction,
    /// WHATSAPP.
    pub channel: String,
    /// TEXT, IMAGE, VIDEO, AUDIO, DOCUMENT, STICKER, LOCATION, CONTACTS, INTERACTIVE, BUTTON_REPLY, LIST_REPLY, FLOW_REPLY,
    /// ORDER, TEMPLATE, SYSTEM, UNSUPPORTED, NOTE, EVENT. A message that can't be read back is UNSUPPORTED with the `kind`
    /// `unreadable`.
    #[serde(rename = "type")]
    pub kind: String,
    /// By `type`: TEXT and NOTE `{"body"}`; media `{"mime_type", "caption", "filename", "voice", "media": {"state", "url", "size"}}` …
    #[schema(value_type = Object)]
    pub content: serde_json::Value,
    pub status: Delivery,
    pub sent_by: Sender,
    /// What it answers, if that is known here.
    pub reply_to: Option<Quote>,
    pub reactions: Vec<Reaction>,
    /// `null` for what the customer wrote out of nothing, and for messages of the business.
    pub origin: Option<Origin>,
    /// Why it failed, or why it still waits (`QUEUED`), in words, with the provider's code.
    pub error: Option<SendError>,
    /// Its author took it back: the customer where `direction` is INBOUND, otherwise the business, in the WhatsApp Business
    /// app. `content` is empty then.
    pub is_revoked: bool,
    pub is_edited: bool,
    /// When it was said: the customer's clock for inbound, ours for outbound. Threads are ordered by it.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub sent_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub delivered_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub read_at: Option<OffsetDateTime>,
    /// When the customer first played a voice message of ours.
    #[serde(with = "time::serde::rfc3339::option")]
    pub played_at: Option<OffsetDateTime>,
    /// The `Idempotency-Key` with which it was made, so that the sender's own screen finds its optimistic bubble.
    pub client_key: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Quote {
    pub message_id: Uuid,
    /// `true`: the customer said it.
    pub inbound: bool,
    /// TEXT, IMAGE …
    #[serde(rename = "type")]
    pub kind: String,
    /// One line; empty if there are no words, or none any more.
    pub summary: String,
    /// Its author took it back.
    pub is_revoked: bool,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Reaction {
    pub emoji: String,
    pub by: Sender,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SendError {
    /// The provider's code, if it gave one.
    pub code: Option<i64>,
    /// For the agent, with the next step.
    pub detail: String,
    /// Whether it can be sent again now.
    pub can_retry: bool,
    /// Somebody left it as not delivered: nothing is to be decided any more.
    pub discarded: bool,
    /// From when it can be sent again: until then WhatsApp may still report that the customer has it.
    #[serde(with = "time::serde::rfc3339::option")]
    pub retry_from: Option<OffsetDateTime>,
}

/// A message to send. `type` TEXT with `{"body": "…"}` (1 to 4,096 characters).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageIn {
    #[serde(rename = "type")]
    pub kind: String,
    #[schema(value_type = Object)]
    pub content: serde_json::Value,
    /// A message of the same conversation that this one quotes.
    pub reply_to: Option<Uuid>,
}

/// An internal note; the customer never sees it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteIn {
    /// 1 to 10,000 characters.
    pub body: String,
}

/// What to do with a message whose fate is unknown, or that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Resolution {
    /// Send it (again).
    Retry,
    /// Leave it as not delivered, for good.
    Discard,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveIn {
    pub resolution: Resolution,
}
