//! What a provider's event means in our words. Pure.

use serde_json::json;
use tarun_core::contact::{Marketing, Wish};
use tarun_core::content::{Content, System};
use tarun_core::conversation::said_at;
use tarun_core::delivery::Receipt;
use tarun_core::ids::{MediaId, MessageId, NumberId};
use tarun_core::phone::Phone;
use tarun_providers::whatsapp::errors::{self, Policy};
use tarun_providers::whatsapp::webhook::{
    self, DeliveryStatus, Echo, InboundMessage, Person, Pricing, StatusUpdate, UserPreference,
};
use tarun_store::contact::Seen;
use tarun_store::inbox::{Arrival, ArrivingMedia, Author, Body};
use time::OffsetDateTime;

/// A person of an event, if there is anything by which to find him again.
pub fn seen(person: &Person) -> Option<Seen> {
    let phone = person.wa_id.as_deref().and_then(Phone::parse);
    (phone.is_some() || person.user_id.is_some()).then(|| Seen {
        phone,
        bsuid: person.user_id.clone(),
        username: person.username.clone(),
        profile_name: person.profile_name.clone().filter(|n| !n.trim().is_empty()),
    })
}

/// A customer's message. `None`: from nobody that could be answered.
pub fn message(m: InboundMessage, number: NumberId, received: OffsetDateTime) -> Option<Arrival> {
    let mut origin = serde_json::Map::new();
    if m.context.forwarded || m.context.frequently_forwarded {
        origin.insert("forwarded".into(), json!(if m.context.frequently_forwarded { "often" } else { "once" }));
    }
    if let Some(product) = &m.context.referred_product {
        origin.insert("product".into(), json!(product));
    }
    if let Some(referral) = &m.referral {
        origin.insert("referral".into(), json!(referral));
    }
    let mut person = seen(&m.sender)?;
    if person.phone.is_none() {
        person.phone = shared(&m.content);
    }
    // The answer to "may we call you?" is shown as such a line too, but it is the customer who gave it.
    let by_whatsapp = matches!(m.content, Content::System(_)) && !m.opens_window;
    Some(Arrival {
        opens_window: m.opens_window,
        counts_unread: m.counts_unread,
        author: if by_whatsapp { Author::System } else { Author::Customer },
        ..arrival(person, m.wamid, m.content, m.context.reply_to_wamid, origin, m.sent_at_unix, number, received)
    })
}

/// The sender's own number, where he shared it by WhatsApp's "Share contact info": who hides it gives it to us so.
fn shared(content: &Content) -> Option<Phone> {
    let Content::Contacts(cards) = content else { return None };
    let own = cards.contacts.iter().filter(|card| card.is_sender).flat_map(|card| &card.phones);
    own.into_iter().find_map(|phone| Phone::parse(phone.wa_id.as_deref().unwrap_or(&phone.phone)))
}

/// A message that the business sent from its phone.
pub fn echo(e: Echo, number: NumberId, received: OffsetDateTime) -> Option<Arrival> {
    let person = seen(&e.recipient)?;
    Some(Arrival {
        author: Author::App,
        ..arrival(
            person,
            e.wamid,
            e.content,
            e.context.reply_to_wamid,
            serde_json::Map::new(),
            e.sent_at_unix,
            number,
            received,
        )
    })
}

/// A line by WhatsApp itself in the thread: the person has a new number or user id.
pub fn system_line(
    wamid: String,
    person: Seen,
    event: &str,
    text: String,
    at: Option<i64>,
    number: NumberId,
    received: OffsetDateTime,
) -> Arrival {
    let content = Content::System(System { event: event.to_owned(), text });
    arrival(person, wamid, content, None, serde_json::Map::new(), at, number, received)
}

#[expect(clippy::too_many_arguments, reason = "the fields of one message, each once, in three callers of this file")]
fn arrival(
    person: Seen,
    wamid: String,
    mut content: Content,
    reply_to_wamid: Option<String>,
    origin: serde_json::Map<String, serde_json::Value>,
    at: Option<i64>,
    number: NumberId,
    received: OffsetDateTime,
) -> Arrival {
    let text = content.searchable_text();
    let kind = content.kind();
    let media = content.media_mut().and_then(|media| {
        let provider_id = media.provider_media_id.take()?;
        let id = MediaId::fresh();
        media.media_id = Some(id.0);
        Some(ArrivingMedia {
            id,
            provider_id,
            mime_type: media.mime_type.clone().unwrap_or_else(|| "application/octet-stream".into()),
            filename: media.filename.clone(),
        })
    });
    Arrival {
        number,
        person,
        kind,
        body: Body {
            content: content.to_json(),
            wamid: Some(wamid.clone()),
            reply_to_wamid,
            origin: (!origin.is_empty()).then(|| origin.into()),
            earlier: vec![],
            edited_at: None,
        },
        wamid,
        said_at: said_at(at, received),
        text,
        opens_window: false,
        counts_unread: false,
        author: Author::System,
        media,
    }
}

