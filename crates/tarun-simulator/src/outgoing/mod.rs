//! The body of a send call, checked as Meta's documentation says. Pure: what needs the simulator's memory (files, templates, the
//! window) is checked by the handler.

mod contact_cards;
mod interactive;
mod plain;
pub(crate) mod template;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::graph::error::GraphError;

/// Types a business may send.
const TYPES: [&str; 11] = [
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "reaction",
    "interactive",
    "template",
];

/// A send call that Meta's checks of form let pass.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) to: Recipient,
    pub(crate) kind: String,
    /// The object named after the type.
    pub(crate) content: Value,
    /// Quoted message.
    pub(crate) reply_to: Option<String>,
    pub(crate) callback: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recipient {
    /// `to`: as written by the caller.
    Number(String),
    /// `recipient`: a business-scoped user id.
    UserId(String),
}

impl Recipient {
    pub(crate) fn input(&self) -> &str {
        match self {
            Self::Number(text) | Self::UserId(text) => text,
        }
    }

    /// The number as WhatsApp knows it, or the user id. Without `+`, a number too short to hold a country code gets the
    /// business's, as Meta does, which reaches the wrong person if it was meant for abroad.
    pub(crate) fn canonical(&self, business_digits: &str) -> Result<String, GraphError> {
        let text = match self {
            Self::UserId(id) => return Ok(id.clone()),
            Self::Number(text) => text,
        };
        if !text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')')) {
            return Err(GraphError::invalid("Parameter 'to' is not a valid phone number."));
        }
        let mut digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if !text.trim_start().starts_with('+') && digits.len() <= 10 {
            let country = match business_digits.len() {
                length if length > 10 => &business_digits[..length - 10],
                _ => "",
            };
            digits.insert_str(0, country);
        }
        // WhatsApp's own form: Mexico without the 1 of old mobiles, Brazil (area codes from 31) without the ninth digit.
        if digits.len() == 13 && digits.starts_with("521") {
            digits.remove(2);
        } else if digits.len() == 13
            && digits.starts_with("55")
            && digits[2..4].parse::<u8>().is_ok_and(|area| area >= 31)
        {
            digits.remove(4);
        }
        if !crate::customers::is_number(&digits) {
            return Err(GraphError::invalid("Parameter 'to' is not a valid phone number."));
        }
        Ok(digits)
    }
}

/// Reads and checks a send body.
pub(crate) fn parse(body: &Value) -> Result<Outgoing, GraphError> {
    if body["messaging_product"] != "whatsapp" {
        return Err(GraphError::parameter("The parameter messaging_product is required."));
    }
    if let Some(kind) = body.get("recipient_type")
        && kind != "individual"
    {
        let details = "This simulator knows individual recipients only; recipient_type must be 'individual'.";
        return Err(GraphError::invalid(details));
    }
    // If both are given, `to` wins.
    let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let to = text("to").map(Recipient::Number).or_else(|| text("recipient").map(Recipient::UserId));
    let to = to.ok_or_else(|| GraphError::parameter("The parameter to is required."))?;
    let kind = body.get("type").map_or(Some("text"), Value::as_str).unwrap_or_default();
    if !TYPES.contains(&kind) {
        let wanted = TYPES.map(str::to_uppercase).join(", ");
        return Err(GraphError::parameter(format!("Param type must be one of {{{wanted}}} - got \"{kind}\".")));
    }
    let content = body.get(kind).filter(|content| !content.is_null()).ok_or_else(|| GraphError::missing(kind))?;
    match kind {
        "text" => plain::text(content)?,
        "location" => plain::location(content)?,
        "reaction" => plain::reaction(content)?,
        "contacts" => contact_cards::check(content)?,
        "interactive" => interactive::check(content)?,
        "template" => template::check_form(content)?,
        media => plain::media(media, content)?,
    }
    let reply_to = body["context"]["message_id"].as_str().map(str::to_owned);
    if reply_to.is_some() && kind == "reaction" {
        return Err(GraphError::invalid("context is not allowed for reaction messages."));
    }
    let callback = body.get("biz_opaque_callback_data");
    if callback.is_some_and(|data| data.as_str().is_none_or(|text| text.chars().count() > 512)) {
        return Err(GraphError::parameter("Param biz_opaque_callback_data must be at most 512 characters long."));
    }
    Ok(Outgoing {
        to,
        kind: kind.to_owned(),
        content: content.clone(),
        reply_to,
        callback: callback.and_then(Value::as_str).map(str::to_owned),
    })
}

/// Every media object of a message (`{"id"}` or `{"link"}`) with the type it is used as.
pub(crate) fn media_of<'a>(kind: &'a str, content: &'a Value) -> Vec<(&'a str, &'a Value)> {
    const MEDIA: [&str; 5] = ["image", "video", "audio", "document", "sticker"];
    fn visit<'a>(value: &'a Value, found: &mut Vec<(&'a str, &'a Value)>) {
        match value {
            Value::Object(object) => {
                for (name, inner) in object {
                    if MEDIA.contains(&name.as_str()) && inner.is_object() {
                        found.push((name.as_str(), inner));
                    } else {
                        visit(inner, found);
                    }
                }
            }
            Value::Array(list) => list.iter().for_each(|inner| visit(inner, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    if MEDIA.contains(&kind) {
        found.push((kind, content));
    } else if matches!(kind, "interactive" | "template") {
        visit(content, &mut found);
    }
    found
}

/// A text that must be there and within `most` characters (Unicode code points).
pub(crate) fn required_text<'a>(value: &'a Value, what: &str, most: usize) -> Result<&'a str, GraphError> {
    let text = value.as_str().filter(|text| !text.is_empty()).ok_or_else(|| GraphError::missing(what))?;
    within(text, what, most)?;
    Ok(text)
}

/// A text that may be absent; otherwise like [`required_text`].
pub(crate) fn optional_text(value: &Value, what: &str, most: usize) -> Result<(), GraphError> {
    match value {
        Value::Null => Ok(()),
        Value::String(text) => within(text, what, most),
        _ => Err(GraphError::invalid(format!("{what} must be a string."))),
    }
}

fn within(text: &str, what: &str, most: usize) -> Result<(), GraphError> {
    if text.chars().count() > most {
        let details = format!("{what} length invalid. Min length: 1, Max length: {most}");
        return Err(GraphError::invalid(details));
    }
    Ok(())
}
