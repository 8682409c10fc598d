//! People of a business. E-mail and name are sealed; a person is found by the keyed hash of the e-mail.

use crate::{Cursor, Store, StoreError, TenantCtx, TenantTx};
use sqlx::Row;
use sqlx::postgres::PgRow;
use tarun_core::ids::{TenantId, UserId};
use tarun_core::policy::Role;
use time::OffsetDateTime;
use uuid::Uuid;

/// A person of the business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    /// Normalised.
    pub email: String,
    pub name: String,
    pub role: Role,
    /// `false`: may not sign in.
    pub is_active: bool,
    pub created_at: OffsetDateTime,
    pub last_seen_at: Option<OffsetDateTime>,
}

/// A person to be added.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// Of [`email_hash`].
    pub email_hash: [u8; 16],
    /// Normalised.
    pub email: &'a str,
    pub name: &'a str,
    /// PHC string.
    pub password_hash: &'a str,
    pub role: Role,
    pub created_at: OffsetDateTime,
}

/// By which a normalised e-mail is found over the whole installation.
#[must_use]
pub fn email_hash(store: &Store, normalised: &str) -> [u8; 16] {
    store.installation().lookup("users.email", normalised.as_bytes())
}

/// To which business the person with this e-mail belongs.
pub async fn tenant_of_email(store: &Store, email_hash: [u8; 16]) -> Result<Option<TenantId>, StoreError> {
    let tenant: Option<Uuid> =
        sqlx::query_scalar("select tenant_of_email($1)").bind(email_hash).fetch_one(store.pool()).await?;
    Ok(tenant.map(TenantId))
}

/// Adds a person. An e-mail that is in use anywhere breaks the constraint `users_email_hash_key`.
pub async fn insert(tx: &mut TenantTx, new: &NewUser<'_>) -> Result<User, StoreError> {
    let id = UserId::fresh();
    let (sql, ctx) = tx.parts();
    sqlx::query(
        "insert into users (tenant_id, id, email_hash, email_enc, name_enc, password_hash, role, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(ctx.tenant.0)
    .bind(id.0)
    .bind(new.email_hash)
    .bind(ctx.seal("users.email", id.0, new.email)?)
    .bind(ctx.seal("users.name", id.0, new.name)?)
    .bind(new.password_hash)
    .bind(new.role.as_str())
    .bind(new.created_at)
    .execute(sql)
    .await?;
    Ok(User {
        id,
        email: new.email.to_owned(),
        name: new.name.to_owned(),
        role: new.role,
        is_active: true,
        created_at: new.created_at,
        last_seen_at: None,
    })
}

/// The person with this e-mail and the hash of the password, if he is of this business.
pub async fn by_email(tx: &mut TenantTx, email_hash: [u8; 16]) -> Result<Option<(User, String)>, StoreError> {
    let (sql, ctx) = tx.parts();
    let row = sqlx::query(
        "select id, email_enc, name_enc, role, is_active, created_at, last_seen_at, password_hash \
         from users where tenant_id = $1 and email_hash = $2",
    )
    .bind(ctx.tenant.0)
    .bind(email_hash)
    .fetch_optional(sql)
    .await?;
    row.map(|row| Ok((read(ctx, &row)?, row.try_get("password_hash")?))).transpose()
}

pub async fn find(tx: &mut TenantTx, id: UserId) -> Result<Option<User>, StoreError> {
    let (sql, ctx) = tx.parts();
    let row = sqlx::query(
        "select id, email_enc, name_enc, role, is_active, created_at, last_seen_at from users \
         where tenant_id = $1 and id = $2",
    )
    .bind(ctx.tenant.0)
    .bind(id.0)
    .fetch_optional(sql)
    .await?;
    row.map(|row| read(ctx, &row)).transpose()
}

/// Like [`find`], and nobody else changes the row until the transaction ends.
pub async fn lock(tx: &mut TenantTx, id: UserId) -> Result<Option<User>, StoreError> {
    let tenant = tx.tenant();
    sqlx::query("select 1 from users where tenant_id = $1 and id = $2 for no key update")
        .bind(tenant.0)
        .bind(id.0)
        .execute(tx.sql())
        .await?;
    find(tx, id).await
}

/// Active owners, locked in the order of their ids until the transaction ends: so that two owners can't remove each other.
pub async fn lock_active_owners(tx: &mut TenantTx) -> Result<Vec<UserId>, StoreError> {
    let tenant = tx.tenant();
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select id from users where tenant_id = $1 and role = 'OWNER' and is_active order by id for no key update",
    )
    .bind(tenant.0)
    .fetch_all(tx.sql())
    .await?;
    Ok(ids.into_iter().map(UserId).collect())
}

