//! Setting the stage: rules of misbehaviour, settings, the clock, the app, numbers, templates, single statuses.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{Refused, not_found, refused};
use crate::{
    behaviour::Rule,
    chats::{Direction, Stage},
    config::SimNumber,
    simulator::{Event, Simulator},
    webhook::handshake,
};

/// Rules to add, and settings to change: only what is named changes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Behaviour {
    #[serde(default)]
    rules: Vec<Rule>,
    #[serde(default)]
    settings: Value,
}

/// `GET /_sim/behaviour`
pub(super) async fn list(State(sim): State<Arc<Simulator>>) -> Json<Value> {
    Json(in_force(&sim))
}

fn in_force(sim: &Simulator) -> Value {
    let state = sim.state();
    json!({ "rules": state.behaviours.list(), "settings": state.settings })
}

/// `POST /_sim/behaviour`
pub(super) async fn add(
    State(sim): State<Arc<Simulator>>,
    Json(wanted): Json<Behaviour>,
) -> Result<Json<Value>, Refused> {
    let mut state = sim.state();
    let mut settings = json!(state.settings);
    merge(&mut settings, &wanted.settings);
    let settings = serde_json::from_value(settings).map_err(|error| refused(&error.to_string()))?;
    if !state.behaviours.add(wanted.rules) {
        return Err(refused("there is no room for so many rules"));
    }
    state.settings = settings;
    drop(state);
    // Something may have waited for `paused` to end.
    sim.queue.wake();
    Ok(Json(in_force(&sim)))
}

/// `DELETE /_sim/behaviour`: no rules any more; settings stay.
pub(super) async fn clear(State(sim): State<Arc<Simulator>>) -> Json<Value> {
    sim.state().behaviours.clear();
    Json(in_force(&sim))
}

/// Objects are merged, everything else is replaced.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        // No settings given at all; a named `null` below reaches the arm after this one through its object.
        (Value::Object(_), Value::Null) => {}
        (into, from) => into.clone_from(from),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    advance_seconds: u32,
}

/// `POST /_sim/clock`: windows close and files expire sooner.
pub(super) async fn clock(State(sim): State<Arc<Simulator>>, Json(wanted): Json<Advance>) -> Json<Value> {
    Json(json!({ "now": sim.clock.advance(wanted.advance_seconds) }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct App {
    webhook_url: Option<Url>,
    verify_token: Option<String>,
}

/// `PUT /_sim/app`: the callback URL of Meta's dashboard, with the handshake of "Verify and save"; `null` removes it.
pub(super) async fn app(State(sim): State<Arc<Simulator>>, Json(app): Json<App>) -> Result<Json<Value>, Refused> {
    let token = app.verify_token.map_or_else(|| sim.state().verify_token.clone(), Into::into);
    if let Some(url) = &app.webhook_url {
        handshake::verify(&sim.http, url, token.reveal()).await.map_err(|why| refused(&why))?;
    }
    let mut state = sim.state();
    state.webhook_url = app.webhook_url;
    state.verify_token = token;
    drop(state);
    sim.tell(Event::Changed);
    Ok(Json(json!({ "success": true })))
}

/// `POST /_sim/numbers`
pub(super) async fn number(
    State(sim): State<Arc<Simulator>>,
    Json(number): Json<SimNumber>,
) -> Result<Json<Value>, Refused> {
    let mut state = sim.state();
    // As at the start: with a callback URL of the app, delivery begins at once.
    let subscribed = state.webhook_url.is_some();
    if !state.numbers.add(number, subscribed) {
        return Err(refused("the phone_number_id is taken, or there is no room"));
    }
    drop(state);
    sim.tell(Event::Changed);
    Ok(Json(json!({ "success": true })))
}

/// `POST /_sim/templates`: adds or replaces one; `waba_id` limits it to an account.
pub(super) async fn template(
    State(sim): State<Arc<Simulator>>,
    Json(template): Json<Value>,
) -> Result<Json<Value>, Refused> {
    let complete = ["id", "name", "language", "status", "category"].iter().all(|name| template[*name].is_string());
    if !complete || !template["components"].is_array() {
        return Err(refused("a template needs id, name, language, status, category and components"));
    }
    if !sim.state().templates.put(template) {
        return Err(refused("there is no room for another template"));
    }
    Ok(Json(json!({ "success": true })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Status {
    status: Stage,
    /// Meta's error code for `failed`.
    code: Option<i64>,
}

/// `POST /_sim/messages/{wamid}/status`: one status now, with those it implies.
pub(super) async fn status(
    State(sim): State<Arc<Simulator>>,
    Path(wamid): Path<String>,
    Json(wanted): Json<Status>,
) -> Result<Json<Value>, Refused> {
    let known = sim.state().chats.message(&wamid).is_some_and(|message| message.direction == Direction::Outbound);
    if !known {
        return Err(not_found("message of the business"));
    }
    match wanted.status {
        Stage::Failed => sim.fail(&wamid, wanted.code.unwrap_or(131_000)),
        to => sim.advance(&wamid, to),
    }
    Ok(Json(json!({ "success": true })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_changes_only_what_is_named() {
        let mut settings = json!({ "a": { "b": 1, "c": 2 }, "d": 3 });
        merge(&mut settings, &json!({ "a": { "c": null } }));
        assert_eq!(settings, json!({ "a": { "b": 1, "c": null }, "d": 3 }));
        merge(&mut settings, &Value::Null);
        assert_eq!(settings["d"], 3);
    }
}
