//! Notes among colleagues. They have no job, so that nothing can ever send them.

use super::Follows;
use crate::App;
use crate::acting::{ActError, Acting};
use crate::change::Change;
use crate::conversation::visible;
use serde_json::json;
use tarun_core::delivery::Delivery;
use tarun_core::ids::{ConversationId, MessageId};
use tarun_core::policy::Action;
use tarun_store::inbox::Body;
use tarun_store::message::{self, Message, Own};
use tarun_store::{TenantTx, conversation};

const LONGEST: usize = 10_000;

/// Writes a note within the caller's transaction. The caller ends it with [`Follows::commit`].
pub async fn note(
    app: &App,
    tx: &mut TenantTx,
    acting: &Acting,
    id: ConversationId,
    body: &str,
    client_key: Option<String>,
) -> Result<(Message, Follows), ActError> {
    acting.require(Action::WriteConversation)?;
    let now = app.clock.now();
    let length = body.chars().count();
    if body.trim().is_empty() || length > LONGEST {
        return Err(ActError::Field {
            pointer: "/body",
            code: if length > LONGEST { "too_long" } else { "empty" },
            detail: format!("A note has 1 to {LONGEST} characters."),
        });
    }
    visible(tx, acting, id).await?;
    let note = MessageId::fresh();
    let (sent_by, sent_by_id) = super::speaker(acting);
    let own = Own {
        id: note,
        conversation: id,
        kind: "NOTE",
        body: Body { content: json!({ "body": body }), ..Body::default() },
        status: Delivery::Sent,
        sent_by,
        sent_by_id,
        reply_to: None,
        client_key,
        text: body.to_owned(),
    };
    message::insert(tx, &own, now).await?;
    conversation::spoke(tx, id, note, false, now).await?;
    let mut change = Change::of(acting.ctx.tenant);
    change.message_created(note, id);
    let made = message::get(tx, note).await?.ok_or(ActError::NotFound("message"))?;
    Ok((made, Follows::of(change)))
}
