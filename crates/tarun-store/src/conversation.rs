//! Conversations as lists and screens show them, and what people change about them.

mod of_contact;

pub(crate) use of_contact::numbers_of;
pub use of_contact::{OfContact, of_contact};

use crate::Cursor;
use crate::contact::{self, Contact, Profile};
use crate::error::StoreError;
use crate::message::{self, Message};
use crate::tx::{TenantCtx, TenantTx};
use sqlx::Row;
use sqlx::postgres::PgRow;
use std::collections::HashMap;
use tarun_core::conversation::Status;
use tarun_core::ids::{ContactId, ConversationId, MessageId, NumberId, UserId};
use tarun_core::policy::Sight;
use tarun_matching::tokens;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Conversation {
    pub id: ConversationId,
    pub contact: Contact,
    pub number: NumberId,
    pub status: Status,
    pub assignee: Option<UserId>,
    pub last_message: Option<Message>,
    pub last_message_at: OffsetDateTime,
    pub last_inbound_at: Option<OffsetDateTime>,
    pub inbound_count: i32,
    /// How far the one who asks has read.
    pub read_count: i32,
    pub first_response_at: Option<OffsetDateTime>,
    pub resolved_at: Option<OffsetDateTime>,
    pub created_at: OffsetDateTime,
    pub version: i32,
}

/// Which conversations.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub status: Option<Status>,
    pub assignee: Option<UserId>,
    pub unassigned: bool,
    pub unread: bool,
    pub number: Option<NumberId>,
    pub query: Option<String>,
}

const SELECT: &str =
    "select c.*, ct.profile_enc, ct.source, ct.created_at as contact_created_at, ct.version as contact_version, ct.marketing, ct.marketing_at,
        coalesce(r.read_count, 0) as read_count
     from conversations c
         join contacts ct on ct.tenant_id = c.tenant_id and ct.id = c.contact_id
         left join conversation_reads r on r.tenant_id = c.tenant_id and r.conversation_id = c.id and r.user_id = $2 ";

/// The conversations that somebody may see and that match, newest message first.
pub async fn list(
    tx: &mut TenantTx,
    reader: Option<UserId>,
    sight: Sight,
    filter: &Filter,
    before: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Conversation>, StoreError> {
    let tenant = tx.tenant().0;
    let (mut in_messages, mut in_contacts) = (None, None);
    if let Some(query) = &filter.query {
        let (words, names) = tokens::query(query);
        in_messages = Some(if words.is_empty() {
            vec![]
        } else {
            matching(tx, "select * from messages_matching($1, 2000)", &words).await?
        });
        in_contacts = Some(if names.is_empty() {
            vec![]
        } else {
            matching(tx, "select * from contacts_matching($1, 2000)", &names).await?
        });
    }
    const WHERE: &str = "where c.tenant_id = $1
         and ($3::text is null or c.status = $3)
         and ($4::uuid is null or c.assigned_user_id = $4)
         and (not $5 or c.assigned_user_id is null)
         and (not $6 or c.inbound_count > coalesce(r.read_count, 0))
         and ($7::uuid is null or c.number_id = $7)
         and ($8::uuid is null or c.assigned_user_id is null or c.assigned_user_id = $8)
         and ($9::uuid[] is null or c.id = any($9) or c.contact_id = any($10))
         and ($11::timestamptz is null or (c.last_message_at, c.id) < ($11, $12))
         order by c.last_message_at desc, c.id desc limit $13";
    // Both parts are constants of this file.
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT}{WHERE}")))
        .bind(tenant)
        .bind(reader.map(|r| r.0))
        .bind(filter.status.map(Status::as_str))
        .bind(filter.assignee.map(|a| a.0))
        .bind(filter.unassigned)
        .bind(filter.unread)
        .bind(filter.number.map(|n| n.0))
        .bind(only(sight))
        .bind(in_messages)
        .bind(in_contacts)
        .bind(before.map(|c| c.at))
        .bind(before.map(|c| c.id))
        .bind(limit)
        .fetch_all(tx.sql())
        .await?;
    finish(tx, &rows, HashMap::new()).await
}

fn only(sight: Sight) -> Option<Uuid> {
    match sight {
        Sight::All => None,
        Sight::OwnAndUnassigned(me) => Some(me.0),
    }
}

async fn matching(tx: &mut TenantTx, sql: &'static str, words: &[String]) -> Result<Vec<Uuid>, StoreError> {
    let (connection, ctx) = tx.parts();
    Ok(sqlx::query_scalar(sql).bind(ctx.keys.tokens(words)).fetch_all(connection).await?)
}

