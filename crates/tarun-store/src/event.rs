//! What Meta sent, kept as it came before the answer 200.

use crate::Cursor;
use crate::error::StoreError;
use crate::keys::{KeyError, Place};
use crate::tx::{TenantCtx, TenantTx};
use sqlx::Row;
use tarun_core::ids::NumberId;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How long after its acceptance an event is handed out again, if nobody has handled it by then.
pub const SWEEP_AFTER: Duration = Duration::seconds(20);

/// An event to keep, sealed already.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// By [`event_id`]: the same for each delivery of the same event.
    pub id: Uuid,
    pub number: Option<NumberId>,
    pub field: String,
    /// MESSAGE, STATUS, ECHO or OTHER.
    pub kind: &'static str,
    pub payload_enc: Vec<u8>,
    pub ordering_key: i64,
    pub received_at: OffsetDateTime,
}

/// The id of an event, from what identifies it: keyed, since Meta's message ids hold phone numbers.
#[must_use]
pub fn event_id(ctx: &TenantCtx, dedupe: &[u8]) -> Uuid {
    Uuid::from_bytes(ctx.keys.lookup("inbound_events.id", dedupe))
}

/// The key under which events of one person on one number (or of one account) are handled one after the other.
#[must_use]
pub fn ordering_key(ctx: &TenantCtx, number: Option<NumberId>, ordering: &str) -> i64 {
    let number = number.map_or(Uuid::nil(), |n| n.0);
    let hash = ctx.keys.lookup("jobs.ordering_key", &[number.as_bytes().as_slice(), ordering.as_bytes()].concat());
    i64::from_be_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]])
}

pub fn seal_payload(ctx: &TenantCtx, id: Uuid, payload: &[u8]) -> Result<Vec<u8>, KeyError> {
    ctx.keys.seal(payload_place(ctx, &id), payload)
}

pub(crate) fn open_payload(ctx: &TenantCtx, id: Uuid, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
    ctx.keys.open(payload_place(ctx, &id), sealed)
}

fn payload_place<'a>(ctx: &TenantCtx, id: &'a Uuid) -> Place<'a> {
    Place { tenant: ctx.tenant, column: "inbound_events.payload", row: id.as_bytes() }
}

/// An event that was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Its place among those given.
    pub place: usize,
    /// It has a job, which waits. Otherwise it is to be understood in this transaction.
    pub waits: bool,
}

/// Which of the kept events get a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jobs {
    /// Those whose ordering key has jobs that wait: they must not overtake them. The others are understood at once.
    WhereOthersWait,
    ForAll,
    /// As many failed attempts are behind them.
    After(i16),
}

/// Keeps the events that are new, in the given order. `events` holds no id twice.
pub async fn keep(
    tx: &mut TenantTx,
    events: &[&NewEvent],
    jobs: Jobs,
    now: OffsetDateTime,
) -> Result<Vec<Kept>, StoreError> {
    // In the order of ids, so that two processes which were sent the same events wait for each other and do not lock each
    // other out. Jobs in the order given: their ids are the order of handling. The limit keeps the search for jobs that
    // wait on their index. What is new is looked up in a hash: a join would compare each with each (joins by hash are off here).
    let waits = if jobs == Jobs::WhereOthersWait {
        "coalesce((select true from jobs j where j.tenant_id = $1 and j.kind = 'INBOUND' and j.ordering_key = g.ordering_key
                   and j.state = 'PENDING' limit 1), false)"
    } else {
        "true"
    };
    let sql = format!(
        "with given as (
             select * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bytea[], $7::bigint[], $8::timestamptz[])
                 with ordinality as g(id, number_id, field, kind, payload_enc, ordering_key, received_at, n)),
         fresh as (
             insert into inbound_events (tenant_id, id, number_id, field, kind, payload_enc, received_at)
             select $1, id, number_id, field, kind, payload_enc, received_at from given order by id
             on conflict do nothing returning id),
         found as (select g.n, g.id, g.ordering_key, {waits} as waits 
                   from given g where (g.id in (select id from fresh)) is true),
         queued as (
             insert into jobs (tenant_id, ordering_key, kind, ref_id, attempts, sweep_at, created_at)
             select $1, ordering_key, 'INBOUND', id, $11, $9, $10 from found where waits order by n)
         select n, waits from found order by n"
    );
    let tenant = tx.tenant().0;
    let column = |f: fn(&NewEvent) -> Uuid| events.iter().map(|e| f(e)).collect::<Vec<_>>();
    // Both texts are constants of this function.
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(tenant)
        .bind(column(|e| e.id))
        .bind(events.iter().map(|e| e.number.map(|n| n.0)).collect::<Vec<_>>())
        .bind(events.iter().map(|e| e.field.as_str()).collect::<Vec<_>>())
        .bind(events.iter().map(|e| e.kind).collect::<Vec<_>>())
        .bind(events.iter().map(|e| e.payload_enc.as_slice()).collect::<Vec<_>>())
        .bind(events.iter().map(|e| e.ordering_key).collect::<Vec<_>>())
        .bind(events.iter().map(|e| e.received_at).collect::<Vec<_>>())
        .bind(now + SWEEP_AFTER)
        .bind(now)
        .bind(if let Jobs::After(attempts) = jobs { attempts } else { 0 })
        .fetch_all(tx.sql())
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            // Counted from one, by the database.
            let place = usize::try_from(row.get::<i64, _>("n") - 1).unwrap_or_default();
            Kept { place, waits: row.get("waits") }
        })
        .collect())
}

