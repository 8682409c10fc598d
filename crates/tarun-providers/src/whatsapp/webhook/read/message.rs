//! Messages of customers, and of the business on its phone.

use tarun_core::content::{Content, System};

use super::envelope::{self, Envelope};
use super::{attached, forms, unreadable};
use crate::whatsapp::json::Object;
use crate::whatsapp::webhook::{
    Echo, Edit, Inbound, InboundMessage, NumberChanged, Person, Reaction, Revoke, Side, UserIdChanged, Welcome,
};

pub(super) fn inbound(message: &Object<'_>, envelope: &Envelope<'_>) -> Inbound {
    let sender = envelope.person(
        envelope::number(message, "from"),
        envelope::id(message, "from_user_id"),
        envelope::id(message, "from_parent_user_id"),
    );
    let Some(wamid) = envelope::id(message, "id") else { return unreadable("the message has no id") };
    if !sender.is_known() {
        return unreadable("the message has no sender");
    }
    let part = Part { message, wamid, person: sender, side: Side::Customer };
    if part.kind() == "system" {
        return part.system();
    }
    if part.kind() == "request_welcome" {
        let sent_at_unix = part.sent_at();
        return Inbound::Welcome(Welcome { wamid: part.wamid, sender: part.person, sent_at_unix });
    }
    part.act().unwrap_or_else(|| part.plain_message())
}

pub(super) fn echo(message: &Object<'_>, envelope: &Envelope<'_>) -> Inbound {
    let recipient = envelope.person(
        envelope::number(message, "to"),
        envelope::id(message, "to_user_id"),
        envelope::id(message, "to_parent_user_id"),
    );
    let group_id = envelope::id(message, "group_id");
    let Some(wamid) = envelope::id(message, "id") else { return unreadable("the echo has no id") };
    if !recipient.is_known() && group_id.is_none() {
        return unreadable("the echo has no recipient");
    }
    let part = Part { message, wamid, person: recipient, side: Side::Business };
    part.act().unwrap_or_else(|| {
        Inbound::Echo(Echo {
            sent_at_unix: part.sent_at(),
            content: content(part.message),
            context: envelope::context(part.message),
            wamid: part.wamid,
            recipient: part.person,
            group_id,
        })
    })
}

struct Part<'m, 'a> {
    message: &'m Object<'a>,
    wamid: String,
    /// The customer.
    person: Person,
    side: Side,
}

impl Part<'_, '_> {
    fn kind(&self) -> String {
        self.message.line("type", 100).unwrap_or_default()
    }

    fn sent_at(&self) -> Option<i64> {
        envelope::time(self.message, "timestamp")
    }

    fn plain_message(self) -> Inbound {
        let content = content(self.message);
        // An edit that WhatsApp does not pass on is no new message of the customer.
        let is_edit = matches!(&content, Content::Unsupported(what) if what.kind == "edit");
        Inbound::Message(InboundMessage {
            sent_at_unix: self.sent_at(),
            context: envelope::context(self.message),
            referral: envelope::referral(self.message).map(Box::new),
            group_id: envelope::id(self.message, "group_id"),
            opens_window: !is_edit,
            counts_unread: !is_edit,
            content,
            wamid: self.wamid,
            sender: self.person,
        })
    }

    /// What is done to an earlier message; `None` for an ordinary one.
    fn act(&self) -> Option<Inbound> {
        let kind = self.kind();
        let key = match kind.as_str() {
            "reaction" => "message_id",
            "edit" | "revoke" => "original_message_id",
            _ => return None,
        };
        let act = self.message.object(&kind)?;
        let target_wamid = envelope::id(&act, key)?;
        let (wamid, person) = (self.wamid.clone(), self.person.clone());
        let (sent_at_unix, by) = (self.sent_at(), self.side);
        Some(match kind.as_str() {
            "reaction" => {
                let emoji = act.line("emoji", 64);
                let opens_window = by == Side::Customer && emoji.is_some();
                let group_id = envelope::id(self.message, "group_id");
                let reaction =
                    Reaction { wamid, target_wamid, emoji, by, person, sent_at_unix, group_id, opens_window };
                Inbound::Reaction(reaction)
            }
            "edit" => {
                let content = content(&act.object("message").unwrap_or_default());
                Inbound::Edit(Edit { wamid, target_wamid, content, by, person, sent_at_unix })
            }
            _ => Inbound::Revoke(Revoke { wamid, target_wamid, by, person, sent_at_unix }),
        })
    }

    fn system(self) -> Inbound {
        let system = self.message.object("system").unwrap_or_default();
        let event = system.line("type", 100).unwrap_or_default();
        let text = envelope::line(&system, "body");
        let at_unix = self.sent_at();
        let new_user_id = envelope::id(&system, "user_id");
        match event.as_str() {
            "user_changed_number" | "customer_changed_number" => {
                let new = envelope::number(&system, "wa_id").or_else(|| envelope::number(&system, "new_wa_id"));
                if let Some(new_wa_id) = new {
                    return Inbound::NumberChanged(NumberChanged {
                        wamid: self.wamid,
                        old: self.person,
                        new_wa_id,
                        new_user_id,
                        text,
                        at_unix,
                    });
                }
            }
            "user_changed_user_id" => {
                if let Some(new_user_id) = new_user_id {
                    return Inbound::UserIdChanged(UserIdChanged {
                        wamid: Some(self.wamid),
                        old: self.person,
                        new_user_id,
                        new_parent_user_id: envelope::id(&system, "parent_user_id"),
                        text,
                        at_unix,
                    });
                }
            }
            _ => {}
        }
        Inbound::Message(InboundMessage {
            wamid: self.wamid,
            sender: self.person,
            sent_at_unix: at_unix,
            content: Content::System(System { event, text: text.unwrap_or_default() }),
            context: envelope::context(self.message),
            referral: None,
            group_id: envelope::id(self.message, "group_id"),
            opens_window: false,
            counts_unread: false,
        })
    }
}

/// The content of a message of any type.
fn content(message: &Object<'_>) -> Content {
    let kind = message.line("type", 100).unwrap_or_else(|| "unknown".to_owned());
    let body = || message.object(&kind);
    let read = match kind.as_str() {
        "text" => body().and_then(|text| text.text("body")).map(|text| Content::text(&text)),
        "image" => body().and_then(|file| attached::media(&file)).map(Content::Image),
        "video" => body().and_then(|file| attached::media(&file)).map(Content::Video),
        "audio" => body().and_then(|file| attached::media(&file)).map(Content::Audio),
        "document" => body().and_then(|file| attached::media(&file)).map(Content::Document),
        "sticker" => body().and_then(|file| attached::media(&file)).map(Content::Sticker),
        "location" => body().and_then(|place| attached::location(&place)).map(Content::Location),
        "contacts" => message.array("contacts").map(|cards| Content::Contacts(attached::contacts(&cards))),
        "interactive" => body().and_then(|answer| forms::answer(&answer)),
        "button" => body().and_then(|button| forms::template_button(&button)),
        "order" => body().map(|order| Content::Order(forms::order(&order))),
        _ => None,
    };
    read.unwrap_or_else(|| forms::unsupported(&kind, message))
}
