//! WhatsApp numbers of the business, and the table by which webhooks find their tenant.

mod lock;

pub use lock::lock;

use crate::error::StoreError;
use crate::tx::{Store, TenantCtx, TenantTx};
use sqlx::Row;
use sqlx::postgres::PgRow;
use tarun_core::ids::{NumberId, TenantId};
use tarun_core::secret::Secret;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Number {
    pub id: NumberId,
    pub phone_number_id: String,
    pub waba_id: String,
    pub display_phone_number: String,
    pub verified_name: Option<String>,
    pub access_token: Secret,
    pub app_secret: Secret,
    pub verify_token: Secret,
    pub quality: String,
    pub messaging_limit: Option<String>,
    pub paused_reason: Option<String>,
    pub last_webhook_at: Option<OffsetDateTime>,
    pub last_processed_at: Option<OffsetDateTime>,
    pub created_at: OffsetDateTime,
}

/// Writes a new number. The constraint `whatsapp_numbers_phone_number_id_key` tells that somebody has it already.
pub async fn insert(tx: &mut TenantTx, n: &Number) -> Result<(), StoreError> {
    let (sql, ctx) = tx.parts();
    sqlx::query(
        "insert into whatsapp_numbers (tenant_id, id, phone_number_id, waba_id, display_phone_number, verified_name, access_token_enc,
             access_token_hint, app_secret_enc, app_secret_hint, verify_token_enc, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(ctx.tenant.0)
    .bind(n.id.0)
    .bind(&n.phone_number_id)
    .bind(&n.waba_id)
    .bind(&n.display_phone_number)
    .bind(&n.verified_name)
    .bind(ctx.seal("whatsapp_numbers.access_token", n.id.0, n.access_token.reveal())?)
    .bind(n.access_token.hint())
    .bind(ctx.seal("whatsapp_numbers.app_secret", n.id.0, n.app_secret.reveal())?)
    .bind(n.app_secret.hint())
    .bind(ctx.seal("whatsapp_numbers.verify_token", n.id.0, n.verify_token.reveal())?)
    .bind(n.created_at)
    .execute(sql)
    .await?;
    Ok(())
}

/// Writes what people may change and what Meta told.
pub async fn update(tx: &mut TenantTx, n: &Number) -> Result<(), StoreError> {
    let (sql, ctx) = tx.parts();
    sqlx::query(
        "update whatsapp_numbers set display_phone_number = $3, verified_name = $4, access_token_enc = $5, access_token_hint = $6,
             app_secret_enc = $7, app_secret_hint = $8, quality = $9, messaging_limit = $10, paused_reason = $11
         where tenant_id = $1 and id = $2",
    )
    .bind(ctx.tenant.0)
    .bind(n.id.0)
    .bind(&n.display_phone_number)
    .bind(&n.verified_name)
    .bind(ctx.seal("whatsapp_numbers.access_token", n.id.0, n.access_token.reveal())?)
    .bind(n.access_token.hint())
    .bind(ctx.seal("whatsapp_numbers.app_secret", n.id.0, n.app_secret.reveal())?)
    .bind(n.app_secret.hint())
    .bind(&n.quality)
    .bind(&n.messaging_limit)
    .bind(&n.paused_reason)
    .execute(sql)
    .await?;
    Ok(())
}

/// Removes a number that has no conversations; the constraint `conversations_tenant_id_number_id_fkey` tells otherwise.
pub async fn delete(tx: &mut TenantTx, id: NumberId) -> Result<bool, StoreError> {
    let tenant = tx.tenant().0;
    let gone = sqlx::query("delete from whatsapp_numbers where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.0)
        .execute(tx.sql())
        .await?;
    Ok(gone.rows_affected() == 1)
}

pub async fn list(tx: &mut TenantTx) -> Result<Vec<Number>, StoreError> {
    let (sql, ctx) = tx.parts();
    let rows = sqlx::query("select * from whatsapp_numbers where tenant_id = $1 order by created_at, id limit 200")
        .bind(ctx.tenant.0)
        .fetch_all(sql)
        .await?;
    rows.iter().map(|row| read(ctx, row)).collect()
}

pub async fn get(tx: &mut TenantTx, id: NumberId) -> Result<Option<Number>, StoreError> {
    let (sql, ctx) = tx.parts();
    let row = sqlx::query("select * from whatsapp_numbers where tenant_id = $1 and id = $2")
        .bind(ctx.tenant.0)
        .bind(id.0)
        .fetch_optional(sql)
        .await?;
    row.map(|row| read(ctx, &row)).transpose()
}

fn read(ctx: &TenantCtx, row: &PgRow) -> Result<Number, StoreError> {
    let id: Uuid = row.get("id");
    let secret = |column: &'static str, name: &str| ctx.open(column, id, row.get(name)).map(Secret::new);
    Ok(Number {
        id: NumberId(id),
        phone_number_id: row.get("phone_number_id"),
        waba_id: row.get("waba_id"),
        display_phone_number: row.get("display_phone_number"),
        verified_name: row.get("verified_name"),
        access_token: secret("whatsapp_numbers.access_token", "access_token_enc")?,
        app_secret: secret("whatsapp_numbers.app_secret", "app_secret_enc")?,
        verify_token: secret("whatsapp_numbers.verify_token", "verify_token_enc")?,
        quality: row.get("quality"),
        messaging_limit: row.get("messaging_limit"),
        paused_reason: row.get("paused_reason"),
        last_webhook_at: row.get("last_webhook_at"),
        last_processed_at: row.get("last_processed_at"),
        created_at: row.get("created_at"),
    })
}

/// Notes that these numbers got a webhook, and that an event of those was handled.
pub async fn touch(
    tx: &mut TenantTx,
    received: &[NumberId],
    handled: &[NumberId],
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    if received.is_empty() && handled.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().0;
    sqlx::query(
        "update whatsapp_numbers set last_webhook_at = case when id = any($2) then greatest(last_webhook_at, $4) else last_webhook_at end,
             last_processed_at = case when id = any($3) then greatest(last_processed_at, $4) else last_processed_at end
         where tenant_id = $1 and id = any($2 || $3)",
    )
    .bind(tenant)
    .bind(received.iter().map(|i| i.0).collect::<Vec<_>>())
    .bind(handled.iter().map(|i| i.0).collect::<Vec<_>>())
    .bind(now)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// What a webhook needs to know of one number.
#[derive(Clone)]
pub struct Route {
    pub ctx: TenantCtx,
    pub id: NumberId,
    pub phone_number_id: String,
    pub waba_id: String,
    pub app_secret: Secret,
    pub verify_token: Secret,
}

impl Store {
    /// All numbers of the installation, for the verification of webhooks. A business whose keys don't open is left out, and
    /// told: its webhooks are refused, and sent again by Meta, while all others' go on.
    pub async fn routes(&self) -> Result<Vec<Route>, StoreError> {
        let rows = sqlx::query("select * from route_webhooks()").fetch_all(self.pool()).await?;
        let mut routes = Vec::with_capacity(rows.len());
        for row in rows {
            let tenant = TenantId(row.get("tenant_id"));
            let ctx = match self.tenant_with(tenant, row.get("key_wrapped")).await {
                Err(StoreError::Key(error)) => {
                    tracing::error!(tenant = %tenant.0, %error, "a business's webhooks can't be verified");
                    continue;
                }
                other => other?,
            };
            let id: Uuid = row.get("id");
            let open = |column, sealed| ctx.open(column, id, row.get(sealed)).map(Secret::new);
            let (Ok(app_secret), Ok(verify_token)) = (
                open("whatsapp_numbers.app_secret", "app_secret_enc"),
                open("whatsapp_numbers.verify_token", "verify_token_enc"),
            ) else {
                tracing::error!(number = %id, "a number's webhooks can't be verified: enter its app secret again");
                continue;
            };
            routes.push(Route {
                app_secret,
                verify_token,
                ctx,
                id: NumberId(id),
                phone_number_id: row.get("phone_number_id"),
                waba_id: row.get("waba_id"),
            });
        }
        Ok(routes)
    }
}
