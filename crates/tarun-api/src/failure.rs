//! Dead letters: what could not be handled, in both directions.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FailureKind {
    /// A webhook event.
    Inbound,
    /// A message of ours.
    Send,
    /// Fetching a picture, voice note or file.
    Media,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Failure {
    pub id: i64,
    pub kind: FailureKind,
    /// In words.
    pub cause: String,
    pub attempts: i32,
    pub conversation_id: Option<Uuid>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub failed_at: OffsetDateTime,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FailureQuery {
    pub kind: Option<FailureKind>,
    pub cursor: Option<String>,
    pub limit: Option<u16>,
}

/// Events of one sort that were received, kept, and show nowhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptEvents {
    /// Meta's word for what they are about: `messages`, `smb_message_echoes`, `account_update` …
    pub field: String,
    /// `null`: they concern an account, or a number that is not connected here.
    pub number_id: Option<Uuid>,
    /// Why they show nowhere, in words.
    pub reason: String,
    pub count: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub last_at: OffsetDateTime,
}
