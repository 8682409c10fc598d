//! Sign-ins: one row a device, the family of its refresh tokens. Only hashes of tokens are stored.

use crate::{StoreError, TenantTx};
use tarun_core::ids::{SessionId, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

/// A sign-in on one device.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Session {
    pub id: Uuid,
    pub user_id: Uuid,
    /// SHA-256 of the refresh token's secret in use.
    pub refresh_hash: Vec<u8>,
    /// Of the one before it.
    pub previous_hash: Option<Vec<u8>>,
    pub rotated_at: OffsetDateTime,
    pub created_at: OffsetDateTime,
    pub last_used_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    pub revoked_at: Option<OffsetDateTime>,
    pub user_agent: Option<String>,
}

impl Session {
    /// Whether it still lets its person in.
    #[must_use]
    pub fn is_alive(&self, now: OffsetDateTime) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// A sign-in to be noted.
#[derive(Debug)]
pub struct NewSession<'a> {
    pub id: SessionId,
    pub user: UserId,
    pub refresh_hash: [u8; 32],
    pub now: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    pub user_agent: Option<&'a str>,
}

pub async fn insert(tx: &mut TenantTx, new: &NewSession<'_>) -> Result<(), StoreError> {
    let tenant = tx.tenant();
    sqlx::query(
        "insert into sessions (tenant_id, id, user_id, refresh_hash, rotated_at, created_at, last_used_at, expires_at, user_agent) \
         values ($1, $2, $3, $4, $5, $5, $5, $6, $7)",
    )
    .bind(tenant.0)
    .bind(new.id.0)
    .bind(new.user.0)
    .bind(new.refresh_hash)
    .bind(new.now)
    .bind(new.expires_at)
    .bind(new.user_agent)
    .execute(tx.sql())
    .await?;
    Ok(())
}

pub async fn find(tx: &mut TenantTx, id: SessionId) -> Result<Option<Session>, StoreError> {
    let tenant = tx.tenant();
    Ok(sqlx::query_as("select * from sessions where tenant_id = $1 and id = $2")
        .bind(tenant.0)
        .bind(id.0)
        .fetch_optional(tx.sql())
        .await?)
}

/// Like [`find`], and nobody else changes the row until the transaction ends.
pub async fn lock(tx: &mut TenantTx, id: SessionId) -> Result<Option<Session>, StoreError> {
    let tenant = tx.tenant();
    Ok(sqlx::query_as("select * from sessions where tenant_id = $1 and id = $2 for update")
        .bind(tenant.0)
        .bind(id.0)
        .fetch_optional(tx.sql())
        .await?)
}

/// Puts a new refresh token in the place of the one in use.
pub async fn rotate(
    tx: &mut TenantTx,
    id: SessionId,
    refresh_hash: [u8; 32],
    now: OffsetDateTime,
    expires_at: OffsetDateTime,
) -> Result<(), StoreError> {
    let tenant = tx.tenant();
    sqlx::query(
        "update sessions set previous_hash = refresh_hash, refresh_hash = $3, rotated_at = $4, last_used_at = $4, expires_at = $5 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant.0)
    .bind(id.0)
    .bind(refresh_hash)
    .bind(now)
    .bind(expires_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Ends one. `false`: there was none, or it had ended.
pub async fn revoke(tx: &mut TenantTx, user: UserId, id: SessionId, now: OffsetDateTime) -> Result<bool, StoreError> {
    let tenant = tx.tenant();
    let done = sqlx::query(
        "update sessions set revoked_at = $4 where tenant_id = $1 and user_id = $2 and id = $3 and revoked_at is null",
    )
    .bind(tenant.0)
    .bind(user.0)
    .bind(id.0)
    .bind(now)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends all of a person's but one. Answers which.
pub async fn revoke_all_of(
    tx: &mut TenantTx,
    user: UserId,
    except: Option<SessionId>,
    now: OffsetDateTime,
) -> Result<Vec<SessionId>, StoreError> {
    let tenant = tx.tenant();
    let ended: Vec<Uuid> = sqlx::query_scalar(
        "update sessions set revoked_at = $4 \
         where tenant_id = $1 and user_id = $2 and id is distinct from $3 and revoked_at is null returning id",
    )
    .bind(tenant.0)
    .bind(user.0)
    .bind(except.map(|id| id.0))
    .bind(now)
    .fetch_all(tx.sql())
    .await?;
    Ok(ended.into_iter().map(SessionId).collect())
}

/// A person's sign-ins that still hold, last used first.
pub async fn list_alive(
    tx: &mut TenantTx,
    user: UserId,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Session>, StoreError> {
    let tenant = tx.tenant();
    Ok(sqlx::query_as(
        "select * from sessions where tenant_id = $1 and user_id = $2 and revoked_at is null and expires_at > $3 \
         order by last_used_at desc, id limit $4",
    )
    .bind(tenant.0)
    .bind(user.0)
    .bind(now)
    .bind(limit)
    .fetch_all(tx.sql())
    .await?)
}

/// Keeps a person's rows few: removes those that ended before `ended_before`, and all but the `keep` last used.
pub async fn prune(tx: &mut TenantTx, user: UserId, ended_before: OffsetDateTime, keep: i64) -> Result<(), StoreError> {
    let tenant = tx.tenant();
    sqlx::query(
        "delete from sessions where tenant_id = $1 and user_id = $2 and (revoked_at < $3 or expires_at < $3 or id in \
         (select id from sessions where tenant_id = $1 and user_id = $2 order by last_used_at desc, id desc offset $4))",
    )
    .bind(tenant.0)
    .bind(user.0)
    .bind(ended_before)
    .bind(keep)
    .execute(tx.sql())
    .await?;
    Ok(())
}
