//! Looking at a contact.

use crate::App;
use crate::acting::{ActError, Acting};
use tarun_core::ids::ContactId;
use tarun_core::policy::{Action, Sight};
use tarun_store::TenantTx;
use tarun_store::contact::{self, Contact};
use tarun_store::conversation::{OfContact, of_contact};
use time::OffsetDateTime;

/// A contact, and when the last message was said with him.
#[derive(Debug)]
pub struct SeenContact {
    pub contact: Contact,
    pub last_message_at: Option<OffsetDateTime>,
}

impl SeenContact {
    pub(super) fn new(contact: Contact, conversations: &[OfContact]) -> Self {
        Self { contact, last_message_at: conversations.iter().map(|c| c.last_message_at).max() }
    }
}

pub async fn get(app: &App, acting: &Acting, id: ContactId) -> Result<SeenContact, ActError> {
    acting.require(Action::ReadContact)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    let conversations = visible(&mut tx, acting, id).await?;
    let contact = contact::get(&mut tx, id).await?.ok_or(ActError::NotFound("contact"))?;
    tx.commit().await?;
    Ok(SeenContact::new(contact, &conversations))
}

/// The contact's conversations, if the one who asks may see the contact: who sees one of them sees him, and who sees all
/// conversations also sees those who have none.
pub(super) async fn visible(tx: &mut TenantTx, acting: &Acting, id: ContactId) -> Result<Vec<OfContact>, ActError> {
    let conversations = of_contact(tx, id).await?;
    let sight = acting.sight();
    if sight == Sight::All || conversations.iter().any(|c| sight.covers(c.assignee)) {
        Ok(conversations)
    } else {
        Err(ActError::NotFound("contact"))
    }
}
