//! `Idempotency-Key`: the same call again gets the first answer again, for a day.
//!
//! An act asks [`find`] first thing in its transaction and hands its result to [`keep`] before the commit. A second call
//! with the same key waits in [`find`] until the first one's transaction has ended.

use crate::acting::{ActError, Acting};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tarun_core::policy::Actor;
use tarun_store::idempotency::{self, Found, Key};
use tarun_store::keys::sha256;
use tarun_store::{StoreError, TenantTx};
use time::{Duration, OffsetDateTime};

const KEPT: Duration = Duration::hours(24);

/// A call that its caller may repeat.
#[derive(Debug, Clone, Copy)]
pub struct Once {
    key: Key,
    request_hash: [u8; 32],
}

impl Once {
    /// `key` is the header's value, `request` the bytes that make the call what it is: method, path and body.
    ///
    /// Keys belong to the one who calls: two people may use the same one.
    #[must_use]
    pub fn new(acting: &Acting, key: &str, request: &[u8]) -> Self {
        let caller = match acting.actor {
            Actor::User { id, .. } => id.0,
            Actor::ApiKey { id, .. } => id.0,
        };
        let scoped = [caller.as_bytes().as_slice(), key.as_bytes()].concat();
        Self { key: Key(acting.ctx.keys.lookup("idempotency_keys.key", &scoped)), request_hash: sha256(request) }
    }
}

/// The first call's result, if this call was done before.
pub async fn find<T: DeserializeOwned>(
    tx: &mut TenantTx,
    once: Option<&Once>,
    now: OffsetDateTime,
) -> Result<Option<T>, ActError> {
    let Some(once) = once else { return Ok(None) };
    match idempotency::find(tx, once.key, once.request_hash, now - KEPT).await? {
        Found::Nothing => Ok(None),
        Found::Answer { body, .. } => Ok(Some(serde_json::from_str(&body).map_err(|e| unreadable(&e))?)),
        Found::OtherRequest => Err(ActError::Conflict {
            code: "idempotency_key_reused",
            detail: "This Idempotency-Key came with another request before. Take a new key for each new request."
                .into(),
        }),
    }
}

/// Keeps a result for the next call with the same key.
pub async fn keep<T: Serialize>(
    tx: &mut TenantTx,
    once: Option<&Once>,
    result: &T,
    now: OffsetDateTime,
) -> Result<(), ActError> {
    let Some(once) = once else { return Ok(()) };
    let body = serde_json::to_string(result).map_err(|e| unreadable(&e))?;
    Ok(idempotency::keep(tx, once.key, once.request_hash, 201, &body, now).await?)
}

fn unreadable(error: &serde_json::Error) -> ActError {
    StoreError::Inconsistent { table: "idempotency_keys", reason: error.to_string() }.into()
}
