//! Correcting a contact.

use super::see::{SeenContact, visible};
use crate::acting::{ActError, Acting};
use crate::change::Change;
use crate::message::Follows;
use crate::{App, input};
use tarun_core::ids::ContactId;
use tarun_core::policy::Action;
use tarun_store::contact::{self, Contact};

const NAME_CHARS: usize = 200;

/// What is to change: absent stays, `Some(None)` clears.
#[derive(Debug, Default)]
pub struct ContactChange {
    /// The version that the change was made on; `None` does not look.
    pub version: Option<i32>,
    /// `None` goes back to the WhatsApp profile's name.
    pub name: Option<Option<String>>,
    pub email: Option<Option<String>>,
}

pub async fn change(app: &App, acting: &Acting, id: ContactId, change: ContactChange) -> Result<SeenContact, ActError> {
    acting.require(Action::WriteContact)?;
    let name = change.name.map(|n| n.map(|n| input::line("/name", &n, NAME_CHARS)).transpose()).transpose()?;
    let email = change.email.map(|e| e.map(|e| input::email("/email", &e)).transpose()).transpose()?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    let conversations = visible(&mut tx, acting, id).await?;
    let before = contact::lock(&mut tx, id).await?.ok_or(ActError::NotFound("contact"))?;
    if change.version.is_some_and(|v| v != before.version) {
        return Err(stale(&before));
    }
    let mut after = before.clone();
    after.profile.own_name = name.unwrap_or(after.profile.own_name);
    after.profile.email = email.unwrap_or(after.profile.email);
    let mut told = Change::of(acting.ctx.tenant);
    if after.profile != before.profile {
        contact::update(&mut tx, &after).await?;
        after = contact::get(&mut tx, id).await?.ok_or(ActError::NotFound("contact"))?;
        told.contacts_updated.push(id);
        conversations.iter().for_each(|c| told.conversation_updated(c.id));
    }
    Follows::of(told).commit(app, tx).await?;
    Ok(SeenContact::new(after, &conversations))
}

fn stale(now: &Contact) -> ActError {
    let email = now
        .profile
        .email
        .as_deref()
        .map_or_else(|| "no e-mail address".to_owned(), |e| format!("the e-mail address {e}"));
    ActError::Conflict {
        code: "stale",
        detail: format!(
            "Somebody else changed this contact meanwhile. It now has the name {} and {email} (version {}). Look at it and try again.",
            now.profile.name(),
            now.version
        ),
    }
}
