//! Statuses of messages that were sent.

use super::envelope::{self, Envelope};
use super::unreadable;
use crate::whatsapp::ProviderError;
use crate::whatsapp::json::Object;
use crate::whatsapp::webhook::{DeliveryStatus, Inbound, Person, Pricing, StatusConversation, StatusUpdate};

/// `biz_opaque_callback_data` is at most this long, in characters.
const MAX_CALLBACK_CHARS: usize = 512;

pub(super) fn read(status: &Object<'_>, envelope: &Envelope<'_>) -> Inbound {
    let (Some(wamid), Some(word)) = (envelope::id(status, "id"), status.text("status")) else {
        return unreadable("the status has no message id or no word");
    };
    let (recipient, group_id) = recipient(status, envelope);
    Inbound::Status(StatusUpdate {
        wamid,
        status: DeliveryStatus::parse(&word),
        at_unix: envelope::time(status, "timestamp"),
        callback_data: status.line("biz_opaque_callback_data", MAX_CALLBACK_CHARS),
        recipient,
        group_id,
        errors: ProviderError::read_list(status, "errors"),
        pricing: status.object("pricing").map(|pricing| Pricing {
            model: envelope::line(&pricing, "pricing_model"),
            kind: envelope::line(&pricing, "type"),
            category: envelope::line(&pricing, "category"),
            billable: pricing.flag("billable"),
        }),
        conversation: status.object("conversation").map(|conversation| StatusConversation {
            id: envelope::id(&conversation, "id"),
            origin: conversation.object("origin").and_then(|origin| envelope::line(&origin, "type")),
            expires_at_unix: envelope::time(&conversation, "expiration_timestamp"),
        }),
    })
}

/// For groups the addressee is the group, and the person is the participant whom the status is about.
fn recipient(status: &Object<'_>, envelope: &Envelope<'_>) -> (Person, Option<String>) {
    if status.text("recipient_type").as_deref() == Some("group") {
        let participant = Person {
            wa_id: envelope::number(status, "recipient_participant_id"),
            user_id: envelope::id(status, "recipient_participant_user_id"),
            ..Person::default()
        };
        return (participant, envelope::id(status, "recipient_id"));
    }
    // Until May 2026 the parent field had the second name.
    let parent = envelope::id(status, "recipient_parent_user_id");
    let parent = parent.or_else(|| envelope::id(status, "parent_recipient_user_id"));
    let number = envelope::number(status, "recipient_id");
    (envelope.person(number, envelope::id(status, "recipient_user_id"), parent), None)
}
