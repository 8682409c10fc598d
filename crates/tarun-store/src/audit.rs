//! Who did what. Rows are only ever added: the server's role may neither change nor remove them.

use crate::{StoreError, TenantTx};
use serde_json::Value;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// One line of the log. Holds ids and words of our own, never personal data.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub id: Uuid,
    pub at: OffsetDateTime,
    /// `USER`, `API_KEY` or `SYSTEM`.
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    /// `user.role_changed` …
    pub action: String,
    /// `user`, `number` …
    pub subject_kind: Option<String>,
    pub subject_id: Option<Uuid>,
    pub detail: Value,
}

pub async fn insert(tx: &mut TenantTx, entry: &Entry) -> Result<(), StoreError> {
    run(
        tx,
        "insert into audit_log (tenant_id, id, at, actor_kind, actor_id, action, subject_kind, subject_id, detail) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        entry,
    )
    .await
}

/// Does nothing where a unique index says that the line is there.
pub async fn insert_once(tx: &mut TenantTx, entry: &Entry) -> Result<(), StoreError> {
    run(
        tx,
        "insert into audit_log (tenant_id, id, at, actor_kind, actor_id, action, subject_kind, subject_id, detail) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
        entry,
    )
    .await
}

async fn run(tx: &mut TenantTx, sql: &'static str, entry: &Entry) -> Result<(), StoreError> {
    let tenant = tx.tenant();
    sqlx::query(sql)
        .bind(tenant.0)
        .bind(entry.id)
        .bind(entry.at)
        .bind(&entry.actor_kind)
        .bind(entry.actor_id)
        .bind(&entry.action)
        .bind(&entry.subject_kind)
        .bind(entry.subject_id)
        .bind(Json(&entry.detail))
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// A page of the log, newest first: of one action, or of all but the `left_out` one. Ids grow with time, so the last one
/// seen is the place.
pub async fn list(
    tx: &mut TenantTx,
    action: Option<&str>,
    left_out: &str,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    type Row = (Uuid, OffsetDateTime, String, Option<Uuid>, String, Option<String>, Option<Uuid>, Json<Value>);
    let tenant = tx.tenant();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, at, actor_kind, actor_id, action, subject_kind, subject_id, detail from audit_log \
         where tenant_id = $1 and ($2::uuid is null or id < $2) and case when $4::text is null then action <> $5 else action = $4 end \
         order by id desc limit $3",
    )
    .bind(tenant.0)
    .bind(before)
    .bind(limit)
    .bind(action)
    .bind(left_out)
    .fetch_all(tx.sql())
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, at, actor_kind, actor_id, action, subject_kind, subject_id, Json(detail))| Entry {
            id,
            at,
            actor_kind,
            actor_id,
            action,
            subject_kind,
            subject_id,
            detail,
        })
        .collect())
}