/// Conversations by id, in no order, whoever may see them: the caller asks the policy.
pub async fn by_ids(
    tx: &mut TenantTx,
    reader: Option<UserId>,
    ids: &[ConversationId],
) -> Result<Vec<Conversation>, StoreError> {
    by_ids_knowing(tx, reader, ids, HashMap::new()).await
}

/// The same for somebody who has read messages already: those are not read again.
pub async fn by_ids_knowing(
    tx: &mut TenantTx,
    reader: Option<UserId>,
    ids: &[ConversationId],
    known: HashMap<MessageId, Message>,
) -> Result<Vec<Conversation>, StoreError> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let tenant = tx.tenant().0;
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT}where c.tenant_id = $1 and c.id = any($3)")))
        .bind(tenant)
        .bind(reader.map(|r| r.0))
        .bind(ids.iter().map(|i| i.0).collect::<Vec<_>>())
        .fetch_all(tx.sql())
        .await?;
    finish(tx, &rows, known).await
}

pub async fn get(
    tx: &mut TenantTx,
    reader: Option<UserId>,
    id: ConversationId,
) -> Result<Option<Conversation>, StoreError> {
    Ok(by_ids(tx, reader, &[id]).await?.pop())
}

async fn finish(
    tx: &mut TenantTx,
    rows: &[PgRow],
    mut messages: HashMap<MessageId, Message>,
) -> Result<Vec<Conversation>, StoreError> {
    let last: Vec<MessageId> = rows
        .iter()
        .filter_map(|r| r.get::<Option<Uuid>, _>("last_message_id").map(MessageId))
        .filter(|id| !messages.contains_key(id))
        .collect();
    messages.extend(message::by_ids(tx, &last).await?.into_iter().map(|m| (m.id, m)));
    let ctx = tx.ctx().clone();
    rows.iter().map(|row| read(&ctx, row, &mut messages)).collect()
}

fn read(ctx: &TenantCtx, row: &PgRow, messages: &mut HashMap<MessageId, Message>) -> Result<Conversation, StoreError> {
    let contact: Uuid = row.get("contact_id");
    let status: &str = row.get("status");
    Ok(Conversation {
        id: ConversationId(row.get("id")),
        contact: Contact {
            id: ContactId(contact),
            profile: Profile::open(ctx, contact, row.get("profile_enc"))?,
            source: row.get("source"),
            created_at: row.get("contact_created_at"),
            version: row.get("contact_version"),
            marketing: contact::marketing(row),
        },
        number: NumberId(row.get("number_id")),
        status: Status::parse(status)
            .ok_or_else(|| StoreError::Inconsistent { table: "conversations", reason: format!("status {status}") })?,
        assignee: row.get::<Option<Uuid>, _>("assigned_user_id").map(UserId),
        last_message: row.get::<Option<Uuid>, _>("last_message_id").and_then(|id| messages.remove(&MessageId(id))),
        last_message_at: row.get("last_message_at"),
        last_inbound_at: row.get("last_inbound_at"),
        inbound_count: row.get("inbound_count"),
        read_count: row.get("read_count"),
        first_response_at: row.get("first_response_at"),
        resolved_at: row.get("resolved_at"),
        created_at: row.get("created_at"),
        version: row.get("version"),
    })
}

/// Counts for the inbox's views; each stops at 1,000.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub all: i64,
    pub mine: i64,
    pub unassigned: i64,
    pub unread: i64,
    pub open: i64,
    pub pending: i64,
}

