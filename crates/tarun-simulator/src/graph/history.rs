//! `GET /{phone_number_id}/message_history?message_id=…`: the statuses of one message and how their webhooks fared.

use axum::{Json, response::IntoResponse};
use serde_json::{Value, json};

use super::{Answer, Call, error::GraphError};

pub(super) fn get(call: &Call, id: &str) -> Answer {
    let wamid =
        call.query.get("message_id").ok_or_else(|| GraphError::parameter("The parameter message_id is required"))?;
    let state = call.sim.state();
    let message = state
        .chats
        .message(wamid)
        .filter(|message| message.phone_number_id == id)
        .ok_or_else(|| GraphError::parameter("Invalid parameter").details("Message with this id was not found."))?;
    let mut events: Vec<(i64, Value)> = message
        .times
        .iter()
        .map(|(status, at)| {
            let update = message.updates.get(status);
            (
                *at,
                json!({
                    "delivery_status": status.to_uppercase(), "timestamp": at, "webhook_update_state": update,
                }),
            )
        })
        .collect();
    events.sort_by_key(|(at, _)| *at);
    let events: Vec<Value> = events.into_iter().map(|(_, event)| event).collect();
    Ok(Json(json!({ "data": [{ "id": wamid, "message_id": wamid, "events": events }] })).into_response())
}
