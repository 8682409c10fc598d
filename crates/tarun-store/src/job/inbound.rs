//! Events of customers that wait to be understood: claimed by key for the length of a transaction.

use super::{JobId, JobKind};
use crate::error::StoreError;
use crate::event::open_payload;
use crate::keys::KeyError;
use crate::tx::TenantTx;
use sqlx::Row;
use tarun_core::ids::NumberId;
use time::OffsetDateTime;
use uuid::Uuid;

/// An inbound event that waits.
#[derive(Debug)]
pub struct InboundJob {
    pub job: JobId,
    pub attempts: i16,
    pub event_id: Uuid,
    pub number: Option<NumberId>,
    pub field: String,
    pub kind: String,
    /// Opened; an error where it does not open.
    pub payload: Result<Vec<u8>, KeyError>,
    pub received_at: OffsetDateTime,
}

/// Locks the events of these keys that may be handled now until the transaction ends, oldest first within a key, at most
/// `limit`. Within a key nothing overtakes an event that waits for its next try.
///
/// By key, not by id: whoever holds a later event of a person holds the earlier ones too, so their order stays.
pub async fn claim_inbound(
    tx: &mut TenantTx,
    keys: &[i64],
    limit: i64,
    now: OffsetDateTime,
) -> Result<Vec<InboundJob>, StoreError> {
    let (sql, ctx) = tx.parts();
    let rows = sqlx::query(
        "select j.ordering_key, j.id, j.attempts, e.id as event_id, e.number_id, e.field, e.kind, e.payload_enc, e.received_at
         from jobs j cross join lateral (select * from inbound_events e where e.tenant_id = $1 and e.id = j.ref_id limit 1) e
         where j.tenant_id = $1 and j.kind = 'INBOUND' and j.ordering_key = any($2) and j.state = 'PENDING'
           and not exists (select 1 from jobs b where b.tenant_id = $1 and b.kind = 'INBOUND' and b.ordering_key = j.ordering_key
                           and b.id <= j.id and b.state = 'PENDING' and b.not_before > $4)
         order by j.ordering_key, j.id limit $3 for update of j",
    )
    .bind(ctx.tenant.0)
    .bind(keys)
    .bind(limit)
    .bind(now)
    .fetch_all(sql)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let event_id = row.get("event_id");
            InboundJob {
                job: JobId { kind: JobKind::Inbound, ordering_key: row.get("ordering_key"), id: row.get("id") },
                attempts: row.get("attempts"),
                event_id,
                number: row.get::<Option<Uuid>, _>("number_id").map(NumberId),
                field: row.get("field"),
                kind: row.get("kind"),
                payload: open_payload(ctx, event_id, row.get("payload_enc")),
                received_at: row.get("received_at"),
            }
        })
        .collect())
}

/// Counts an attempt before it is made, for a job that may take the process down with it.
pub async fn count_attempt(tx: &mut TenantTx, job: JobId) -> Result<i16, StoreError> {
    let tenant = tx.tenant().0;
    Ok(sqlx::query_scalar(
        "update jobs set attempts = attempts + 1 where tenant_id = $1 and kind = $2 and ordering_key = $3 and id = $4 returning attempts",
    )
    .bind(tenant)
    .bind(job.kind.as_str())
    .bind(job.ordering_key)
    .bind(job.id)
    .fetch_one(tx.sql())
    .await?)
}

/// Takes a counted attempt back: it was not the job that failed.
pub async fn uncount_attempt(tx: &mut TenantTx, job: JobId, attempts: i16) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    sqlx::query(
        "update jobs set attempts = attempts - 1 where tenant_id = $1 and kind = $2 and ordering_key = $3 and id = $4 and attempts = $5",
    )
    .bind(tenant)
    .bind(job.kind.as_str())
    .bind(job.ordering_key)
    .bind(job.id)
    .bind(attempts)
    .execute(tx.sql())
    .await?;
    Ok(())
}
