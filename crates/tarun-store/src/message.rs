//! Messages as they are read and as we write our own.

use crate::Cursor;
use crate::error::StoreError;
use crate::inbox::Body;
use crate::tx::{TenantCtx, TenantTx};
use sqlx::Row;
use sqlx::postgres::PgRow;
use tarun_core::delivery::Delivery;
use tarun_core::ids::{ApiKeyId, ConversationId, MediaId, MessageId, UserId};
use tarun_matching::tokens;
use time::OffsetDateTime;
use uuid::Uuid;

/// Who said a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    Customer,
    User {
        id: UserId,
        name: String,
    },
    ApiKey(ApiKeyId),
    /// The WhatsApp Business app on a phone.
    App,
    System,
}

/// A message with everything that a screen shows of it.
#[derive(Debug, Clone)]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub inbound: bool,
    pub kind: String,
    pub body: Body,
    pub status: Delivery,
    pub sent_by: Sender,
    pub quote: Option<Quote>,
    pub reactions: Vec<Reaction>,
    pub media: Option<MediaState>,
    pub error: Option<SendError>,
    pub client_key: Option<String>,
    pub is_revoked: bool,
    pub is_edited: bool,
    pub said_at: OffsetDateTime,
    pub sent_at: Option<OffsetDateTime>,
    pub delivered_at: Option<OffsetDateTime>,
    pub read_at: Option<OffsetDateTime>,
    pub call_started_at: Option<OffsetDateTime>,
}

#[derive(Debug, Clone)]
pub struct Quote {
    pub message_id: MessageId,
    pub inbound: bool,
    pub kind: String,
    pub body: Body,
}

#[derive(Debug, Clone)]
pub struct Reaction {
    pub message_id: MessageId,
    /// `None`: the customer.
    pub user: Option<UserId>,
    pub emoji: String,
}

#[derive(Debug, Clone)]
pub struct MediaState {
    pub id: MediaId,
    pub state: String,
    pub size: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendError {
    pub code: Option<i64>,
    /// For people.
    pub detail: String,
}

const SELECT: &str = "select m.id, m.conversation_id, m.direction, m.kind, m.body_enc, m.status, m.sent_by, m.sent_by_id, m.said_at, m.sent_at,
        m.delivered_at, m.read_at, m.error_code, m.error_enc, m.client_key, m.is_revoked, m.is_edited, m.call_started_at,
        u.name_enc, q.id as quote_id, q.direction as quote_direction, q.kind as quote_kind, q.body_enc as quote_body_enc,
        f.id as media_id, f.state as media_state, f.size_bytes,
        (select array_agg(r.by_whom order by r.at) from message_reactions r where r.tenant_id = m.tenant_id and r.message_id = m.id) as reaction_by,
        (select array_agg(r.emoji_enc order by r.at) from message_reactions r where r.tenant_id = m.tenant_id and r.message_id = m.id) as reaction_emoji
     from messages m
         left join users u on m.sent_by = 'USER' and u.tenant_id = m.tenant_id and u.id = m.sent_by_id
         left join messages q on q.tenant_id = m.tenant_id and q.id = m.reply_to
         left join media f on f.tenant_id = m.tenant_id and f.message_id = m.id ";

/// Messages of a conversation before a position, newest first.
pub async fn list(
    tx: &mut TenantTx,
    conversation: ConversationId,
    before: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    const SQL: &str = "where m.tenant_id = $1 and m.conversation_id = $2
         and ($3::timestamptz is null or (m.said_at, m.id) < ($3, $4)) order by m.said_at desc, m.id desc limit $5";
    let sql = const_format(SQL);
    let tenant = tx.tenant().0;
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(tenant)
        .bind(conversation.0)
        .bind(before.map(|c| c.at))
        .bind(before.map(|c| c.id))
        .bind(limit)
        .fetch_all(tx.sql())
        .await?;
    read_all(tx, &rows)
}

/// Messages by id, in no order.
pub async fn by_ids(tx: &mut TenantTx, ids: &[MessageId]) -> Result<Vec<Message>, StoreError> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let tenant = tx.tenant().0;
    let rows = sqlx::query(sqlx::AssertSqlSafe(const_format("where m.tenant_id = $1 and m.id = any($2)")))
        .bind(tenant)
        .bind(ids.iter().map(|i| i.0).collect::<Vec<_>>())
        .fetch_all(tx.sql())
        .await?;
    read_all(tx, &rows)
}

