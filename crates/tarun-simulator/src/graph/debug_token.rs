//! `GET /debug_token?input_token=…`

use axum::{Json, response::IntoResponse};
use serde_json::json;

use super::{Answer, Call, error::GraphError};

/// What a token is for. A token that is not valid is told in `data`, with HTTP 200.
pub(super) fn get(call: &Call) -> Answer {
    let input = call.query.get("input_token").map(String::as_str).unwrap_or_default();
    if input.is_empty() {
        return Err(GraphError::parameter("The parameter input_token is required"));
    }
    let state = call.sim.state();
    let owned: Vec<_> = state.numbers.iter().filter(|number| number.config.access_token.reveal() == input).collect();
    if owned.is_empty() {
        let error = json!({ "code": 190, "message": "Invalid OAuth access token - Cannot parse access token" });
        return Ok(Json(json!({ "data": { "error": error, "is_valid": false, "scopes": [] } })).into_response());
    }
    let ends = owned.iter().map(|number| number.config.token_expires_at).find(|at| *at != 0).unwrap_or_default();
    let kind = if ends == 0 { "SYSTEM_USER" } else { "USER" };
    let mut wabas: Vec<&str> = owned.iter().map(|number| number.config.waba_id.as_str()).collect();
    wabas.sort_unstable();
    wabas.dedup();
    let scopes = ["whatsapp_business_management", "whatsapp_business_messaging"];
    let granular = scopes.map(|scope| json!({ "scope": scope, "target_ids": wabas }));
    Ok(Json(json!({ "data": {
        "app_id": call.sim.app_id, "type": kind, "application": "Tarun simulator",
        "data_access_expires_at": 0, "expires_at": ends, "is_valid": true, "issued_at": 1_790_000_000,
        "scopes": scopes, "granular_scopes": granular, "user_id": "122100000000000001",
    } }))
    .into_response())
}
