//! The controls under `/_sim/`: what the phone page and tests use to play customers, script misbehaviour and read the record.
//!
//! A tool for this machine: it has no login. Requests that a browser sends from another site are refused by their `Origin`.

mod customers;
mod files;
mod observe;
mod script;
mod webhooks;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{delete, get, patch, post, put},
};
use serde_json::json;

use crate::{inbound::CannotPlay, page, simulator::Simulator};

/// Routes below `/_sim`.
pub(crate) fn routes() -> Router<Arc<Simulator>> {
    Router::new()
        .route("/assets/{name}", get(page::asset))
        .route("/events", get(page::stream))
        .route("/state", get(observe::state))
        .route("/calls", get(observe::calls))
        .route("/webhooks", get(observe::attempts).post(webhooks::inject))
        .route("/idle", get(observe::idle))
        .route("/clock", post(script::clock))
        .route("/behaviour", get(script::list).post(script::add).delete(script::clear))
        .route("/app", put(script::app))
        .route("/numbers", post(script::number))
        .route("/templates", post(script::template))
        .route("/customers", post(customers::add))
        .route("/customers/{id}", patch(customers::change))
        .route("/customers/{id}/messages", get(customers::chat).post(customers::play))
        .route("/customers/{id}/read", post(customers::read))
        .route("/customers/{id}/preferences", post(customers::prefer))
        .route("/messages/{wamid}/status", post(script::status))
        .route("/media", post(files::add))
        .route("/media/{id}", get(files::show))
        .route("/media/{id}/expire", delete(files::expire))
        .layer(DefaultBodyLimit::max(110 * 1024 * 1024))
        .layer(middleware::from_fn(same_site))
}

/// Refuses what a browser sends for a page of another site.
async fn same_site(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let foreign = origin.is_some_and(|origin| {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        authority != host
    });
    if foreign {
        return (StatusCode::FORBIDDEN, Json(json!({ "error": "requests from other sites are refused" })))
            .into_response();
    }
    next.run(request).await
}

/// An order that cannot be carried out.
struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<CannotPlay> for Refused {
    fn from(why: CannotPlay) -> Self {
        Self(StatusCode::UNPROCESSABLE_ENTITY, why.0)
    }
}

fn refused(why: &str) -> Refused {
    Refused(StatusCode::UNPROCESSABLE_ENTITY, why.to_owned())
}

fn not_found(what: &str) -> Refused {
    Refused(StatusCode::NOT_FOUND, format!("there is no such {what}"))
}
