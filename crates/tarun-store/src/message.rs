//! Messages as they are read.

mod later;
mod own;

pub use later::{edit, react, revoke};
pub use own::{Own, ToSend, begin_anew, call_failed, call_starts, discard, insert, lock_to_send, set_status, wait};

use crate::Cursor;
use crate::error::StoreError;
use crate::inbox::Body;
use crate::tx::{TenantCtx, TenantTx};
use sqlx::Row;
use sqlx::postgres::PgRow;
use tarun_core::delivery::Delivery;
use tarun_core::ids::{ApiKeyId, ConversationId, MediaId, MessageId, UserId};
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
    /// When the customer first played a voice message.
    pub played_at: Option<OffsetDateTime>,
    /// A person left it as not delivered.
    pub is_discarded: bool,
    /// When a call began of which nobody knows what came of it.
    pub call_started_at: Option<OffsetDateTime>,
}

#[derive(Debug, Clone)]
pub struct Quote {
    pub message_id: MessageId,
    pub inbound: bool,
    pub kind: String,
    pub body: Body,
    pub is_revoked: bool,
}

#[derive(Debug, Clone)]
pub struct Reaction {
    pub message_id: MessageId,
    pub by: Reactor,
    pub emoji: String,
}

/// Who reacted to a message. Each has one reaction at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reactor {
    Customer,
    /// The business, in the WhatsApp Business app on a phone.
    App,
    /// A person of the business.
    User(UserId),
}

impl Reactor {
    fn to_column(self) -> String {
        match self {
            Self::Customer => "CUSTOMER".to_owned(),
            Self::App => "APP".to_owned(),
            Self::User(id) => id.to_string(),
        }
    }

    fn of_column(text: &str) -> Option<Self> {
        match text {
            "CUSTOMER" => Some(Self::Customer),
            "APP" => Some(Self::App),
            id => id.parse().ok().map(UserId).map(Self::User),
        }
    }
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
        m.delivered_at, m.read_at, m.played_at, m.error_code, m.error_enc, m.client_key, m.is_revoked, m.is_edited, m.is_discarded, m.call_started_at,
        u.name_enc, q.id as quote_id, q.direction as quote_direction, q.kind as quote_kind, q.body_enc as quote_body_enc, q.is_revoked as quote_is_revoked,
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
            let by = Reactor::of_column(by)
                .ok_or_else(|| StoreError::Inconsistent { table: "message_reactions", reason: "by_whom".to_owned() })?;
            Ok(Reaction { message_id: MessageId(message), by, emoji })
        })
        // An empty one was taken back.
        .filter(|reaction| reaction.as_ref().map_or(true, |r| !r.emoji.is_empty()))
        .collect()
}

/// Why a message failed or waits.
fn error_of(ctx: &TenantCtx, id: Uuid, row: &PgRow) -> Result<Option<SendError>, StoreError> {
    let sealed: Option<&[u8]> = row.get("error_enc");
    let error = sealed.map(|e| {
        Ok::<_, StoreError>(SendError { code: row.get("error_code"), detail: ctx.open("messages.error", id, e)? })
    });
    error.transpose()
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
                is_revoked: row.get("quote_is_revoked"),
            })
        })
        .transpose()?;
    let error = error_of(ctx, id, row)?;
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
        played_at: row.get("played_at"),
        is_discarded: row.get("is_discarded"),
        call_started_at: row.get("call_started_at"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reactors_are_kept_as_they_are() {
        for by in [Reactor::Customer, Reactor::App, Reactor::User(UserId::fresh())] {
            assert_eq!(Reactor::of_column(&by.to_column()), Some(by));
        }
        assert_eq!(Reactor::of_column("somebody"), None);
    }
}
