//! Work as rows. A stream entry makes a job quick; the row makes it certain.

use crate::error::StoreError;
use crate::event::{SWEEP_AFTER, open_payload};
use crate::keys::KeyError;
use crate::tx::{Store, TenantTx};
use sqlx::Row;
use tarun_core::ids::{NumberId, TenantId};
use time::{Duration, OffsetDateTime};
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

/// How many jobs of a kind wait for one tenant.
pub async fn waiting(tx: &mut TenantTx, kind: JobKind) -> Result<i64, StoreError> {
    let tenant = tx.tenant().0;
    Ok(sqlx::query_scalar("select count(*) from jobs where tenant_id = $1 and kind = $2 and state = 'PENDING'")
        .bind(tenant)
        .bind(kind.as_str())
        .fetch_one(tx.sql())
        .await?)
}

/// Work that is due although nobody was told, or nobody did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Due {
    pub tenant: TenantId,
    pub kind: JobKind,
    pub ordering_key: i64,
}

/// Jobs by kind and state, over all tenants.
#[derive(Debug, Clone)]
pub struct Backlog {
    pub kind: String,
    pub state: String,
    pub count: i64,
    pub oldest: Option<OffsetDateTime>,
}

impl Store {
    /// What the sweep hands out; the same again after [`SWEEP_AFTER`] unless it was done.
    pub async fn due_jobs(&self, now: OffsetDateTime, limit: i32) -> Result<Vec<Due>, StoreError> {
        let rows: Vec<(Uuid, String, i64)> = sqlx::query_as("select * from due_jobs($1, $2, $3)")
            .bind(now)
            .bind(now + SWEEP_AFTER)
            .bind(limit)
            .fetch_all(self.pool())
            .await?;
        Ok(rows
            .into_iter()
            .filter_map(|(tenant, kind, ordering_key)| {
                Some(Due { tenant: TenantId(tenant), kind: JobKind::parse(&kind)?, ordering_key })
            })
            .collect())
    }

    pub async fn backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        let rows: Vec<(String, String, i64, Option<OffsetDateTime>)> =
            sqlx::query_as("select * from job_backlog()").fetch_all(self.pool()).await?;
        Ok(rows.into_iter().map(|(kind, state, count, oldest)| Backlog { kind, state, count, oldest }).collect())
    }
}
