//! Whether the process lives, whether it can work, and its figures.

use super::Http;
use super::problem::ApiError;
use crate::telemetry;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use tarun_store::Store;
use tarun_store::job::JobKind;
use tarun_store::keys::same;

/// How long a part may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

pub fn routes() -> Router<Http> {
    Router::new().route("/healthz", get(live)).route("/readyz", get(ready)).route("/metrics", get(figures))
}

/// The process lives (C-121: also while its servers are down).
async fn live() -> &'static str {
    "ok"
}

/// 200 when PostgreSQL and Valkey answer, else 503 and which does not. Migrations ran before the start.
async fn ready(State(http): State<Http>) -> Response {
    let database = async { tokio::time::timeout(PATIENCE, http.app.store.ping()).await.is_ok_and(|r| r.is_ok()) };
    let valkey = async { tokio::time::timeout(PATIENCE, http.app.queue.ping()).await.is_ok_and(|r| r.is_ok()) };
    let (database, valkey) = tokio::join!(database, valkey);
    let word = |up: bool| if up { "up" } else { "down" };
    let status = if database && valkey { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, axum::Json(json!({ "postgresql": word(database), "valkey": word(valkey) }))).into_response()
}

/// Prometheus text, for holders of the metrics token.
async fn figures(State(http): State<Http>, headers: HeaderMap) -> Result<Response, ApiError> {
    let given =
        headers.get(header::AUTHORIZATION).and_then(|h| h.to_str().ok()).and_then(|h| h.strip_prefix("Bearer "));
    let known = match (&http.settings.metrics_token, given) {
        (Some(token), Some(given)) => same(token.reveal().as_bytes(), given.as_bytes()),
        _ => false,
    };
    if known { Ok(text(&http.app.store).await) } else { Err(ApiError::not_found("address")) }
}

async fn text(store: &Store) -> Response {
    if let Ok(backlog) = store.backlog().await {
        // Where nothing is left there is no row, and the figure of the last look must not stay.
        let known =
            JobKind::ALL.map(JobKind::as_str).into_iter().flat_map(|kind| ["PENDING", "DEAD"].map(|s| (kind, s)));
        let mut figures: BTreeMap<(String, String), i64> =
            known.map(|(kind, state)| ((kind.to_owned(), state.to_owned()), 0)).collect();
        figures.extend(backlog.into_iter().map(|row| ((row.kind, row.state), row.count)));
        for ((kind, state), count) in figures {
            metrics::gauge!("tarun_jobs", "kind" => kind, "state" => state).set(count as f64);
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], telemetry::metrics().render()).into_response()
}

/// Metrics alone, for a listening address of their own.
pub fn metrics_only(store: Store) -> Router {
    Router::new().route("/metrics", get(move || async move { text(&store).await }))
}
