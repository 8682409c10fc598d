//! From one body to events that are stored, ordered and decoded each on its own.

use std::borrow::Cow;
use std::collections::HashMap;

use aws_lc_rs::digest;
use serde_json::value::RawValue;

use super::{MAX_ID_BYTES, NotJson};
use crate::whatsapp::json::{self, Object};

/// Longest account or number id, field name and label, in bytes; longer ones are not Meta's.
const MAX_LABEL_BYTES: usize = 128;

/// Largest metadata and contact copied beside an element, in bytes.
const MAX_METADATA_BYTES: usize = 512;
const MAX_CONTACT_BYTES: usize = 8 * 1024;

/// Most events of one body. Meta sends up to 1,000 updates in one (webhooks overview); whoever signs more of them wants
/// memory, of which each takes a multiple of its own size.
pub const MAX_EVENTS: usize = 2_000;

/// How an event is read later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RawKind {
    /// From a customer.
    Message,
    /// About a message that was sent.
    Status,
    /// Sent by the business from its phone.
    Echo,
    /// Everything else: account, template, call and unknown fields.
    Other,
}

/// One event, not decoded yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawEvent {
    /// `entry[].id`; empty if it was missing.
    pub waba_id: String,
    pub phone_number_id: Option<String>,
    /// `changes[].field`. For an `object` other than a WhatsApp account it is `object/field`.
    pub field: String,
    pub kind: RawKind,
    /// The same for the same event whenever it is delivered again (SHA-256).
    pub dedupe: [u8; 32],
    /// Events of one ordering are handled one after the other: the group, else the person's phone number (digits), else
    /// the person's user id; for events of no person the account and the field.
    pub ordering: String,
    /// A JSON object that can be decoded alone: `metadata`, `contact` (the matching one, if any), `time` and `element`.
    pub payload: Vec<u8>,
}

/// Splits a body into its events. Elements that make no sense become events of their own and cost no neighbour; only a
/// body that is no JSON at all, or holds more than [`MAX_EVENTS`], is refused.
pub fn split(body: &[u8]) -> Result<Vec<RawEvent>, Unsplit> {
    let text = std::str::from_utf8(body).map_err(|_| NotJson)?;
    // Escapes that PostgreSQL cannot store are replaced before anything is kept.
    let text = json::storable(text);
    let whole: &RawValue = serde_json::from_str(&text).map_err(|_| NotJson)?;
    let mut splitter = Splitter { events: Vec::new() };
    splitter.body(whole);
    if splitter.events.len() > MAX_EVENTS {
        return Err(Unsplit::TooMany);
    }
    Ok(splitter.events)
}

/// Why a body was not split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsplit {
    #[error(transparent)]
    NotJson(#[from] NotJson),
    #[error("more than {MAX_EVENTS} events")]
    TooMany,
}

struct Splitter {
    events: Vec<RawEvent>,
}

/// What all elements of one `value` share.
struct Shared<'a> {
    waba_id: &'a str,
    field: &'a str,
    phone_number_id: Option<&'a str>,
    metadata: Option<String>,
    contacts: Contacts<'a>,
    /// `entry[].time`, as written.
    time: Option<&'a str>,
}

/// The contacts beside the elements, by phone number and by user id: never by their place in the list.
#[derive(Default)]
struct Contacts<'a>(HashMap<Cow<'a, str>, Contact<'a>>);

#[derive(Clone)]
struct Contact<'a> {
    raw: &'a str,
    wa_id: Option<Cow<'a, str>>,
}

/// An element and what is needed to store it.
struct Element<'a> {
    kind: RawKind,
    raw: &'a str,
    identity: Identity<'a>,
    person: PersonKeys,
}

