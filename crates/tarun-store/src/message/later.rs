//! What happens to a message after it was said: edited, taken back, reacted to. By the provider's id of it.

use super::Reactor;
use crate::error::StoreError;
use crate::inbox::Body;
use crate::tx::TenantTx;
use serde_json::Value;
use sqlx::Row;
use tarun_core::ids::{ConversationId, MessageId};
use tarun_matching::tokens;
use time::OffsetDateTime;
use uuid::Uuid;

/// Earlier contents that are kept of a message.
const MOST_EARLIER: usize = 20;

/// Gives a message the content that its author gave it `at` a time, unless a newer edit came before this one; `text` is for
/// search. `None` if the message is not known here.
pub async fn edit(
    tx: &mut TenantTx,
    hash: [u8; 16],
    kind: &str,
    content: Value,
    text: &str,
    at: OffsetDateTime,
) -> Result<Option<(MessageId, ConversationId)>, StoreError> {
    let (sql, ctx) = tx.parts();
    let Some(row) = sqlx::query(
        "select id, conversation_id, body_enc from messages where tenant_id = $1 and wamid_hash = $2 for update",
    )
    .bind(ctx.tenant.0)
    .bind(hash.as_slice())
    .fetch_optional(&mut *sql)
    .await?
    else {
        return Ok(None);
    };
    let id = MessageId(row.get("id"));
    let mut body = Body::open(ctx, id.0, row.get("body_enc"))?;
    let is_newest = body.edited_at.is_none_or(|newest| newest <= at.unix_timestamp());
    let before = if is_newest { std::mem::replace(&mut body.content, content) } else { content };
    // The same edit once more, from a replay, is none.
    if before != body.content && !body.earlier.contains(&before) && body.earlier.len() < MOST_EARLIER {
        body.earlier.push(before);
    }
    if is_newest {
        body.edited_at = Some(at.unix_timestamp());
    }
    sqlx::query(
        "update messages set kind = case when $6 then $3 else kind end, body_enc = $4, is_edited = true,
             search = case when is_revoked then null when $6 then $5::bigint[] else search end
         where tenant_id = $1 and id = $2",
    )
    .bind(ctx.tenant.0)
    .bind(id.0)
    .bind(kind)
    .bind(body.seal(ctx, id)?)
    .bind(Some(ctx.keys.tokens(&tokens::words(text))).filter(|t| !t.is_empty()))
    .bind(is_newest)
    .execute(sql)
    .await?;
    Ok(Some((id, ConversationId(row.get("conversation_id")))))
}

/// Marks a message that its author took back: nobody is shown or finds its words any more. `None` if it is not known here.
///
/// Each side takes back its own messages only, so a message's direction tells who did.
pub async fn revoke(
    tx: &mut TenantTx,
    hash: [u8; 16],
    by_customer: bool,
) -> Result<Option<(MessageId, ConversationId)>, StoreError> {
    let tenant = tx.tenant().0;
    let row: Option<(Uuid, Uuid)> = sqlx::query_as(
        "update messages set is_revoked = true, search = null where tenant_id = $1 and wamid_hash = $2 and direction = $3
         returning id, conversation_id",
    )
    .bind(tenant)
    .bind(hash.as_slice())
    .bind(if by_customer { "INBOUND" } else { "OUTBOUND" })
    .fetch_optional(tx.sql())
    .await?;
    Ok(row.map(|(id, conversation)| (MessageId(id), ConversationId(conversation))))
}

/// Sets one side's reaction or, without an emoji, takes it back: as of `at`, so that one which waited for its message does
/// not undo a newer one. `None` if the message is not known here.
pub async fn react(
    tx: &mut TenantTx,
    hash: [u8; 16],
    by: Reactor,
    emoji: Option<&str>,
    at: OffsetDateTime,
) -> Result<Option<(MessageId, ConversationId)>, StoreError> {
    let (sql, ctx) = tx.parts();
    let Some(row) = sqlx::query("select id, conversation_id from messages where tenant_id = $1 and wamid_hash = $2")
        .bind(ctx.tenant.0)
        .bind(hash.as_slice())
        .fetch_optional(&mut *sql)
        .await?
    else {
        return Ok(None);
    };
    let id: Uuid = row.get("id");
    // One that was taken back stays, as an empty one: its time counts.
    sqlx::query(
        "insert into message_reactions (tenant_id, message_id, by_whom, emoji_enc, at) values ($1, $2, $3, $4, $5)
         on conflict (tenant_id, message_id, by_whom) do update set emoji_enc = excluded.emoji_enc, at = excluded.at
         where message_reactions.at <= excluded.at",
    )
    .bind(ctx.tenant.0)
    .bind(id)
    .bind(by.to_column())
    .bind(ctx.seal("message_reactions.emoji", id, emoji.unwrap_or_default())?)
    .bind(at)
    .execute(sql)
    .await?;
    Ok(Some((MessageId(id), ConversationId(row.get("conversation_id")))))
}
