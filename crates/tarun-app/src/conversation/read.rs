//! How far each person has read.

use super::see::visible;
use crate::App;
use crate::acting::{ActError, Acting};
use tarun_core::ids::{ConversationId, UserId};
use tarun_core::policy::Action;
use tarun_store::conversation;

/// Everything is read.
pub async fn mark_read(app: &App, acting: &Acting, id: ConversationId) -> Result<(), ActError> {
    mark(app, acting, id, 0).await
}

/// The last message is unread again.
pub async fn mark_unread(app: &App, acting: &Acting, id: ConversationId) -> Result<(), ActError> {
    mark(app, acting, id, 1).await
}

async fn mark(app: &App, acting: &Acting, id: ConversationId, all_but: i32) -> Result<(), ActError> {
    acting.require(Action::ReadConversation)?;
    let reader: UserId = acting.actor.user_id().ok_or_else(|| ActError::Refused {
        code: "not_a_person",
        detail: "An API key reads for nobody, so that nothing is unread for it.".into(),
    })?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    visible(&mut tx, acting, id).await?;
    conversation::mark_read(&mut tx, id, reader, all_but, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}
