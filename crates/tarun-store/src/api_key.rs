//! Keys with which programs call the API. Only hashes are stored.

use crate::{Cursor, StoreError, TenantTx};
use sqlx::Row;
use sqlx::postgres::PgRow;
use tarun_core::ids::{ApiKeyId, UserId};
use tarun_core::policy::Scope;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    pub scope: Scope,
    /// SHA-256 of the key's secret.
    pub secret_hash: Vec<u8>,
    /// The last four characters.
    pub hint: String,
    pub created_by: Option<UserId>,
    pub created_at: OffsetDateTime,
    pub expires_at: Option<OffsetDateTime>,
    pub last_used_at: Option<OffsetDateTime>,
    pub revoked_at: Option<OffsetDateTime>,
}

impl ApiKey {
    /// Whether it still opens anything.
    #[must_use]
    pub fn is_alive(&self, now: OffsetDateTime) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

pub async fn insert(tx: &mut TenantTx, key: &ApiKey) -> Result<(), StoreError> {
    let tenant = tx.tenant();
    sqlx::query(
        "insert into api_keys (tenant_id, id, name, scope, secret_hash, hint, created_by, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant.0)
    .bind(key.id.0)
    .bind(&key.name)
    .bind(key.scope.as_str())
    .bind(&key.secret_hash)
    .bind(&key.hint)
    .bind(key.created_by.map(|id| id.0))
    .bind(key.created_at)
    .bind(key.expires_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

pub async fn find(tx: &mut TenantTx, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
    let tenant = tx.tenant();
    let row = sqlx::query("select * from api_keys where tenant_id = $1 and id = $2")
        .bind(tenant.0)
        .bind(id.0)
        .fetch_optional(tx.sql())
        .await?;
    row.as_ref().map(read).transpose()
}

/// Keys that were not withdrawn, oldest first; also those whose time is over.
pub async fn list(tx: &mut TenantTx, after: Option<Cursor>, limit: i64) -> Result<Vec<ApiKey>, StoreError> {
    let tenant = tx.tenant();
    let rows = sqlx::query(
        "select * from api_keys where tenant_id = $1 and revoked_at is null \
         and ($2::timestamptz is null or (created_at, id) > ($2, $3)) order by created_at, id limit $4",
    )
    .bind(tenant.0)
    .bind(after.map(|c| c.at))
    .bind(after.map(|c| c.id))
    .bind(limit)
    .fetch_all(tx.sql())
    .await?;
    rows.iter().map(read).collect()
}

/// How many were not withdrawn.
pub async fn count(tx: &mut TenantTx) -> Result<i64, StoreError> {
    let tenant = tx.tenant();
    Ok(sqlx::query_scalar("select count(*) from api_keys where tenant_id = $1 and revoked_at is null")
        .bind(tenant.0)
        .fetch_one(tx.sql())
        .await?)
}

/// Withdraws one. `false`: there is none, or it was withdrawn.
pub async fn revoke(tx: &mut TenantTx, id: ApiKeyId, now: OffsetDateTime) -> Result<bool, StoreError> {
    let tenant = tx.tenant();
    let done =
        sqlx::query("update api_keys set revoked_at = $3 where tenant_id = $1 and id = $2 and revoked_at is null")
            .bind(tenant.0)
            .bind(id.0)
            .bind(now)
            .execute(tx.sql())
            .await?;
    Ok(done.rows_affected() > 0)
}

/// Notes that it was used.
pub async fn used(tx: &mut TenantTx, id: ApiKeyId, now: OffsetDateTime) -> Result<(), StoreError> {
    let tenant = tx.tenant();
    sqlx::query("update api_keys set last_used_at = $3 where tenant_id = $1 and id = $2")
        .bind(tenant.0)
        .bind(id.0)
        .bind(now)
        .execute(tx.sql())
        .await?;
    Ok(())
}

fn read(row: &PgRow) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        id: ApiKeyId(row.try_get("id")?),
        name: row.try_get("name")?,
        scope: Scope::parse(row.try_get("scope")?)
            .ok_or_else(|| StoreError::Inconsistent { table: "api_keys", reason: "scope".into() })?,
        secret_hash: row.try_get("secret_hash")?,
        hint: row.try_get("hint")?,
        created_by: row.try_get::<Option<Uuid>, _>("created_by")?.map(UserId),
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        last_used_at: row.try_get("last_used_at")?,
        revoked_at: row.try_get("revoked_at")?,
    })
}