/// A page of people, oldest first.
pub async fn list(tx: &mut TenantTx, after: Option<Cursor>, limit: i64) -> Result<Vec<User>, StoreError> {
    let (sql, ctx) = tx.parts();
    let rows = sqlx::query(
        "select id, email_enc, name_enc, role, is_active, created_at, last_seen_at from users \
         where tenant_id = $1 and ($2::timestamptz is null or (created_at, id) > ($2, $3)) order by created_at, id limit $4",
    )
    .bind(ctx.tenant.0)
    .bind(after.map(|c| c.at))
    .bind(after.map(|c| c.id))
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| read(ctx, row)).collect()
}

/// How many people the business has, switched off or not.
pub async fn count(tx: &mut TenantTx) -> Result<i64, StoreError> {
    let tenant = tx.tenant();
    Ok(sqlx::query_scalar("select count(*) from users where tenant_id = $1").bind(tenant.0).fetch_one(tx.sql()).await?)
}

/// Writes name, role and whether the person may sign in.
pub async fn update(tx: &mut TenantTx, user: &User) -> Result<(), StoreError> {
    let (sql, ctx) = tx.parts();
    sqlx::query("update users set name_enc = $3, role = $4, is_active = $5 where tenant_id = $1 and id = $2")
        .bind(ctx.tenant.0)
        .bind(user.id.0)
        .bind(ctx.seal("users.name", user.id.0, &user.name)?)
        .bind(user.role.as_str())
        .bind(user.is_active)
        .execute(sql)
        .await?;
    Ok(())
}

pub async fn password_hash(tx: &mut TenantTx, id: UserId) -> Result<Option<String>, StoreError> {
    let tenant = tx.tenant();
    Ok(sqlx::query_scalar("select password_hash from users where tenant_id = $1 and id = $2")
        .bind(tenant.0)
        .bind(id.0)
        .fetch_optional(tx.sql())
        .await?)
}

pub async fn set_password_hash(tx: &mut TenantTx, id: UserId, phc: &str) -> Result<(), StoreError> {
    let tenant = tx.tenant();
    sqlx::query("update users set password_hash = $3 where tenant_id = $1 and id = $2")
        .bind(tenant.0)
        .bind(id.0)
        .bind(phc)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Notes that the person was here.
pub async fn seen(tx: &mut TenantTx, id: UserId, now: OffsetDateTime) -> Result<(), StoreError> {
    let tenant = tx.tenant();
    sqlx::query("update users set last_seen_at = $3 where tenant_id = $1 and id = $2")
        .bind(tenant.0)
        .bind(id.0)
        .bind(now)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// A person's name, where another table's query has joined it.
pub(crate) fn open_name(ctx: &TenantCtx, id: UserId, name_enc: &[u8]) -> Result<String, StoreError> {
    Ok(ctx.open("users.name", id.0, name_enc)?)
}

fn read(ctx: &TenantCtx, row: &PgRow) -> Result<User, StoreError> {
    let id: Uuid = row.try_get("id")?;
    let role: String = row.try_get("role")?;
    Ok(User {
        id: UserId(id),
        email: ctx.open("users.email", id, row.try_get("email_enc")?)?,
        name: open_name(ctx, UserId(id), row.try_get("name_enc")?)?,
        role: Role::parse(&role)
            .ok_or_else(|| StoreError::Inconsistent { table: "users", reason: format!("role {role}") })?,
        is_active: row.try_get("is_active")?,
        created_at: row.try_get("created_at")?,
        last_seen_at: row.try_get("last_seen_at")?,
    })
}
