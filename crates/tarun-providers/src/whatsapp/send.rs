//! From a message to the request that sends it. Nothing is cut silently: what WhatsApp would refuse is refused here,
//! with words that say what to change.

mod checks;
mod interactive;

use serde_json::{Value, json};
use tarun_core::content::{ContactCard, Content, Location, Media, Reaction, Template};
use tarun_core::phone::Phone;

use crate::http::{Body, HttpRequest};
pub(super) use checks::check_id;
use checks::{fits, link};

/// Longest text message, in Unicode code points.
pub const MAX_TEXT_CHARS: usize = 4_096;

/// Longest callback data, in code points.
pub const MAX_CALLBACK_CHARS: usize = 512;

const MAX_CAPTION_CHARS: usize = 1_024;

/// Meta's pages allow 257 cards, its machine-readable description 5: stay below both.
const MAX_CARDS: usize = 5;

/// The business number that sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendingNumber {
    /// Meta's id of the number, decimal digits.
    pub phone_number_id: String,
}

/// The number where it is known, else the user id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    Phone(Phone),
    Bsuid(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    pub to: Recipient,
    pub content: Content,
    /// Quotes this message. WhatsApp shows no quote with templates and allows none with reactions.
    pub reply_to_wamid: Option<String>,
    /// Comes back in every status: our own id of the message.
    pub callback_data: Option<String>,
}

