//! What the server says over Socket.IO: `{ "id", "at", "data" }`, with `data` in the shape of the API's resource.

use crate::{conversation::Conversation, message::Message};
use serde::Serialize;
use utoipa::ToSchema;

/// `message.created`, `message.updated`.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageEvent {
    pub id: String,
    pub at: String,
    pub data: Message,
}

/// `conversation.created`, `conversation.updated`. `unread_count` is left at -1: it differs by reader, who counts on or refetches.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationEvent {
    pub id: String,
    pub at: String,
    pub data: Conversation,
}
