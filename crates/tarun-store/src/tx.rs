//! The pool, the tenants' keys, and the one door to tenant data.

use crate::error::StoreError;
use crate::keys::{DataKeys, KeyError, MasterKeys, Place, random};
use crate::setup;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Transaction};
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tarun_core::ids::TenantId;
use uuid::Uuid;

/// The installation's row in key wrapping.
const INSTALLATION: Uuid = Uuid::nil();

/// The database as the server sees it. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: PgPool,
    master: Arc<RwLock<MasterKeys>>,
    tenants: moka::future::Cache<TenantId, Arc<DataKeys>>,
    installation: Arc<DataKeys>,
}

/// A tenant and its keys, from evidence.
#[derive(Clone)]
pub struct TenantCtx {
    pub tenant: TenantId,
    pub keys: Arc<DataKeys>,
}

impl TenantCtx {
    /// Seals a text for a column of a row.
    pub fn seal(&self, column: &'static str, row: Uuid, value: &str) -> Result<Vec<u8>, KeyError> {
        self.keys.seal(Place { tenant: self.tenant, column, row: row.as_bytes() }, value.as_bytes())
    }

    /// Opens a text of a column of a row.
    pub fn open(&self, column: &'static str, row: Uuid, sealed: &[u8]) -> Result<String, KeyError> {
        let bytes = self.keys.open(Place { tenant: self.tenant, column, row: row.as_bytes() }, sealed)?;
        String::from_utf8(bytes).map_err(|_| KeyError::DoesNotOpen(column))
    }
}

