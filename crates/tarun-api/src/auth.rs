//! Signing up, in and out.

use crate::user::{Role, User};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignupIn {
    /// 1 to 120 characters.
    pub business_name: String,
    /// 1 to 120 characters.
    pub name: String,
    pub email: String,
    /// 8 to 200 characters, not a common one.
    pub password: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginIn {
    pub email: String,
    pub password: String,
}

/// Signed in. The refresh token travels in an HttpOnly cookie, never in the body.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    /// JWT for `Authorization: Bearer …`.
    pub access_token: String,
    /// Seconds until `access_token` ends.
    pub expires_in: u32,
    pub user: User,
    pub tenant: Tenant,
    /// As in `GET /me`: what the person may do.
    pub permissions: Vec<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Tenant {
    pub id: Uuid,
    pub name: String,
    /// IANA name, `Asia/Kolkata` unless changed.
    pub time_zone: String,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Whether agents see all conversations, also those of other agents.
    pub agents_see_all: bool,
    /// Finished or skipped the first-run steps.
    pub onboarded: bool,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantPatch {
    pub name: Option<String>,
    pub time_zone: Option<String>,
    pub agents_see_all: Option<bool>,
    pub onboarded: Option<bool>,
}

/// Who is asking, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    pub user: User,
    pub tenant: Tenant,
    /// Names of the permitted actions, as in the policy: `conversation.read`, `user.manage` …
    pub permissions: Vec<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChangeIn {
    pub current_password: String,
    pub new_password: String,
}

/// A sign-in on one device.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionInfo {
    pub id: Uuid,
    pub current: bool,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub last_used_at: OffsetDateTime,
    pub user_agent: Option<String>,
}

/// Accepting an invitation or a password reset link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkAcceptIn {
    /// The token from the link.
    pub token: String,
    /// Needed for an invitation.
    pub name: Option<String>,
    pub password: String,
}

/// What an invitation or reset link is for, shown before it is accepted.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkInfo {
    pub business_name: String,
    pub email: String,
    pub role: Role,
}
