//! Files of the phone page.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{Refused, not_found, refused};
use crate::{inbound, page, simulator::Simulator};

/// `POST /_sim/media?phone_number_id=…` with the bytes as body: a file a customer is about to send.
pub(super) async fn add(
    State(sim): State<Arc<Simulator>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Refused> {
    let mime_type = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if body.is_empty() || !mime_type.contains('/') {
        return Err(refused("send the file as body, with its Content-Type"));
    }
    let order: Map<String, Value> =
        query.get("phone_number_id").map(|id| ("phone_number_id".to_owned(), id.as_str().into())).into_iter().collect();
    let now = sim.clock.now();
    let mut state = sim.state();
    let number = inbound::number_for(&state, &order)?;
    let media = state.media.add(&number, mime_type, body, true, now);
    Ok(Json(json!({ "id": media.id })))
}

/// `GET /_sim/media/{id}`: shows a file on the phone. Anything a browser might run is offered as a download only.
pub(super) async fn show(State(sim): State<Arc<Simulator>>, Path(id): Path<String>) -> Response {
    let Some(media) = sim.state().media.get(&id, sim.clock.now()).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let bare = media.mime_type.split(';').next().unwrap_or_default().trim().to_owned();
    let plain = ["image/jpeg", "image/png", "image/webp"].contains(&bare.as_str())
        || bare.starts_with("audio/")
        || bare.starts_with("video/");
    let mut response = media.bytes.into_response();
    let kind = HeaderValue::from_str(if plain { &bare } else { "application/octet-stream" });
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    if !plain {
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    }
    page::guard(&mut response);
    response
}

/// `DELETE /_sim/media/{id}/expire`: the file is gone from Meta, as after its 7 or 30 days.
pub(super) async fn expire(State(sim): State<Arc<Simulator>>, Path(id): Path<String>) -> Result<Json<Value>, Refused> {
    if sim.state().media.remove(&id) { Ok(Json(json!({ "success": true }))) } else { Err(not_found("file")) }
}
