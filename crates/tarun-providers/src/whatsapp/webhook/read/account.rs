//! Notifications about people's wishes and ids, and everything that is kept raw only.

use super::envelope::{self, Envelope};
use crate::whatsapp::ProviderError;
use crate::whatsapp::json::Object;
use crate::whatsapp::webhook::{Inbound, UserIdChanged, UserPreference, Wish};

pub(super) fn read(field: &str, element: &Object<'_>, envelope: &Envelope<'_>) -> Inbound {
    let known = match field {
        "messages" => ProviderError::read(element).map(Inbound::AccountError),
        "user_preferences" => preference(element, envelope),
        "user_id_update" => user_id_changed(element, envelope),
        _ => None,
    };
    known.unwrap_or_else(|| Inbound::Other { field: field.to_owned() })
}

fn preference(element: &Object<'_>, envelope: &Envelope<'_>) -> Option<Inbound> {
    let person = envelope.person(
        envelope::number(element, "wa_id"),
        envelope::id(element, "user_id"),
        envelope::id(element, "parent_user_id"),
    );
    let word = envelope::line(element, "value")?;
    let wish = match word.as_str() {
        "stop" => Wish::Stop,
        "resume" => Wish::Resume,
        "signup" => Wish::Signup,
        _ => Wish::Other(word),
    };
    person.is_known().then(|| {
        Inbound::UserPreference(UserPreference {
            person,
            category: envelope::line(element, "category").unwrap_or_default(),
            wish,
            at_unix: envelope::time(element, "timestamp"),
            detail: envelope::line(element, "detail"),
        })
    })
}

fn user_id_changed(element: &Object<'_>, envelope: &Envelope<'_>) -> Option<Inbound> {
    let change = element.object("user_id")?;
    let parent = element.object("parent_user_id");
    let mut old = envelope.person(envelope::number(element, "wa_id"), envelope::id(&change, "previous"), None);
    // The contact beside it may carry the new ids already; those are not the old ones.
    old.parent_user_id = parent.as_ref().and_then(|parent| envelope::id(parent, "previous"));
    old.user_id = envelope::id(&change, "previous");
    if !old.is_known() {
        return None;
    }
    Some(Inbound::UserIdChanged(UserIdChanged {
        wamid: None,
        old,
        new_user_id: envelope::id(&change, "current")?,
        new_parent_user_id: parent.and_then(|parent| envelope::id(&parent, "current")),
        text: envelope::line(element, "detail"),
        at_unix: envelope::time(element, "timestamp"),
    }))
}
