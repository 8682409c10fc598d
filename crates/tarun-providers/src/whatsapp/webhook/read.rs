//! Decoding one stored event. Every field is read on its own, so that a strange one costs only itself.

mod account;
mod attached;
mod envelope;
mod forms;
mod message;
mod status;

use std::borrow::Cow;

use envelope::Envelope;

use super::{Inbound, RawKind};
use crate::whatsapp::json::{self, Object};

/// Reads an event as [`super::split`] made it. Never fails: what cannot be read becomes a message with unsupported
/// content if it has an id and a sender, and [`Inbound::Unreadable`] otherwise.
pub fn read(field: &str, kind: RawKind, payload: &[u8]) -> Inbound {
    let text = String::from_utf8_lossy(payload);
    let text: Cow<'_, str> = json::storable(&text);
    let Some(payload) = Object::parse(&text) else {
        return unreadable("the stored event is not a JSON object");
    };
    let envelope = Envelope::new(&payload);
    let Some(element) = payload.object("element") else {
        return match kind {
            RawKind::Other => Inbound::Other { field: field.to_owned() },
            _ => unreadable("the element is not a JSON object"),
        };
    };
    match kind {
        RawKind::Message => message::inbound(&element, &envelope),
        RawKind::Echo => message::echo(&element, &envelope),
        RawKind::Status => status::read(&element, &envelope),
        RawKind::Other => account::read(field, &element, &envelope),
    }
}

fn unreadable(reason: &str) -> Inbound {
    Inbound::Unreadable { reason: reason.to_owned() }
}
