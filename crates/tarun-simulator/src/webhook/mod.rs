//! Webhooks from the simulator to the product: bodies as Meta writes and signs them, delivery with retries.

pub(crate) mod body;
pub(crate) mod delivery;
pub(crate) mod handshake;
pub(crate) mod queue;

use serde_json::Value;

/// One thing to tell the product: one `changes[]` element.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    pub(crate) waba_id: String,
    /// Routes to the number's own callback URL when it has one; `None` for fields of the whole account.
    pub(crate) phone_number_id: Option<String>,
    pub(crate) field: String,
    pub(crate) value: Value,
    /// The message it is about and, for a status, which.
    pub(crate) about: Option<About>,
}

/// What a delivered update settles: the second tick of a customer's message, or a line of `message_history`.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) wamid: String,
    pub(crate) status: Option<&'static str>,
}

/// Where a delivery stands, in the words of Meta's `webhook_update_state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum UpdateState {
    Pending,
    Delivered,
    Failed,
    Retrying,
}