/// What makes an event the same event when it comes again.
enum Identity<'a> {
    /// A message is known by its id on its number.
    Message { wamid: &'a str },
    /// A status by the message, the word and, in groups, the participant.
    Status { wamid: &'a str, word: &'a str, participant: &'a str },
    /// Everything else by what it says and, where Meta gives one, by its time: the same template may be approved,
    /// paused and approved again.
    Content,
}

#[derive(Default)]
struct PersonKeys {
    group_id: Option<String>,
    wa_id: Option<String>,
    user_id: Option<String>,
}

impl Splitter {
    fn body(&mut self, whole: &RawValue) {
        let envelope = Object::parse(whole.get());
        let Some(entries) = envelope.as_ref().and_then(|envelope| envelope.array("entry")) else {
            return self.push(&Shared::of_account("", "", None), Element::other(whole.get()));
        };
        let object = envelope.as_ref().and_then(|envelope| envelope.id("object", MAX_LABEL_BYTES));
        let foreign = object.filter(|object| object != "whatsapp_business_account");
        for entry in entries {
            self.entry(entry, foreign.as_deref());
        }
    }

    fn entry(&mut self, raw: &RawValue, foreign: Option<&str>) {
        let entry = Object::parse(raw.get()).unwrap_or_default();
        let waba_id = entry.id("id", MAX_LABEL_BYTES).unwrap_or_default();
        let time = entry.get("time").map(RawValue::get).filter(|time| time.len() <= 32);
        let Some(changes) = entry.array("changes") else {
            return self
                .push(&Shared::of_account(&waba_id, foreign.unwrap_or_default(), time), Element::other(raw.get()));
        };
        for raw in changes {
            let change = Object::parse(raw.get()).unwrap_or_default();
            let name = change.id("field", MAX_LABEL_BYTES).unwrap_or_default();
            let (Some(value), false) = (change.get("value"), name.is_empty()) else {
                self.push(&Shared::of_account(&waba_id, &name, time), Element::other(raw.get()));
                continue;
            };
            match foreign {
                Some(object) => {
                    let field = format!("{object}/{name}");
                    self.push(&Shared::of_account(&waba_id, &field, time), Element::other(value.get()));
                }
                None => self.value(&waba_id, &name, time, value),
            }
        }
    }

    fn value(&mut self, waba_id: &str, field: &str, time: Option<&str>, raw: &RawValue) {
        let Some(value) = Object::parse(raw.get()) else {
            return self.push(&Shared::of_account(waba_id, field, time), Element::other(raw.get()));
        };
        let metadata = value.object("metadata");
        let phone_number_id = metadata.as_ref().and_then(|metadata| metadata.id("phone_number_id", MAX_LABEL_BYTES));
        let shared = Shared {
            waba_id,
            field,
            phone_number_id: phone_number_id.as_deref(),
            metadata: kept_metadata(&value, phone_number_id.as_deref()),
            contacts: Contacts::of(&value),
            time,
        };
        let mut lists = 0;
        let mut broken_lists = 0;
        for (key, kind) in lists_of(field) {
            match value.array(key) {
                Some(elements) => {
                    lists += 1;
                    elements.into_iter().for_each(|element| self.element(&shared, *kind, element.get()));
                }
                None => broken_lists += usize::from(value.get(key).is_some()),
            }
        }
        // Kept whole where a part of it would be lost otherwise.
        if lists == 0 || broken_lists > 0 {
            self.push(&shared, Element::other(raw.get()));
        }
    }

    fn element(&mut self, shared: &Shared<'_>, kind: RawKind, raw: &str) {
        let fields = Object::parse(raw).unwrap_or_default();
        let id = fields.id("id", MAX_ID_BYTES);
        let Some(wamid) = id.as_deref() else {
            let person = PersonKeys::of(RawKind::Other, &fields);
            return self.push(shared, Element { kind, raw, identity: Identity::Content, person });
        };
        // A call's status stands in the same list but is about no message.
        let is_call = fields.id("type", MAX_LABEL_BYTES).as_deref() == Some("call");
        let person = PersonKeys::of(kind, &fields);
        match kind {
            RawKind::Message | RawKind::Echo => {
                self.push(shared, Element { kind, raw, identity: Identity::Message { wamid }, person });
            }
            RawKind::Status if !is_call => {
                let word = fields.id("status", MAX_LABEL_BYTES).unwrap_or_default();
                let participant = fields.id("recipient_participant_id", MAX_LABEL_BYTES);
                let participant = participant.or_else(|| fields.id("recipient_participant_user_id", MAX_ID_BYTES));
                let participant = participant.unwrap_or_default();
                let identity = Identity::Status { wamid, word: &word, participant: &participant };
                self.push(shared, Element { kind, raw, identity, person });
            }
            RawKind::Status | RawKind::Other => {
                self.push(shared, Element { kind: RawKind::Other, raw, identity: Identity::Content, person });
            }
        }
    }

    fn push(&mut self, shared: &Shared<'_>, element: Element<'_>) {
        // The whole is refused then: what more there is costs nothing.
        if self.events.len() > MAX_EVENTS {
            return;
        }
        let dedupe = shared.dedupe(&element);
        let contact = shared.contacts.find(&element.person);
        let ordering = element.person.ordering(contact);
        let contact = contact.map(|contact| contact.raw);
        self.events.push(RawEvent {
            waba_id: shared.waba_id.to_owned(),
            phone_number_id: shared.phone_number_id.map(str::to_owned),
            field: shared.field.to_owned(),
            kind: element.kind,
            dedupe,
            ordering: ordering.unwrap_or_else(|| format!("{}/{}", shared.waba_id, shared.field)),
            payload: shared.payload(contact, element.raw),
        });
    }
}

/// The lists of a field whose elements are events; other fields are one event each.
fn lists_of(field: &str) -> &'static [(&'static str, RawKind)] {
    match field {
        "messages" => &[("messages", RawKind::Message), ("statuses", RawKind::Status), ("errors", RawKind::Other)],
        "smb_message_echoes" => &[("message_echoes", RawKind::Echo)],
        "user_preferences" => &[("user_preferences", RawKind::Other)],
        "user_id_update" => &[("user_id_update", RawKind::Other)],
        _ => &[],
    }
}

