//! Text, media, location, reaction.

use serde_json::Value;

use super::{optional_text, required_text};
use crate::graph::error::GraphError;

pub(super) fn text(content: &Value) -> Result<(), GraphError> {
    let body =
        content["body"].as_str().filter(|body| !body.is_empty()).ok_or_else(|| GraphError::missing("text.body"))?;
    if body.chars().count() > 4_096 {
        return Err(GraphError::parameter("Param text['body'] must be at most 4096 characters long."));
    }
    if content.get("preview_url").is_some_and(|preview| !preview.is_boolean()) {
        return Err(GraphError::parameter("Param text['preview_url'] must be a boolean."));
    }
    Ok(())
}

/// Image, video, audio, document, sticker: exactly one of `id` and `link`.
pub(super) fn media(kind: &str, content: &Value) -> Result<(), GraphError> {
    source(kind, content)?;
    let caption = &content["caption"];
    if matches!(kind, "audio" | "sticker") && !caption.is_null() {
        return Err(GraphError::invalid(format!("caption is not allowed for {kind} messages.")));
    }
    optional_text(caption, "caption", 1_024)?;
    optional_text(&content["filename"], "filename", 240)
}

/// Where a file comes from.
pub(super) fn source(kind: &str, content: &Value) -> Result<(), GraphError> {
    let id = content.get("id").filter(|id| !id.is_null());
    match (id, content.get("link").filter(|link| !link.is_null())) {
        (Some(_), Some(_)) => Err(GraphError::invalid(format!("{kind}: give either id or link, not both."))),
        (None, None) => Err(GraphError::missing(&format!("{kind}.id or {kind}.link"))),
        (Some(_), None) => Ok(()),
        (None, Some(link)) => {
            let url = link.as_str().and_then(|text| text.parse::<url::Url>().ok());
            // Meta wants https; a file server on this machine has no certificate.
            match url {
                Some(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
                _ => Err(GraphError::invalid(format!("{kind}.link is not a valid URL."))),
            }
        }
    }
}

pub(super) fn location(content: &Value) -> Result<(), GraphError> {
    coordinate(&content["latitude"], "latitude", 90.0)?;
    coordinate(&content["longitude"], "longitude", 180.0)?;
    optional_text(&content["name"], "location.name", 1_024)?;
    optional_text(&content["address"], "location.address", 1_024)
}

fn coordinate(value: &Value, what: &str, most: f64) -> Result<(), GraphError> {
    let number = match value {
        Value::Null => return Err(GraphError::missing(&format!("location.{what}"))),
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    };
    match number {
        Some(number) if number.abs() <= most => Ok(()),
        _ => Err(GraphError::invalid(format!("location.{what} must be between -{most} and {most}."))),
    }
}

/// An empty emoji takes the reaction back.
pub(super) fn reaction(content: &Value) -> Result<(), GraphError> {
    required_text(&content["message_id"], "reaction.message_id", 1_024)?;
    let emoji = content["emoji"].as_str().ok_or_else(|| GraphError::missing("reaction.emoji"))?;
    if emoji.chars().count() > 16 || emoji.chars().any(|c| c.is_ascii_alphabetic()) {
        return Err(GraphError::invalid("reaction.emoji must be a single emoji."));
    }
    Ok(())
}
