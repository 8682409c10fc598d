//! A batch of customers' messages becomes rows: contacts, conversations, messages, sessions, in a handful of statements.

use crate::contact::{self, Doubtful, Resolved, Seen, Sighting, array_literal};
use crate::error::StoreError;
use crate::keys::Place;
use crate::message::{MediaState, Message, Sender};
use crate::tx::{TenantCtx, TenantTx};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use std::collections::{BTreeSet, HashMap};
use tarun_core::content::{Content, System};
use tarun_core::delivery::Delivery;
use tarun_core::ids::{ContactId, ConversationId, MediaId, MessageId, NumberId};
use tarun_matching::tokens;
use time::OffsetDateTime;
use uuid::Uuid;

/// What a message's sealed column holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// As the API shows it, by kind.
    #[serde(rename = "c")]
    pub content: serde_json::Value,
    /// The provider's id of the message.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub wamid: Option<String>,
    /// The provider's id of the message that it answers, known to us or not.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub reply_to_wamid: Option<String>,
    /// Where it came from: forwarding, an advertisement, a product page.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<serde_json::Value>,
    /// Earlier texts, oldest first, of an edited message.
    #[serde(rename = "e", default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<serde_json::Value>,
    /// When the newest edit was made, in Unix seconds: reports of edits overtake each other.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<i64>,
}

impl Body {
    pub(crate) fn seal(&self, ctx: &TenantCtx, id: MessageId) -> Result<Vec<u8>, StoreError> {
        let json = serde_json::to_vec(self)
            .map_err(|e| StoreError::Inconsistent { table: "messages", reason: e.to_string() })?;
        Ok(ctx.keys.seal(Place { tenant: ctx.tenant, column: "messages.body", row: id.0.as_bytes() }, &json)?)
    }

    pub(crate) fn open(ctx: &TenantCtx, id: Uuid, sealed: &[u8]) -> Result<Self, StoreError> {
        let json = ctx.open("messages.body", id, sealed)?;
        serde_json::from_str(&json).map_err(|e| StoreError::Inconsistent { table: "messages", reason: e.to_string() })
    }
}

/// The keyed hash by which a provider's message id is found on one number.
#[must_use]
pub fn wamid_hash(ctx: &TenantCtx, number: NumberId, wamid: &str) -> [u8; 16] {
    ctx.keys.lookup("messages.wamid", &[number.0.as_bytes().as_slice(), wamid.as_bytes()].concat())
}

/// Who a message that comes from WhatsApp is by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    Customer,
    /// The business, in the WhatsApp Business app on a phone.
    App,
    /// WhatsApp: a line in the thread, written by neither side.
    System,
}

impl Author {
    fn to_column(self) -> &'static str {
        match self {
            Self::Customer => "CUSTOMER",
            Self::App => "APP",
            Self::System => "SYSTEM",
        }
    }
}

/// One message to store.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub number: NumberId,
    pub person: Seen,
    pub wamid: String,
    pub kind: &'static str,
    pub body: Body,
    pub said_at: OffsetDateTime,
    /// For search.
    pub text: String,
    pub opens_window: bool,
    pub counts_unread: bool,
    pub author: Author,
    pub media: Option<ArrivingMedia>,
}

impl Arrival {
    /// Whether the customer spoke: only that takes up again what people have settled. A line by WhatsApp does not.
    fn reopens(&self) -> bool {
        self.author == Author::Customer && (self.opens_window || self.counts_unread)
    }
}

/// A file of the provider's that is to be fetched.
#[derive(Debug, Clone)]
pub struct ArrivingMedia {
    pub id: MediaId,
    pub provider_id: String,
    pub mime_type: String,
    pub filename: Option<String>,
}

/// What became of an arrival.
#[derive(Debug, Clone, Copy)]
pub struct Stored {
    pub conversation: ConversationId,
    pub message: MessageId,
    /// False: it was there already, nothing changed.
    pub is_new: bool,
    pub conversation_is_new: bool,
}

