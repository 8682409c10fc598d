//! The object of an inbound message, out of what the phone page or a test ordered.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::CannotPlay;
use crate::{
    chats::{ChatKey, Direction},
    samples,
    simulator::{Simulator, State},
};

/// What to put into the webhook.
#[derive(Debug, Default)]
pub(super) struct Played {
    pub(super) kind: String,
    /// Name of the object, the type itself as a rule.
    pub(super) field: String,
    pub(super) content: Option<Value>,
    /// Message tapped or answered by the nature of the type.
    pub(super) answers: Option<String>,
    pub(super) errors: Option<Value>,
    pub(super) customers_changed: bool,
}

impl Played {
    fn of(kind: &str, content: Value) -> Self {
        Self { kind: kind.to_owned(), field: kind.to_owned(), content: Some(content), ..Self::default() }
    }

    fn answering(mut self, wamid: &str) -> Self {
        self.answers = Some(wamid.to_owned());
        self
    }
}

pub(super) fn build(
    sim: &Simulator,
    state: &mut State,
    key: &ChatKey,
    order: &Map<String, Value>,
) -> Result<Played, CannotPlay> {
    let kind = order.get("type").and_then(Value::as_str).unwrap_or("text");
    let given = order.get(kind).cloned().unwrap_or(Value::Null);
    match kind {
        "text" => {
            let body =
                given.as_str().or(given["body"].as_str()).ok_or_else(|| CannotPlay::because("text is missing"))?;
            Ok(Played::of("text", json!({ "body": body })))
        }
        "image" | "video" | "audio" | "voice" | "document" | "sticker" => media(sim, state, key, kind, &given),
        "reaction" => reaction(sim, state, key, &given),
        "button_tap" => button_tap(state, &given),
        "list_choice" => list_choice(state, &given),
        "template_reply" => template_reply(state, &given),
        "contact_request" => share_number(state, key, &given),
        "system" => change_number(state, key, &given),
        "unsupported" => {
            let mut played =
                Played::of("unsupported", json!({ "type": given["type"].as_str().unwrap_or("poll_creation") }));
            played.errors = Some(json!([{
                "code": 131_051, "title": "Message type unknown", "message": "Message type unknown",
                "error_data": { "details": "Message type is currently not supported." },
            }]));
            Ok(played)
        }
        "request_welcome" => Ok(Played { kind: kind.to_owned(), ..Played::default() }),
        // Location, contacts, order, interactive, button, and whatever Meta invents next: as given.
        other if !given.is_null() => Ok(Played::of(other, given)),
        other => Err(CannotPlay::because(format!("the object '{other}' is missing"))),
    }
}

/// `{media_id}` of an uploaded file, `{base64, mime_type}`, or neither for the built-in sample.
fn media(sim: &Simulator, state: &mut State, key: &ChatKey, kind: &str, given: &Value) -> Result<Played, CannotPlay> {
    let now = sim.clock.now();
    let file = if let Some(id) = given["media_id"].as_str() {
        let found = state.media.get(id, now).filter(|media| media.phone_number_id == key.phone_number_id);
        found.cloned().ok_or_else(|| CannotPlay::because("there is no such file"))?
    } else if let Some(text) = given["base64"].as_str() {
        let bytes = STANDARD.decode(text).map_err(|_| CannotPlay::because("base64 cannot be read"))?;
        let mime_type = given["mime_type"].as_str().unwrap_or(samples::mime_type(kind));
        state.media.add(&key.phone_number_id, mime_type, bytes.into(), true, now)
    } else {
        state.media.add(&key.phone_number_id, samples::mime_type(kind), samples::file(kind), true, now)
    };
    let mut content = json!({
        "id": file.id, "mime_type": file.mime_type, "sha256": file.sha256_base64(),
        "url": file.url(&sim.base_url, now),
    });
    for name in ["caption", "filename"] {
        if let Some(text) = given[name].as_str() {
            content[name] = text.into();
        }
    }
    let kind = match kind {
        "voice" => {
            content["voice"] = true.into();
            "audio"
        }
        "audio" => {
            content["voice"] = given["voice"].as_bool().unwrap_or(false).into();
            "audio"
        }
        "sticker" => {
            content["animated"] = false.into();
            "sticker"
        }
        "document" if content["filename"].is_null() => {
            content["filename"] = "document.pdf".into();
            "document"
        }
        other => other,
    };
    Ok(Played::of(kind, content))
}

/// `{message_id, emoji}`; without an emoji the reaction is taken back.
fn reaction(sim: &Simulator, state: &mut State, key: &ChatKey, given: &Value) -> Result<Played, CannotPlay> {
    let wamid = given["message_id"].as_str().ok_or_else(|| CannotPlay::because("reaction.message_id is missing"))?;
    let emoji = given["emoji"].as_str().filter(|emoji| !emoji.is_empty());
    // The target may be unknown here (sent before the simulator started): the webhook goes out all the same.
    if let Some(target) = state.chats.message_mut(wamid).filter(|target| target.customer == key.customer) {
        target.customer_reaction = emoji.map(str::to_owned);
        sim.tell_message(target);
    }
    let content = match emoji {
        Some(emoji) => json!({ "message_id": wamid, "emoji": emoji }),
        None => json!({ "message_id": wamid }),
    };
    Ok(Played::of("reaction", content))
}

