//! Reading message templates.

use axum::{Json, response::IntoResponse};
use serde_json::{Value, json};

use super::{Answer, Call, error::GraphError};

/// `GET /{waba_id}/message_templates` with the filters `name`, `status`, `category`, `language` and cursors.
pub(super) fn list(call: &Call, waba_id: &str) -> Answer {
    let state = call.sim.state();
    let matches = |template: &&Value| {
        ["status", "category", "language"].iter().all(|name| {
            call.query
                .get(*name)
                .is_none_or(|wanted| template[*name].as_str().is_some_and(|v| v.eq_ignore_ascii_case(wanted)))
        }) && call.query.get("name").is_none_or(|wanted| template["name"].as_str().is_some_and(|n| n.contains(wanted)))
    };
    let limit: usize = call.query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(25).clamp(1, 1_000);
    let after: usize = call.query.get("after").and_then(|after| after.parse().ok()).unwrap_or(0);
    let all: Vec<&Value> = state.templates.of(waba_id).filter(matches).collect();
    let page: Vec<Value> = all.iter().skip(after).take(limit).map(|template| fields_of(call, template)).collect();
    let end = after + page.len();
    let mut paging = json!({ "cursors": { "before": after.to_string(), "after": end.to_string() } });
    if end < all.len() {
        let url = format!("{}/v26.0/{waba_id}/message_templates?limit={limit}&after={end}", call.sim.base_url);
        paging["next"] = url.into();
    }
    Ok(Json(json!({ "data": page, "paging": paging })).into_response())
}

/// `GET /{template_id}`
pub(super) fn one(call: &Call, id: &str) -> Answer {
    let state = call.sim.state();
    let template = state.templates.by_id(id).ok_or_else(|| GraphError::not_visible("get", id))?;
    Ok(Json(fields_of(call, template)).into_response())
}

fn fields_of(call: &Call, template: &Value) -> Value {
    let Some(fields) = call.query.get("fields") else { return template.clone() };
    let names = fields.split(',').map(str::trim).chain(["id"]);
    names.filter_map(|name| template.get(name).map(|value| (name.to_owned(), value.clone()))).collect()
}