/// Counts of open conversations by view, and of the given view by status.
pub async fn counts(
    tx: &mut TenantTx,
    reader: Option<UserId>,
    sight: Sight,
    view: &Filter,
) -> Result<Counts, StoreError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query(
        "with seen as (
             select c.status, c.assigned_user_id as assignee, c.inbound_count > coalesce(r.read_count, 0) as unread,
                    ($4::uuid is null or c.assigned_user_id = $4) and (not $5 or c.assigned_user_id is null)
                    and (not $6 or c.inbound_count > coalesce(r.read_count, 0)) as in_view
             from conversations c
                 left join conversation_reads r on r.tenant_id = c.tenant_id and r.conversation_id = c.id and r.user_id = $2
             where c.tenant_id = $1 and c.status in ('OPEN', 'PENDING')
               and ($3::uuid is null or c.assigned_user_id is null or c.assigned_user_id = $3)
             order by c.last_message_at desc limit 20000)
         select count(*) filter (where status = 'OPEN') as every, count(*) filter (where status = 'OPEN' and assignee = $2) as mine,
                count(*) filter (where status = 'OPEN' and assignee is null) as unassigned,
                count(*) filter (where status = 'OPEN' and unread and $2 is not null) as unread,
                count(*) filter (where in_view and status = 'OPEN') as open, count(*) filter (where in_view and status = 'PENDING') as pending
         from seen",
    )
    .bind(tenant)
    .bind(reader.map(|r| r.0))
    .bind(only(sight))
    .bind(view.assignee.map(|a| a.0))
    .bind(view.unassigned)
    .bind(view.unread)
    .fetch_one(tx.sql())
    .await?;
    Ok(Counts {
        all: row.get("every"),
        mine: row.get("mine"),
        unassigned: row.get("unassigned"),
        unread: row.get("unread"),
        open: row.get("open"),
        pending: row.get("pending"),
    })
}

/// The bare facts of a conversation on which acts decide.
#[derive(Debug, Clone)]
pub struct Facts {
    pub id: ConversationId,
    pub contact: ContactId,
    pub number: NumberId,
    pub status: Status,
    pub assignee: Option<UserId>,
    pub last_inbound_at: Option<OffsetDateTime>,
    pub inbound_count: i32,
    pub version: i32,
}

/// Whose a conversation is: `None` when there is none, `Some(None)` when it is nobody's.
pub async fn assignee(tx: &mut TenantTx, id: ConversationId) -> Result<Option<Option<UserId>>, StoreError> {
    let tenant = tx.tenant().0;
    let row: Option<Option<Uuid>> =
        sqlx::query_scalar("select assigned_user_id from conversations where tenant_id = $1 and id = $2")
            .bind(tenant)
            .bind(id.0)
            .fetch_optional(tx.sql())
            .await?;
    Ok(row.map(|assignee| assignee.map(UserId)))
}

/// Reads and locks a conversation until the transaction ends.
pub async fn lock(tx: &mut TenantTx, id: ConversationId) -> Result<Option<Facts>, StoreError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query(
        "select contact_id, number_id, status, assigned_user_id, last_inbound_at, inbound_count, version
         from conversations where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(id.0)
    .fetch_optional(tx.sql())
    .await?;
    row.map(|row| {
        let status: &str = row.get("status");
        Ok(Facts {
            id,
            contact: ContactId(row.get("contact_id")),
            number: NumberId(row.get("number_id")),
            status: Status::parse(status).ok_or_else(|| StoreError::Inconsistent {
                table: "conversations",
                reason: format!("status {status}"),
            })?,
            assignee: row.get::<Option<Uuid>, _>("assigned_user_id").map(UserId),
            last_inbound_at: row.get("last_inbound_at"),
            inbound_count: row.get("inbound_count"),
            version: row.get("version"),
        })
    })
    .transpose()
}