/// A message as reading it right after [`store`] would give it. `None` for one that answers another: that is to be read.
#[must_use]
pub fn as_stored(arrival: &Arrival, stored: Stored) -> Option<Message> {
    if arrival.body.reply_to_wamid.is_some() {
        return None;
    }
    Some(Message {
        id: stored.message,
        conversation_id: stored.conversation,
        inbound: arrival.author != Author::App,
        kind: arrival.kind.to_owned(),
        body: arrival.body.clone(),
        status: if arrival.author == Author::App { Delivery::Sent } else { Delivery::Delivered },
        sent_by: match arrival.author {
            Author::Customer => Sender::Customer,
            Author::App => Sender::App,
            Author::System => Sender::System,
        },
        quote: None,
        reactions: vec![],
        media: arrival.media.as_ref().map(|m| MediaState { id: m.id, state: "PENDING".into(), size: None }),
        error: None,
        client_key: None,
        is_revoked: false,
        is_edited: false,
        is_discarded: false,
        said_at: arrival.said_at,
        sent_at: None,
        delivered_at: None,
        read_at: None,
        played_at: None,
        call_started_at: None,
    })
}

struct Thread {
    id: ConversationId,
    is_new: bool,
    was_resolved: bool,
}

/// Stores arrivals in their order. Ids of messages are given in that order, so that it survives equal times. Lines about
/// people of whom something became doubtful come last.
pub async fn store(
    tx: &mut TenantTx,
    mut arrivals: Vec<Arrival>,
    now: OffsetDateTime,
) -> Result<Vec<(Arrival, Stored)>, StoreError> {
    if arrivals.is_empty() {
        return Ok(vec![]);
    }
    let people: Vec<Sighting<'_>> = arrivals.iter().map(|a| Sighting { seen: &a.person, number: a.number }).collect();
    let Resolved { mut contacts, doubtful } = contact::resolve(tx, &people, now).await?;
    if !doubtful.is_empty() {
        for (contact, line) in lines(tx, doubtful, now).await? {
            contacts.push(contact);
            arrivals.push(line);
        }
    }
    let pairs: BTreeSet<(ContactId, NumberId)> = contacts.iter().zip(&arrivals).map(|(c, a)| (*c, a.number)).collect();
    let threads = threads(tx, &pairs, now).await?;
    let thread_of = |n: usize| -> Result<&Thread, StoreError> {
        threads.get(&(contacts[n], arrivals[n].number)).ok_or_else(|| StoreError::Inconsistent {
            table: "conversations",
            reason: "not there after its insert".into(),
        })
    };

    let mut ids = Vec::with_capacity(arrivals.len());
    let mut conversations = Vec::with_capacity(arrivals.len());
    for n in 0..arrivals.len() {
        ids.push(MessageId::fresh());
        conversations.push(thread_of(n)?.id);
    }
    let stored = insert_messages(tx, &arrivals, &ids, &conversations, now).await?;
    insert_media(tx, &arrivals, &stored, now).await?;
    let opened: BTreeSet<ConversationId> = (0..arrivals.len())
        .filter(|n| stored[*n].1)
        .filter_map(|n| Some((n, thread_of(n).ok()?)))
        .filter(|(n, thread)| thread.is_new || (thread.was_resolved && arrivals[*n].reopens()))
        .map(|(_, thread)| thread.id)
        .collect();
    crate::conversation::open_sessions(tx, &opened.into_iter().collect::<Vec<_>>(), now).await?;
    let mut all = Vec::with_capacity(arrivals.len());
    for n in 0..arrivals.len() {
        all.push(Stored {
            conversation: conversations[n],
            message: stored[n].0,
            is_new: stored[n].1,
            conversation_is_new: thread_of(n)?.is_new,
        });
    }
    Ok(arrivals.into_iter().zip(all).collect())
}

/// What is to be told about contacts, as lines in their conversations.
async fn lines(
    tx: &mut TenantTx,
    doubtful: Vec<Doubtful>,
    now: OffsetDateTime,
) -> Result<Vec<(ContactId, Arrival)>, StoreError> {
    let mut lines = vec![];
    for Doubtful { contact, doubt, number, about } in doubtful {
        let numbers = match number {
            Some(number) => vec![number],
            None => crate::conversation::numbers_of(tx, contact).await?,
        };
        let content = Content::System(System { event: doubt.event().to_owned(), text: doubt.text().to_owned() });
        lines.extend(numbers.into_iter().map(|number| {
            let line = Arrival {
                number,
                person: Seen::default(),
                // None of WhatsApp's; the same each time, so that the line is there once.
                wamid: format!("line:{}:{contact}:{about}", doubt.event()),
                kind: content.kind(),
                body: Body { content: content.to_json(), ..Body::default() },
                said_at: now,
                text: String::new(),
                opens_window: false,
                counts_unread: false,
                author: Author::System,
                media: None,
            };
            (contact, line)
        }));
    }
    Ok(lines)
}

