//! Customers and what they do.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Refused, not_found, refused};
use crate::{
    chats::{ChatKey, Direction, Stage},
    config::ReadPolicy,
    customers::NewCustomer,
    inbound,
    simulator::{Event, Simulator},
};

/// `POST /_sim/customers`
pub(super) async fn add(
    State(sim): State<Arc<Simulator>>,
    Json(new): Json<NewCustomer>,
) -> Result<Json<Value>, Refused> {
    let mut state = sim.state();
    if !state.customers.has_room() {
        return Err(refused("there is no room for another customer"));
    }
    let customer = state.customers.add(new).ok_or_else(|| refused("wa_id must be 7 to 15 digits"))?;
    let shown = json!(customer);
    drop(state);
    sim.tell(Event::Changed);
    Ok(Json(shown))
}

/// What may be changed of a customer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    name: Option<String>,
    reachable: Option<bool>,
    receipts: Option<bool>,
    marketing_opt_out: Option<bool>,
}

/// `PATCH /_sim/customers/{id}`
pub(super) async fn change(
    State(sim): State<Arc<Simulator>>,
    Path(id): Path<String>,
    Json(change): Json<Change>,
) -> Result<Json<Value>, Refused> {
    let mut state = sim.state();
    let customer = state.customers.get_mut(&id).ok_or_else(|| not_found("customer"))?;
    if change.name.is_some() {
        customer.name = change.name;
    }
    customer.reachable = change.reachable.unwrap_or(customer.reachable);
    customer.receipts = change.receipts.unwrap_or(customer.receipts);
    customer.marketing_opt_out = change.marketing_opt_out.unwrap_or(customer.marketing_opt_out);
    let shown = json!(customer);
    drop(state);
    sim.tell(Event::Changed);
    Ok(Json(shown))
}

#[derive(Debug, Deserialize)]
pub(super) struct WhichChat {
    phone_number_id: Option<String>,
    limit: Option<usize>,
}

/// `GET /_sim/customers/{id}/messages`
pub(super) async fn chat(
    State(sim): State<Arc<Simulator>>,
    Path(id): Path<String>,
    Query(which): Query<WhichChat>,
) -> Result<Json<Value>, Refused> {
    let state = sim.state();
    let customer = state.customers.get(&id).ok_or_else(|| not_found("customer"))?;
    let order: Map<String, Value> =
        which.phone_number_id.map(|id| ("phone_number_id".to_owned(), id.into())).into_iter().collect();
    let key = ChatKey { phone_number_id: inbound::number_for(&state, &order)?, customer: customer.id.clone() };
    let messages = state.chats.newest(&key, which.limit.unwrap_or(200).min(2_000));
    let chat = state.chats.chat(&key);
    Ok(Json(json!({
        "messages": messages, "window_until": chat.map_or(0, |chat| chat.window_until),
        "typing_until_ms": chat.map_or(0, |chat| chat.typing_until_ms),
    })))
}

/// `POST /_sim/customers/{id}/messages`: see [`inbound::play`] for the body.
pub(super) async fn play(
    State(sim): State<Arc<Simulator>>,
    Path(id): Path<String>,
    Json(order): Json<Map<String, Value>>,
) -> Result<Json<Value>, Refused> {
    Ok(Json(json!({ "id": inbound::play(&sim, &id, &order)? })))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Read {
    phone_number_id: Option<String>,
    /// Reads although the settings say `never` or the customer has receipts off.
    force: bool,
}

/// `POST /_sim/customers/{id}/read`: the phone shows the chat.
pub(super) async fn read(
    State(sim): State<Arc<Simulator>>,
    Path(id): Path<String>,
    Json(read): Json<Read>,
) -> Result<Json<Value>, Refused> {
    let shown: Vec<String> = {
        let state = sim.state();
        let customer = state.customers.get(&id).ok_or_else(|| not_found("customer"))?;
        let wanted = state.settings.statuses.read == ReadPolicy::WhenShown && customer.receipts;
        if !wanted && !read.force {
            return Ok(Json(json!({ "read": 0 })));
        }
        let order: Map<String, Value> =
            read.phone_number_id.map(|id| ("phone_number_id".to_owned(), id.into())).into_iter().collect();
        let key = ChatKey { phone_number_id: inbound::number_for(&state, &order)?, customer: customer.id.clone() };
        let mut shown = state.chats.ids_up_to(&key, None);
        shown.retain(|wamid| {
            state.chats.message(wamid).is_some_and(|message| {
                message.direction == Direction::Outbound
                    && message.stage == Stage::Delivered
                    && message.kind != "reaction"
            })
        });
        shown
    };
    // Oldest first, as a person reads.
    for wamid in shown.iter().rev() {
        sim.advance(wamid, Stage::Read);
    }
    Ok(Json(json!({ "read": shown.len() })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Preference {
    phone_number_id: Option<String>,
    /// `stop` or `resume`.
    value: String,
}

/// `POST /_sim/customers/{id}/preferences`: stops or resumes marketing messages.
pub(super) async fn prefer(
    State(sim): State<Arc<Simulator>>,
    Path(id): Path<String>,
    Json(preference): Json<Preference>,
) -> Result<Json<Value>, Refused> {
    let stop = match preference.value.as_str() {
        "stop" => true,
        "resume" => false,
        _ => return Err(refused("value must be 'stop' or 'resume'")),
    };
    inbound::prefer(&sim, &id, preference.phone_number_id.as_deref(), stop)?;
    Ok(Json(json!({ "success": true })))
}
