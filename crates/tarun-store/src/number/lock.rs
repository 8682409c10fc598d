//! Reading a number in order to change it.

use super::{Number, read};
use crate::error::StoreError;
use crate::tx::TenantTx;
use tarun_core::ids::NumberId;

/// Like [`super::get`], and nobody else changes the row until the transaction ends: [`super::update`] writes all of it.
pub async fn lock(tx: &mut TenantTx, id: NumberId) -> Result<Option<Number>, StoreError> {
    let (sql, ctx) = tx.parts();
    let row = sqlx::query("select * from whatsapp_numbers where tenant_id = $1 and id = $2 for update")
        .bind(ctx.tenant.0)
        .bind(id.0)
        .fetch_optional(sql)
        .await?;
    row.map(|row| read(ctx, &row)).transpose()
}
