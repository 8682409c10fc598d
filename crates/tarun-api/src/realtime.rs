//! What the server says over Socket.IO: `{ "id", "at", "data" }`, with `data` in the shape of the API's resource.

use crate::{contact::Contact, conversation::Conversation, message::Message};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

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

/// `contact.updated`: the name or the e-mail address.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactEvent {
    pub id: String,
    pub at: String,
    pub data: Contact,
}

/// `conversation.hidden`: it was given to somebody else, and whoever sees only his own and the unassigned ones sees it no more.
#[derive(Debug, Serialize, ToSchema)]
pub struct HiddenEvent {
    pub id: String,
    pub at: String,
    pub data: HiddenConversation,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HiddenConversation {
    pub id: Uuid,
}
