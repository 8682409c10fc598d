//! The body of a send call, checked as Meta's documentation says. Pure: what needs the simulator's memory (files, templates, the
//! window) is checked by the handler.

mod contact_cards;
mod interactive;
mod plain;
pub(crate) mod template;

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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn send(kind: &str, content: Value) -> Result<Outgoing, i64> {
        let body = json!({ "messaging_product": "whatsapp", "to": "+919000041827", "type": kind, kind: content });
        parse(&body).map_err(|error| error.code)
    }

    fn code(kind: &str, content: Value) -> Option<i64> {
        send(kind, content).err()
    }

    fn buttons(count: usize) -> Value {
        let buttons: Vec<Value> = (0..count)
            .map(|n| json!({ "type": "reply", "reply": { "id": format!("b{n}"), "title": format!("Button {n}") } }))
            .collect();
        json!({ "type": "button", "body": { "text": "?" }, "action": { "buttons": buttons } })
    }

    fn list(sections: usize, rows: usize) -> Value {
        let sections: Vec<Value> = (0..sections)
            .map(|s| {
                let rows: Vec<Value> = (0..rows).map(|r| json!({ "id": format!("{s}-{r}"), "title": "Row" })).collect();
                json!({ "title": format!("S{s}"), "rows": rows })
            })
            .collect();
        json!({ "type": "list", "body": { "text": "?" }, "action": { "button": "Menu", "sections": sections } })
    }

    #[test]
    fn limits_of_every_type() {
        let long = |n: usize| "क".repeat(n);
        let card =
            |n| (0..n).map(|_| json!({ "name": { "formatted_name": "A B", "first_name": "A" } })).collect::<Value>();
        let cases: Vec<(&str, Value, Option<i64>)> = vec![
            ("text", json!({ "body": long(4096) }), None),
            ("text", json!({ "body": long(4097) }), Some(100)),
            ("text", json!({ "body": "" }), Some(131_008)),
            ("image", json!({ "id": "1", "caption": long(1024) }), None),
            ("image", json!({ "id": "1", "caption": long(1025) }), Some(131_009)),
            ("image", json!({ "caption": "no file" }), Some(131_008)),
            ("image", json!({ "id": "1", "link": "https://a.in/b.png" }), Some(131_009)),
            ("image", json!({ "link": "ftp://a.in/b.png" }), Some(131_009)),
            ("audio", json!({ "id": "1", "caption": "x" }), Some(131_009)),
            ("sticker", json!({ "id": "1" }), None),
            ("location", json!({ "latitude": "28.6", "longitude": 77.2 }), None),
            ("location", json!({ "latitude": 91, "longitude": 77.2 }), Some(131_009)),
            ("location", json!({ "latitude": 28.6 }), Some(131_008)),
            ("reaction", json!({ "message_id": "wamid.x", "emoji": "" }), None),
            ("reaction", json!({ "message_id": "wamid.x" }), Some(131_008)),
            ("reaction", json!({ "message_id": "wamid.x", "emoji": "hello" }), Some(131_009)),
            ("contacts", card(1), None),
            ("contacts", card(258), Some(131_009)),
            ("contacts", json!([{ "name": { "formatted_name": "A" } }]), Some(131_008)),
            ("interactive", buttons(3), None),
            ("interactive", buttons(4), Some(131_009)),
            ("interactive", buttons(0), Some(131_009)),
            ("interactive", list(1, 10), None),
            ("interactive", list(2, 6), Some(131_009)),
            ("interactive", json!({ "type": "poll" }), Some(131_009)),
            (
                "interactive",
                json!({ "type": "location_request_message", "body": { "text": "?" },
                "action": { "name": "send_location" } }),
                None,
            ),
            ("poll", json!({}), Some(100)),
        ];
        for (kind, content, expected) in cases {
            assert_eq!(
                code(kind, content.clone()),
                expected,
                "{kind} {}",
                &content.to_string()[..content.to_string().len().min(120)]
            );
        }
    }

    #[test]
    fn duplicate_ids_and_titles_are_refused() {
        let mut twice = buttons(2);
        twice["action"]["buttons"][1]["reply"]["id"] = "b0".into();
        assert_eq!(code("interactive", twice), Some(131_009));
        let mut rows = list(1, 2);
        rows["action"]["sections"][0]["rows"][1]["id"] = "0-0".into();
        assert_eq!(code("interactive", rows), Some(131_009));
    }

    #[test]
    fn recipients_become_whatsapps_numbers() {
        let canonical = |text: &str| Recipient::Number(text.into()).canonical("919000000001").map_err(|e| e.code);
        assert_eq!(canonical("+91 90000-41827").as_deref(), Ok("919000041827"));
        assert_eq!(canonical("9000041827").as_deref(), Ok("919000041827"));
        assert_eq!(canonical("+5215512345678").as_deref(), Ok("525512345678"));
        assert_eq!(canonical("+5531987654321").as_deref(), Ok("553187654321"));
        assert_eq!(canonical("+5511987654321").as_deref(), Ok("5511987654321"));
        assert_eq!(canonical("IN.123"), Err(131_009));
        assert_eq!(canonical("+12"), Err(131_009));
    }

    #[test]
    fn envelope() {
        let body = json!({ "to": "+919000041827", "text": { "body": "x" } });
        assert_eq!(parse(&body).map_err(|e| e.code).err(), Some(100), "messaging_product");
        let both =
            json!({ "messaging_product": "whatsapp", "to": "+91900", "recipient": "IN.1", "text": { "body": "x" } });
        assert_eq!(parse(&both).unwrap().to, Recipient::Number("+91900".into()));
        let data = "x".repeat(513);
        let long = json!({ "messaging_product": "whatsapp", "recipient": "IN.1", "text": { "body": "x" },
            "biz_opaque_callback_data": data });
        assert_eq!(parse(&long).map_err(|e| e.code).err(), Some(100));
    }
}