/// The conversations of contacts with numbers, made where missing, locked in the order of the pairs.
async fn threads(
    tx: &mut TenantTx,
    pairs: &BTreeSet<(ContactId, NumberId)>,
    now: OffsetDateTime,
) -> Result<HashMap<(ContactId, NumberId), Thread>, StoreError> {
    let tenant = tx.tenant().0;
    let contacts: Vec<Uuid> = pairs.iter().map(|p| p.0.0).collect();
    let numbers: Vec<Uuid> = pairs.iter().map(|p| p.1.0).collect();
    // One look-up for each, as for contacts; locked in the order of the pairs.
    let select = "select c.* from unnest($2::uuid[], $3::uuid[]) as w(contact_id, number_id)
         cross join lateral (select c.id, c.contact_id, c.number_id, c.status from conversations c
             where c.tenant_id = $1 and c.contact_id = w.contact_id and c.number_id = w.number_id limit 1 for update) c";
    let mut rows = sqlx::query(select).bind(tenant).bind(&contacts).bind(&numbers).fetch_all(tx.sql()).await?;
    let mut fresh: BTreeSet<Uuid> = BTreeSet::new();
    if rows.len() < pairs.len() {
        let ids: Vec<Uuid> = pairs.iter().map(|_| ConversationId::fresh().0).collect();
        let made: Vec<Uuid> = sqlx::query_scalar(
            "insert into conversations (tenant_id, id, contact_id, number_id, status, last_message_at, created_at)
             select $1, id, contact_id, number_id, 'OPEN', $5, $5 from unnest($2::uuid[], $3::uuid[], $4::uuid[]) as w(contact_id, number_id, id)
             order by contact_id, number_id on conflict do nothing returning id",
        )
        .bind(tenant)
        .bind(&contacts)
        .bind(&numbers)
        .bind(&ids)
        .bind(now)
        .fetch_all(tx.sql())
        .await?;
        fresh.extend(made);
        rows = sqlx::query(select).bind(tenant).bind(&contacts).bind(&numbers).fetch_all(tx.sql()).await?;
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let id: Uuid = row.get("id");
            let thread = Thread {
                id: ConversationId(id),
                is_new: fresh.contains(&id),
                was_resolved: row.get::<&str, _>("status") == "RESOLVED",
            };
            ((ContactId(row.get("contact_id")), NumberId(row.get("number_id"))), thread)
        })
        .collect())
}

