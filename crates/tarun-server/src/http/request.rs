//! What every request gets: an id, a line in the log, its time in the metrics, and a readable error.

use super::problem::ApiError;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::any::Any;
use std::time::Instant;
use tracing::Instrument as _;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The outermost layer. The id is made here: one that a client sends is not believed, since it stands in our log.
///
/// The log knows the route's pattern, never the path or the query: those may hold tokens and what people search for.
pub async fn answer(request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().to_string();
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let method = method_name(request.method());
    let span = tracing::info_span!(
        "request",
        id,
        method,
        route,
        tenant = tracing::field::Empty,
        actor = tracing::field::Empty,
        otel.status_code = tracing::field::Empty
    );
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let error = response.extensions_mut().remove::<ApiError>().or_else(|| timed_out(response.status()));
    if let Some(error) = error {
        response = with_document(response, &error, &id);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let (status, took) = (response.status(), started.elapsed());
    metrics::histogram!("tarun_http_seconds", "method" => method, "route" => route, "status" => status.as_u16().to_string())
        .record(took);
    span.in_scope(|| {
        let (status, milliseconds) = (status.as_u16(), took.as_millis());
        if status >= 500 {
            tracing::warn!(status, milliseconds, "answered");
        } else {
            tracing::debug!(status, milliseconds, "answered");
        }
    });
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    response
}

/// The layer that ends what takes too long knows a status only. No handler answers with this one itself.
fn timed_out(status: StatusCode) -> Option<ApiError> {
    let detail = "This took too long, and what came of it is not known. Look at how things stand before you try again.";
    (status == StatusCode::GATEWAY_TIMEOUT).then(|| ApiError::new(status, "timeout", detail))
}

/// Methods of the protocol only: whatever else comes must not make new metrics.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn with_document(response: Response, error: &ApiError, request_id: &str) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    parts.headers.remove(header::CONTENT_LENGTH);
    let body = serde_json::to_vec(&error.document(request_id)).unwrap_or_default();
    Response::from_parts(parts, Body::from(body))
}

/// A panic in a handler: the client gets an id, by which the log's line about it is found ([`crate::telemetry`]).
#[must_use]
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    axum::response::IntoResponse::into_response(ApiError::internal())
}
