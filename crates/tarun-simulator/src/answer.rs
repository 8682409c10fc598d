//! Answers a script asks for instead of Meta's.

use std::{fmt::Write, time::Duration};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{behaviour::Action, connection::Scissors, graph::error::GraphError};

/// Longest time a script may make a client wait.
const LONGEST: Duration = Duration::from_secs(600);
/// Largest body a script may ask for.
const LARGEST: usize = 64 * 1024 * 1024;

/// Plays an action. `None` means: answer as Meta would, now that any wait is over.
pub(crate) async fn shape(action: &Action, scissors: &Scissors) -> Option<Response> {
    match action {
        Action::Accept | Action::FailLater { .. } => None,
        Action::Slow { ms } => {
            tokio::time::sleep(Duration::from_millis(*ms).min(LONGEST)).await;
            None
        }
        Action::Error { .. } => Some(error_of(action)?.into_response()),
        Action::Hang { ms, .. } => {
            tokio::time::sleep(Duration::from_millis(*ms).min(LONGEST)).await;
            scissors.cut();
            Some(StatusCode::NO_CONTENT.into_response())
        }
        Action::Drop { .. } => {
            scissors.cut();
            Some(StatusCode::NO_CONTENT.into_response())
        }
        Action::Answer { http_status, content_type, body, .. } => {
            let status = StatusCode::from_u16(*http_status).unwrap_or(StatusCode::BAD_GATEWAY);
            let kind = HeaderValue::from_str(content_type).unwrap_or(HeaderValue::from_static("text/plain"));
            Some((status, [(header::CONTENT_TYPE, kind)], body.clone()).into_response())
        }
        Action::BigBody { bytes, .. } => {
            let mut body = String::from(r#"{"messages":[{"id":"wamid."#);
            let _ = write!(body, "{}\"}}]}}", "A".repeat((*bytes).min(LARGEST)));
            Some(([(header::CONTENT_TYPE, "application/json")], body).into_response())
        }
        Action::Redirect { location } => {
            let to = HeaderValue::from_str(location).unwrap_or(HeaderValue::from_static("/"));
            Some((StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response())
        }
    }
}

/// The error body of an `error` action.
pub(crate) fn error_of(action: &Action) -> Option<GraphError> {
    let Action::Error { code, http_status, subcode, message, details, retry_after } = action else { return None };
    let mut error = GraphError::new(*code);
    if let Some(status) = http_status {
        error.http = *status;
    }
    if let Some(message) = message {
        error.title.clone_from(message);
    }
    error.subcode = *subcode;
    error.details.clone_from(details);
    error.retry_after = *retry_after;
    Some(error)
}
