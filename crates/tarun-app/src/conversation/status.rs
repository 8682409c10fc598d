//! Open, pending, resolved, spam.

use super::see::{seen, visible};
use crate::App;
use crate::acting::{ActError, Acting};
use crate::change::Change;
use crate::message::{Follows, timeline};
use serde_json::json;
use tarun_core::conversation::Status;
use tarun_core::ids::{ConversationId, MessageId};
use tarun_core::policy::Action;
use tarun_store::TenantTx;
use tarun_store::conversation::{self, Conversation, Facts};

/// What the one who acts has seen of a conversation; what is absent is not looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    pub version: Option<i32>,
    /// The newest message on the screen.
    pub message: Option<MessageId>,
}

/// Nothing is changed that looks otherwise than it did to the one who acts: a conversation that is resolved while its
/// customer writes would be missed by everybody.
pub async fn set_status(
    app: &App,
    acting: &Acting,
    id: ConversationId,
    status: Status,
    seen_before: Seen,
) -> Result<Conversation, ActError> {
    acting.require(Action::WriteConversation)?;
    let now = app.clock.now();
    let mut tx = app.store.begin(&acting.ctx).await?;
    let thread = visible(&mut tx, acting, id).await?;
    let mut change = Change::of(acting.ctx.tenant);
    if thread.status != status {
        refuse_unseen(&mut tx, &thread, seen_before).await?;
        conversation::set_status(&mut tx, id, status, acting.actor.user_id(), now).await?;
        if thread.status == Status::Resolved {
            conversation::open_sessions(&mut tx, &[id], now).await?;
        }
        let data = json!({ "from": thread.status.as_str(), "to": status.as_str() });
        timeline::add(&mut tx, acting, id, "status_changed", data, now, &mut change).await?;
    }
    let after = seen(&mut tx, acting, id).await?;
    Follows::of(change).commit(app, tx).await?;
    Ok(after)
}

async fn refuse_unseen(tx: &mut TenantTx, thread: &Facts, seen: Seen) -> Result<(), ActError> {
    let later = match seen.message {
        None => 0,
        Some(message) => conversation::said_after(tx, thread.id, message).await?.ok_or_else(|| ActError::Field {
            pointer: "/seen_message_id",
            code: "no_such_message",
            detail: "The message that was seen last is not part of this conversation.".into(),
        })?,
    };
    if later > 0 {
        return Err(ActError::Conflict {
            code: "new_message",
            detail: "The customer has just written again. Read it first, then decide.".into(),
        });
    }
    if seen.version.is_some_and(|version| version != thread.version) {
        return Err(ActError::Conflict {
            code: "stale",
            detail: format!(
                "Somebody else changed this conversation meanwhile. It is now {} (version {}). Look at it and try again.",
                thread.status.as_str(),
                thread.version
            ),
        });
    }
    Ok(())
}
