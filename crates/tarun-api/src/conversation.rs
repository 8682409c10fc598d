//! The rolling thread with one contact on one number.

use crate::contact::Contact;
use crate::message::Message;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Open,
    Pending,
    Resolved,
    Spam,
}

/// The 24-hour customer service window, judged by the server.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Window {
    pub open: bool,
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Conversation {
    pub id: Uuid,
    /// The same as `contact.id`.
    pub contact_id: Uuid,
    pub contact: Contact,
    pub number_id: Uuid,
    /// WHATSAPP.
    pub channel: String,
    pub status: Status,
    pub assigned_agent_id: Option<Uuid>,
    pub window: Window,
    /// For the person who asks.
    pub unread_count: i32,
    pub last_message: Option<Message>,
    #[serde(with = "time::serde::rfc3339")]
    pub last_message_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub first_response_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub resolved_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    pub version: i32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum View {
    #[default]
    All,
    Mine,
    Unassigned,
    Unread,
}

/// Which conversations to list, newest message first.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConversationQuery {
    #[serde(default)]
    pub view: View,
    pub status: Option<Status>,
    pub assigned_agent_id: Option<Uuid>,
    pub number_id: Option<Uuid>,
    /// Whole words of messages, beginnings of names, ends of phone numbers.
    pub q: Option<String>,
    pub cursor: Option<String>,
    /// 50 unless given, at most 200.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConversationPatch {
    pub status: Option<Status>,
    /// As it was when the change was decided; with another one by now the answer is 409.
    pub version: Option<i32>,
    /// The newest message that was seen when the change was decided; if the customer has written since, the answer is 409.
    pub seen_message_id: Option<Uuid>,
}

/// How far.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadIn {
    /// The newest message that was seen; all unless given.
    pub up_to: Option<Uuid>,
}

/// To whom; `null` puts it back into the unassigned queue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignIn {
    pub agent_id: Option<Uuid>,
}

/// How many conversations each view of the inbox holds for the person who asks, by status, at most 99 counted exactly.
#[derive(Debug, Serialize, ToSchema)]
pub struct InboxCounts {
    /// Open conversations, all views.
    pub all: i64,
    pub mine: i64,
    pub unassigned: i64,
    pub unread: i64,
    /// In the view asked for.
    pub open: i64,
    pub pending: i64,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InboxCountsQuery {
    #[serde(default)]
    pub view: View,
}
