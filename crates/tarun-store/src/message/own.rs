//! Messages of ours: written, sent, settled.

use super::SendError;
use crate::error::StoreError;
use crate::inbox::Body;
use crate::tx::TenantTx;
use sqlx::Row;
use tarun_core::delivery::Delivery;
use tarun_core::ids::{ContactId, ConversationId, MessageId, NumberId};
use tarun_matching::tokens;
use time::OffsetDateTime;
use uuid::Uuid;

/// A message of ours, or a line of the timeline.
#[derive(Debug, Clone)]
pub struct Own {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub kind: &'static str,
    pub body: Body,
    /// QUEUED for what is to be sent; SENT for notes and lines of the timeline, which go nowhere.
    pub status: Delivery,
    pub sent_by: &'static str,
    pub sent_by_id: Option<Uuid>,
    pub reply_to: Option<MessageId>,
    pub client_key: Option<String>,
    /// For search; empty for lines of the timeline.
    pub text: String,
}

/// Writes a message of ours.
pub async fn insert(tx: &mut TenantTx, own: &Own, now: OffsetDateTime) -> Result<(), StoreError> {
    let (sql, ctx) = tx.parts();
    sqlx::query(
        "insert into messages (tenant_id, id, conversation_id, direction, kind, body_enc, status, sent_by, sent_by_id, reply_to, search, said_at, client_key, created_at)
         values ($1, $2, $3, 'OUTBOUND', $4, $5, $6, $7, $8, $9, $10, $11, $12, $11)",
    )
    .bind(ctx.tenant.0)
    .bind(own.id.0)
    .bind(own.conversation.0)
    .bind(own.kind)
    .bind(own.body.seal(ctx, own.id)?)
    .bind(own.status.as_str())
    .bind(own.sent_by)
    .bind(own.sent_by_id)
    .bind(own.reply_to.map(|r| r.0))
    .bind(Some(ctx.keys.tokens(&tokens::words(&own.text))).filter(|t| !t.is_empty()))
    .bind(now)
    .bind(&own.client_key)
    .execute(sql)
    .await?;
    Ok(())
}

/// What a send needs, and whether it was begun before.
#[derive(Debug)]
pub struct ToSend {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub number: NumberId,
    pub contact: ContactId,
    /// The customer's last word, from which the window is counted.
    pub last_inbound_at: Option<OffsetDateTime>,
    pub kind: String,
    pub body: Body,
    pub status: Delivery,
    /// From 1; a person who sends it again begins the next.
    pub attempt: i16,
    pub call_started_at: Option<OffsetDateTime>,
    /// Why it failed or waits, as it was written last.
    pub error: Option<SendError>,
    /// The provider's id of the quoted message.
    pub reply_to_wamid: Option<String>,
}

/// Locks a message. Its conversation is read, not locked: whoever holds both locked the conversation first.
pub async fn lock_to_send(tx: &mut TenantTx, id: MessageId) -> Result<Option<ToSend>, StoreError> {
    let (sql, ctx) = tx.parts();
    let Some(row) = sqlx::query(
        "select m.conversation_id, c.number_id, c.contact_id, c.last_inbound_at, m.kind, m.body_enc, m.status, m.attempt, m.call_started_at,
             m.error_code, m.error_enc, q.id as quote_id, q.body_enc as quote_body_enc
         from messages m join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
             left join messages q on q.tenant_id = m.tenant_id and q.id = m.reply_to
         where m.tenant_id = $1 and m.id = $2 for update of m",
    )
    .bind(ctx.tenant.0)
    .bind(id.0)
    .fetch_optional(sql)
    .await?
    else {
        return Ok(None);
    };
    let quoted = row
        .get::<Option<Uuid>, _>("quote_id")
        .map(|quote| Body::open(ctx, quote, row.get("quote_body_enc")))
        .transpose()?;
    Ok(Some(ToSend {
        id,
        conversation: ConversationId(row.get("conversation_id")),
        number: NumberId(row.get("number_id")),
        contact: ContactId(row.get("contact_id")),
        last_inbound_at: row.get("last_inbound_at"),
        kind: row.get("kind"),
        body: Body::open(ctx, id.0, row.get("body_enc"))?,
        status: Delivery::parse(row.get("status"))
            .ok_or_else(|| StoreError::Inconsistent { table: "messages", reason: "status".into() })?,
        attempt: row.get("attempt"),
        call_started_at: row.get("call_started_at"),
        error: super::error_of(ctx, id.0, &row)?,
        reply_to_wamid: quoted.and_then(|b| b.wamid),
    }))
}

/// Notes that the provider is about to be called, before it is.
pub async fn call_starts(tx: &mut TenantTx, id: MessageId, now: OffsetDateTime) -> Result<(), StoreError> {
    set_call(tx, id, Some(now)).await
}

/// Notes that the provider certainly did not take it, so that it may be called again.
pub async fn call_failed(tx: &mut TenantTx, id: MessageId) -> Result<(), StoreError> {
    set_call(tx, id, None).await
}

async fn set_call(tx: &mut TenantTx, id: MessageId, at: Option<OffsetDateTime>) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    sqlx::query("update messages set call_started_at = $3 where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.0)
        .bind(at)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Ends a send with a failure or as unknown, with words for people.
pub async fn set_status(
    tx: &mut TenantTx,
    id: MessageId,
    status: Delivery,
    error: &SendError,
) -> Result<(), StoreError> {
    let (sql, ctx) = tx.parts();
    sqlx::query("update messages set status = $3, error_code = $4, error_enc = $5 where tenant_id = $1 and id = $2")
        .bind(ctx.tenant.0)
        .bind(id.0)
        .bind(status.as_str())
        .bind(error.code)
        .bind(ctx.seal("messages.error", id.0, &error.detail)?)
        .execute(sql)
        .await?;
    Ok(())
}

/// Says why a message that is to be sent still waits.
pub async fn wait(tx: &mut TenantTx, id: MessageId, why: &SendError) -> Result<(), StoreError> {
    set_status(tx, id, Delivery::Queued, why).await
}

/// Makes a message one that is to be sent, as its next attempt: what comes of the earlier ones is told apart from it.
pub async fn begin_anew(tx: &mut TenantTx, id: MessageId) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    sqlx::query(
        "update messages set status = 'QUEUED', attempt = attempt + 1, call_started_at = null, sent_at = null, error_code = null, error_enc = null
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.0)
    .execute(tx.sql())
    .await?;
    Ok(())
}
