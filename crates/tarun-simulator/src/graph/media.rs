//! Files: upload, look-up, download, deletion.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::{ConnectInfo, Multipart, Query, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::json;

use super::{Answer, Call, auth::Caller, error::GraphError, success};
use crate::{
    answer,
    behaviour::{Endpoint, Subject},
    connection::Scissors,
    media::largest,
    simulator::Simulator,
};

/// `POST /{phone_number_id}/media`
pub(super) async fn upload(call: &Call, id: &str, mut form: Multipart) -> Answer {
    let unreadable = |error: axum::extract::multipart::MultipartError| {
        GraphError::parameter("Invalid parameter").details(format!("The form could not be read: {error}"))
    };
    let (mut product, mut declared, mut file) = (None, None, None);
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        match field.name().unwrap_or_default() {
            "messaging_product" => product = Some(field.text().await.map_err(unreadable)?),
            "type" => declared = Some(field.text().await.map_err(unreadable)?),
            "file" => {
                let of_part = field.content_type().map(str::to_owned);
                file = Some((of_part, field.bytes().await.map_err(unreadable)?));
            }
            _ => {}
        }
    }
    if let Some(response) = call.scripted(Endpoint::MediaUpload, Some(id)).await {
        return response;
    }
    if product.as_deref() != Some("whatsapp") {
        return Err(GraphError::parameter("The parameter messaging_product is required."));
    }
    let (of_part, bytes): (Option<String>, Bytes) =
        file.ok_or_else(|| GraphError::parameter("The parameter file is required."))?;
    // The type of the part decides, the form field is what remains when the part has none.
    let mime_type = of_part.filter(|t| t != "application/octet-stream").or(declared).unwrap_or_default();
    let Some(most) = largest(&mime_type) else {
        let details = format!("Received file of type '{mime_type}', which is not a supported media type.");
        return Err(GraphError::new(131_053).details(details));
    };
    if bytes.is_empty() || bytes.len() > most {
        let details = format!("File size must be between 1 and {most} bytes for {mime_type}, got {}.", bytes.len());
        return Err(GraphError::new(131_053).details(details));
    }
    let now = call.sim.clock.now();
    let media = call.sim.state().media.add(id, &mime_type, bytes, false, now);
    Ok(Json(json!({ "id": media.id })).into_response())
}

/// `GET` and `DELETE /{media_id}`
pub(super) async fn node(call: &Call, method: &Method, id: &str) -> Answer {
    if let Some(response) = call.scripted(Endpoint::MediaLookup, None).await {
        return response;
    }
    let now = call.sim.clock.now();
    let mut state = call.sim.state();
    let media = state.media.get(id, now).cloned().ok_or_else(|| GraphError::not_visible("get", id))?;
    if call.query.get("phone_number_id").is_some_and(|number| *number != media.phone_number_id) {
        return Err(GraphError::not_visible("get", id));
    }
    match *method {
        Method::GET => Ok(Json(json!({
            "messaging_product": "whatsapp", "url": media.url(&call.sim.base_url, now), "mime_type": media.mime_type,
            "sha256": media.sha256_hex(), "file_size": media.bytes.len(), "id": media.id,
        }))
        .into_response()),
        Method::DELETE => {
            state.media.remove(id);
            drop(state);
            success()
        }
        _ => Err(GraphError::not_visible("post", id)),
    }
}

/// `GET` of a download address; at Meta another host, which likewise wants the token.
pub(crate) async fn download(
    State(sim): State<Arc<Simulator>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let caller = match Caller::find(&sim, &headers, &HashMap::new()) {
        Ok(caller) => caller,
        Err(error) => return error.into_response(),
    };
    let action = {
        let subject = Subject { endpoint: Endpoint::MediaDownload, ..Subject::default() };
        sim.state().behaviours.take(&subject)
    };
    if let Some(action) = action
        && let Some(response) = answer::shape(&action, &scissors).await
    {
        return response;
    }
    let now = sim.clock.now();
    let part = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let state = sim.state();
    let fresh = part("ext").parse::<i64>().is_ok_and(|expires| expires > now);
    let found = state
        .media
        .get(part("mid"), now)
        .filter(|media| fresh && media.key == part("hash") && caller.may_use(&state, &media.phone_number_id));
    match found {
        Some(media) => ([(header::CONTENT_TYPE, media.mime_type.clone())], media.bytes.clone()).into_response(),
        // Meta's file host answers plainly, not with a Graph error.
        None => (StatusCode::NOT_FOUND, "URL signature expired").into_response(),
    }
}
