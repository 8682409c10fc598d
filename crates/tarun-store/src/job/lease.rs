//! Jobs that call somebody else: one worker holds one for a while, across transactions.

use super::{JobId, JobKind};
use crate::error::StoreError;
use crate::tx::TenantTx;
use sqlx::Row;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// A job that one worker holds for a while, across transactions. `attempts` is its fence: a later holder has a higher one.
#[derive(Debug, Clone, Copy)]
pub struct Leased {
    pub job: JobId,
    pub attempts: i16,
    /// How many of the attempts before ended with a limit that said to wait.
    pub refusals: i16,
    pub ref_id: Uuid,
    pub created_at: OffsetDateTime,
}

/// The row that the first job of a key is about, without locking it: what it is about is locked before it.
pub async fn first(tx: &mut TenantTx, kind: JobKind, ordering_key: i64) -> Result<Option<Uuid>, StoreError> {
    let tenant = tx.tenant().0;
    Ok(sqlx::query_scalar(
        "select ref_id from jobs where tenant_id = $1 and kind = $2 and ordering_key = $3 and state = 'PENDING' order by id limit 1",
    )
    .bind(tenant)
    .bind(kind.as_str())
    .bind(ordering_key)
    .fetch_optional(tx.sql())
    .await?)
}

/// Puts a leased job off because of a limit: that costs it none of its attempts.
pub async fn refused(tx: &mut TenantTx, leased: Leased, when: OffsetDateTime, error: &str) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    sqlx::query(
        "update jobs set refusals = refusals + 1, not_before = $5, sweep_at = $5, lease_until = null, error = left($6, 500)
         where tenant_id = $1 and kind = $2 and ordering_key = $3 and id = $4",
    )
    .bind(tenant)
    .bind(leased.job.kind.as_str())
    .bind(leased.job.ordering_key)
    .bind(leased.job.id)
    .bind(when)
    .bind(error)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Leases the first job of a key, if it is due and nobody holds it.
pub async fn lease(
    tx: &mut TenantTx,
    kind: JobKind,
    ordering_key: i64,
    now: OffsetDateTime,
    length: Duration,
) -> Result<Option<Leased>, StoreError> {
    let tenant = tx.tenant().0;
    let Some(row) = sqlx::query(
        "select id, ref_id, attempts, refusals, not_before, lease_until, created_at from jobs
         where tenant_id = $1 and kind = $2 and ordering_key = $3 and state = 'PENDING' order by id limit 1 for update",
    )
    .bind(tenant)
    .bind(kind.as_str())
    .bind(ordering_key)
    .fetch_optional(tx.sql())
    .await?
    else {
        return Ok(None);
    };
    let waits = |column: &str| row.get::<Option<OffsetDateTime>, _>(column).is_some_and(|at| at > now);
    if waits("not_before") || waits("lease_until") {
        return Ok(None);
    }
    let leased = Leased {
        job: JobId { kind, ordering_key, id: row.get("id") },
        attempts: row.get::<i16, _>("attempts").saturating_add(1),
        refusals: row.get("refusals"),
        ref_id: row.get("ref_id"),
        created_at: row.get("created_at"),
    };
    sqlx::query(
        "update jobs set attempts = $5, lease_until = $6, sweep_at = $6 where tenant_id = $1 and kind = $2 and ordering_key = $3 and id = $4",
    )
    .bind(tenant)
    .bind(kind.as_str())
    .bind(ordering_key)
    .bind(leased.job.id)
    .bind(leased.attempts)
    .bind(now + length)
    .execute(tx.sql())
    .await?;
    Ok(Some(leased))
}

/// Whether the lease is still ours; locks the job until the transaction ends.
pub async fn still_held(tx: &mut TenantTx, leased: Leased) -> Result<bool, StoreError> {
    let tenant = tx.tenant().0;
    let attempts: Option<i16> = sqlx::query_scalar(
        "select attempts from jobs where tenant_id = $1 and kind = $2 and ordering_key = $3 and id = $4 and state = 'PENDING' for update",
    )
    .bind(tenant)
    .bind(leased.job.kind.as_str())
    .bind(leased.job.ordering_key)
    .bind(leased.job.id)
    .fetch_optional(tx.sql())
    .await?;
    Ok(attempts == Some(leased.attempts))
}
