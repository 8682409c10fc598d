//! Invitations and password resets: links that work once. Only the hash of a link's secret is stored.

use crate::{Cursor, StoreError, TenantCtx, TenantTx};
use sqlx::Row;
use sqlx::postgres::PgRow;
use tarun_core::ids::UserId;
use tarun_core::policy::Role;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Invitation,
    Reset,
}

impl Kind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "INVITATION",
            Self::Reset => "RESET",
        }
    }
}

/// A link that somebody was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub id: Uuid,
    pub kind: Kind,
    /// SHA-256 of the token's secret.
    pub secret_hash: Vec<u8>,
    /// Normalised.
    pub email: String,
    pub role: Role,
    /// Whose password is reset.
    pub user: Option<UserId>,
    pub created_by: Option<UserId>,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    /// When it was accepted or withdrawn.
    pub used_at: Option<OffsetDateTime>,
}

impl Link {
    #[must_use]
    pub fn is_open(&self, now: OffsetDateTime) -> bool {
        self.used_at.is_none() && now < self.expires_at
    }
}

pub async fn insert(tx: &mut TenantTx, link: &Link) -> Result<(), StoreError> {
    let (sql, ctx) = tx.parts();
    sqlx::query(
        "insert into links (tenant_id, id, kind, secret_hash, email_enc, role, user_id, created_by, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(ctx.tenant.0)
    .bind(link.id)
    .bind(link.kind.as_str())
    .bind(&link.secret_hash)
    .bind(ctx.seal("links.email", link.id, &link.email)?)
    .bind(link.role.as_str())
    .bind(link.user.map(|id| id.0))
    .bind(link.created_by.map(|id| id.0))
    .bind(link.created_at)
    .bind(link.expires_at)
    .execute(sql)
    .await?;
    Ok(())
}

/// The link, which nobody else changes until the transaction ends: of two who accept at once, the second finds it used.
pub async fn lock(tx: &mut TenantTx, id: Uuid) -> Result<Option<Link>, StoreError> {
    let (sql, ctx) = tx.parts();
    let row = sqlx::query("select * from links where tenant_id = $1 and id = $2 for update")
        .bind(ctx.tenant.0)
        .bind(id)
        .fetch_optional(sql)
        .await?;
    row.map(|row| read(ctx, &row)).transpose()
}

/// Invitations that wait, oldest first.
pub async fn open_invitations(
    tx: &mut TenantTx,
    now: OffsetDateTime,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Link>, StoreError> {
    let (sql, ctx) = tx.parts();
    let rows = sqlx::query(
        "select * from links where tenant_id = $1 and kind = 'INVITATION' and used_at is null and expires_at > $2 \
         and ($3::timestamptz is null or (created_at, id) > ($3, $4)) order by created_at, id limit $5",
    )
    .bind(ctx.tenant.0)
    .bind(now)
    .bind(after.map(|c| c.at))
    .bind(after.map(|c| c.id))
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| read(ctx, row)).collect()
}

/// Shuts a link. `false`: there is none, or it was shut.
pub async fn shut(tx: &mut TenantTx, kind: Kind, id: Uuid, now: OffsetDateTime) -> Result<bool, StoreError> {
    let tenant = tx.tenant();
    let done =
        sqlx::query("update links set used_at = $4 where tenant_id = $1 and kind = $2 and id = $3 and used_at is null")
            .bind(tenant.0)
            .bind(kind.as_str())
            .bind(id)
            .bind(now)
            .execute(tx.sql())
            .await?;
    Ok(done.rows_affected() > 0)
}

/// Shuts all of a person's open reset links: a newer one, a changed password, another role or a switched-off
/// person ends them.
pub async fn shut_resets_of(tx: &mut TenantTx, user: UserId, now: OffsetDateTime) -> Result<(), StoreError> {
    let tenant = tx.tenant();
    sqlx::query(
        "update links set used_at = $3 where tenant_id = $1 and kind = 'RESET' and user_id = $2 and used_at is null",
    )
    .bind(tenant.0)
    .bind(user.0)
    .bind(now)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Shuts all open links that a person made: whoever may not make one any more has none waiting.
pub async fn shut_made_by(tx: &mut TenantTx, user: UserId, now: OffsetDateTime) -> Result<(), StoreError> {
    let tenant = tx.tenant();
    sqlx::query("update links set used_at = $3 where tenant_id = $1 and created_by = $2 and used_at is null")
        .bind(tenant.0)
        .bind(user.0)
        .bind(now)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Removes links that ended before a moment.
pub async fn prune(tx: &mut TenantTx, ended_before: OffsetDateTime) -> Result<(), StoreError> {
    let tenant = tx.tenant();
    sqlx::query("delete from links where tenant_id = $1 and (expires_at < $2 or used_at < $2)")
        .bind(tenant.0)
        .bind(ended_before)
        .execute(tx.sql())
        .await?;
    Ok(())
}

fn read(ctx: &TenantCtx, row: &PgRow) -> Result<Link, StoreError> {
    let bad = |reason: &str| StoreError::Inconsistent { table: "links", reason: reason.to_owned() };
    let id: Uuid = row.try_get("id")?;
    Ok(Link {
        id,
        kind: match row.try_get("kind")? {
            "INVITATION" => Kind::Invitation,
            "RESET" => Kind::Reset,
            _ => return Err(bad("kind")),
        },
        secret_hash: row.try_get("secret_hash")?,
        email: ctx.open("links.email", id, row.try_get("email_enc")?)?,
        role: Role::parse(row.try_get("role")?).ok_or_else(|| bad("role"))?,
        user: row.try_get::<Option<Uuid>, _>("user_id")?.map(UserId),
        created_by: row.try_get::<Option<Uuid>, _>("created_by")?.map(UserId),
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        used_at: row.try_get("used_at")?,
    })
}
