//! Interactive messages: buttons, lists, links, requests, products.

use std::collections::HashSet;

use serde_json::Value;

use super::{optional_text, plain, required_text};
use crate::graph::error::GraphError;

pub(super) fn check(content: &Value) -> Result<(), GraphError> {
    let kind = required_text(&content["type"], "interactive.type", 64)?;
    let action = &content["action"];
    let known = [
        "button",
        "list",
        "cta_url",
        "flow",
        "location_request_message",
        "request_contact_info",
        "product",
        "product_list",
        "catalog_message",
        "carousel",
        "address_message",
        "voice_call",
        "call_permission_request",
    ];
    if !known.contains(&kind) {
        return Err(GraphError::invalid(format!("interactive.type '{kind}' is not supported.")));
    }
    if !action.is_object() && kind != "call_permission_request" {
        return Err(GraphError::missing("interactive.action"));
    }
    let body = &content["body"]["text"];
    match kind {
        "list" => drop(required_text(body, "interactive.body.text", 4_096)?),
        // A single product may stand without words.
        "product" => optional_text(body, "interactive.body.text", 1_024)?,
        _ => drop(required_text(body, "interactive.body.text", 1_024)?),
    }
    optional_text(&content["footer"]["text"], "interactive.footer.text", 60)?;
    header(kind, &content["header"])?;
    match kind {
        "button" => buttons(action),
        "list" => list(action),
        "cta_url" => link_button(action),
        "flow" => flow(action),
        "location_request_message" => named(action, "send_location"),
        "request_contact_info" => named(action, "request_contact_info"),
        "catalog_message" => named(action, "catalog_message"),
        "product" => {
            required_text(&action["catalog_id"], "action.catalog_id", 256)?;
            required_text(&action["product_retailer_id"], "action.product_retailer_id", 256).map(drop)
        }
        "product_list" => products(action),
        "carousel" => carousel(action),
        _ => Ok(()),
    }
}

fn header(kind: &str, header: &Value) -> Result<(), GraphError> {
    if header.is_null() {
        return if kind == "product_list" { Err(GraphError::missing("interactive.header")) } else { Ok(()) };
    }
    let of = header["type"].as_str().unwrap_or_default();
    let text_only = matches!(kind, "list" | "product_list");
    match of {
        _ if kind == "product" => Err(GraphError::invalid("A product message takes no header.")),
        "text" => required_text(&header["text"], "interactive.header.text", 60).map(drop),
        "image" | "video" | "document" | "gif" if !text_only => plain::source(of, &header[of]),
        _ => Err(GraphError::invalid(format!("interactive.header.type '{of}' is not allowed for {kind}."))),
    }
}

fn buttons(action: &Value) -> Result<(), GraphError> {
    let buttons = action["buttons"].as_array().map(Vec::as_slice).unwrap_or_default();
    count(buttons, "Buttons", 1, 3)?;
    let (mut ids, mut titles) = (HashSet::new(), HashSet::new());
    for button in buttons {
        if button["type"] != "reply" {
            return Err(GraphError::invalid("button.type must be 'reply'."));
        }
        let id = required_text(&button["reply"]["id"], "Button id", 256)?;
        let title = required_text(&button["reply"]["title"], "Button title", 20)?;
        if !ids.insert(id) || !titles.insert(title) {
            return Err(GraphError::invalid("Button ids and titles must be unique within a message."));
        }
    }
    Ok(())
}

fn list(action: &Value) -> Result<(), GraphError> {
    required_text(&action["button"], "Button label", 20)?;
    let sections = action["sections"].as_array().map(Vec::as_slice).unwrap_or_default();
    count(sections, "Sections", 1, 10)?;
    let mut ids = HashSet::new();
    for section in sections {
        if sections.len() > 1 {
            required_text(&section["title"], "Section title", 24)?;
        } else {
            optional_text(&section["title"], "Section title", 24)?;
        }
        let rows = section["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
        count(rows, "Rows", 1, 10)?;
        for row in rows {
            let id = required_text(&row["id"], "Row id", 200)?;
            required_text(&row["title"], "Row title", 24)?;
            optional_text(&row["description"], "Row description", 72)?;
            if !ids.insert(id) {
                return Err(GraphError::invalid(format!("Duplicated row id: {id}.")));
            }
        }
    }
    if ids.len() > 10 {
        return Err(GraphError::invalid("Total row count exceed max allowed count: 10"));
    }
    Ok(())
}

fn link_button(action: &Value) -> Result<(), GraphError> {
    named(action, "cta_url")?;
    required_text(&action["parameters"]["display_text"], "display_text", 20)?;
    let url = required_text(&action["parameters"]["url"], "url", 2_000)?;
    match url.parse::<url::Url>() {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
        _ => Err(GraphError::invalid("url is not a valid URL.")),
    }
}

fn flow(action: &Value) -> Result<(), GraphError> {
    named(action, "flow")?;
    let parameters = &action["parameters"];
    required_text(&parameters["flow_message_version"], "flow_message_version", 8)?;
    required_text(&parameters["flow_cta"], "flow_cta", 30)?;
    if parameters["flow_id"].is_null() == parameters["flow_name"].is_null() {
        return Err(GraphError::invalid("Exactly one of flow_id and flow_name is required."));
    }
    let payload = &parameters["flow_action_payload"];
    if !payload.is_null() && parameters["flow_action"].as_str().is_some_and(|action| action != "navigate") {
        return Err(GraphError::invalid("flow_action_payload is only allowed for navigate."));
    }
    if payload["data"].as_object().is_some_and(serde_json::Map::is_empty) {
        return Err(GraphError::invalid("flow_action_payload.data must not be empty."));
    }
    Ok(())
}

fn products(action: &Value) -> Result<(), GraphError> {
    required_text(&action["catalog_id"], "action.catalog_id", 256)?;
    let sections = action["sections"].as_array().map(Vec::as_slice).unwrap_or_default();
    count(sections, "Sections", 1, 10)?;
    let mut products = 0;
    for section in sections {
        optional_text(&section["title"], "Section title", 24)?;
        let items = section["product_items"].as_array().map(Vec::as_slice).unwrap_or_default();
        count(items, "Products", 1, 30)?;
        products += items.len();
    }
    if products > 30 { Err(GraphError::invalid("Total product count exceed max allowed count: 30")) } else { Ok(()) }
}

fn carousel(action: &Value) -> Result<(), GraphError> {
    let cards = action["cards"].as_array().map(Vec::as_slice).unwrap_or_default();
    count(cards, "Cards", 2, 10)?;
    for card in cards {
        optional_text(&card["body"]["text"], "Card body", 160)?;
        if card["type"] != cards[0]["type"] || card["header"]["type"] != cards[0]["header"]["type"] {
            return Err(GraphError::invalid("All cards must have the same shape."));
        }
    }
    Ok(())
}

fn named(action: &Value, name: &str) -> Result<(), GraphError> {
    if action["name"] == name {
        return Ok(());
    }
    Err(GraphError::invalid(format!("action.name must be '{name}'.")))
}

fn count(list: &[Value], what: &str, least: usize, most: usize) -> Result<(), GraphError> {
    if (least..=most).contains(&list.len()) {
        return Ok(());
    }
    Err(GraphError::invalid(format!("{what} count is not in the valid range. Min: {least} Max: {most}")))
}
