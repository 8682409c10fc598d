//! What a customer chose or filled in.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A tapped button or a chosen row. `id` is what the business gave it when it was sent; old menus stay tappable for
/// ever, so it may belong to a flow that no longer runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    #[serde(default)]
    pub id: String,
    #[serde(default)]
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A filled-in form.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FlowReply {
    /// `flow`, or `address_message` for the Indian address form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The line that WhatsApp shows in the chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_token: Option<String>,
    /// The answers: an object as a rule, the unparsed text where it was no JSON.
    #[serde(default)]
    pub response: Value,
}
