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
    /// Which attempt of the message, where the report tells; it does not if it came back without our id.
    pub attempt: Option<i16>,
    pub wamid: String,
    pub wamid_hash: [u8; 16],
    pub receipt: Receipt,
    /// With [`Receipt::Read`]: a voice message was played, which nobody does without opening the chat.
    pub played: bool,
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
    /// The report is about an attempt after which a person sent the message again.
    pub earlier: bool,
}

/// The conversation of the message that a report is about, without locking anything.
pub async fn conversation_of(tx: &mut TenantTx, report: &Report) -> Result<Option<ConversationId>, StoreError> {
    let tenant = tx.tenant().0;
    let id: Option<Uuid> = sqlx::query_scalar(
        "select conversation_id from messages where tenant_id = $1 and (id = $2 or wamid_hash = $3) and direction = 'OUTBOUND'
         order by (id = $2) desc nulls last limit 1",
    )
    .bind(tenant)
    .bind(report.message.map(|m| m.0))
    .bind(report.wamid_hash.as_slice())
    .fetch_optional(tx.sql())
    .await?;
    Ok(id.map(ConversationId))
}

/// Applies a report; `None` if it is about no message of ours. A message whose send was never answered thereby becomes known
/// as sent; whoever calls takes its job away if something changed.
///
/// A report on an earlier attempt counts only if it says that the customer has the message.
pub async fn apply(tx: &mut TenantTx, report: &Report) -> Result<Option<Moved>, StoreError> {
    let (sql, ctx) = tx.parts();
    let Some(row) = sqlx::query(
        "select id, conversation_id, status, attempt, body_enc, sent_at, delivered_at, read_at, played_at, wamid_hash, error_code from messages
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
    let known_hash: Option<Vec<u8>> = row.get("wamid_hash");
    let earlier = match report.attempt {
        Some(attempt) => attempt < row.get::<i16, _>("attempt"),
        // It was found by an id that WhatsApp gave; what is under way, or lost, has none of its own yet.
        None => known_hash.is_some() && matches!(before, Delivery::Queued | Delivery::Unknown),
    };
    let moved = |changed| Moved {
        message: MessageId(id),
        conversation: ConversationId(row.get("conversation_id")),
        changed,
        earlier,
    };
    if earlier && !matches!(report.receipt, Receipt::Delivered | Receipt::Read) {
        return Ok(Some(moved(false)));
    }
    let after = if earlier { before.after_earlier(report.receipt) } else { before.after(report.receipt) };
    let reached = |rank: fn(Receipt) -> bool, known: Option<OffsetDateTime>| {
        if rank(report.receipt) { Some(known.map_or(report.at, |k| k.min(report.at))) } else { known }
    };
    let sent_at = reached(|r| r != Receipt::Failed, row.get("sent_at"));
    let delivered_at = reached(|r| matches!(r, Receipt::Delivered | Receipt::Read), row.get("delivered_at"));
    let read_at = reached(|r| r == Receipt::Read, row.get("read_at"));
    let known_played: Option<OffsetDateTime> = row.get("played_at");
    let played_at =
        if report.played { Some(known_played.map_or(report.at, |k| k.min(report.at))) } else { known_played };
    let error = report.error.as_ref().map(|(_, words)| ctx.seal("messages.error", id, words)).transpose()?;
    // Replies and reactions to the message name the id of its last attempt, as far as that is known.
    let renamed = match &known_hash {
        Some(known) => !earlier && known.as_slice() != report.wamid_hash.as_slice(),
        None => true,
    };
    let mut body_enc: Option<Vec<u8>> = None;
    if renamed {
        let mut body = Body::open(ctx, id, row.get("body_enc"))?;
        body.wamid = Some(report.wamid.clone());
        body_enc = Some(body.seal(ctx, MessageId(id))?);
    }
    let changed = after != before
        || (sent_at, delivered_at, read_at) != (row.get("sent_at"), row.get("delivered_at"), row.get("read_at"))
        || played_at != known_played
        || error.is_some() && row.get::<Option<i64>, _>("error_code").is_none();
    sqlx::query(
        "update messages set status = $3, sent_at = $4, delivered_at = $5, read_at = $6, wamid_hash = coalesce($7, wamid_hash),
             call_started_at = null, body_enc = coalesce($8, body_enc), pricing = coalesce($9, pricing),
             error_code = case when $3 in ('DELIVERED', 'READ', 'SENT') and $10::bigint is null then null else coalesce($10, error_code) end,
             error_enc = case when $3 in ('DELIVERED', 'READ', 'SENT') and $10::bigint is null then null else coalesce($11, error_enc) end,
             played_at = $12
         where tenant_id = $1 and id = $2",
    )
    .bind(ctx.tenant.0)
    .bind(id)
    .bind(after.as_str())
    .bind(sent_at)
    .bind(delivered_at)
    .bind(read_at)
    .bind(renamed.then_some(report.wamid_hash.as_slice()))
    .bind(body_enc)
    .bind(&report.pricing)
    .bind(report.error.as_ref().map(|(code, _)| *code))
    .bind(error)
    .bind(played_at)
    .execute(sql)
    .await?;
    Ok(Some(moved(changed)))
}
