//! Read receipts and the typing bubble, which share the address of messages.

use serde_json::Value;

use super::{Answer, Call, error::GraphError, success};
use crate::{
    behaviour::Endpoint,
    chats::{ChatKey, Direction, Stage},
    simulator::Event,
};

const TYPING_MS: i64 = 25_000;
const THIRTY_DAYS: i64 = 30 * 86_400;

pub(super) async fn post(call: &Call, id: &str, body: &Value) -> Answer {
    if let Some(response) = call.scripted(Endpoint::Read, Some(id)).await {
        return response;
    }
    if body["status"] != "read" {
        return Err(GraphError::parameter("Param status must be one of {READ}"));
    }
    let wamid = body["message_id"].as_str().ok_or_else(|| GraphError::missing("message_id"))?;
    let sim = &call.sim;
    let now_ms = sim.clock.now_ms();
    let mut state = sim.state();
    let known = state.chats.message(wamid).filter(|message| {
        let recent = now_ms / 1_000 - message.timestamp <= THIRTY_DAYS;
        message.phone_number_id == id && message.direction == Direction::Inbound && recent
    });
    let Some(message) = known else {
        return Err(GraphError::invalid("Message ID is not valid or is too old."));
    };
    let key = ChatKey { phone_number_id: id.to_owned(), customer: message.customer.clone() };
    // This message and all earlier ones of the chat.
    for earlier in state.chats.ids_up_to(&key, Some(wamid)) {
        let Some(message) = state.chats.message_mut(&earlier) else { continue };
        if message.direction == Direction::Inbound && message.stage < Stage::Read {
            message.stage = Stage::Read;
            sim.tell_message(message);
        }
    }
    match body.get("typing_indicator") {
        None | Some(Value::Null) => {}
        Some(typing) if typing["type"] == "text" => {
            let until_ms = now_ms + TYPING_MS;
            state.chats.chat_mut(&key).typing_until_ms = until_ms;
            sim.tell(Event::Typing { phone_number_id: key.phone_number_id, customer: key.customer, until_ms });
        }
        Some(_) => return Err(GraphError::invalid("typing_indicator.type must be 'text'.")),
    }
    drop(state);
    success()
}
