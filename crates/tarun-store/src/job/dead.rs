//! Dead letters: jobs that were given up, for people.

use super::JobKind;
use crate::error::StoreError;
use crate::event::SWEEP_AFTER;
use crate::tx::TenantTx;
use sqlx::Row;
use time::OffsetDateTime;
use uuid::Uuid;

/// A dead letter.
#[derive(Debug)]
pub struct DeadJob {
    pub id: i64,
    pub kind: JobKind,
    pub ordering_key: i64,
    pub ref_id: Uuid,
    pub attempts: i16,
    pub error: String,
    pub created_at: OffsetDateTime,
    pub failed_at: OffsetDateTime,
    /// Of the message concerned, where there is one.
    pub conversation_id: Option<Uuid>,
}

/// Dead letters with an id below `before`, newest first.
pub async fn dead(
    tx: &mut TenantTx,
    kind: Option<JobKind>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<DeadJob>, StoreError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query(
        "select j.id, j.kind, j.ordering_key, j.ref_id, j.attempts, j.error, j.created_at, j.failed_at,
                coalesce(m.conversation_id, mm.conversation_id) as conversation_id
         from jobs j left join messages m on j.kind = 'SEND' and m.tenant_id = j.tenant_id and m.id = j.ref_id
             left join media f on j.kind = 'MEDIA' and f.tenant_id = j.tenant_id and f.id = j.ref_id
             left join messages mm on mm.tenant_id = f.tenant_id and mm.id = f.message_id
         where j.tenant_id = $1 and j.state = 'DEAD' and j.kind = any($5) and ($2::text is null or j.kind = $2) and ($3::bigint is null or j.id < $3)
         order by j.id desc limit $4",
    )
    .bind(tenant)
    .bind(kind.map(JobKind::as_str))
    .bind(before)
    .bind(limit)
    // Kinds of a newer version are its own affair.
    .bind(JobKind::ALL.map(JobKind::as_str).as_slice())
    .fetch_all(tx.sql())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(DeadJob {
                id: row.get("id"),
                kind: JobKind::parse(row.get("kind"))
                    .ok_or_else(|| StoreError::Inconsistent { table: "jobs", reason: "unknown kind".into() })?,
                ordering_key: row.get("ordering_key"),
                ref_id: row.get("ref_id"),
                attempts: row.get("attempts"),
                error: row.get::<Option<String>, _>("error").unwrap_or_default(),
                created_at: row.get("created_at"),
                failed_at: row.get::<Option<_>, _>("failed_at").unwrap_or_else(|| row.get("created_at")),
                conversation_id: row.get("conversation_id"),
            })
        })
        .collect()
}

/// Gives a dead letter a new life. `None` if it is not there (any more): a second retry does nothing.
pub async fn revive(tx: &mut TenantTx, id: i64, now: OffsetDateTime) -> Result<Option<(JobKind, i64)>, StoreError> {
    let tenant = tx.tenant().0;
    let row: Option<(String, i64)> = sqlx::query_as(
        "update jobs set state = 'PENDING', attempts = 0, refusals = 0, not_before = null, lease_until = null, sweep_at = $3, failed_at = null
         where tenant_id = $1 and id = $2 and state = 'DEAD' returning kind, ordering_key",
    )
    .bind(tenant)
    .bind(id)
    .bind(now + SWEEP_AFTER)
    .fetch_optional(tx.sql())
    .await?;
    Ok(row.and_then(|(kind, key)| Some((JobKind::parse(&kind)?, key))))
}

/// Removes a dead letter for good. Says whether it was there.
pub async fn discard(tx: &mut TenantTx, id: i64) -> Result<bool, StoreError> {
    let tenant = tx.tenant().0;
    let gone = sqlx::query("delete from jobs where tenant_id = $1 and id = $2 and state = 'DEAD'")
        .bind(tenant)
        .bind(id)
        .execute(tx.sql())
        .await?;
    Ok(gone.rows_affected() == 1)
}