pub async fn set_status(
    tx: &mut TenantTx,
    id: ConversationId,
    status: Status,
    by: Option<UserId>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    let resolved = status == Status::Resolved;
    sqlx::query(
        "update conversations set status = $3, resolved_at = case when $4 then $5 end, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.0)
    .bind(status.as_str())
    .bind(resolved)
    .bind(now)
    .execute(tx.sql())
    .await?;
    if resolved {
        sqlx::query(
            "update conversation_sessions set resolved_at = $3, resolved_by = $4 where tenant_id = $1 and conversation_id = $2 and resolved_at is null",
        )
        .bind(tenant)
        .bind(id.0)
        .bind(now)
        .bind(by.map(|b| b.0))
        .execute(tx.sql())
        .await?;
    }
    Ok(())
}

/// Begins a session in conversations that have none open.
pub async fn open_sessions(
    tx: &mut TenantTx,
    conversations: &[ConversationId],
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    if conversations.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().0;
    sqlx::query(
        "insert into conversation_sessions (tenant_id, id, conversation_id, opened_at)
         select $1, gen_random_uuid(), c, $3 from unnest($2::uuid[]) as g(c) on conflict do nothing",
    )
    .bind(tenant)
    .bind(conversations.iter().map(|c| c.0).collect::<Vec<_>>())
    .bind(now)
    .execute(tx.sql())
    .await?;
    Ok(())
}

pub async fn assign(tx: &mut TenantTx, id: ConversationId, to: Option<UserId>) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    sqlx::query(
        "update conversations set assigned_user_id = $3, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.0)
    .bind(to.map(|t| t.0))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// A message of ours became the last one. `answers`: the customer gets it, so that it may be the first response.
pub async fn spoke(
    tx: &mut TenantTx,
    id: ConversationId,
    message: MessageId,
    answers: bool,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    sqlx::query(
        "update conversations set last_message_id = $3, last_message_at = greatest(last_message_at, $4),
             first_response_at = case when $5 then coalesce(first_response_at, $4) else first_response_at end
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.0)
    .bind(message.0)
    .bind(now)
    .bind(answers)
    .execute(tx.sql())
    .await?;
    if answers {
        sqlx::query(
            "update conversation_sessions set first_response_at = $3
             where tenant_id = $1 and conversation_id = $2 and resolved_at is null and first_response_at is null",
        )
        .bind(tenant)
        .bind(id.0)
        .bind(now)
        .execute(tx.sql())
        .await?;
    }
    Ok(())
}

/// The window was shut at this moment, whatever we thought: Meta said so. What the customer said later opened it again.
pub async fn shut_window(tx: &mut TenantTx, id: ConversationId, at: OffsetDateTime) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    sqlx::query(
        "update conversations set last_inbound_at = null where tenant_id = $1 and id = $2 and last_inbound_at <= $3",
    )
    .bind(tenant)
    .bind(id.0)
    .bind(at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// The customer did something that opens the window without a message (a reaction, opening the chat).
pub async fn open_window(tx: &mut TenantTx, id: ConversationId, at: OffsetDateTime) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    sqlx::query(
        "update conversations set last_inbound_at = greatest(last_inbound_at, $3) where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.0)
    .bind(at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// The same, where the conversation is not known by id; `None` if there is none.
pub async fn open_window_of(
    tx: &mut TenantTx,
    contact: ContactId,
    number: NumberId,
    at: OffsetDateTime,
) -> Result<Option<ConversationId>, StoreError> {
    let tenant = tx.tenant().0;
    let id: Option<Uuid> = sqlx::query_scalar(
        "update conversations set last_inbound_at = greatest(last_inbound_at, $4)
         where tenant_id = $1 and contact_id = $2 and number_id = $3 returning id",
    )
    .bind(tenant)
    .bind(contact.0)
    .bind(number.0)
    .bind(at)
    .fetch_optional(tx.sql())
    .await?;
    Ok(id.map(ConversationId))
}

/// How many of a customer's messages stand after a message of the conversation; `None`: it holds no such message.
pub async fn said_after(tx: &mut TenantTx, id: ConversationId, message: MessageId) -> Result<Option<i32>, StoreError> {
    let tenant = tx.tenant().0;
    // What counts as unread: lines of WhatsApp itself do not.
    let count = sqlx::query_scalar(
        "select (select count(*)::integer from messages m
                 where m.tenant_id = $1 and m.conversation_id = $2 and m.sent_by = 'CUSTOMER' and m.kind <> 'SYSTEM'
                   and (m.said_at, m.id) > (s.said_at, s.id))
         from messages s where s.tenant_id = $1 and s.conversation_id = $2 and s.id = $3",
    )
    .bind(tenant)
    .bind(id.0)
    .bind(message.0)
    .fetch_optional(tx.sql())
    .await?;
    Ok(count)
}

/// How far somebody has read: all but the last so many, and never less than before.
pub async fn mark_read(
    tx: &mut TenantTx,
    id: ConversationId,
    reader: UserId,
    all_but: i32,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    read_until(tx, id, reader, all_but, false, now).await
}

/// The last message is unread again.
pub async fn mark_unread(
    tx: &mut TenantTx,
    id: ConversationId,
    reader: UserId,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    read_until(tx, id, reader, 1, true, now).await
}

async fn read_until(
    tx: &mut TenantTx,
    id: ConversationId,
    reader: UserId,
    all_but: i32,
    may_go_back: bool,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    sqlx::query(
        "insert into conversation_reads (tenant_id, conversation_id, user_id, read_count, read_at)
         select $1, $2, $3, greatest(0, inbound_count - $4), $5 from conversations where tenant_id = $1 and id = $2
         on conflict (tenant_id, conversation_id, user_id) do update set read_at = excluded.read_at,
             read_count = case when $6 then excluded.read_count else greatest(conversation_reads.read_count, excluded.read_count) end",
    )
    .bind(tenant)
    .bind(id.0)
    .bind(reader.0)
    .bind(all_but)
    .bind(now)
    .bind(may_go_back)
    .execute(tx.sql())
    .await?;
    Ok(())
}
