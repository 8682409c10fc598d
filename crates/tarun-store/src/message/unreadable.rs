//! A message that can't be opened. It stands as such in its place: it must not take down the page on which it is, nor each
//! list of conversations whose last message it is.

use super::{Message, Sender};
use crate::inbox::Body;
use crate::tx::TenantCtx;
use sqlx::Row;
use sqlx::postgres::PgRow;
use std::collections::HashSet;
use std::fmt::Display;
use std::sync::{LazyLock, Mutex, PoisonError};
use tarun_core::content::Content;
use tarun_core::delivery::Delivery;
use tarun_core::ids::{ApiKeyId, ConversationId, MessageId, UserId};
use uuid::Uuid;

/// Messages of which the log tells already; beyond so many it begins anew.
const MOST_TOLD: usize = 10_000;

/// What is left of a message when nothing sealed of it is read.
pub(super) fn message(row: &PgRow) -> Message {
    let content = content();
    let sender_id: Option<Uuid> = row.get("sent_by_id");
    Message {
        id: MessageId(row.get("id")),
        conversation_id: ConversationId(row.get("conversation_id")),
        inbound: row.get::<&str, _>("direction") == "INBOUND",
        kind: content.kind().to_owned(),
        body: Body { content: content.to_json(), ..Body::default() },
        status: Delivery::parse(row.get("status")).unwrap_or(Delivery::Unknown),
        sent_by: match (row.get::<&str, _>("sent_by"), sender_id) {
            ("CUSTOMER", _) => Sender::Customer,
            ("APP", _) => Sender::App,
            ("API_KEY", Some(id)) => Sender::ApiKey(ApiKeyId(id)),
            ("USER", Some(id)) => Sender::User { id: UserId(id), name: String::new() },
            _ => Sender::System,
        },
        quote: None,
        reactions: vec![],
        media: None,
        error: None,
        client_key: row.get("client_key"),
        is_revoked: row.get("is_revoked"),
        is_edited: row.get("is_edited"),
        is_discarded: row.get("is_discarded"),
        said_at: row.get("said_at"),
        sent_at: row.get("sent_at"),
        delivered_at: row.get("delivered_at"),
        read_at: row.get("read_at"),
        played_at: row.get("played_at"),
        call_started_at: row.get("call_started_at"),
    }
}

/// What is shown in place of its words.
pub(super) fn content() -> Content {
    let words = "This message can't be read. The server's log says why.";
    Content::unsupported("unreadable", words.to_owned())
}

/// Tells the log, once for each message.
pub(super) fn tell(ctx: &TenantCtx, id: Uuid, error: &dyn Display) {
    static TOLD: LazyLock<Mutex<HashSet<Uuid>>> = LazyLock::new(Mutex::default);
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.len() >= MOST_TOLD {
        told.clear();
    }
    if told.insert(id) {
        tracing::error!(tenant = %ctx.tenant, message = %id, %error, "a message can't be opened; it is shown as unreadable");
    }
}