fn kept_metadata(value: &Object<'_>, phone_number_id: Option<&str>) -> Option<String> {
    let raw = value.get("metadata").map(RawValue::get).filter(|raw| raw.len() <= MAX_METADATA_BYTES);
    raw.map(str::to_owned).or_else(|| {
        let id = phone_number_id?;
        Some(serde_json::json!({ "phone_number_id": id }).to_string())
    })
}

impl<'a> Contacts<'a> {
    fn of(value: &Object<'a>) -> Self {
        let mut found = HashMap::new();
        for raw in value.array("contacts").unwrap_or_default() {
            let raw = raw.get();
            let Some(fields) = Object::parse(raw).filter(|_| raw.len() <= MAX_CONTACT_BYTES) else { continue };
            let wa_id = fields.id("wa_id", MAX_ID_BYTES).map(|number| Cow::Owned(digits(&number)));
            let contact = Contact { raw, wa_id };
            for key in [contact.wa_id.clone(), fields.id("user_id", MAX_ID_BYTES)].into_iter().flatten() {
                found.insert(key, contact.clone());
            }
        }
        Self(found)
    }

    fn find(&self, person: &PersonKeys) -> Option<&Contact<'a>> {
        [&person.wa_id, &person.user_id].into_iter().flatten().find_map(|key| self.0.get(key.as_str()))
    }
}

impl<'a> Shared<'a> {
    fn of_account(waba_id: &'a str, field: &'a str, time: Option<&'a str>) -> Self {
        Self { waba_id, field, phone_number_id: None, metadata: None, contacts: Contacts::default(), time }
    }

    fn dedupe(&self, element: &Element<'_>) -> [u8; 32] {
        let number = self.phone_number_id.unwrap_or(self.waba_id);
        let parts: [&str; 5] = match element.identity {
            Identity::Message { wamid } => ["message", number, wamid, "", ""],
            Identity::Status { wamid, word, participant } => ["status", number, wamid, word, participant],
            Identity::Content => [self.waba_id, self.field, number, element.raw, self.time.unwrap_or_default()],
        };
        let mut hash = digest::Context::new(&digest::SHA256);
        for part in parts {
            // Each part with its length, so that no two lists of parts read alike.
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let mut dedupe = [0; 32];
        dedupe.copy_from_slice(hash.finish().as_ref());
        dedupe
    }

    fn payload(&self, contact: Option<&str>, element: &str) -> Vec<u8> {
        let metadata = self.metadata.as_deref();
        let size = element.len() + metadata.map_or(0, str::len) + contact.map_or(0, str::len) + 64;
        let mut payload = String::with_capacity(size);
        payload.push('{');
        for (key, value) in [("metadata", metadata), ("contact", contact), ("time", self.time)] {
            if let Some(value) = value {
                payload.push('"');
                payload.push_str(key);
                payload.push_str("\":");
                payload.push_str(value);
                payload.push(',');
            }
        }
        payload.push_str("\"element\":");
        payload.push_str(element);
        payload.push('}');
        payload.into_bytes()
    }
}

impl<'a> Element<'a> {
    fn other(raw: &'a str) -> Self {
        Self { kind: RawKind::Other, raw, identity: Identity::Content, person: PersonKeys::default() }
    }
}

impl PersonKeys {
    fn of(kind: RawKind, element: &Object<'_>) -> Self {
        let id = |key| element.id(key, MAX_ID_BYTES).map(Cow::into_owned);
        let number = |key| element.id(key, MAX_ID_BYTES).map(|number| digits(&number));
        match kind {
            RawKind::Message => Self { group_id: id("group_id"), wa_id: number("from"), user_id: id("from_user_id") },
            RawKind::Echo => Self { group_id: id("group_id"), wa_id: number("to"), user_id: id("to_user_id") },
            RawKind::Status if id("recipient_type").as_deref() == Some("group") => {
                Self { group_id: id("recipient_id"), ..Self::default() }
            }
            RawKind::Status => Self { group_id: None, wa_id: number("recipient_id"), user_id: id("recipient_user_id") },
            RawKind::Other => {
                let previous = || Some(element.object("user_id")?.id("previous", MAX_ID_BYTES)?.into_owned());
                Self {
                    group_id: None,
                    wa_id: number("wa_id").or_else(|| number("from")).or_else(|| number("recipient_id")),
                    user_id: id("user_id").or_else(previous).or_else(|| id("from_user_id")),
                }
            }
        }
    }

    /// The contact may know the number that the element leaves out.
    fn ordering(self, contact: Option<&Contact<'_>>) -> Option<String> {
        let number = self.wa_id.or_else(|| Some(contact?.wa_id.as_deref()?.to_owned()));
        self.group_id.or(number).or(self.user_id)
    }
}

/// A phone number without `+`, blanks and brackets; anything that is no phone number stays as it is.
pub(super) fn digits(number: &str) -> String {
    let digits: String = number.chars().filter(|c| !matches!(c, '+' | ' ' | '-' | '(' | ')')).collect();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) { number.to_owned() } else { digits }
}
