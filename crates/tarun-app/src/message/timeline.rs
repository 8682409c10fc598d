//! Lines in a thread that say what was done with it.

use crate::acting::{ActError, Acting};
use crate::change::Change;
use serde_json::{Value, json};
use tarun_core::delivery::Delivery;
use tarun_core::ids::{ConversationId, MessageId};
use tarun_store::TenantTx;
use tarun_store::inbox::Body;
use tarun_store::message::{self, Own};
use time::OffsetDateTime;

/// Adds a line; the conversation's preview stays the last thing that was said.
pub async fn add(
    tx: &mut TenantTx,
    acting: &Acting,
    conversation: ConversationId,
    event: &str,
    mut data: Value,
    now: OffsetDateTime,
    change: &mut Change,
) -> Result<(), ActError> {
    let id = MessageId::fresh();
    let (sent_by, sent_by_id) = super::speaker(acting);
    data["event"] = json!(event);
    let own = Own {
        id,
        conversation,
        kind: "EVENT",
        body: Body { content: data, ..Body::default() },
        status: Delivery::Sent,
        sent_by,
        sent_by_id,
        reply_to: None,
        client_key: None,
        text: String::new(),
    };
    message::insert(tx, &own, now).await?;
    change.message_created(id, conversation);
    Ok(())
}
