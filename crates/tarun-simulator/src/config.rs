//! What a simulator is started with. Everything under [`Settings`] can be changed while it runs (`/_sim/behaviour`).

use std::{fmt, net::SocketAddr, path::PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;

/// A token or secret. Prints as `***`, so that a configuration may be logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for comparing and signing.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// One business phone number, with the access token that may use it.
///
/// Several numbers may share a WABA or a token; a token sees only the numbers and WABAs it is given for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimNumber {
    pub phone_number_id: String,
    pub waba_id: String,
    /// As Meta shows it, for example `+91 90000 41827`; the digits are the number itself.
    pub display_phone_number: String,
    pub verified_name: String,
    pub access_token: Secret,
    /// When the token ends, seconds since 1970. 0: never, as a system user's may; another is a person's.
    #[serde(default)]
    pub token_expires_at: i64,
}

/// How a simulator starts.
#[derive(Debug, Clone)]
pub struct SimulatorConfig {
    /// Port 0 takes a free one; see [`crate::Running::addr`].
    pub listen: SocketAddr,
    /// How others reach this simulator, used in media addresses; `None` means `http://<listen address>`.
    pub public_url: Option<Url>,
    /// The app's callback URL, as saved in Meta's dashboard. When given, the configured WABAs start subscribed;
    /// otherwise nothing is delivered until the product calls `POST /{waba_id}/subscribed_apps`.
    pub webhook_url: Option<Url>,
    pub app_id: String,
    /// Key of `X-Hub-Signature-256`.
    pub app_secret: Secret,
    pub verify_token: Secret,
    pub numbers: Vec<SimNumber>,
    pub auto_status: AutoStatus,
    pub webhooks: WebhookOptions,
    pub limits: Limits,
    /// Whether the phone starts with its pretend customers.
    pub preset_customers: bool,
    /// Every send call and webhook attempt is appended here as one JSON line, so that it outlives a kill.
    pub record_path: Option<PathBuf>,
}

impl SimulatorConfig {
    /// A simulator with the usual settings and the preset customers.
    pub fn new(
        listen: SocketAddr,
        app_secret: impl Into<Secret>,
        verify_token: impl Into<Secret>,
        numbers: Vec<SimNumber>,
    ) -> Self {
        Self {
            listen,
            public_url: None,
            webhook_url: None,
            app_id: "900000000000001".to_owned(),
            app_secret: app_secret.into(),
            verify_token: verify_token.into(),
            numbers,
            auto_status: AutoStatus::default(),
            webhooks: WebhookOptions::default(),
            limits: Limits::default(),
            preset_customers: true,
            record_path: None,
        }
    }
}

/// The part of the configuration that `/_sim/behaviour` may change.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub statuses: AutoStatus,
    pub webhooks: WebhookOptions,
    pub limits: Limits,
}

/// Which statuses follow an accepted message, and when (milliseconds after the acceptance).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AutoStatus {
    /// Off: no status follows by itself; `/_sim/messages/{wamid}/status` still makes one.
    pub enabled: bool,
    pub sent_after_ms: u64,
    /// `null`: the device stays out of reach, only `sent` comes.
    pub delivered_after_ms: Option<u64>,
    pub read: ReadPolicy,
}

impl Default for AutoStatus {
    fn default() -> Self {
        Self { enabled: true, sent_after_ms: 80, delivered_after_ms: Some(350), read: ReadPolicy::WhenShown }
    }
}

/// When `read` follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadPolicy {
    /// When a phone shows the chat (the page, or `/_sim/customers/{id}/read`).
    WhenShown,
    /// By itself, so many milliseconds after the acceptance.
    AfterMs(u64),
    Never,
}

/// How webhooks leave.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookOptions {
    /// Most updates in one POST (Meta: up to 1,000).
    pub batch: usize,
    /// POSTs under way at the same time, 1 to 64. Above 1 their order is not kept, as with Meta.
    pub parallel: usize,
    /// Added to each update before its first attempt.
    pub delay_ms: u64,
    /// A random further delay up to this, which shuffles neighbours.
    pub reorder_within_ms: u64,
    /// Chance in percent that an update is delivered twice.
    pub duplicate_percent: u8,
    /// Gap before the second retry; the first follows at once and the gap doubles up to `retry_cap_ms`.
    pub retry_base_ms: u64,
    pub retry_cap_ms: u64,
    /// Meta keeps trying for up to 7 days.
    pub give_up_after_s: u64,
    pub timeout_ms: u64,
    /// Holds everything back until switched off.
    pub paused: bool,
}

impl Default for WebhookOptions {
    fn default() -> Self {
        Self {
            batch: 1,
            parallel: 4,
            delay_ms: 0,
            reorder_within_ms: 0,
            duplicate_percent: 0,
            retry_base_ms: 1_000,
            retry_cap_ms: 600_000,
            give_up_after_s: 7 * 86_400,
            timeout_ms: 20_000,
            paused: false,
        }
    }
}

/// Limits of Meta's that the simulator keeps.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Messages per second and business number; above it 130429. `null` switches it off.
    pub per_second: Option<u32>,
    /// One message per 6 s to the same customer with a burst of 45; above it 131056.
    pub pair: bool,
    /// 24-hour window: 131047 outside it.
    pub window: bool,
    /// A closed window is told by a `failed` status instead of the answer to the call (Meta does both).
    pub window_error_late: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_second: Some(80), pair: true, window: true, window_error_late: false }
    }
}