impl Store {
    /// Connects as the app role, reads (or makes, once) the installation's key.
    ///
    /// Waits at most two seconds for a free connection (C-040): a caller answers 503 then.
    pub async fn open(app_url: &str, master: MasterKeys, connections: u32) -> Result<Self, StoreError> {
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .min_connections(1)
            .acquire_timeout(Duration::from_secs(2))
            .idle_timeout(Duration::from_secs(300))
            .max_lifetime(Duration::from_secs(1800))
            .after_connect(|connection, _| {
                Box::pin(async move {
                    sqlx::query(
                        "select set_config('statement_timeout', '15s', false), set_config('lock_timeout', '5s', false), \
                         set_config('idle_in_transaction_session_timeout', '10s', false), set_config('application_name', 'tarun', false)",
                    )
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .connect_with(setup::options(app_url)?)
            .await?;
        let installation = installation_key(&mut *pool.acquire().await?, &master).await?;
        Ok(Self {
            pool,
            master: Arc::new(RwLock::new(master)),
            tenants: moka::future::Cache::builder().max_capacity(10_000).time_to_idle(Duration::from_secs(600)).build(),
            installation: Arc::new(installation),
        })
    }

    /// Keys that belong to no tenant: signing tokens, finding a person by e-mail.
    #[must_use]
    pub fn installation(&self) -> &DataKeys {
        &self.installation
    }

    /// Takes over master keys that were added or replaced while running.
    pub fn set_master_keys(&self, keys: MasterKeys) {
        *self.master.write().unwrap_or_else(std::sync::PoisonError::into_inner) = keys;
    }

    pub(crate) fn master(&self) -> MasterKeys {
        self.master.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// The tenant's keys. Whoever calls has evidence that it speaks for this tenant, or is about to check it in this
    /// tenant's own rows (a session, an API key).
    pub async fn tenant(&self, tenant: TenantId) -> Result<TenantCtx, StoreError> {
        if let Some(keys) = self.tenants.get(&tenant).await {
            return Ok(TenantCtx { tenant, keys });
        }
        let mut tx = self.bare_tx(tenant).await?;
        let wrapped: Option<Vec<u8>> = sqlx::query_scalar("select key_wrapped from tenants where id = $1")
            .bind(tenant.0)
            .fetch_optional(&mut *tx)
            .await?;
        tx.commit().await?;
        self.tenant_with(tenant, &wrapped.ok_or(StoreError::NoSuchTenant)?).await
    }

    pub(crate) async fn tenant_with(&self, tenant: TenantId, wrapped: &[u8]) -> Result<TenantCtx, StoreError> {
        if let Some(keys) = self.tenants.get(&tenant).await {
            return Ok(TenantCtx { tenant, keys });
        }
        let keys = Arc::new(DataKeys::of(&*self.master().unwrap(wrapped, tenant.0)?));
        self.tenants.insert(tenant, keys.clone()).await;
        Ok(TenantCtx { tenant, keys })
    }

    /// A new tenant's keys and their wrapped form.
    pub(crate) fn fresh_tenant(&self, tenant: TenantId) -> Result<(TenantCtx, Vec<u8>), StoreError> {
        let data_key = zeroize::Zeroizing::new(random()?);
        let wrapped = self.master().wrap(&data_key, tenant.0)?;
        Ok((TenantCtx { tenant, keys: Arc::new(DataKeys::of(&data_key)) }, wrapped))
    }

    /// Opens the door to one tenant's rows.
    pub async fn begin(&self, ctx: &TenantCtx) -> Result<TenantTx, StoreError> {
        Ok(TenantTx { tx: self.bare_tx(ctx.tenant).await?, ctx: ctx.clone() })
    }

    /// The same for the way of each message. Its statements look rows up by keys, whatever the values: PostgreSQL keeps
    /// their plans instead of making them anew each time, which costs more than running them. A statement that takes
    /// longer than `limit` is ended, so that a caller who gave up leaves no lock behind.
    pub async fn begin_for_messages(&self, ctx: &TenantCtx, limit: Duration) -> Result<TenantTx, StoreError> {
        let limit = limit.as_millis();
        // A plan that is kept may be as old as the tables were empty: it must not read all of one.
        let more = format!(
            "; set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off; set local enable_hashjoin = off; \
             set local enable_mergejoin = off; set local statement_timeout = '{limit}ms'"
        );
        Ok(TenantTx { tx: self.tx_with(ctx.tenant, more).await?, ctx: ctx.clone() })
    }

    async fn bare_tx(&self, tenant: TenantId) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.tx_with(tenant, String::new()).await
    }

    async fn tx_with(&self, tenant: TenantId, more: String) -> Result<Transaction<'static, Postgres>, StoreError> {
        let pool = self.pool.clone();
        // One round trip. A UUID prints as hexadecimal digits and dashes only, a limit as digits. In a task of its own: a caller that is
        // cancelled meanwhile (its client went away) must not leave a connection in the pool with a transaction open.
        let begun = tokio::spawn(async move {
            pool.begin_with(AssertSqlSafe(format!("begin; set local tarun.tenant = '{}'{more}", tenant.0))).await
        });
        Ok(begun.await.map_err(|_| sqlx::Error::WorkerCrashed)??)
    }

    /// For functions that look across tenants and touch no tenant's rows directly.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Whether the database answers, and what in its settings would lose messages.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }

    pub async fn durability_warnings(&self) -> Result<Vec<String>, StoreError> {
        setup::durability_warnings(&mut *self.pool.acquire().await?).await
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Wraps every data key anew with the current master key. Returns how many were changed; run again after a break.
    pub async fn rewrap_keys(&self) -> Result<u64, StoreError> {
        let master = self.master();
        let mut changed = 0;
        let wrapped: Vec<u8> = sqlx::query_scalar("select key_wrapped from installation").fetch_one(&self.pool).await?;
        if !master.is_current(&wrapped) {
            let key = master.unwrap(&wrapped, INSTALLATION)?;
            sqlx::query("update installation set key_wrapped = $1 where key_wrapped = $2")
                .bind(master.wrap(&key, INSTALLATION)?)
                .bind(&wrapped)
                .execute(&self.pool)
                .await?;
            changed += 1;
        }
        let all: Vec<(Uuid, Vec<u8>)> =
            sqlx::query_as("select * from wrapped_tenant_keys()").fetch_all(&self.pool).await?;
        for (tenant, wrapped) in all.into_iter().filter(|(_, w)| !master.is_current(w)) {
            let key = master.unwrap(&wrapped, tenant)?;
            let mut tx = self.bare_tx(TenantId(tenant)).await?;
            sqlx::query("update tenants set key_wrapped = $1 where id = $2 and key_wrapped = $3")
                .bind(master.wrap(&key, tenant)?)
                .bind(tenant)
                .bind(&wrapped)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            changed += 1;
        }
        Ok(changed)
    }
}

/// The installation's own key; made, once, where there is none.
pub(crate) async fn installation_key(sql: &mut PgConnection, master: &MasterKeys) -> Result<DataKeys, StoreError> {
    let fresh = zeroize::Zeroizing::new(random()?);
    sqlx::query("insert into installation (key_wrapped) values ($1) on conflict do nothing")
        .bind(master.wrap(&fresh, INSTALLATION)?)
        .execute(&mut *sql)
        .await?;
    let wrapped: Vec<u8> = sqlx::query_scalar("select key_wrapped from installation").fetch_one(sql).await?;
    Ok(DataKeys::of(&*master.unwrap(&wrapped, INSTALLATION)?))
}

/// A transaction in which exactly one tenant's rows can be seen and written.
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    ctx: TenantCtx,
}

impl TenantTx {
    #[must_use]
    pub fn ctx(&self) -> &TenantCtx {
        &self.ctx
    }

    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.ctx.tenant
    }

    pub(crate) fn sql(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    pub(crate) fn parts(&mut self) -> (&mut PgConnection, &TenantCtx) {
        (&mut self.tx, &self.ctx)
    }

    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}
