//! Answers to buttons, lists and forms, carts, and what cannot be read.

use serde_json::{Number, Value};
use tarun_core::content::{Choice, Content, FlowReply, MAX_ORDER_ITEMS, Order, OrderItem, System, Unsupported};

use super::envelope;
use crate::whatsapp::ProviderError;
use crate::whatsapp::json::Object;

/// Longest answer of a form that is kept, in bytes.
const MAX_RESPONSE_BYTES: usize = 256 * 1024;

/// How deep the answer of a form may be nested. Forms have one level; what is deeper is kept as text.
const MAX_RESPONSE_DEPTH: usize = 32;

/// An `interactive` object; `None` for kinds that are not known.
pub(super) fn answer(interactive: &Object<'_>) -> Option<Content> {
    let kind = interactive.text("type")?;
    let answer = interactive.object(&kind)?;
    match kind.as_str() {
        "button_reply" => choice(&answer).map(Content::ButtonReply),
        "list_reply" => choice(&answer).map(Content::ListReply),
        "nfm_reply" => Some(Content::FlowReply(flow_reply(&answer))),
        "call_permission_reply" => Some(Content::System(call_permission(&answer))),
        _ => None,
    }
}

/// A tap on a template's quick reply.
pub(super) fn template_button(button: &Object<'_>) -> Option<Content> {
    let title = envelope::line(button, "text");
    // The payload is the label where none was given when it was sent.
    let id = envelope::line(button, "payload").or_else(|| title.clone())?;
    Some(Content::ButtonReply(Choice { title: title.unwrap_or_else(|| id.clone()), id, description: None }))
}

fn choice(answer: &Object<'_>) -> Option<Choice> {
    let (id, title) = (envelope::line(answer, "id"), envelope::line(answer, "title"));
    if id.is_none() && title.is_none() {
        return None;
    }
    Some(Choice {
        id: id.unwrap_or_default(),
        title: title.unwrap_or_default(),
        description: envelope::line(answer, "description"),
    })
}

fn flow_reply(answer: &Object<'_>) -> FlowReply {
    // A document inside a string; some senders give the object itself.
    let written = answer.text("response_json").or_else(|| Some(answer.get("response_json")?.get().to_owned()));
    let written = written.filter(|text| text.len() <= MAX_RESPONSE_BYTES).unwrap_or_default();
    let written = crate::whatsapp::json::storable(&written);
    let response: Value = match serde_json::from_str(&written) {
        Ok(response) if is_shallow(&response, MAX_RESPONSE_DEPTH) => response,
        // It is stored and given out within more objects; what is too deep to be read back would hide all beside it.
        Err(_) if written.is_empty() => Value::Null,
        Ok(_) | Err(_) => Value::String(tarun_core::content::storable(&written).into_owned()),
    };
    let token = response.get("flow_token").and_then(Value::as_str).map(str::to_owned);
    FlowReply { name: answer.line("name", 100), body: envelope::line(answer, "body"), flow_token: token, response }
}

/// Whether nothing in it is nested deeper than so many levels. It recurses no deeper than that.
fn is_shallow(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels > 0 && items.iter().all(|item| is_shallow(item, levels - 1)),
        Value::Object(fields) => levels > 0 && fields.values().all(|field| is_shallow(field, levels - 1)),
        _ => true,
    }
}

fn call_permission(answer: &Object<'_>) -> System {
    let text = match answer.text("response").as_deref() {
        Some("accept") if answer.flag("is_permanent") == Some(true) => "The customer allowed calls",
        Some("accept") => "The customer allowed calls for a while",
        Some("reject") => "The customer refused calls",
        _ => "The customer answered the question about calls",
    };
    System { event: "call_permission_reply".to_owned(), text: text.to_owned() }
}

pub(super) fn order(order: &Object<'_>) -> Order {
    let items = order.objects("product_items").take(MAX_ORDER_ITEMS).map(|item| OrderItem {
        product_retailer_id: envelope::id(&item, "product_retailer_id").unwrap_or_default(),
        quantity: amount(&item, "quantity"),
        item_price: amount(&item, "item_price"),
        currency: item.line("currency", 8),
    });
    Order { catalog_id: envelope::id(order, "catalog_id"), text: envelope::line(order, "text"), items: items.collect() }
}

/// A number, or a string that holds one; whole numbers stay whole.
fn amount(item: &Object<'_>, key: &str) -> Option<Number> {
    item.integer(key).map(Number::from).or_else(|| Number::from_f64(item.number(key)?))
}

/// The message says what it was, or its errors do; its type is the rest.
pub(super) fn unsupported(kind: &str, message: &Object<'_>) -> Content {
    let told = message.object("unsupported").and_then(|what| what.line("type", 100));
    let inner = || message.object("interactive").and_then(|what| what.line("type", 100));
    let kind = match kind {
        "unsupported" | "unknown" => told.unwrap_or_else(|| "unknown".to_owned()),
        "interactive" => inner().map_or_else(|| kind.to_owned(), |inner| format!("interactive/{inner}")),
        other => other.to_owned(),
    };
    let error = ProviderError::read_list(message, "errors").into_iter().next();
    let reason = error.as_ref().and_then(|error| error.best_text().map(str::to_owned));
    Content::Unsupported(Unsupported { kind, reason, code: error.map(|error| error.code) })
}
