//! Settings: the environment over a file over the defaults. What contradicts itself stops the start with a sentence.

mod sources;

use crate::master_key::MasterSource;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tarun_app::auth::SignUpPolicy;
use tarun_app::media::S3;
use tarun_core::secret::Secret;
use tarun_store::keys::{MasterKey, MasterKeys};
use url::Url;

/// As written by people; names are those of the environment in lower case.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
struct Raw {
    tarun_data_dir: PathBuf,
    tarun_listen: SocketAddr,
    tarun_public_url: Option<String>,
    tarun_master_key: Option<String>,
    tarun_master_key_previous: Option<String>,
    tarun_log: String,
    tarun_log_format: String,
    tarun_signup: String,
    tarun_trusted_proxy: bool,
    tarun_metrics_listen: Option<SocketAddr>,
    tarun_metrics_token: Option<String>,
    tarun_keep_events_days: i64,
    tarun_queue_prefix: String,
    tarun_user: Option<String>,
    database_url: Option<String>,
    redis_url: Option<String>,
    whatsapp_graph_url: Option<String>,
    whatsapp_graph_version: String,
    s3_endpoint: Option<String>,
    s3_region: Option<String>,
    s3_bucket: Option<String>,
    s3_access_key_id: Option<String>,
    s3_secret_access_key: Option<String>,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            tarun_data_dir: "data".into(),
            tarun_listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            tarun_public_url: None,
            tarun_master_key: None,
            tarun_master_key_previous: None,
            tarun_log: "info".into(),
            tarun_log_format: "json".into(),
            tarun_signup: "open".into(),
            tarun_trusted_proxy: false,
            tarun_metrics_listen: None,
            tarun_metrics_token: None,
            tarun_keep_events_days: 7,
            tarun_queue_prefix: "tarun".into(),
            tarun_user: None,
            database_url: None,
            redis_url: None,
            whatsapp_graph_url: None,
            whatsapp_graph_version: tarun_providers::whatsapp::DEFAULT_GRAPH_VERSION.into(),
            s3_endpoint: None,
            s3_region: None,
            s3_bucket: None,
            s3_access_key_id: None,
            s3_secret_access_key: None,
        }
    }
}

/// Settings that make sense together.
#[derive(Debug, Clone)]
pub struct Config {
    pub data_dir: PathBuf,
    pub listen: SocketAddr,
    /// Without a slash at the end; `None`: made from the listening address.
    pub public_url: Option<Url>,
    pub servers: Servers,
    pub master: MasterSource,
    pub log: String,
    pub log_json: bool,
    pub signup: SignUpPolicy,
    pub trusted_proxy: bool,
    pub metrics_listen: Option<SocketAddr>,
    pub metrics_token: Option<Secret>,
    pub keep_events: time::Duration,
    pub queue_prefix: String,
    /// The system user of the embedded servers; `None`: chosen.
    pub user: Option<String>,
    pub graph_url: Url,
    /// Somebody chose it: it must not be replaced by a simulator's.
    pub graph_url_given: bool,
    pub graph_version: String,
    pub s3: Option<S3>,
}

/// Where PostgreSQL and Valkey are.
#[derive(Debug, Clone)]
pub enum Servers {
    /// Our own, as child processes.
    Embedded,
    External {
        database_url: Secret,
        redis_url: Secret,
    },
}

/// A sentence that says what to change.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadConfig(pub String);

fn bad<T>(text: impl Into<String>) -> Result<T, BadConfig> {
    Err(BadConfig(text.into()))
}

impl Config {
    /// Reads `tarun.toml` of the working directory, or the file that `TARUN_CONFIG` names, and the environment.
    pub fn load() -> Result<Self, BadConfig> {
        Self::check(sources::read(std::env::vars_os())?)
    }

    /// The defaults on a folder and a free port.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the defaults agree with each other, which a test below shows")]
    pub fn for_tests(data_dir: &Path) -> Self {
        let raw = Raw {
            tarun_data_dir: data_dir.to_owned(),
            tarun_listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            ..Raw::default()
        };
        Self::check(raw).expect("defaults")
    }

