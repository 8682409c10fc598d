//! Businesses: the row that everything of a tenant hangs on.

use crate::{Store, StoreError, TenantTx};
use tarun_core::ids::TenantId;
use time::OffsetDateTime;

/// A business on this installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    pub id: TenantId,
    pub name: String,
    /// IANA name.
    pub time_zone: String,
    pub agents_see_all: bool,
    pub onboarded: bool,
    pub created_at: OffsetDateTime,
}

/// Any fixed number: whoever makes a business that must be the first one holds this lock.
const FIRST_TENANT_LOCK: i64 = 7_226_154_832;

impl Store {
    /// Makes a business with keys of its own and leaves the transaction open, so that its first person commits with it.
    ///
    /// With `only_first`, answers `None` where the installation has a business already; two at once can't both be first.
    pub async fn create_tenant(
        &self,
        name: &str,
        now: OffsetDateTime,
        only_first: bool,
    ) -> Result<Option<TenantTx>, StoreError> {
        let (ctx, wrapped) = self.fresh_tenant(TenantId::fresh())?;
        let mut tx = self.begin(&ctx).await?;
        if only_first {
            sqlx::query("select pg_advisory_xact_lock($1)").bind(FIRST_TENANT_LOCK).execute(tx.sql()).await?;
            let taken: bool =
                sqlx::query_scalar("select exists (select 1 from wrapped_tenant_keys())").fetch_one(tx.sql()).await?;
            if taken {
                return Ok(None);
            }
        }
        sqlx::query("insert into tenants (id, name, key_wrapped, created_at) values ($1, $2, $3, $4)")
            .bind(ctx.tenant.0)
            .bind(name)
            .bind(wrapped)
            .bind(now)
            .execute(tx.sql())
            .await?;
        Ok(Some(tx))
    }
}

/// The transaction's own business.
pub async fn load(tx: &mut TenantTx) -> Result<Tenant, StoreError> {
    let id = tx.tenant();
    let (name, time_zone, agents_see_all, onboarded, created_at) =
        sqlx::query_as("select name, time_zone, agents_see_all, onboarded, created_at from tenants where id = $1")
            .bind(id.0)
            .fetch_optional(tx.sql())
            .await?
            .ok_or(StoreError::NoSuchTenant)?;
    Ok(Tenant { id, name, time_zone, agents_see_all, onboarded, created_at })
}

/// Like [`load`], and nobody else changes it until the transaction ends. Rows that refer to it can still be added.
pub async fn lock(tx: &mut TenantTx) -> Result<Tenant, StoreError> {
    let tenant = tx.tenant();
    sqlx::query("select 1 from tenants where id = $1 for no key update").bind(tenant.0).execute(tx.sql()).await?;
    load(tx).await
}

/// Writes what a person can change of it.
pub async fn update(tx: &mut TenantTx, tenant: &Tenant) -> Result<(), StoreError> {
    let own = tx.tenant();
    sqlx::query("update tenants set name = $2, time_zone = $3, agents_see_all = $4, onboarded = $5 where id = $1")
        .bind(own.0)
        .bind(&tenant.name)
        .bind(&tenant.time_zone)
        .bind(tenant.agents_see_all)
        .bind(tenant.onboarded)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Whether the database knows this IANA time zone.
pub async fn is_time_zone(tx: &mut TenantTx, name: &str) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar("select exists (select 1 from pg_timezone_names where name = $1)")
        .bind(name)
        .fetch_one(tx.sql())
        .await?)
}
