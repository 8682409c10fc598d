//! Open, pending, resolved, spam.

use super::see::{seen, visible};
use crate::App;
use crate::acting::{ActError, Acting};
use crate::change::Change;
use crate::message::{Follows, timeline};
use serde_json::json;
use tarun_core::conversation::Status;
use tarun_core::ids::ConversationId;
use tarun_core::policy::Action;
use tarun_store::conversation::{self, Conversation};

pub async fn set_status(
    app: &App,
    acting: &Acting,
    id: ConversationId,
    status: Status,
) -> Result<Conversation, ActError> {
    acting.require(Action::WriteConversation)?;
    let now = app.clock.now();
    let mut tx = app.store.begin(&acting.ctx).await?;
    let thread = visible(&mut tx, acting, id).await?;
    let mut change = Change::of(acting.ctx.tenant);
    if thread.status != status {
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