/// `{message_id, button_id}` of an interactive message with buttons.
fn button_tap(state: &State, given: &Value) -> Result<Played, CannotPlay> {
    let (wamid, content) = tapped(state, given, "interactive")?;
    let buttons = content["action"]["buttons"].as_array().into_iter().flatten();
    let reply = buttons.map(|button| &button["reply"]).find(|reply| reply["id"] == given["button_id"]);
    let reply = reply.ok_or_else(|| CannotPlay::because("the message has no such button"))?;
    let reply = json!({ "id": reply["id"], "title": reply["title"] });
    Ok(Played::of("interactive", json!({ "type": "button_reply", "button_reply": reply })).answering(wamid))
}

/// `{message_id, row_id}` of a list.
fn list_choice(state: &State, given: &Value) -> Result<Played, CannotPlay> {
    let (wamid, content) = tapped(state, given, "interactive")?;
    let sections = content["action"]["sections"].as_array().into_iter().flatten();
    let mut rows = sections.flat_map(|section| section["rows"].as_array().into_iter().flatten());
    let row = rows.find(|row| row["id"] == given["row_id"]);
    let row = row.ok_or_else(|| CannotPlay::because("the list has no such row"))?;
    Ok(Played::of("interactive", json!({ "type": "list_reply", "list_reply": row })).answering(wamid))
}

/// `{message_id, index}` of a template's quick reply.
fn template_reply(state: &State, given: &Value) -> Result<Played, CannotPlay> {
    let (wamid, _) = tapped(state, given, "template")?;
    let shown = state.chats.message(wamid).and_then(|message| message.rendered.as_ref());
    let index = given["index"].as_u64().and_then(|index| usize::try_from(index).ok());
    let button = shown.zip(index).map(|(shown, index)| &shown["buttons"][index]);
    let button = button.filter(|button| button["type"] == "quick_reply");
    let button = button.ok_or_else(|| CannotPlay::because("the template has no quick reply at this index"))?;
    Ok(Played::of("button", json!({ "payload": button["payload"], "text": button["text"] })).answering(wamid))
}

fn tapped<'a>(state: &'a State, given: &'a Value, kind: &str) -> Result<(&'a str, &'a Value), CannotPlay> {
    let wamid = given["message_id"].as_str().ok_or_else(|| CannotPlay::because("message_id is missing"))?;
    let message = state.chats.message(wamid).filter(|m| m.direction == Direction::Outbound && m.kind == kind);
    let message = message.ok_or_else(|| CannotPlay::because(format!("there is no {kind} message with this id")))?;
    Ok((wamid, &message.content))
}

/// The customer answers a request for the number: `{message_id?}`. From then on the number is shown.
fn share_number(state: &mut State, key: &ChatKey, given: &Value) -> Result<Played, CannotPlay> {
    let customer = state.customers.get(&key.customer).cloned();
    let customer = customer.ok_or_else(|| CannotPlay::because("there is no such customer"))?;
    let wa_id = given["wa_id"].as_str().map(str::to_owned).or(customer.wa_id);
    let wa_id = wa_id.ok_or_else(|| CannotPlay::because("this customer has no number: give one as wa_id"))?;
    let name = customer.name.unwrap_or_else(|| "Customer".to_owned());
    let card = json!({
        "name": { "formatted_name": name, "first_name": name },
        "phones": [{ "phone": format!("+{wa_id}"), "wa_id": wa_id, "type": "CELL" }], "origin": "contact_request",
    });
    let mut played = Played::of("contacts", json!([card]));
    played.answers = given["message_id"].as_str().map(str::to_owned);
    Ok(played)
}

/// `{new_wa_id}`: the customer moves to another number; without it, a customer who hides the number does.
fn change_number(state: &mut State, key: &ChatKey, given: &Value) -> Result<Played, CannotPlay> {
    let before = state.customers.get(&key.customer).cloned();
    let before = before.ok_or_else(|| CannotPlay::because("there is no such customer"))?;
    let new = given["new_wa_id"].as_str();
    if new.is_none() && before.wa_id.is_some() {
        return Err(CannotPlay::because("system.new_wa_id is missing"));
    }
    let after = state.customers.change_number(&key.customer, new);
    let after = after.ok_or_else(|| CannotPlay::because("the new number is taken or is not a number"))?;
    let name = before.name.clone().unwrap_or_else(|| "User".to_owned());
    let system = match (&before.wa_id, new) {
        (Some(old), Some(new)) => json!({
            "type": "user_changed_number", "body": format!("{name} changed from {old} to {new}"), "wa_id": new,
            "user_id": after.user_id,
        }),
        _ => json!({
            "type": "user_changed_user_id", "body": format!("{name} changed their number"), "user_id": after.user_id,
        }),
    };
    let mut played = Played::of("system", system);
    played.customers_changed = true;
    Ok(played)
}
