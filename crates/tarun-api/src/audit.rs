//! Who did what to whose data.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuditActorKind {
    User,
    ApiKey,
    /// Tarun itself.
    System,
}

/// One line of the log. Lines are added, never changed or removed.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    pub id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    pub actor_kind: AuditActorKind,
    pub actor_id: Option<Uuid>,
    /// Stable: `session.started`, `user.role_changed`, `api_key.created`, `conversation.opened` …
    pub action: String,
    /// To what it was done: `user`, `number`, `conversation` …
    pub subject_kind: Option<String>,
    pub subject_id: Option<Uuid>,
    /// Ids, numbers and stable words.
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Only this action. Without one: all but `conversation.opened`.
    pub action: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<u16>,
}
