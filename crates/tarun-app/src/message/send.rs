//! Replying to a customer.

use super::Follows;
use crate::App;
use crate::acting::{ActError, Acting};
use crate::change::Change;
use crate::conversation::visible;
use crate::sending::ordering_key;
use tarun_core::content::Content;
use tarun_core::conversation::{Status, window_is_open};
use tarun_core::delivery::Delivery;
use tarun_core::ids::{ConversationId, MessageId};
use tarun_core::policy::Action;
use tarun_providers::whatsapp::MAX_TEXT_CHARS;
use tarun_store::inbox::Body;
use tarun_store::job::{self, JobKind};
use tarun_store::message::{self, Message, Own};
use tarun_store::{TenantTx, conversation};

/// What to say.
#[derive(Debug, Clone)]
pub struct Reply {
    pub content: Content,
    pub reply_to: Option<MessageId>,
    pub client_key: Option<String>,
}

/// Queues a reply within the caller's transaction. The caller ends it with [`Follows::commit`].
pub async fn send(
    app: &App,
    tx: &mut TenantTx,
    acting: &Acting,
    id: ConversationId,
    reply: Reply,
) -> Result<(Message, Follows), ActError> {
    acting.require(Action::WriteConversation)?;
    let now = app.clock.now();
    let kind = checked(&reply.content)?;
    let thread = visible(tx, acting, id).await?;
    if !window_is_open(thread.last_inbound_at, now) {
        return Err(ActError::Refused {
            code: "window_closed",
            detail: "The 24-hour window has closed. You can write again when the customer does.".into(),
        });
    }
    if let Some(quoted) = reply.reply_to {
        let known = message::get(tx, quoted)
            .await?
            .filter(|m| m.conversation_id == id && !matches!(m.kind.as_str(), "NOTE" | "EVENT"));
        if known.is_none() {
            return Err(ActError::Field {
                pointer: "/reply_to",
                code: "no_such_message",
                detail: "The message to quote is not part of this conversation.".into(),
            });
        }
    }
    let message = MessageId::fresh();
    let (sent_by, sent_by_id) = super::speaker(acting);
    let own = Own {
        id: message,
        conversation: id,
        kind,
        body: Body { content: reply.content.to_json(), ..Body::default() },
        status: Delivery::Queued,
        sent_by,
        sent_by_id,
        reply_to: reply.reply_to,
        client_key: reply.client_key,
        text: reply.content.searchable_text(),
    };
    message::insert(tx, &own, now).await?;
    conversation::spoke(tx, id, message, true, now).await?;
    if matches!(thread.status, Status::Resolved) {
        conversation::set_status(tx, id, Status::Open, None, now).await?;
        conversation::open_sessions(tx, &[id], now).await?;
    }
    job::add(tx, JobKind::Send, ordering_key(id), message.0, now).await?;
    let mut change = Change::of(acting.ctx.tenant);
    change.message_created(message, id);
    let made = message::get(tx, message).await?.ok_or(ActError::NotFound("message"))?;
    Ok((made, Follows::of(change).sending(id)))
}

fn checked(content: &Content) -> Result<&'static str, ActError> {
    let Content::Text(text) = content else {
        return Err(ActError::Field {
            pointer: "/type",
            code: "unsupported_type",
            detail: "Only messages of type TEXT can be sent so far.".into(),
        });
    };
    let length = text.body.chars().count();
    let (code, detail) = if text.body.trim().is_empty() {
        ("empty", "Write something to send.".to_owned())
    } else if length > MAX_TEXT_CHARS {
        (
            "too_long",
            format!("The message has {length} characters, WhatsApp allows {MAX_TEXT_CHARS}. Split it into several."),
        )
    } else {
        return Ok("TEXT");
    };
    Err(ActError::Field { pointer: "/content/body", code, detail })
}
