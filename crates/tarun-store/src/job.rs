//! Work as rows. A stream entry makes a job quick; the row makes it certain.

mod dead;
mod inbound;
mod lease;
mod sweep;

pub use dead::*;
pub use inbound::*;
pub use lease::*;
pub use sweep::*;

use crate::error::StoreError;
use crate::event::SWEEP_AFTER;
use crate::tx::TenantTx;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobKind {
    Inbound,
    Send,
    Media,
}

impl JobKind {
    pub const ALL: [Self; 3] = [Self::Inbound, Self::Send, Self::Media];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "INBOUND",
            Self::Send => "SEND",
            Self::Media => "MEDIA",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == text)
    }
}

/// A job's primary key beside the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobId {
    pub kind: JobKind,
    pub ordering_key: i64,
    pub id: i64,
}

/// Takes jobs away: they are done.
pub async fn finish(tx: &mut TenantTx, jobs: &[JobId]) -> Result<u64, StoreError> {
    let tenant = tx.tenant().0;
    let done = sqlx::query(
        // Each by the whole of its key.
        "delete from jobs j using unnest($2::text[], $3::bigint[], $4::bigint[]) as d(kind, ordering_key, id)
         where j.tenant_id = $1 and j.kind = d.kind and j.ordering_key = d.ordering_key and j.id = d.id",
    )
    .bind(tenant)
    .bind(jobs.iter().map(|j| j.kind.as_str()).collect::<Vec<_>>())
    .bind(jobs.iter().map(|j| j.ordering_key).collect::<Vec<_>>())
    .bind(jobs.iter().map(|j| j.id).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected())
}

/// What becomes of a job that was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Later {
    /// Try again then; what waits behind it waits too.
    Retry(OffsetDateTime),
    /// Try again then; what waits behind it goes on, since it does not depend on this one.
    Aside(OffsetDateTime),
    /// A dead letter, for people.
    Dead,
}

/// Puts a job off or gives it up. `error` is shown to admins: it names a cause, never a customer.
pub async fn put_off(
    tx: &mut TenantTx,
    job: JobId,
    attempts: i16,
    later: Later,
    error: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    let (state, when) = match later {
        Later::Retry(at) | Later::Aside(at) => ("PENDING", at),
        Later::Dead => ("DEAD", now),
    };
    let key = if matches!(later, Later::Aside(_)) { job.id.wrapping_neg() } else { job.ordering_key };
    sqlx::query(
        "update jobs set attempts = $5, state = $6, not_before = $7, sweep_at = $7, lease_until = null, error = left($8, 500),
             ordering_key = $9, failed_at = case when $6 = 'DEAD' then $7 end
         where tenant_id = $1 and kind = $2 and ordering_key = $3 and id = $4",
    )
    .bind(tenant)
    .bind(job.kind.as_str())
    .bind(job.ordering_key)
    .bind(job.id)
    .bind(attempts)
    .bind(state)
    .bind(when)
    .bind(error)
    .bind(key)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Makes a job for a row; the hint follows the commit.
pub async fn add(
    tx: &mut TenantTx,
    kind: JobKind,
    ordering_key: i64,
    ref_id: Uuid,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    sqlx::query("insert into jobs (tenant_id, ordering_key, kind, ref_id, sweep_at, created_at) values ($1, $2, $3, $4, $5, $6)")
        .bind(tenant)
        .bind(ordering_key)
        .bind(kind.as_str())
        .bind(ref_id)
        .bind(now + SWEEP_AFTER)
        .bind(now)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Makes a job that is tried at `when`, beside the order of others: what it waits for has not come yet.
pub async fn add_aside(
    tx: &mut TenantTx,
    kind: JobKind,
    ref_id: Uuid,
    attempts: i16,
    when: OffsetDateTime,
    why: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    // A key of its own: nothing waits behind it.
    let (high, low) = ref_id.as_u64_pair();
    sqlx::query(
        "insert into jobs (tenant_id, ordering_key, kind, ref_id, attempts, not_before, sweep_at, error, created_at)
         values ($1, $2, $3, $4, $5, $6, $6, left($7, 500), $8)",
    )
    .bind(tenant)
    .bind((high ^ low).cast_signed())
    .bind(kind.as_str())
    .bind(ref_id)
    .bind(attempts)
    .bind(when)
    .bind(why)
    .bind(now)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Takes away the jobs of a kind for one row.
pub async fn finish_of(tx: &mut TenantTx, kind: JobKind, ref_id: Uuid, ordering_key: i64) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    sqlx::query("delete from jobs where tenant_id = $1 and kind = $2 and ordering_key = $3 and ref_id = $4")
        .bind(tenant)
        .bind(kind.as_str())
        .bind(ordering_key)
        .bind(ref_id)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// How many jobs of a kind wait for one tenant.
pub async fn waiting(tx: &mut TenantTx, kind: JobKind) -> Result<i64, StoreError> {
    let tenant = tx.tenant().0;
    Ok(sqlx::query_scalar("select count(*) from jobs where tenant_id = $1 and kind = $2 and state = 'PENDING'")
        .bind(tenant)
        .bind(kind.as_str())
        .fetch_one(tx.sql())
        .await?)
}