async fn insert_messages(
    tx: &mut TenantTx,
    arrivals: &[Arrival],
    ids: &[MessageId],
    conversations: &[ConversationId],
    now: OffsetDateTime,
) -> Result<Vec<(MessageId, bool)>, StoreError> {
    let (sql, ctx) = tx.parts();
    let mut hashes = Vec::with_capacity(arrivals.len());
    let mut replies = Vec::with_capacity(arrivals.len());
    let mut bodies = Vec::with_capacity(arrivals.len());
    let mut searches = Vec::with_capacity(arrivals.len());
    for (arrival, id) in arrivals.iter().zip(ids) {
        hashes.push(wamid_hash(ctx, arrival.number, &arrival.wamid).to_vec());
        replies.push(arrival.body.reply_to_wamid.as_ref().map(|w| wamid_hash(ctx, arrival.number, w).to_vec()));
        bodies.push(arrival.body.seal(ctx, *id)?);
        searches.push(array_literal(&ctx.keys.tokens(&tokens::words(&arrival.text))));
    }
    let has_replies = replies.iter().any(Option::is_some);
    let quoted: HashMap<Vec<u8>, Uuid> = if has_replies {
        let rows = sqlx::query("select wamid_hash, id from messages where tenant_id = $1 and wamid_hash = any($2)")
            .bind(ctx.tenant.0)
            .bind(replies.iter().flatten().map(Vec::as_slice).collect::<Vec<_>>())
            .fetch_all(&mut *sql)
            .await?;
        let own = hashes.iter().cloned().zip(ids.iter().map(|i| i.0));
        own.chain(rows.into_iter().map(|r| (r.get(0), r.get(1)))).collect()
    } else {
        HashMap::new()
    };
    // Messages, and what they add to their conversations, which are locked: only what is new counts, looked up in a hash.
    let rows = sqlx::query(
        "with given as (
             select * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bytea[], $7::bytea[], $8::uuid[], $9::text[],
                                  $10::timestamptz[], $11::bool[], $12::bool[], $14::bool[])
                  as m(id, conversation_id, sent_by, kind, body_enc, wamid_hash, reply_to, search, said_at, opens_window, counts, reopens)),
         fresh as (
             insert into messages (tenant_id, id, conversation_id, direction, kind, body_enc, status, sent_by, wamid_hash, reply_to, search, said_at, created_at)
             select $1, id, conversation_id, case when sent_by = 'APP' then 'OUTBOUND' else 'INBOUND' end, kind, body_enc,
                    case when sent_by = 'APP' then 'SENT' else 'DELIVERED' end, sent_by,
                    wamid_hash, reply_to, search::bigint[], said_at, $13
             from given on conflict do nothing returning id),
         growth as (
             select conversation_id, max(said_at) as last_at, (array_agg(id order by said_at desc, id desc))[1] as last_id,
                    max(said_at) filter (where opens_window) as last_inbound, count(*) filter (where counts) as unread,
                    bool_or(reopens) as reopens
             from given where (id in (select id from fresh)) is true group by conversation_id),
         grown as (
             update conversations c set
                 last_message_id = case when g.last_at >= c.last_message_at or c.last_message_id is null then g.last_id else c.last_message_id end,
                 last_message_at = case when c.last_message_id is null then g.last_at else greatest(c.last_message_at, g.last_at) end,
                 last_inbound_at = greatest(c.last_inbound_at, g.last_inbound),
                 inbound_count = c.inbound_count + g.unread,
                 status = case when g.reopens and c.status <> 'SPAM' then 'OPEN' else c.status end,
                 resolved_at = case when g.reopens and c.status = 'RESOLVED' then null else c.resolved_at end
             from growth g where c.tenant_id = $1 and c.id = any($3) and c.id = g.conversation_id)
         select id from fresh",
    )
    .bind(ctx.tenant.0)
    .bind(ids.iter().map(|i| i.0).collect::<Vec<_>>())
    .bind(conversations.iter().map(|c| c.0).collect::<Vec<_>>())
    .bind(arrivals.iter().map(|a| a.author.to_column()).collect::<Vec<_>>())
    .bind(arrivals.iter().map(|a| a.kind).collect::<Vec<_>>())
    .bind(&bodies)
    .bind(&hashes)
    .bind(replies.iter().map(|r| r.as_ref().and_then(|h| quoted.get(h).copied())).collect::<Vec<_>>())
    .bind(&searches)
    .bind(arrivals.iter().map(|a| a.said_at).collect::<Vec<_>>())
    .bind(arrivals.iter().map(|a| a.opens_window).collect::<Vec<_>>())
    .bind(arrivals.iter().map(|a| a.counts_unread).collect::<Vec<_>>())
    .bind(now)
    .bind(arrivals.iter().map(Arrival::reopens).collect::<Vec<_>>())
    .fetch_all(&mut *sql)
    .await?;
    let new: BTreeSet<Uuid> = rows.iter().map(|r| r.get(0)).collect();
    if new.len() == ids.len() {
        return Ok(ids.iter().map(|id| (*id, true)).collect());
    }
    let before: HashMap<Vec<u8>, Uuid> =
        sqlx::query("select wamid_hash, id from messages where tenant_id = $1 and wamid_hash = any($2)")
            .bind(ctx.tenant.0)
            .bind(&hashes)
            .fetch_all(sql)
            .await?
            .into_iter()
            .map(|r| (r.get(0), r.get(1)))
            .collect();
    Ok(ids
        .iter()
        .zip(&hashes)
        .map(
            |(id, hash)| {
                if new.contains(&id.0) { (*id, true) } else { (before.get(hash).map_or(*id, |b| MessageId(*b)), false) }
            },
        )
        .collect())
}

async fn insert_media(
    tx: &mut TenantTx,
    arrivals: &[Arrival],
    stored: &[(MessageId, bool)],
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    for (arrival, (message, is_new)) in arrivals.iter().zip(stored) {
        if let (Some(media), true) = (&arrival.media, is_new) {
            crate::media::insert(tx, media, *message, arrival.number, now).await?;
        }
    }
    Ok(())
}
