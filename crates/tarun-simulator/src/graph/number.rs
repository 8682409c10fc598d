//! The phone number: its facts, registration, business profile, own callback URL and block list.

use axum::{Json, http::Method, response::IntoResponse};
use serde_json::{Map, Value, json};

use super::{Answer, Call, account, error::GraphError, params, success};
use crate::{numbers::Number, simulator::State};

pub(super) fn get(call: &Call, id: &str) -> Answer {
    let state = call.sim.state();
    let number = state.numbers.get(id).ok_or_else(|| GraphError::not_visible("get", id))?;
    Ok(Json(describe(call, &state, number)?).into_response())
}

/// The fields asked for, or those Meta gives by itself.
pub(super) fn describe(call: &Call, state: &State, number: &Number) -> Result<Value, GraphError> {
    let waba = state.numbers.waba(&number.config.waba_id);
    let mut webhook = json!({});
    let urls = [
        ("phone_number", number.webhook.as_ref().map(|w| &w.url)),
        ("whatsapp_business_account", waba.and_then(|waba| waba.webhook.as_ref()).map(|w| &w.url)),
        ("application", state.webhook_url.as_ref()),
    ];
    for (name, url) in urls {
        if let Some(url) = url {
            webhook[name] = url.as_str().into();
        }
    }
    let status = if number.registered { "CONNECTED" } else { "DISCONNECTED" };
    let id = &number.config.phone_number_id;
    let all = json!({
        "verified_name": number.config.verified_name, "code_verification_status": "VERIFIED",
        "display_phone_number": number.config.display_phone_number, "quality_rating": "GREEN",
        "platform_type": if number.registered { "CLOUD_API" } else { "NOT_APPLICABLE" },
        "throughput": { "level": "STANDARD" }, "webhook_configuration": webhook,
        "status": status, "name_status": "APPROVED", "new_name_status": "NONE", "account_mode": "LIVE",
        "is_official_business_account": false, "is_pin_enabled": number.pin.is_some(), "is_on_biz_app": false,
        "messaging_limit_tier": "TIER_2K", "whatsapp_business_manager_messaging_limit": "TIER_2K",
        "last_onboarded_time": "2026-11-01T00:00:00+0000", "search_visibility": "VISIBLE",
        "certificate": "", "new_certificate": null, "conversational_automation": { "id": id },
        "quality_score": { "score": "GREEN" }, "is_preverified_number": false, "country_code": "IN",
        "country_dial_code": "91", "eligibility_for_api_business_global_search": "NON_ELIGIBLE",
        "health_status": { "can_send_message": if number.registered { "AVAILABLE" } else { "BLOCKED" }, "entities": [
            { "entity_type": "PHONE_NUMBER", "id": id,
              "can_send_message": if number.registered { "AVAILABLE" } else { "BLOCKED" } } ] },
        "id": id,
    });
    let defaults = [
        "verified_name",
        "code_verification_status",
        "display_phone_number",
        "quality_rating",
        "platform_type",
        "throughput",
        "webhook_configuration",
        "id",
    ];
    select(call, &all, &defaults, "WhatsAppBusinessPhoneNumber")
}

/// The part of `all` named in `?fields=`; `id` always comes along, an unknown field is refused.
pub(super) fn select(call: &Call, all: &Value, defaults: &[&str], node_type: &str) -> Result<Value, GraphError> {
    let asked = call.query.get("fields").filter(|fields| !fields.is_empty());
    let names: Vec<&str> = match asked {
        Some(fields) => fields.split(',').map(str::trim).chain(["id"]).collect(),
        None => defaults.to_vec(),
    };
    let mut selected = Map::new();
    for name in names {
        let Some(value) = all.get(name) else {
            let title = format!("Tried accessing nonexisting field ({name}) on node type ({node_type})");
            return Err(GraphError::parameter(title));
        };
        // A field without a value is left out, as Graph does.
        if !value.is_null() {
            selected.insert(name.to_owned(), value.clone());
        }
    }
    Ok(Value::Object(selected))
}