/// Why a message cannot be sent as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    #[error("The {what} is empty. Fill it in.")]
    Empty { what: &'static str },
    #[error("The {what} has {length} characters, WhatsApp allows {limit}. Shorten it.")]
    TooLong { what: &'static str, limit: usize, length: usize },
    #[error("There are {count} {what}, WhatsApp allows {limit}. Remove some.")]
    TooMany { what: &'static str, limit: usize, count: usize },
    #[error("Two {what} are the same. Make them different.")]
    Repeated { what: &'static str },
    #[error("The {what} is not one that WhatsApp accepts. Correct it.")]
    Malformed { what: &'static str },
    #[error("The {what} cannot have a {part}. Remove it.")]
    NotTogether { what: &'static str, part: &'static str },
    #[error("A message of type {kind} cannot be sent, only received.")]
    OnlyReceived { kind: &'static str },
}

/// The request that sends the message.
pub fn build_message(number: &SendingNumber, message: &Outgoing) -> Result<HttpRequest, Unsendable> {
    check_id("phone number id", &number.phone_number_id)?;
    let (kind, object) = object(&message.content)?;
    let mut body =
        json!({ "messaging_product": "whatsapp", "recipient_type": "individual", "type": kind, kind: object });
    match &message.to {
        // With `+`, or Meta may put the business's own country code in front.
        Recipient::Phone(phone) => body["to"] = phone.e164().into(),
        Recipient::Bsuid(id) => {
            check_bsuid(id)?;
            body["recipient"] = id.as_str().into();
        }
    }
    if let (Some(wamid), false) = (&message.reply_to_wamid, matches!(message.content, Content::Reaction(_))) {
        fits("id of the quoted message", wamid, super::webhook::MAX_ID_BYTES)?;
        body["context"] = json!({ "message_id": wamid });
    }
    if let Some(data) = &message.callback_data {
        fits("callback data", data, MAX_CALLBACK_CHARS)?;
        body["biz_opaque_callback_data"] = data.as_str().into();
    }
    Ok(HttpRequest::post(&[&number.phone_number_id, "messages"], Body::json(&body)))
}

/// The name and the object of a content in Meta's shape.
fn object(content: &Content) -> Result<(&'static str, Value), Unsendable> {
    Ok(match content {
        Content::Text(text) => ("text", self::text(&text.body)?),
        Content::Image(media) => ("image", file("image", media, true)?),
        Content::Video(media) => ("video", file("video", media, true)?),
        Content::Audio(media) => ("audio", file("audio", media, false)?),
        Content::Document(media) => ("document", file("document", media, true)?),
        Content::Sticker(media) => ("sticker", file("sticker", media, false)?),
        Content::Location(place) => ("location", location(place)?),
        Content::Contacts(cards) => ("contacts", contacts(&cards.contacts)?),
        Content::Interactive(form) => ("interactive", interactive::object(form)?),
        Content::Template(template) => ("template", self::template(template)?),
        Content::Reaction(reaction) => ("reaction", self::reaction(reaction)?),
        Content::ButtonReply(_)
        | Content::ListReply(_)
        | Content::FlowReply(_)
        | Content::Order(_)
        | Content::System(_)
        | Content::Unsupported(_) => return Err(Unsendable::OnlyReceived { kind: content.kind() }),
    })
}

fn text(body: &str) -> Result<Value, Unsendable> {
    fits("text", body, MAX_TEXT_CHARS)?;
    let mut text = json!({ "body": body });
    if body.contains("https://") || body.contains("http://") {
        text["preview_url"] = true.into();
    }
    Ok(text)
}

/// The file by id, or by its public address.
pub(super) fn source(media: &Media) -> Result<Value, Unsendable> {
    match (&media.provider_media_id, &media.link) {
        (Some(id), _) => {
            check_id("media id", id)?;
            Ok(json!({ "id": id }))
        }
        (None, Some(address)) => Ok(json!({ "link": link("file's address", address)? })),
        (None, None) => Err(Unsendable::Empty { what: "file" }),
    }
}

fn file(kind: &'static str, media: &Media, may_have_caption: bool) -> Result<Value, Unsendable> {
    let mut object = source(media)?;
    if let Some(caption) = media.caption.as_deref().filter(|caption| !caption.trim().is_empty()) {
        if !may_have_caption {
            return Err(Unsendable::NotTogether { what: kind, part: "caption" });
        }
        fits("caption", caption, MAX_CAPTION_CHARS)?;
        object["caption"] = caption.into();
    }
    if let (Some(name), "document") = (&media.filename, kind) {
        object["filename"] = tarun_core::content::safe_filename(name).into();
    }
    if media.voice && kind == "audio" {
        object["voice"] = true.into();
    }
    Ok(object)
}

fn location(place: &Location) -> Result<Value, Unsendable> {
    if !place.is_on_the_globe() {
        return Err(Unsendable::Malformed { what: "place" });
    }
    let mut object = json!({ "latitude": place.latitude, "longitude": place.longitude });
    for (key, value) in [("name", &place.name), ("address", &place.address)] {
        if let Some(value) = value {
            object[key] = value.as_str().into();
        }
    }
    Ok(object)
}

fn contacts(cards: &[ContactCard]) -> Result<Value, Unsendable> {
    checks::count("contacts", cards.len(), MAX_CARDS)?;
    cards.iter().map(card).collect()
}

fn card(card: &ContactCard) -> Result<Value, Unsendable> {
    let shown = card.display_name();
    fits("contact's name", &shown, MAX_CAPTION_CHARS)?;
    let mut name = json!({ "formatted_name": shown });
    let parts = [
        ("first_name", &card.name.first_name),
        ("middle_name", &card.name.middle_name),
        ("last_name", &card.name.last_name),
        ("prefix", &card.name.prefix),
        ("suffix", &card.name.suffix),
    ];
    for (key, part) in parts {
        if let Some(part) = part {
            name[key] = part.as_str().into();
        }
    }
    // WhatsApp wants one part of the name beside the whole.
    if name.as_object().is_some_and(|name| name.len() == 1) {
        name["first_name"] = shown.into();
    }
    let phones =
        card.phones.iter().map(|phone| labelled("phone", &phone.phone, phone.label.as_deref(), phone.wa_id.as_deref()));
    let emails = card.emails.iter().map(|email| labelled("email", &email.value, email.label.as_deref(), None));
    let urls = card.urls.iter().map(|url| labelled("url", &url.value, url.label.as_deref(), None));
    let mut object = json!({ "name": name });
    for (key, list) in [("phones", phones.collect::<Vec<_>>()), ("emails", emails.collect()), ("urls", urls.collect())]
    {
        if !list.is_empty() {
            object[key] = list.into();
        }
    }
    if let Some(org) = card.org.as_ref().and_then(|org| serde_json::to_value(org).ok()) {
        object["org"] = org;
    }
    if let Some(birthday) = &card.birthday {
        object["birthday"] = birthday.as_str().into();
    }
    Ok(object)
}

fn labelled(key: &str, value: &str, label: Option<&str>, wa_id: Option<&str>) -> Value {
    let mut object = json!({ key: value });
    for (key, value) in [("type", label), ("wa_id", wa_id)] {
        if let Some(value) = value {
            object[key] = value.into();
        }
    }
    object
}

fn template(template: &Template) -> Result<Value, Unsendable> {
    let name = &template.name;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || name.len() > 512 || !name.chars().all(allowed) {
        return Err(Unsendable::Malformed { what: "template's name" });
    }
    let language = &template.language;
    if language.is_empty() || language.len() > 15 || !language.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(Unsendable::Malformed { what: "template's language" });
    }
    let mut object = json!({ "name": name, "language": { "code": language } });
    // A component without parameters would be counted as a wrong number of them.
    let filled =
        |component: &&Value| component.get("parameters").and_then(Value::as_array).is_none_or(|list| !list.is_empty());
    let components: Vec<&Value> = template.components.iter().filter(filled).collect();
    if !components.is_empty() {
        object["components"] = json!(components);
    }
    Ok(object)
}

fn reaction(reaction: &Reaction) -> Result<Value, Unsendable> {
    let target = reaction.provider_message_id.as_deref().unwrap_or_default();
    fits("id of the message reacted to", target, super::webhook::MAX_ID_BYTES)?;
    let emoji = reaction.emoji.as_deref().unwrap_or_default();
    if emoji.chars().count() > 32 {
        return Err(Unsendable::Malformed { what: "emoji" });
    }
    // An empty emoji takes the reaction back.
    Ok(json!({ "message_id": target, "emoji": emoji }))
}

/// Two letters, a dot and an opaque rest: enough to keep phone numbers and free text out.
fn check_bsuid(id: &str) -> Result<(), Unsendable> {
    let known = id.len() <= 200
        && id.get(..2).is_some_and(|country| country.bytes().all(|byte| byte.is_ascii_uppercase()))
        && id.get(2..).is_some_and(|rest| rest.len() > 1 && rest.starts_with('.'))
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    if known { Ok(()) } else { Err(Unsendable::Malformed { what: "recipient's user id" }) }
}

#[cfg(test)]
mod tests;
