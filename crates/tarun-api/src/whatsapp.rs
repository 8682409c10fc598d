//! WhatsApp numbers of the business.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberIn {
    /// Meta's id of the number, decimal digits.
    pub phone_number_id: String,
    /// Meta's id of the WhatsApp Business account, decimal digits.
    pub waba_id: String,
    pub display_phone_number: String,
    pub access_token: String,
    pub app_secret: String,
    /// Made by Tarun when absent.
    pub verify_token: Option<String>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberPatch {
    pub display_phone_number: Option<String>,
    pub access_token: Option<String>,
    pub app_secret: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Number {
    pub id: Uuid,
    pub phone_number_id: String,
    pub waba_id: String,
    pub display_phone_number: String,
    pub verified_name: Option<String>,
    /// What to enter at Meta as callback URL.
    pub webhook_url: String,
    /// What to enter at Meta as verify token. Admins only.
    pub verify_token: Option<String>,
    /// Last four characters.
    pub access_token_hint: String,
    pub app_secret_hint: String,
    /// Host and scheme of the Graph API that this installation talks to.
    pub graph_url: String,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    pub health: NumberHealth,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NumberHealth {
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_webhook_received_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_webhook_processed_at: Option<OffsetDateTime>,
    /// Accepted and not yet handled.
    pub backlog: i64,
    /// GREEN, YELLOW, RED or UNKNOWN.
    pub quality: String,
    pub messaging_limit: Option<String>,
    /// Why sending is paused, in words; `null` when it is not.
    pub paused_reason: Option<String>,
}

/// The checklist's answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct NumberCheck {
    pub ok: bool,
    pub items: Vec<CheckItem>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CheckItem {
    /// Stable: `token`, `number`, `waba`, `subscription`, `webhook_received`.
    pub code: String,
    pub title: String,
    pub state: CheckState,
    /// What was found, and what to do where it is not well.
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckState {
    Passed,
    /// Works, and will not for long or not for everything.
    Warning,
    Failed,
    /// Something has to happen first.
    Waiting,
}
