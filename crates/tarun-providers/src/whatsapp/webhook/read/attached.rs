//! Files, places and cards.

use serde_json::value::RawValue;
use tarun_core::content::{
    ContactCard, ContactName, ContactPhone, Contacts, LabelledValue, Location, MAX_CARDS, Media, Organisation,
    safe_filename,
};

use super::envelope;
use crate::whatsapp::json::Object;

/// The most phone numbers, addresses and so on kept of one card.
const MAX_PER_CARD: usize = 20;

/// A file needs an id: there is nothing to fetch otherwise.
pub(super) fn media(file: &Object<'_>) -> Option<Media> {
    Some(Media {
        provider_media_id: Some(envelope::id(file, "id")?),
        mime_type: file.line("mime_type", 200),
        sha256: file.line("sha256", 100),
        caption: envelope::line(file, "caption"),
        filename: file.text("filename").map(|name| safe_filename(&name)).filter(|name| !name.is_empty()),
        voice: file.flag("voice").unwrap_or(false),
        animated: file.flag("animated").unwrap_or(false),
        ..Media::default()
    })
}

/// A place needs coordinates on the globe.
pub(super) fn location(place: &Object<'_>) -> Option<Location> {
    let location = Location {
        latitude: place.number("latitude")?,
        longitude: place.number("longitude")?,
        name: envelope::line(place, "name"),
        address: envelope::line(place, "address"),
        url: envelope::line(place, "url"),
    };
    location.is_on_the_globe().then_some(location)
}

pub(super) fn contacts(cards: &[&RawValue]) -> Contacts {
    let cards = cards.iter().filter_map(|raw| Object::parse(raw.get())).take(MAX_CARDS);
    Contacts { contacts: cards.map(|fields| card(&fields)).collect() }
}

fn card(fields: &Object<'_>) -> ContactCard {
    let name = fields.object("name").unwrap_or_default();
    let part = |key| name.line(key, 256);
    ContactCard {
        name: ContactName {
            formatted_name: part("formatted_name").unwrap_or_default(),
            first_name: part("first_name"),
            middle_name: part("middle_name"),
            last_name: part("last_name"),
            prefix: part("prefix"),
            suffix: part("suffix"),
        },
        phones: fields.objects("phones").filter_map(|phone| self::phone(&phone)).take(MAX_PER_CARD).collect(),
        emails: labelled(fields, "emails", |email| envelope::line(email, "email")),
        urls: labelled(fields, "urls", |url| envelope::line(url, "url")),
        addresses: labelled(fields, "addresses", one_line_address),
        org: fields.object("org").map(|org| Organisation {
            company: org.line("company", 256),
            department: org.line("department", 256),
            title: org.line("title", 256),
        }),
        birthday: fields.line("birthday", 32),
        is_sender: fields.text("origin").as_deref() == Some("contact_request"),
    }
}

fn phone(phone: &Object<'_>) -> Option<ContactPhone> {
    let wa_id = envelope::number(phone, "wa_id");
    let written = phone.line("phone", 64).or_else(|| wa_id.as_ref().map(|digits| format!("+{digits}")))?;
    Some(ContactPhone { phone: written, wa_id, label: phone.line("type", 64) })
}

fn labelled(card: &Object<'_>, key: &str, value: impl Fn(&Object<'_>) -> Option<String>) -> Vec<LabelledValue> {
    let entries = card.objects(key);
    let values =
        entries.filter_map(|entry| Some(LabelledValue { value: value(&entry)?, label: entry.line("type", 64) }));
    values.take(MAX_PER_CARD).collect()
}

fn one_line_address(address: &Object<'_>) -> Option<String> {
    let parts = ["street", "city", "state", "zip", "country"].into_iter().filter_map(|key| address.line(key, 512));
    let line = parts.collect::<Vec<_>>().join(", ");
    (!line.is_empty()).then_some(line)
}