pub async fn get(tx: &mut TenantTx, id: MessageId) -> Result<Option<Message>, StoreError> {
    Ok(by_ids(tx, &[id]).await?.pop())
}

/// Both parts are constants of this file.
fn const_format(condition: &'static str) -> String {
    format!("{SELECT}{condition}")
}

fn read_all(tx: &TenantTx, rows: &[PgRow]) -> Result<Vec<Message>, StoreError> {
    rows.iter().map(|row| read(tx.ctx(), row)).collect()
}

/// Reactions of a row, oldest first.
fn reactions(ctx: &TenantCtx, row: &PgRow, message: Uuid) -> Result<Vec<Reaction>, StoreError> {
    let by: Option<Vec<String>> = row.get("reaction_by");
    let sealed: Option<Vec<Vec<u8>>> = row.get("reaction_emoji");
    by.unwrap_or_default()
        .iter()
        .zip(sealed.unwrap_or_default())
        .map(|(by, emoji)| {
            let emoji = ctx.open("message_reactions.emoji", message, &emoji)?;
            Ok(Reaction { message_id: MessageId(message), user: by.parse().ok().map(UserId), emoji })
        })
        .collect()
}

fn read(ctx: &TenantCtx, row: &PgRow) -> Result<Message, StoreError> {
    let bad = |reason: &str| StoreError::Inconsistent { table: "messages", reason: reason.to_owned() };
    let id: Uuid = row.get("id");
    let sender_id: Option<Uuid> = row.get("sent_by_id");
    let sent_by = match (row.get::<&str, _>("sent_by"), sender_id) {
        ("CUSTOMER", _) => Sender::Customer,
        ("APP", _) => Sender::App,
        ("SYSTEM", _) => Sender::System,
        ("API_KEY", Some(id)) => Sender::ApiKey(ApiKeyId(id)),
        ("USER", Some(id)) => {
            let name = row
                .get::<Option<&[u8]>, _>("name_enc")
                .map(|n| crate::user::open_name(ctx, UserId(id), n))
                .transpose()?;
            Sender::User { id: UserId(id), name: name.unwrap_or_default() }
        }
        _ => return Err(bad("sent_by")),
    };
    let quote = row
        .get::<Option<Uuid>, _>("quote_id")
        .map(|quote| {
            Ok::<_, StoreError>(Quote {
                message_id: MessageId(quote),
                inbound: row.get::<&str, _>("quote_direction") == "INBOUND",
                kind: row.get("quote_kind"),
                body: Body::open(ctx, quote, row.get("quote_body_enc"))?,
            })
        })
        .transpose()?;
    let error = row
        .get::<Option<&[u8]>, _>("error_enc")
        .map(|e| ctx.open("messages.error", id, e).map(|detail| SendError { code: row.get("error_code"), detail }))
        .transpose()?;
    Ok(Message {
        id: MessageId(id),
        conversation_id: ConversationId(row.get("conversation_id")),
        inbound: row.get::<&str, _>("direction") == "INBOUND",
        kind: row.get("kind"),
        body: Body::open(ctx, id, row.get("body_enc"))?,
        status: Delivery::parse(row.get("status")).ok_or_else(|| bad("status"))?,
        sent_by,
        quote,
        reactions: reactions(ctx, row, id)?,
        media: row.get::<Option<Uuid>, _>("media_id").map(|media| MediaState {
            id: MediaId(media),
            state: row.get("media_state"),
            size: row.get("size_bytes"),
        }),
        error,
        client_key: row.get("client_key"),
        is_revoked: row.get("is_revoked"),
        is_edited: row.get("is_edited"),
        said_at: row.get("said_at"),
        sent_at: row.get("sent_at"),
        delivered_at: row.get("delivered_at"),
        read_at: row.get("read_at"),
        call_started_at: row.get("call_started_at"),
    })
}

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

/// What a send needs, and whether it was begun before. Locks the row.
#[derive(Debug)]
pub struct ToSend {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub kind: String,
    pub body: Body,
    pub status: Delivery,
    pub call_started_at: Option<OffsetDateTime>,
    /// The provider's id of the quoted message.
    pub reply_to_wamid: Option<String>,
}

