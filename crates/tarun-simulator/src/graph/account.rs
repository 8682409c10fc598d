//! The WABA and its subscription to webhooks.

use axum::{Json, response::IntoResponse};
use serde_json::{Map, Value, json};

use super::{Answer, Call, error::GraphError, number, params, success};
use crate::{numbers::Override, webhook::handshake};

pub(super) fn get(call: &Call, id: &str) -> Answer {
    let state = call.sim.state();
    let name = state.numbers.of_waba(id).next().map(|number| number.config.verified_name.clone());
    let all = json!({
        "id": id, "name": name, "currency": "INR", "timezone_id": "71", "message_template_namespace": "tarun_simulator",
        "account_review_status": "APPROVED", "business_verification_status": "verified", "country": "IN",
        "ownership_type": "SELF", "status": "ACTIVE", "is_enabled_for_insights": true,
        "marketing_messages_lite_api_status": "ELIGIBLE", "marketing_messages_onboarding_status": "ELIGIBLE",
        "on_behalf_of_business_info": null, "subscribed_apps": null, "disable_marketing_messages_on_cloud_api": false,
        "owner_business_info": { "name": name, "id": "300000000000001" },
        "health_status": { "can_send_message": "AVAILABLE", "entities": [
            { "entity_type": "WABA", "id": id, "can_send_message": "AVAILABLE" } ] },
    });
    let defaults = ["id", "name", "currency", "timezone_id", "message_template_namespace"];
    Ok(Json(number::select(call, &all, &defaults, "WhatsAppBusinessAccount")?).into_response())
}

pub(super) fn phone_numbers(call: &Call, id: &str) -> Answer {
    let state = call.sim.state();
    let numbers: Result<Vec<Value>, GraphError> =
        state.numbers.of_waba(id).map(|number| number::describe(call, &state, number)).collect();
    let numbers = numbers?;
    Ok(Json(json!({ "data": numbers, "paging": { "cursors": { "before": "QVFI", "after": "QVFI" } } })).into_response())
}

pub(super) fn subscriptions(call: &Call, id: &str) -> Answer {
    let state = call.sim.state();
    let Some(waba) = state.numbers.waba(id).filter(|waba| waba.subscribed) else {
        return Ok(Json(json!({ "data": [] })).into_response());
    };
    let link = "https://www.facebook.com/games/?app_id=".to_owned() + &call.sim.app_id;
    let app = json!({ "link": link, "name": "Tarun simulator", "id": call.sim.app_id });
    let mut entry = json!({ "whatsapp_business_api_data": app });
    if let Some(webhook) = &waba.webhook {
        entry["override_callback_uri"] = webhook.url.as_str().into();
    }
    Ok(Json(json!({ "data": [entry] })).into_response())
}

/// Starts delivery; with `override_callback_uri` after the handshake with that address, without it back to the app's.
pub(super) async fn subscribe(call: &Call, id: &str, params: Map<String, Value>) -> Answer {
    let webhook = override_from(call, &params).await?;
    let mut state = call.sim.state();
    if let Some(waba) = state.numbers.waba_mut(id) {
        waba.subscribed = true;
        waba.webhook = webhook;
    }
    drop(state);
    success()
}

pub(super) fn unsubscribe(call: &Call, id: &str) -> Answer {
    if let Some(waba) = call.sim.state().numbers.waba_mut(id) {
        waba.subscribed = false;
        waba.webhook = None;
    }
    success()
}

/// A callback URL out of parameters, after its handshake; `None` when there is none or it is empty (removal).
pub(super) async fn override_from(call: &Call, params: &Map<String, Value>) -> Result<Option<Override>, GraphError> {
    let Some(text) = params.get("override_callback_uri").and_then(Value::as_str).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.len() > 200 {
        return Err(GraphError::parameter("Param override_callback_uri must be at most 200 characters long."));
    }
    let url: url::Url =
        text.parse().map_err(|_| GraphError::parameter("Param override_callback_uri must be a valid URI."))?;
    // Meta insists on https; a receiver on this machine has no certificate.
    if !matches!(url.scheme(), "http" | "https") {
        return Err(GraphError::parameter("Param override_callback_uri must be a valid URI."));
    }
    let token = params::required(params, "verify_token")?;
    handshake::verify(&call.sim.http, &url, token).await.map_err(|why| {
        let title = format!("Override Callback URI verification failed: {why}");
        GraphError { http: 400, subcode: Some(2_200), title, ..GraphError::new(2_200) }
    })?;
    Ok(Some(Override { url }))
}
