//! Deciding about a message that failed, or of which nobody knows whether it was sent.

use super::Follows;
use crate::App;
use crate::acting::{ActError, Acting};
use crate::change::Change;
use crate::conversation::visible;
use crate::sending::ordering_key;
use tarun_core::conversation::window_is_open;
use tarun_core::delivery::Again;
use tarun_core::ids::{ConversationId, MessageId};
use tarun_core::policy::Action;
use tarun_store::job::{self, JobKind};
use tarun_store::message::{self, Message, SendError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Send it (again).
    Retry,
    /// Leave it as not delivered.
    Discard,
}

pub async fn resolve(
    app: &App,
    acting: &Acting,
    conversation: ConversationId,
    id: MessageId,
    resolution: Resolution,
) -> Result<Message, ActError> {
    acting.require(Action::WriteConversation)?;
    let now = app.clock.now();
    let mut tx = app.store.begin(&acting.ctx).await?;
    let thread = visible(&mut tx, acting, conversation).await?;
    let m = message::lock_to_send(&mut tx, id)
        .await?
        .filter(|m| m.conversation == conversation)
        .ok_or(ActError::NotFound("message"))?;
    match m.status.again(m.is_discarded, m.call_started_at, now) {
        Again::No => {
            return Err(ActError::Conflict {
                code: "not_failed",
                detail: "This message is not waiting for a decision any more: it was sent, or somebody else decided."
                    .into(),
            });
        }
        Again::From(until) if resolution == Resolution::Retry => {
            let seconds = (until - now).whole_seconds() + 1;
            return Err(ActError::Conflict {
                code: "too_soon",
                detail: format!(
                    "WhatsApp may still report that the customer has this message. Send it again in {seconds} seconds, if no report has come."
                ),
            });
        }
        Again::From(_) | Again::Yes => {}
    }
    let mut change = Change::of(acting.ctx.tenant);
    change.message_updated(id);
    change.conversation_updated(conversation);
    let mut follows = Follows::of(change);
    match resolution {
        Resolution::Retry => {
            if !window_is_open(thread.last_inbound_at, now) {
                return Err(ActError::Refused {
                    code: "window_closed",
                    detail: "The 24-hour window has closed. You can write again when the customer does.".into(),
                });
            }
            message::begin_anew(&mut tx, id).await?;
            job::add(&mut tx, JobKind::Send, ordering_key(conversation), id.0, now).await?;
            follows = follows.sending(conversation);
        }
        Resolution::Discard => {
            let words = SendError { code: None, detail: "Left as not delivered.".into() };
            message::discard(&mut tx, id, &words).await?;
        }
    }
    let after = message::get(&mut tx, id).await?.ok_or(ActError::NotFound("message"))?;
    follows.commit(app, tx).await?;
    Ok(after)
}