pub async fn lock_to_send(tx: &mut TenantTx, id: MessageId) -> Result<Option<ToSend>, StoreError> {
    let (sql, ctx) = tx.parts();
    let Some(row) = sqlx::query(
        "select m.conversation_id, m.kind, m.body_enc, m.status, m.call_started_at, q.id as quote_id, q.body_enc as quote_body_enc
         from messages m left join messages q on q.tenant_id = m.tenant_id and q.id = m.reply_to
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
        kind: row.get("kind"),
        body: Body::open(ctx, id.0, row.get("body_enc"))?,
        status: Delivery::parse(row.get("status"))
            .ok_or_else(|| StoreError::Inconsistent { table: "messages", reason: "status".into() })?,
        call_started_at: row.get("call_started_at"),
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

/// Ends a send with a failure or as unknown, with words for people; `QUEUED` begins it anew.
pub async fn set_status(
    tx: &mut TenantTx,
    id: MessageId,
    status: Delivery,
    error: Option<&SendError>,
) -> Result<(), StoreError> {
    let (sql, ctx) = tx.parts();
    let sealed = error.map(|e| ctx.seal("messages.error", id.0, &e.detail)).transpose()?;
    sqlx::query(
        "update messages set status = $3, error_code = $4, error_enc = $5,
             call_started_at = case when $3 = 'QUEUED' then null else call_started_at end where tenant_id = $1 and id = $2",
    )
    .bind(ctx.tenant.0)
    .bind(id.0)
    .bind(status.as_str())
    .bind(error.and_then(|e| e.code))
    .bind(sealed)
    .execute(sql)
    .await?;
    Ok(())
}

/// Changes a message that the customer edited or took back; says whether it is known.
pub async fn change(
    tx: &mut TenantTx,
    hash: [u8; 16],
    change: impl FnOnce(&mut String, &mut Body, &mut bool, &mut bool),
) -> Result<Option<(MessageId, ConversationId)>, StoreError> {
    let (sql, ctx) = tx.parts();
    let Some(row) = sqlx::query(
        "select id, conversation_id, kind, body_enc, is_edited, is_revoked from messages where tenant_id = $1 and wamid_hash = $2 for update",
    )
    .bind(ctx.tenant.0)
    .bind(hash.as_slice())
    .fetch_optional(&mut *sql)
    .await?
    else {
        return Ok(None);
    };
    let id = MessageId(row.get("id"));
    let mut kind: String = row.get("kind");
    let mut body = Body::open(ctx, id.0, row.get("body_enc"))?;
    let (mut edited, mut revoked) = (row.get("is_edited"), row.get("is_revoked"));
    change(&mut kind, &mut body, &mut edited, &mut revoked);
    sqlx::query("update messages set kind = $3, body_enc = $4, is_edited = $5, is_revoked = $6 where tenant_id = $1 and id = $2")
        .bind(ctx.tenant.0)
        .bind(id.0)
        .bind(&kind)
        .bind(body.seal(ctx, id)?)
        .bind(edited)
        .bind(revoked)
        .execute(sql)
        .await?;
    Ok(Some((id, ConversationId(row.get("conversation_id")))))
}

/// Sets or takes back one side's reaction. `None` if the message is not known here.
pub async fn react(
    tx: &mut TenantTx,
    hash: [u8; 16],
    by: &str,
    emoji: Option<&str>,
    now: OffsetDateTime,
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
    match emoji.filter(|e| !e.is_empty()) {
        Some(emoji) => {
            sqlx::query(
                "insert into message_reactions (tenant_id, message_id, by_whom, emoji_enc, at) values ($1, $2, $3, $4, $5)
                 on conflict (tenant_id, message_id, by_whom) do update set emoji_enc = excluded.emoji_enc, at = excluded.at",
            )
            .bind(ctx.tenant.0)
            .bind(id)
            .bind(by)
            .bind(ctx.seal("message_reactions.emoji", id, emoji)?)
            .bind(now)
            .execute(sql)
            .await?;
        }
        None => {
            sqlx::query("delete from message_reactions where tenant_id = $1 and message_id = $2 and by_whom = $3")
                .bind(ctx.tenant.0)
                .bind(id)
                .bind(by)
                .execute(sql)
                .await?;
        }
    }
    Ok(Some((MessageId(id), ConversationId(row.get("conversation_id")))))
}
