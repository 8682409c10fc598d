//! Failed tries to sign in, counted by keyed hash of account or address over windows of fixed length.

use crate::{Store, StoreError};
use time::{Duration, OffsetDateTime};

/// How often something failed, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    pub count: i32,
    /// When the window began, with the first failure.
    pub since: OffsetDateTime,
}

/// The failures of a window that is still running.
pub async fn read(
    store: &Store,
    key: [u8; 16],
    now: OffsetDateTime,
    window: Duration,
) -> Result<Option<Failures>, StoreError> {
    let row: Option<(i32, OffsetDateTime)> =
        sqlx::query_as("select failures, since from auth_attempts where key_hash = $1 and since > $2")
            .bind(key)
            .bind(now - window)
            .fetch_optional(store.pool())
            .await?;
    Ok(row.map(|(count, since)| Failures { count, since }))
}

/// Counts one more; begins a new window where the last one is over.
pub async fn add(store: &Store, key: [u8; 16], now: OffsetDateTime, window: Duration) -> Result<(), StoreError> {
    sqlx::query(
        "insert into auth_attempts as a (key_hash, failures, since) values ($1, 1, $2) on conflict (key_hash) do update set \
         failures = case when a.since > $3 then least(a.failures + 1, 1000) else 1 end, \
         since = case when a.since > $3 then a.since else $2 end",
    )
    .bind(key)
    .bind(now)
    .bind(now - window)
    .execute(store.pool())
    .await?;
    Ok(())
}

/// Forgets an account's failures, after it proved itself.
pub async fn clear(store: &Store, key: [u8; 16]) -> Result<(), StoreError> {
    sqlx::query("delete from auth_attempts where key_hash = $1").bind(key).execute(store.pool()).await?;
    Ok(())
}

/// Removes windows that began before a moment.
pub async fn prune(store: &Store, before: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query("delete from auth_attempts where since < $1").bind(before).execute(store.pool()).await?;
    Ok(())
}
