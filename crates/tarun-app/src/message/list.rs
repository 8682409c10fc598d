//! Reading a thread.

use crate::App;
use crate::acting::{ActError, Acting};
use crate::conversation::may_see;
use tarun_core::ids::ConversationId;
use tarun_core::policy::Action;
use tarun_store::Cursor;
use tarun_store::message::{self, Message};

/// Messages before a position, newest first; one row more than `limit` tells that there are more.
pub async fn list(
    app: &App,
    acting: &Acting,
    conversation: ConversationId,
    before: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Message>, ActError> {
    acting.require(Action::ReadConversation)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    may_see(&mut tx, acting, conversation).await?;
    let opening = app.openings.note(&mut tx, acting, conversation, app.clock.now()).await?;
    let found = message::list(&mut tx, conversation, before, limit + 1).await?;
    tx.commit().await?;
    app.openings.remember(opening).await;
    Ok(found)
}
