//! One line for conversation lists and notifications, and the words under which a message is found.

use super::{Content, Media, bounded};

/// The longest line, in code points.
const MAX_SUMMARY_CHARS: usize = 200;

impl Content {
    /// One line of plain text for people. Says what kind it is where there are no words.
    pub fn summary(&self) -> String {
        let line = match self {
            Self::Text(text) => text.body.clone(),
            Self::Image(media) => captioned("Photo", media),
            Self::Video(media) => captioned("Video", media),
            Self::Audio(media) if media.voice => "Voice message".to_owned(),
            Self::Audio(_) => "Audio".to_owned(),
            Self::Document(media) => labelled("Document", media.filename.as_deref().or(media.caption.as_deref())),
            Self::Sticker(_) => "Sticker".to_owned(),
            Self::Location(place) => labelled("Location", place.name.as_deref().or(place.address.as_deref())),
            Self::Contacts(cards) => match cards.contacts.as_slice() {
                [] => "Contact".to_owned(),
                [card] => labelled("Contact", Some(&card.display_name())),
                cards => format!("{} contacts", cards.len()),
            },
            Self::Interactive(form) => form.text().to_owned(),
            Self::ButtonReply(choice) | Self::ListReply(choice) => labelled("Chose", Some(&choice.title)),
            Self::FlowReply(reply) if reply.name.as_deref() == Some("address_message") => "Address".to_owned(),
            Self::FlowReply(_) => "Form answered".to_owned(),
            Self::Order(order) => match order.items.len() {
                1 => "Order: 1 item".to_owned(),
                count => format!("Order: {count} items"),
            },
            Self::Template(template) => {
                template.text.clone().unwrap_or_else(|| labelled("Template", Some(&template.name)))
            }
            Self::Reaction(reaction) => match reaction.emoji.as_deref() {
                Some(emoji) => format!("Reacted {emoji}"),
                None => "Removed a reaction".to_owned(),
            },
            Self::System(note) if note.text.trim().is_empty() => "WhatsApp notice".to_owned(),
            Self::System(note) => note.text.clone(),
            Self::Unsupported(_) => "The customer sent something WhatsApp does not pass on".to_owned(),
        };
        one_line(&line)
    }

    /// The words under which this message is found, separated by line breaks; empty if it has none.
    pub fn searchable_text(&self) -> String {
        let mut words: Vec<&str> = Vec::new();
        let names: Vec<String>;
        match self {
            Self::Text(text) => words.push(&text.body),
            Self::Image(m) | Self::Video(m) | Self::Audio(m) | Self::Document(m) | Self::Sticker(m) => {
                words.extend(m.caption.as_deref());
                words.extend(m.filename.as_deref());
            }
            Self::Location(place) => {
                words.extend(place.name.as_deref());
                words.extend(place.address.as_deref());
            }
            Self::Contacts(cards) => {
                names = cards.contacts.iter().map(super::ContactCard::display_name).collect();
                words.extend(names.iter().map(String::as_str));
                words.extend(cards.contacts.iter().flat_map(|card| &card.phones).map(|phone| phone.phone.as_str()));
            }
            Self::Interactive(form) => words.push(form.text()),
            Self::ButtonReply(choice) | Self::ListReply(choice) => words.push(&choice.title),
            Self::FlowReply(reply) => words.extend(reply.body.as_deref()),
            Self::Order(order) => {
                words.extend(order.text.as_deref());
                words.extend(order.items.iter().map(|item| item.product_retailer_id.as_str()));
            }
            Self::Template(template) => words.extend(template.text.as_deref()),
            Self::System(note) => words.push(&note.text),
            Self::Reaction(_) | Self::Unsupported(_) => {}
        }
        words.retain(|word| !word.trim().is_empty());
        words.join("\n")
    }
}

fn captioned(label: &str, media: &Media) -> String {
    labelled(label, media.caption.as_deref())
}

fn labelled(label: &str, detail: Option<&str>) -> String {
    match detail.map(str::trim) {
        Some(detail) if !detail.is_empty() => format!("{label}: {detail}"),
        _ => label.to_owned(),
    }
}

fn one_line(text: &str) -> String {
    // Only the beginning is looked at: a text of 65,536 characters costs no more than a short one.
    let start = bounded(text, MAX_SUMMARY_CHARS * 2);
    let words = start.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = words.chars().filter(|c| !c.is_control()).collect();
    if shown.chars().count() > MAX_SUMMARY_CHARS || start.len() < text.len() {
        let mut cut = bounded(&shown, MAX_SUMMARY_CHARS - 1).into_owned();
        cut.push('…');
        return cut;
    }
    shown
}
