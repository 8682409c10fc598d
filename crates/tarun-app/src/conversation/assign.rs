//! Giving a conversation to a person, or back to the queue.

use super::see::{seen, visible};
use crate::App;
use crate::acting::{ActError, Acting};
use crate::change::Change;
use crate::message::{Follows, timeline};
use serde_json::json;
use tarun_core::ids::{ConversationId, UserId};
use tarun_core::policy::Action;
use tarun_store::conversation::{self, Conversation};
use tarun_store::user;

/// `to`: `None` puts it back into the unassigned queue.
pub async fn assign(
    app: &App,
    acting: &Acting,
    id: ConversationId,
    to: Option<UserId>,
) -> Result<Conversation, ActError> {
    acting.require(Action::AssignConversation)?;
    let now = app.clock.now();
    let mut tx = app.store.begin(&acting.ctx).await?;
    let thread = visible(&mut tx, acting, id).await?;
    if thread.assignee == to {
        return seen(&mut tx, acting, id).await;
    }
    let name = match to {
        None => None,
        Some(to) => {
            let person = user::find(&mut tx, to).await?.filter(|u| u.is_active).ok_or_else(|| ActError::Field {
                pointer: "/agent_id",
                code: "no_such_agent",
                detail: "There is no such person here, or the account is switched off. Choose somebody else.".into(),
            })?;
            Some(person.name)
        }
    };
    conversation::assign(&mut tx, id, to).await?;
    let mut change = Change::of(acting.ctx.tenant);
    timeline::add(&mut tx, acting, id, "assigned", json!({ "to": to.map(|t| t.0), "to_name": name }), now, &mut change)
        .await?;
    // Read before the commit, by the id: whoever gave it away may not see it any more.
    let after =
        conversation::get(&mut tx, acting.actor.user_id(), id).await?.ok_or(ActError::NotFound("conversation"))?;
    Follows::of(change).commit(app, tx).await?;
    Ok(after)
}
