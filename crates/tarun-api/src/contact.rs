//! The people who write to the business.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Contact {
    pub id: Uuid,
    /// E.164. `null` for people whom WhatsApp lets hide their number.
    pub phone: Option<String>,
    /// WhatsApp username, without the `@`.
    pub username: Option<String>,
    /// What to call them: a name given by the business, else the WhatsApp profile's, else username, phone or a short id.
    pub name: String,
    /// `true` when somebody of the business typed the name; WhatsApp profile changes then no longer touch it.
    pub name_is_ours: bool,
    pub email: Option<String>,
    /// INBOUND, IMPORT or MANUAL.
    pub source: String,
    /// When they told WhatsApp that they want no marketing messages of this business; `null` if they did not, or took it back.
    #[serde(with = "time::serde::rfc3339::option")]
    pub marketing_opt_out_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_message_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Give it back in a PATCH; a stale one is refused with 409.
    pub version: i32,
}

/// Fields absent stay; `null` clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactPatch {
    pub version: Option<i32>,
    /// 1 to 200 characters; `null` goes back to the WhatsApp profile's name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub email: Option<Option<String>>,
}

/// Tells a field that is `null` (clear it) from one that is absent (leave it).
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}
