//! A contact's conversations, for whether somebody may see the contact.

use crate::error::StoreError;
use crate::tx::TenantTx;
use sqlx::Row;
use tarun_core::ids::{ContactId, ConversationId, NumberId, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

/// A conversation with a contact: one for each number of the business.
#[derive(Debug, Clone, Copy)]
pub struct OfContact {
    pub id: ConversationId,
    pub assignee: Option<UserId>,
    pub last_message_at: OffsetDateTime,
}

pub async fn of_contact(tx: &mut TenantTx, contact: ContactId) -> Result<Vec<OfContact>, StoreError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query(
        "select id, assigned_user_id, last_message_at from conversations where tenant_id = $1 and contact_id = $2
         order by last_message_at desc limit 200",
    )
    .bind(tenant)
    .bind(contact.0)
    .fetch_all(tx.sql())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| OfContact {
            id: ConversationId(row.get("id")),
            assignee: row.get::<Option<Uuid>, _>("assigned_user_id").map(UserId),
            last_message_at: row.get("last_message_at"),
        })
        .collect())
}

/// The numbers over which there are conversations with a contact.
pub(crate) async fn numbers_of(tx: &mut TenantTx, contact: ContactId) -> Result<Vec<NumberId>, StoreError> {
    let tenant = tx.tenant().0;
    let numbers: Vec<Uuid> = sqlx::query_scalar(
        "select number_id from conversations where tenant_id = $1 and contact_id = $2 order by number_id limit 200",
    )
    .bind(tenant)
    .bind(contact.0)
    .fetch_all(tx.sql())
    .await?;
    Ok(numbers.into_iter().map(NumberId).collect())
}
