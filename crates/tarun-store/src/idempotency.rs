//! Answers already given to calls with an `Idempotency-Key`, kept for a day.

use crate::keys::same;
use crate::{StoreError, TenantTx};
use time::OffsetDateTime;
use uuid::Uuid;

/// One caller's key, hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(pub [u8; 16]);

/// What is known about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Nothing,
    /// The first answer to the same request.
    Answer {
        status: u16,
        body: String,
    },
    /// The key came with another request before.
    OtherRequest,
}

/// Looks a key up and holds it until the transaction ends: a second call with the same key waits for the first one's end.
pub async fn find(
    tx: &mut TenantTx,
    key: Key,
    request_hash: [u8; 32],
    not_before: OffsetDateTime,
) -> Result<Found, StoreError> {
    let (sql, ctx) = tx.parts();
    let mut head = [0; 8];
    head.copy_from_slice(&key.0[..8]);
    sqlx::query("select pg_advisory_xact_lock($1)").bind(i64::from_be_bytes(head)).execute(&mut *sql).await?;
    // The nightly clean-up may be late: what is too old is no answer.
    sqlx::query("delete from idempotency_keys where tenant_id = $1 and key_hash = $2 and created_at < $3")
        .bind(ctx.tenant.0)
        .bind(key.0)
        .bind(not_before)
        .execute(&mut *sql)
        .await?;
    let row: Option<(Vec<u8>, i16, Vec<u8>)> = sqlx::query_as(
        "select request_hash, status, response_enc from idempotency_keys where tenant_id = $1 and key_hash = $2",
    )
    .bind(ctx.tenant.0)
    .bind(key.0)
    .fetch_optional(sql)
    .await?;
    let Some((earlier, status, sealed)) = row else { return Ok(Found::Nothing) };
    if !same(&earlier, &request_hash) {
        return Ok(Found::OtherRequest);
    }
    let status = u16::try_from(status)
        .map_err(|_| StoreError::Inconsistent { table: "idempotency_keys", reason: format!("status {status}") })?;
    Ok(Found::Answer { status, body: ctx.open("idempotency_keys.response", Uuid::from_bytes(key.0), &sealed)? })
}

/// Keeps an answer, in the transaction of the act that it tells about.
pub async fn keep(
    tx: &mut TenantTx,
    key: Key,
    request_hash: [u8; 32],
    status: u16,
    body: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let (sql, ctx) = tx.parts();
    sqlx::query(
        "insert into idempotency_keys (tenant_id, key_hash, request_hash, status, response_enc, created_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(ctx.tenant.0)
    .bind(key.0)
    .bind(request_hash)
    .bind(i16::try_from(status).unwrap_or(i16::MAX))
    .bind(ctx.seal("idempotency_keys.response", Uuid::from_bytes(key.0), body)?)
    .bind(now)
    .execute(sql)
    .await?;
    Ok(())
}
