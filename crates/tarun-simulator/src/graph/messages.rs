//! `POST /{phone_number_id}/messages`

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{Answer, Call, error::GraphError, receipts};
use crate::{
    accept::{Accepted, accept},
    answer,
    behaviour::{Action, Endpoint, Subject},
    outgoing::{self, Outgoing},
    record,
};

/// A read receipt, or a message to a customer.
pub(super) async fn post(call: &Call, id: &str, edge: &str, body: Value) -> Answer {
    if body.get("status").is_some_and(|status| !status.is_null()) {
        return receipts::post(call, id, &body).await;
    }
    let sim = &call.sim;
    let at_ms = sim.clock.now_ms();
    let parsed = outgoing::parse(&body);
    let recipient = recipient_of(call, id, &parsed, &body);
    let kind = body["type"].as_str().or_else(|| body.get("text").map(|_| "text"));
    let callback = body["biz_opaque_callback_data"].as_str();
    let action = {
        let subject = Subject {
            endpoint: Endpoint::Messages,
            phone_number_id: Some(id),
            recipient: recipient.as_deref(),
            kind,
            callback,
        };
        sim.state().behaviours.take(&subject)
    };
    let outcome = match &action {
        Some(action) if !action.accepts() => None,
        _ => {
            let late_failure = match action {
                Some(Action::FailLater { code }) => Some(code),
                _ => None,
            };
            Some(parsed.and_then(|message| accept(sim, id, edge == "marketing_messages", message, late_failure)))
        }
    };
    let mut call_record = record::Call {
        seq: 0,
        at_ms,
        phone_number_id: id.to_owned(),
        recipient,
        kind: kind.map(str::to_owned),
        callback: callback.map(str::to_owned),
        accepted: false,
        wamid: None,
        http_status: None,
        code: None,
        behaviour: action.as_ref().map(Action::name),
        body: body.clone(),
    };
    // A message that Meta refuses is refused whatever the script says: it could not have been accepted.
    if let Some(Err(error)) = &outcome {
        call_record.http_status = Some(error.http);
        call_record.code = Some(error.code);
        sim.record.call(call_record);
        return Err(error.clone());
    }
    let accepted = outcome.and_then(Result::ok);
    call_record.accepted = accepted.is_some();
    call_record.wamid = accepted.as_ref().map(|accepted| accepted.wamid.clone());
    if let Some(error) = action.as_ref().and_then(answer::error_of) {
        call_record.code = Some(error.code);
    }
    call_record.http_status = action.as_ref().map_or(Some(200), planned_status);
    sim.record.call(call_record);
    if let Some(action) = &action
        && let Some(response) = answer::shape(action, &call.scissors).await
    {
        return Ok(response);
    }
    accepted.map_or_else(|| Ok(StatusCode::NO_CONTENT.into_response()), |accepted| Ok(answer_of(&accepted)))
}

/// The HTTP status a script leads to; `None` = the connection is cut.
fn planned_status(action: &Action) -> Option<u16> {
    match action {
        Action::Hang { .. } | Action::Drop { .. } => None,
        Action::Answer { http_status, .. } => Some(*http_status),
        Action::Redirect { .. } => Some(307),
        Action::Error { .. } => answer::error_of(action).map(|error| error.http),
        Action::Accept | Action::FailLater { .. } | Action::Slow { .. } | Action::BigBody { .. } => Some(200),
    }
}

/// Whom the call means, even when it is not valid otherwise, so that rules and records can name the customer.
fn recipient_of(call: &Call, id: &str, parsed: &Result<Outgoing, GraphError>, body: &Value) -> Option<String> {
    match parsed {
        Ok(message) => {
            let business = call.sim.state().numbers.get(id).map(|number| number.digits()).unwrap_or_default();
            message.to.canonical(&business).ok().or_else(|| Some(message.to.input().to_owned()))
        }
        Err(_) => body["to"].as_str().or(body["recipient"].as_str()).map(str::to_owned),
    }
}

fn answer_of(accepted: &Accepted) -> Response {
    let mut contact = json!({ "input": accepted.input });
    match &accepted.wa_id {
        Some(wa_id) => contact["wa_id"] = wa_id.as_str().into(),
        None => contact["user_id"] = accepted.user_id.as_str().into(),
    }
    let mut message = json!({ "id": accepted.wamid });
    if accepted.is_template {
        message["message_status"] = "accepted".into();
    }
    let body = json!({ "messaging_product": "whatsapp", "contacts": [contact], "messages": [message] });
    Json(body).into_response()
}
