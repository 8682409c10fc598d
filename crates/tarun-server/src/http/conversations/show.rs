//! Conversations as the API gives them.

use crate::http::contacts::contact_out;
use crate::http::messages::message_out;
use tarun_api::conversation::{Conversation, Status, View, Window};
use tarun_app::acting::Acting;
use tarun_app::conversation;
use tarun_core::conversation::{self as core, window_expires_at, window_is_open};
use tarun_store::TenantCtx;
use time::OffsetDateTime;

/// For the one who asks: a key reads for nobody, so that nothing is unread for it.
pub fn shown(
    acting: &Acting,
    conversation: &tarun_store::conversation::Conversation,
    now: OffsetDateTime,
) -> Conversation {
    let mut out = conversation_out(&acting.ctx, conversation, now);
    if acting.actor.user_id().is_none() {
        out.unread_count = 0;
    }
    out
}

/// With the unread count of the reader for whom it was read.
pub(crate) fn conversation_out(
    ctx: &TenantCtx,
    c: &tarun_store::conversation::Conversation,
    now: OffsetDateTime,
) -> Conversation {
    Conversation {
        id: c.id.0,
        contact_id: c.contact.id.0,
        contact: contact_out(&c.contact, Some(c.last_message_at)),
        number_id: c.number.0,
        channel: "WHATSAPP".to_owned(),
        status: show_status(c.status),
        assigned_agent_id: c.assignee.map(|a| a.0),
        window: Window {
            open: window_is_open(c.last_inbound_at, now),
            expires_at: window_expires_at(c.last_inbound_at),
        },
        unread_count: (c.inbound_count - c.read_count).max(0),
        last_message: c.last_message.as_ref().map(|m| message_out(ctx, m, now)),
        last_message_at: c.last_message_at,
        first_response_at: c.first_response_at,
        resolved_at: c.resolved_at,
        created_at: c.created_at,
        version: c.version,
    }
}

fn show_status(status: core::Status) -> Status {
    match status {
        core::Status::Open => Status::Open,
        core::Status::Pending => Status::Pending,
        core::Status::Resolved => Status::Resolved,
        core::Status::Spam => Status::Spam,
    }
}

pub fn take_status(status: Status) -> core::Status {
    match status {
        Status::Open => core::Status::Open,
        Status::Pending => core::Status::Pending,
        Status::Resolved => core::Status::Resolved,
        Status::Spam => core::Status::Spam,
    }
}

pub fn take_view(view: View) -> conversation::View {
    match view {
        View::All => conversation::View::All,
        View::Mine => conversation::View::Mine,
        View::Unassigned => conversation::View::Unassigned,
        View::Unread => conversation::View::Unread,
    }
}
