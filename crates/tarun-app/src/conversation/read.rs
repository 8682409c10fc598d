//! How far each person has read.

use super::see::visible;
use crate::App;
use crate::acting::{ActError, Acting};
use tarun_core::ids::{ConversationId, MessageId, UserId};
use tarun_core::policy::Action;
use tarun_store::conversation;

/// Everything is read, or what stands up to a message: what came after it was not on the reader's screen.
pub async fn mark_read(
    app: &App,
    acting: &Acting,
    id: ConversationId,
    up_to: Option<MessageId>,
) -> Result<(), ActError> {
    let reader = reader(acting)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    visible(&mut tx, acting, id).await?;
    let later = match up_to {
        None => 0,
        Some(message) => conversation::said_after(&mut tx, id, message).await?.ok_or_else(|| ActError::Field {
            pointer: "/up_to",
            code: "no_such_message",
            detail: "The message up to which to read is not part of this conversation.".into(),
        })?,
    };
    conversation::mark_read(&mut tx, id, reader, later, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// The last message is unread again.
pub async fn mark_unread(app: &App, acting: &Acting, id: ConversationId) -> Result<(), ActError> {
    let reader = reader(acting)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    visible(&mut tx, acting, id).await?;
    conversation::mark_unread(&mut tx, id, reader, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

fn reader(acting: &Acting) -> Result<UserId, ActError> {
    acting.require(Action::ReadConversation)?;
    acting.actor.user_id().ok_or_else(|| ActError::Refused {
        code: "not_a_person",
        detail: "An API key reads for nobody, so that nothing is unread for it.".into(),
    })
}