/// Settings of the number: its own callback URL, or the two-step PIN.
pub(super) async fn post(call: &Call, id: &str, params: Map<String, Value>) -> Answer {
    if let Some(pin) = params.get("pin") {
        let pin = pin_of(pin)?;
        if let Some(number) = call.sim.state().numbers.get_mut(id) {
            number.pin = Some(pin.into());
        }
    }
    let configuration = match params.get("webhook_configuration") {
        Some(Value::Object(configuration)) => Some(configuration.clone()),
        // A form carries the object as text.
        Some(Value::String(text)) => serde_json::from_str(text).ok(),
        _ => None,
    };
    if let Some(configuration) = configuration {
        let webhook = account::override_from(call, &configuration).await?;
        if let Some(number) = call.sim.state().numbers.get_mut(id) {
            number.webhook = webhook;
        }
    }
    success()
}

pub(super) fn register(call: &Call, id: &str, params: &Map<String, Value>) -> Answer {
    if params::required(params, "messaging_product")? != "whatsapp" {
        return Err(GraphError::parameter("Param messaging_product must be one of {WHATSAPP}"));
    }
    let pin = pin_of(params.get("pin").unwrap_or(&Value::Null))?;
    let mut state = call.sim.state();
    let number = state.numbers.get_mut(id).ok_or_else(|| GraphError::not_visible("post", id))?;
    match &number.pin {
        Some(known) if known.reveal() != pin => return Err(GraphError::new(133_005).details("PIN mismatch.")),
        _ => number.pin = Some(pin.into()),
    }
    number.registered = true;
    drop(state);
    success()
}

pub(super) fn deregister(call: &Call, id: &str) -> Answer {
    if let Some(number) = call.sim.state().numbers.get_mut(id) {
        number.registered = false;
    }
    success()
}

fn pin_of(value: &Value) -> Result<String, GraphError> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text);
    }
    Err(GraphError::parameter("Param pin must be a string with exactly 6 digits."))
}

pub(super) fn profile(call: &Call, id: &str) -> Answer {
    let state = call.sim.state();
    let number = state.numbers.get(id).ok_or_else(|| GraphError::not_visible("get", id))?;
    Ok(Json(json!({ "data": [number.profile] })).into_response())
}

/// Changes the profile within Meta's lengths (characters).
pub(super) fn set_profile(call: &Call, id: &str, mut params: Map<String, Value>) -> Answer {
    params::required(&params, "messaging_product")?;
    for (name, most) in [("about", 139), ("address", 256), ("description", 512), ("email", 128)] {
        let length = params.get(name).and_then(Value::as_str).map_or(0, |text| text.chars().count());
        if length > most {
            return Err(GraphError::parameter(format!("Param {name} must be at most {most} characters long.")));
        }
    }
    if params.get("websites").and_then(Value::as_array).is_some_and(|websites| websites.len() > 2) {
        return Err(GraphError::parameter("Param websites must have at most 2 elements."));
    }
    let known = ["about", "address", "description", "email", "websites", "vertical"];
    params.retain(|name, _| known.contains(&name.as_str()));
    if let Some(number) = call.sim.state().numbers.get_mut(id)
        && let Some(profile) = number.profile.as_object_mut()
    {
        profile.extend(params);
    }
    success()
}

/// Blocks or unblocks customers; a blocked one cannot be written to (130403) and does not reach the business.
pub(super) fn block(call: &Call, id: &str, method: &Method, params: Map<String, Value>) -> Answer {
    let mut state = call.sim.state();
    if *method == Method::GET {
        let blocked = state.numbers.get(id).map(|number| number.blocked.clone()).unwrap_or_default();
        let data: Vec<Value> = blocked
            .iter()
            .filter_map(|handle| state.customers.get(handle))
            .map(|customer| json!({ "messaging_product": "whatsapp", "wa_id": customer.wa_id, "user_id": customer.user_id }))
            .collect();
        return Ok(Json(json!({ "data": data })).into_response());
    }
    let users = params.get("block_users").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut done = Vec::new();
    for user in users.iter().take(1_000) {
        let input = user["user"].as_str().or(user["user_id"].as_str()).unwrap_or_default();
        let digits: String = input.chars().filter(char::is_ascii_digit).collect();
        let Some(customer) = state.customers.get(input).or_else(|| state.customers.get(&digits)).cloned() else {
            continue;
        };
        let Some(number) = state.numbers.get_mut(id) else { break };
        number.blocked.retain(|handle| *handle != customer.id);
        if *method == Method::POST {
            number.blocked.push(customer.id);
        }
        done.push(json!({ "input": input, "wa_id": customer.wa_id }));
    }
    let list = if *method == Method::POST { "added_users" } else { "removed_users" };
    Ok(Json(json!({ "messaging_product": "whatsapp", "block_users": { list: done } })).into_response())
}
