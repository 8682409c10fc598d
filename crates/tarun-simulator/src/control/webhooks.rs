//! Webhooks made by hand.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{Refused, refused};
use crate::{
    simulator::Simulator,
    webhook::{Update, body::signature},
};

/// Either an update of any field, queued like the simulator's own …
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Injection {
    Update(Field),
    Raw(Raw),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Field {
    field: String,
    value: Value,
    /// The first number's account otherwise.
    waba_id: Option<String>,
    phone_number_id: Option<String>,
}

/// … or exact bytes, posted once at once, whose answer is told.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    raw: String,
    /// `X-Hub-Signature-256` as given; empty sends none; left out signs with `secret`.
    signature: Option<String>,
    /// The app's secret otherwise.
    secret: Option<String>,
    /// The app's callback URL otherwise.
    url: Option<Url>,
}

/// `POST /_sim/webhooks`
pub(super) async fn inject(
    State(sim): State<Arc<Simulator>>,
    Json(wanted): Json<Injection>,
) -> Result<Json<Value>, Refused> {
    match wanted {
        Injection::Update(field) => queue(&sim, field),
        Injection::Raw(raw) => post(&sim, raw).await,
    }
}

fn queue(sim: &Simulator, field: Field) -> Result<Json<Value>, Refused> {
    let state = sim.state();
    let first = || state.numbers.iter().next().map(|number| number.config.waba_id.clone());
    let waba_id = field.waba_id.or_else(first).ok_or_else(|| refused("there is no account yet"))?;
    if state.callback_url(&waba_id, field.phone_number_id.as_deref()).is_none() {
        return Err(refused("no callback URL, or the account is not subscribed"));
    }
    let update =
        Update { waba_id, phone_number_id: field.phone_number_id, field: field.field, value: field.value, about: None };
    sim.notify(&state.settings.webhooks, update);
    Ok(Json(json!({ "success": true })))
}

async fn post(sim: &Simulator, raw: Raw) -> Result<Json<Value>, Refused> {
    let url = raw.url.or_else(|| sim.state().webhook_url.clone()).ok_or_else(|| refused("there is no callback URL"))?;
    let body = raw.raw.into_bytes();
    let secret = raw.secret.unwrap_or_else(|| sim.app_secret.reveal().to_owned());
    let signed = raw.signature.unwrap_or_else(|| signature(&secret, &body));
    let mut request = sim.http.post(url).header("content-type", "application/json").timeout(Duration::from_secs(30));
    if !signed.is_empty() {
        request = request.header("x-hub-signature-256", signed);
    }
    let answer = request.body(body).send().await.map_err(|error| refused(&error.without_url().to_string()))?;
    Ok(Json(json!({ "http_status": answer.status().as_u16() })))
}
