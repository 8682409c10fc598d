//! The provider's reports on messages of ours.

use crate::error::StoreError;
use crate::inbox::Body;
use crate::tx::TenantTx;
use sqlx::Row;
use tarun_core::delivery::{Delivery, Receipt};
use tarun_core::ids::{ConversationId, MessageId};
use time::OffsetDateTime;
use uuid::Uuid;

/// One report.
#[derive(Debug, Clone)]
pub struct Report {
    /// Our own id, given along with the send; found first.
    pub message: Option<MessageId>,
    pub wamid: String,
    pub wamid_hash: [u8; 16],
    pub receipt: Receipt,
    pub at: OffsetDateTime,
    /// The provider's code and words for people.
    pub error: Option<(i64, String)>,
    /// The provider's pricing category and type, `service/free_customer_service`.
    pub pricing: Option<String>,
}

/// Which message a report moved.
#[derive(Debug, Clone, Copy)]
pub struct Moved {
    pub message: MessageId,
    pub conversation: ConversationId,
    /// False: the report told nothing new.
    pub changed: bool,
}

/// Applies a report; `None` if it is about no message of ours. A message whose send was never answered thereby becomes known
/// as sent, and its job is to be taken away by the caller.
pub async fn apply(tx: &mut TenantTx, report: &Report) -> Result<Option<Moved>, StoreError> {
    let (sql, ctx) = tx.parts();
    let Some(row) = sqlx::query(
        "select id, conversation_id, status, body_enc, sent_at, delivered_at, read_at, wamid_hash, pricing, error_code from messages
         where tenant_id = $1 and (id = $2 or wamid_hash = $3) and direction = 'OUTBOUND'
         order by (id = $2) desc nulls last limit 1 for update",
    )
    .bind(ctx.tenant.0)
    .bind(report.message.map(|m| m.0))
    .bind(report.wamid_hash.as_slice())
    .fetch_optional(&mut *sql)
    .await?
    else {
        return Ok(None);
    };
    let id: Uuid = row.get("id");
    let status: &str = row.get("status");
    let before = Delivery::parse(status)
        .ok_or_else(|| StoreError::Inconsistent { table: "messages", reason: format!("status {status}") })?;
    let after = before.after(report.receipt);
    let reached = |rank: fn(Receipt) -> bool, known: Option<OffsetDateTime>| {
        if rank(report.receipt) { Some(known.map_or(report.at, |k| k.min(report.at))) } else { known }
    };
    let sent_at = reached(|r| r != Receipt::Failed, row.get("sent_at"));
    let delivered_at = reached(|r| matches!(r, Receipt::Delivered | Receipt::Read), row.get("delivered_at"));
    let read_at = reached(|r| r == Receipt::Read, row.get("read_at"));
    let error = report.error.as_ref().map(|(_, words)| ctx.seal("messages.error", id, words)).transpose()?;
    let mut body_enc: Option<Vec<u8>> = None;
    let known_hash: Option<Vec<u8>> = row.get("wamid_hash");
    if known_hash.is_none() {
        let mut body = Body::open(ctx, id, row.get("body_enc"))?;
        body.wamid = Some(report.wamid.clone());
        body_enc = Some(body.seal(ctx, MessageId(id))?);
    }
    let changed = after != before
        || (sent_at, delivered_at, read_at) != (row.get("sent_at"), row.get("delivered_at"), row.get("read_at"))
        || error.is_some() && row.get::<Option<i64>, _>("error_code").is_none();
    sqlx::query(
        "update messages set status = $3, sent_at = $4, delivered_at = $5, read_at = $6, wamid_hash = coalesce(wamid_hash, $7),
             body_enc = coalesce($8, body_enc), pricing = coalesce($9, pricing),
             error_code = case when $3 in ('DELIVERED', 'READ', 'SENT') and $10::bigint is null then null else coalesce($10, error_code) end,
             error_enc = case when $3 in ('DELIVERED', 'READ', 'SENT') and $10::bigint is null then null else coalesce($11, error_enc) end
         where tenant_id = $1 and id = $2",
    )
    .bind(ctx.tenant.0)
    .bind(id)
    .bind(after.as_str())
    .bind(sent_at)
    .bind(delivered_at)
    .bind(read_at)
    .bind(report.wamid_hash.as_slice())
    .bind(body_enc)
    .bind(&report.pricing)
    .bind(report.error.as_ref().map(|(code, _)| *code))
    .bind(error)
    .execute(sql)
    .await?;
    Ok(Some(Moved { message: MessageId(id), conversation: ConversationId(row.get("conversation_id")), changed }))
}