/// What a person wishes about marketing messages; `None` for wishes about something else, and for words that this version does
/// not know.
pub fn wish(preference: &UserPreference, received: OffsetDateTime) -> Option<Marketing> {
    let wish = match preference.wish {
        webhook::Wish::Stop => Wish::Stop,
        webhook::Wish::Resume | webhook::Wish::Signup => Wish::Resume,
        webhook::Wish::Other(_) => return None,
    };
    // None from the future: it would hold against all that follow.
    let told = preference.at_unix.and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok());
    let at = told.map_or(received, |at| at.min(received));
    (preference.category == "marketing_messages").then_some(Marketing { wish, at })
}

/// What a status reports; `None` for words that change no state.
pub fn receipt(status: &DeliveryStatus) -> Option<Receipt> {
    match status {
        DeliveryStatus::Sent => Some(Receipt::Sent),
        DeliveryStatus::Delivered => Some(Receipt::Delivered),
        DeliveryStatus::Read | DeliveryStatus::Played => Some(Receipt::Read),
        DeliveryStatus::Failed => Some(Receipt::Failed),
        DeliveryStatus::Other(_) => None,
    }
}

/// What we give along with a send and get back with its statuses: our own id of the message, and which attempt it is.
pub fn callback_data(message: MessageId, attempt: i16) -> String {
    if attempt <= 1 { format!("tarun:{message}") } else { format!("tarun:{message}:{attempt}") }
}

/// Our id and the attempt, out of what came back; anybody's else is none.
pub fn called_back(data: &str) -> Option<(MessageId, i16)> {
    let ours = data.strip_prefix("tarun:")?;
    let (id, attempt) = match ours.split_once(':') {
        Some((id, attempt)) => (id, attempt.parse().ok()?),
        None => (ours, 1),
    };
    Some((MessageId(id.parse().ok()?), attempt))
}

/// Why a send failed after WhatsApp had taken it: the provider's code, words for the agent, and what else follows.
pub fn failure(status: &StatusUpdate) -> Option<(i64, Policy)> {
    let error = status.errors.first()?;
    Some((error.code, errors::policy(error)))
}

pub fn pricing(pricing: &Pricing) -> String {
    let part = |p: &Option<String>| p.clone().unwrap_or_default();
    format!("{}/{}", part(&pricing.category), part(&pricing.kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tarun_core::content::{ContactCard, ContactPhone, Contacts};

    #[test]
    fn only_a_card_of_the_sender_himself_tells_his_number() {
        let card = |own: bool, wa_id: Option<&str>, phone: &str| ContactCard {
            phones: vec![ContactPhone { phone: phone.into(), wa_id: wa_id.map(str::to_owned), label: None }],
            is_sender: own,
            ..ContactCard::default()
        };
        let told = |cards| shared(&Content::Contacts(Contacts { contacts: cards })).map(|p| p.digits().to_owned());
        assert_eq!(told(vec![card(false, Some("919811100001"), "x")]), None);
        assert_eq!(told(vec![card(true, None, "no number")]), None);
        let number = Some("919811100002".to_owned());
        assert_eq!(told(vec![card(false, None, "+919811100001"), card(true, None, "+91 98111 00002")]), number);
        assert_eq!(told(vec![card(true, Some("919811100002"), "as it is written")]), number);
        assert_eq!(shared(&Content::text("919811100002")), None);
    }

    #[test]
    fn our_id_comes_back_with_its_attempt_and_nobody_elses_does() {
        let id = MessageId::fresh();
        for attempt in [1, 2, i16::MAX] {
            assert_eq!(called_back(&callback_data(id, attempt)), Some((id, attempt)));
        }
        assert_eq!(callback_data(id, 1), format!("tarun:{id}"));
        for other in ["", "tarun:", "tarun:x", "campaign=42", &format!("tarun:{id}:"), &format!("tarun:{id}:two")] {
            assert_eq!(called_back(other), None, "{other}");
        }
    }
}
