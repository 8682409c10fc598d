//! Errors as people and programs read them: RFC 9457 problem documents. The only place that knows statuses.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::borrow::Cow;
use tarun_api::problem::{FieldProblem, Problem};
use tarun_app::acting::ActError;
use tarun_store::StoreError;

/// What a handler answers when it does not do what was asked.
///
/// Its response carries the error itself; [`super::request::answer`] writes the body, since only there the request's id is known.
#[derive(Debug, Clone)]
pub struct ApiError {
    pub status: StatusCode,
    /// Stable, snake case.
    pub code: Cow<'static, str>,
    /// For people: what happened, and what to do next.
    pub detail: String,
    pub errors: Vec<FieldError>,
    pub retry_after_seconds: Option<u64>,
}

/// What is wrong with one field of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// JSON pointer (RFC 6901).
    pub pointer: String,
    pub code: Cow<'static, str>,
    pub detail: String,
}

impl ApiError {
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code: code.into(), detail: detail.into(), errors: Vec::new(), retry_after_seconds: None }
    }

    /// An error of one field: its code and words are also the whole's.
    #[must_use]
    pub fn field(
        status: StatusCode,
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        let detail = detail.into();
        let field = FieldError { pointer: pointer.into(), code: code.into(), detail: detail.clone() };
        Self { errors: vec![field], ..Self::new(status, code, detail) }
    }

    /// No such route, or no such thing for the one who asks.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("There is no such {what}."))
    }

    /// A mistake of ours. What it was stands in the log only.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong on our side. Try again; if it stays, give your admin the request id.",
        )
    }

    /// The document, for the request with this id.
    #[must_use]
    pub fn document(&self, request_id: &str) -> Problem {
        Problem {
            kind: format!("/docs#problem-{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            code: self.code.to_string(),
            errors: self
                .errors
                .iter()
                .map(|e| FieldProblem {
                    pointer: e.pointer.clone(),
                    code: e.code.to_string(),
                    detail: e.detail.clone(),
                })
                .collect(),
            request_id: request_id.to_owned(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<ActError> for ApiError {
    fn from(error: ActError) -> Self {
        match error {
            ActError::NotFound(what) => Self::not_found(what),
            ActError::Forbidden(action) => Self::new(
                StatusCode::FORBIDDEN,
                "forbidden",
                format!("You may not do this ({}). Ask an admin of your business.", action.as_str()),
            ),
            ActError::Refused { code, detail } => Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail),
            ActError::Field { pointer, code, detail } => {
                Self::field(StatusCode::UNPROCESSABLE_ENTITY, pointer, code, detail)
            }
            ActError::Conflict { code, detail } => Self::new(StatusCode::CONFLICT, code, detail),
            ActError::Unauthenticated { code, detail } => Self::new(StatusCode::UNAUTHORIZED, code, detail),
            ActError::TooMany { retry_after_seconds, detail } => Self {
                retry_after_seconds: Some(retry_after_seconds),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail)
            },
            ActError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if error.is_passing() {
            tracing::warn!(%error, "the database did not answer in time");
            return Self {
                retry_after_seconds: Some(2),
                ..Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "unavailable",
                    "The database is busy. Try again in a moment.",
                )
            };
        }
        tracing::error!(%error, "an act failed");
        Self::internal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tarun_core::policy::Action;

    #[test]
    fn each_refusal_has_its_status_and_code() {
        let table: [(ActError, u16, &str); 8] = [
            (ActError::NotFound("person"), 404, "not_found"),
            (ActError::Forbidden(Action::ManageUser), 403, "forbidden"),
            (ActError::Refused { code: "window_closed", detail: "x".into() }, 422, "window_closed"),
            (ActError::Field { pointer: "/name", code: "required", detail: "x".into() }, 422, "required"),
            (ActError::Conflict { code: "email_taken", detail: "x".into() }, 409, "email_taken"),
            (ActError::Unauthenticated { code: "token_expired", detail: "x" }, 401, "token_expired"),
            (ActError::TooMany { retry_after_seconds: 7, detail: "x".into() }, 429, "too_many_requests"),
            (ActError::Store(StoreError::NoSuchTenant), 500, "internal"),
        ];
        for (error, status, code) in table {
            let error = ApiError::from(error);
            assert_eq!((error.status.as_u16(), error.code.as_ref()), (status, code));
        }
    }

    #[test]
    fn c_113_what_went_wrong_inside_is_not_told() {
        let inner = StoreError::Inconsistent { table: "users", reason: "select secret from users".into() };
        let document = serde_json::to_string(&ApiError::from(inner).document("id")).unwrap();
        assert!(!document.contains("users") && !document.contains("select"), "{document}");
    }
}