/// Notes why an event changed nothing.
pub async fn set_outcome(tx: &mut TenantTx, id: Uuid, outcome: &str) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    sqlx::query("update inbound_events set outcome = $3 where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id)
        .bind(outcome)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Events of one sort that show nowhere.
#[derive(Debug, Clone)]
pub struct NotShown {
    /// Meta's word for what they are.
    pub field: String,
    /// `None`: about an account, or about a number that is not connected here.
    pub number: Option<NumberId>,
    pub outcome: String,
    pub count: i64,
    pub last_at: OffsetDateTime,
}

/// The events received since a moment that show nowhere, by sort, the latest sort first. Of very many the latest are counted.
pub async fn not_shown(tx: &mut TenantTx, since: OffsetDateTime) -> Result<Vec<NotShown>, StoreError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query(
        "select field, number_id, outcome, count(*) as count, max(received_at) as last_at
         from (select field, number_id, outcome, received_at from inbound_events
               where tenant_id = $1 and received_at >= $2 and outcome is not null
               order by received_at desc limit 100000) e
         group by field, number_id, outcome order by last_at desc, outcome, field limit 200",
    )
    .bind(tenant)
    .bind(since)
    .fetch_all(tx.sql())
    .await?;
    let sort = |row: &sqlx::postgres::PgRow| NotShown {
        field: row.get("field"),
        number: row.get::<Option<Uuid>, _>("number_id").map(NumberId),
        outcome: row.get("outcome"),
        count: row.get("count"),
        last_at: row.get("last_at"),
    };
    Ok(rows.iter().map(sort).collect())
}

/// A part of the kept events of a time span, put back to work.
#[derive(Debug)]
pub struct Replayed {
    /// How many there were.
    pub count: usize,
    /// Where the next part begins; `None`: that was all.
    pub next: Option<Cursor>,
}

/// Puts kept events of a time span back to work, oldest first, at most `most` after a place; handling them again changes
/// nothing that was done. What waits already is left as it is, and what an event came to before is forgotten with it.
pub async fn replay(
    tx: &mut TenantTx,
    after: Cursor,
    to: OffsetDateTime,
    most: i64,
    now: OffsetDateTime,
) -> Result<Replayed, StoreError> {
    let (sql, ctx) = tx.parts();
    let tenant = ctx.tenant.0;
    let rows = sqlx::query(
        "select id, number_id, received_at, outcome is not null as settled,
                exists (select 1 from jobs j where j.tenant_id = $1 and j.kind = 'INBOUND' and j.ref_id = e.id) as waits
         from inbound_events e where tenant_id = $1 and (received_at, id) > ($2, $3) and received_at < $4
         order by received_at, id limit $5",
    )
    .bind(tenant)
    .bind(after.at)
    .bind(after.id)
    .bind(to)
    .bind(most)
    .fetch_all(&mut *sql)
    .await?;
    let next = rows.last().filter(|_| i64::try_from(rows.len()) == Ok(most));
    let next = next.map(|row| Cursor { at: row.get("received_at"), id: row.get("id") });
    let again: Vec<_> = rows.iter().filter(|row| !row.get::<bool, _>("waits")).collect();
    let settled: Vec<Uuid> = again.iter().filter(|row| row.get("settled")).map(|row| row.get("id")).collect();
    if !settled.is_empty() {
        sqlx::query("update inbound_events set outcome = null where tenant_id = $1 and id = any($2)")
            .bind(tenant)
            .bind(settled)
            .execute(&mut *sql)
            .await?;
    }
    // The ordering is not kept with the event; one key for all of a number keeps its events in order.
    let ids: Vec<Uuid> = again.iter().map(|r| r.get("id")).collect();
    let keys: Vec<i64> = again
        .iter()
        .map(|r| ordering_key(ctx, r.get::<Option<Uuid>, _>("number_id").map(NumberId), "replay"))
        .collect();
    sqlx::query(
        "insert into jobs (tenant_id, ordering_key, kind, ref_id, sweep_at, created_at)
         select $1, k, 'INBOUND', id, $4, $4 from unnest($2::uuid[], $3::bigint[]) with ordinality as g(id, k, n) order by n",
    )
    .bind(tenant)
    .bind(&ids)
    .bind(&keys)
    .bind(now)
    .execute(sql)
    .await?;
    Ok(Replayed { count: ids.len(), next })
}