    fn check(raw: Raw) -> Result<Self, BadConfig> {
        let url = |name: &str, text: &str| match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => Ok(url),
            _ => bad(format!("{name} is not an address like https://shop.example.in")),
        };
        let graph_url = raw.whatsapp_graph_url.as_deref().unwrap_or(tarun_providers::whatsapp::DEFAULT_GRAPH_URL);
        let graph_url = url("WHATSAPP_GRAPH_URL", graph_url)?;
        if graph_url.scheme() == "http" && !is_this_machine(&graph_url) {
            return bad(
                "WHATSAPP_GRAPH_URL must begin with https:// (access tokens travel to it); http:// is for this machine only",
            );
        }
        let servers = match (raw.database_url, raw.redis_url) {
            (None, None) => Servers::Embedded,
            (Some(database), Some(redis)) => {
                Servers::External { database_url: Secret::new(database), redis_url: Secret::new(redis) }
            }
            (Some(_), None) => {
                return bad(
                    "DATABASE_URL is set but REDIS_URL is not. Set both to use your own servers, or neither to let Tarun bring its own",
                );
            }
            (None, Some(_)) => {
                return bad(
                    "REDIS_URL is set but DATABASE_URL is not. Set both to use your own servers, or neither to let Tarun bring its own",
                );
            }
        };
        let key = |name: &str, text: &str| {
            let sample = text.bytes().all(|b| text.as_bytes().first() == Some(&b));
            match MasterKey::parse(text) {
                Ok(key) if !sample => Ok(key),
                _ => bad(format!(
                    "{name} must be 32 random bytes as 64 hexadecimal digits or base64. Make one with: openssl rand -hex 32"
                )),
            }
        };
        let master = match (&raw.tarun_master_key, &servers) {
            (Some(current), _) => {
                let previous = raw.tarun_master_key_previous.as_deref().unwrap_or_default();
                let previous = previous
                    .split(',')
                    .filter(|k| !k.trim().is_empty())
                    .map(|k| key("TARUN_MASTER_KEY_PREVIOUS", k))
                    .collect::<Result<_, _>>()?;
                MasterSource::Given(MasterKeys { current: key("TARUN_MASTER_KEY", current)?, previous })
            }
            (None, Servers::Embedded) => MasterSource::File(raw.tarun_data_dir.join("master.key")),
            (None, Servers::External { .. }) => {
                return bad(
                    "TARUN_MASTER_KEY is missing: with a database of your own the key that encrypts it must be yours too, and the same for each process. Make one with: openssl rand -hex 32",
                );
            }
        };
        let s3 = match (raw.s3_bucket, raw.s3_access_key_id, raw.s3_secret_access_key) {
            (None, None, None) => None,
            (Some(bucket), Some(id), Some(secret)) => Some(S3 {
                endpoint: raw.s3_endpoint,
                region: raw.s3_region.unwrap_or_else(|| "us-east-1".into()),
                bucket,
                access_key_id: Secret::new(id),
                secret_access_key: Secret::new(secret),
            }),
            _ => {
                return bad(
                    "S3_BUCKET, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY belong together: set all three or none",
                );
            }
        };
        let signup = match raw.tarun_signup.as_str() {
            "open" => SignUpPolicy::Open,
            "first" => SignUpPolicy::First,
            "closed" => SignUpPolicy::Closed,
            other => {
                return bad(format!(
                    "TARUN_SIGNUP is {other}; it may be open, first (only the first business) or closed"
                ));
            }
        };
        let log_json = match raw.tarun_log_format.as_str() {
            "json" => true,
            "text" => false,
            other => return bad(format!("TARUN_LOG_FORMAT is {other}; it may be json or text")),
        };
        let public_url = raw.tarun_public_url.as_deref().map(|u| url("TARUN_PUBLIC_URL", u)).transpose()?;
        if public_url.as_ref().is_some_and(|u| u.path() != "/" || u.query().is_some()) {
            return bad("TARUN_PUBLIC_URL must have no path: Tarun needs a host name of its own");
        }
        if raw.tarun_metrics_token.as_ref().is_some_and(|t| t.len() < 16) {
            return bad("TARUN_METRICS_TOKEN must have at least 16 characters");
        }
        if !(1..=365).contains(&raw.tarun_keep_events_days) {
            return bad("TARUN_KEEP_EVENTS_DAYS must be 1 to 365");
        }
        if !raw.tarun_queue_prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            || raw.tarun_queue_prefix.is_empty()
        {
            return bad("TARUN_QUEUE_PREFIX may hold letters, digits, - and _ only");
        }
        Ok(Self {
            data_dir: raw.tarun_data_dir,
            listen: raw.tarun_listen,
            public_url,
            servers,
            master,
            log: raw.tarun_log,
            log_json,
            signup,
            trusted_proxy: raw.tarun_trusted_proxy,
            metrics_listen: raw.tarun_metrics_listen,
            metrics_token: raw.tarun_metrics_token.map(Secret::new),
            keep_events: time::Duration::days(raw.tarun_keep_events_days),
            queue_prefix: raw.tarun_queue_prefix,
            user: raw.tarun_user,
            graph_url,
            graph_url_given: raw.whatsapp_graph_url.is_some(),
            graph_version: raw.whatsapp_graph_version,
            s3,
        })
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(change: impl FnOnce(&mut Raw)) -> Result<Config, String> {
        let mut raw = Raw::default();
        change(&mut raw);
        Config::check(raw).map_err(|e| e.0)
    }

    #[test]
    fn c_110_c_112_settings_that_do_not_fit_stop_the_start_with_a_sentence() {
        assert!(of(|_| {}).is_ok());
        type Mistake = (&'static str, fn(&mut Raw));
        let refusals: [Mistake; 11] = [
            ("REDIS_URL", |r| r.database_url = Some("postgres://x".into())),
            ("DATABASE_URL", |r| r.redis_url = Some("redis://x".into())),
            ("TARUN_MASTER_KEY", |r| {
                (r.database_url, r.redis_url) = (Some("postgres://x".into()), Some("redis://x".into()))
            }),
            ("TARUN_MASTER_KEY", |r| r.tarun_master_key = Some("changeme".into())),
            ("TARUN_MASTER_KEY", |r| r.tarun_master_key = Some("0".repeat(64))),
            ("TARUN_PUBLIC_URL", |r| r.tarun_public_url = Some("shop.example".into())),
            ("S3_BUCKET", |r| r.s3_bucket = Some("b".into())),
            ("TARUN_SIGNUP", |r| r.tarun_signup = "yes".into()),
            ("TARUN_METRICS_TOKEN", |r| r.tarun_metrics_token = Some("short".into())),
            ("TARUN_LOG_FORMAT", |r| r.tarun_log_format = "plain".into()),
            ("WHATSAPP_GRAPH_URL", |r| r.whatsapp_graph_url = Some("http://graph.facebook.com".into())),
        ];
        for (named, change) in refusals {
            let sentence = of(change).map(|_| ()).expect_err(named);
            assert!(sentence.contains(named), "{named}: {sentence}");
        }
    }
}
