//! What stands around an element: who the person is, and the fields that all messages share.

use crate::whatsapp::json::Object;
use crate::whatsapp::webhook::split::digits;
use crate::whatsapp::webhook::{Context, MAX_ID_BYTES, Person, Referral, ReferredProduct};

/// Longest name of a person, and longest short text, in code points.
const MAX_NAME_CHARS: usize = 256;
const MAX_LINE_CHARS: usize = 4_096;

/// Latest time taken for one: the end of the year 9999.
const MAX_UNIX: i64 = 253_402_300_799;

pub(super) struct Envelope<'a> {
    contact: Option<Object<'a>>,
}

impl<'a> Envelope<'a> {
    pub fn new(payload: &Object<'a>) -> Self {
        Self { contact: payload.object("contact") }
    }

    /// The person with these ids, completed from the contact that came along.
    pub fn person(&self, wa_id: Option<String>, user_id: Option<String>, parent_user_id: Option<String>) -> Person {
        let mut person = Person { wa_id, user_id, parent_user_id, ..Person::default() };
        if let Some(contact) = &self.contact {
            person.wa_id = person.wa_id.or_else(|| number(contact, "wa_id"));
            person.user_id = person.user_id.or_else(|| id(contact, "user_id"));
            person.parent_user_id = person.parent_user_id.or_else(|| id(contact, "parent_user_id"));
            let profile = contact.object("profile").unwrap_or_default();
            person.username = profile.line("username", MAX_NAME_CHARS);
            person.profile_name = profile.line("name", MAX_NAME_CHARS);
        }
        person
    }
}

pub(super) fn id(object: &Object<'_>, key: &str) -> Option<String> {
    object.id(key, MAX_ID_BYTES).map(std::borrow::Cow::into_owned)
}

/// A phone number as digits.
pub(super) fn number(object: &Object<'_>, key: &str) -> Option<String> {
    id(object, key).map(|number| digits(&number))
}

pub(super) fn line(object: &Object<'_>, key: &str) -> Option<String> {
    object.line(key, MAX_LINE_CHARS)
}

/// Seconds since 1970, as a string or as a number.
pub(super) fn time(object: &Object<'_>, key: &str) -> Option<i64> {
    object.integer(key).filter(|seconds| (0..=MAX_UNIX).contains(seconds))
}

pub(super) fn context(message: &Object<'_>) -> Context {
    let Some(context) = message.object("context") else { return Context::default() };
    let product = context.object("referred_product").map(|product| ReferredProduct {
        catalog_id: id(&product, "catalog_id"),
        product_retailer_id: id(&product, "product_retailer_id"),
    });
    Context {
        reply_to_wamid: id(&context, "id"),
        forwarded: context.flag("forwarded").unwrap_or(false),
        frequently_forwarded: context.flag("frequently_forwarded").unwrap_or(false),
        referred_product: product,
    }
}

pub(super) fn referral(message: &Object<'_>) -> Option<Referral> {
    let referral = message.object("referral")?;
    let field = |key| line(&referral, key);
    Some(Referral {
        source_type: field("source_type"),
        source_id: id(&referral, "source_id"),
        source_url: field("source_url"),
        headline: field("headline"),
        body: field("body"),
        media_type: field("media_type"),
        image_url: field("image_url"),
        video_url: field("video_url"),
        thumbnail_url: field("thumbnail_url"),
        ctwa_clid: field("ctwa_clid"),
        r#ref: field("ref"),
        welcome_text: referral.object("welcome_message").and_then(|welcome| line(&welcome, "text")),
    })
}
