//! Parameters after the question mark.

use crate::http::problem::ApiError;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

const MAX_WORDS: usize = 200;

/// Query parameters of the given shape; unknown, doubled and unreadable ones are refused (400).
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // No parameter is a text that may hold NUL, which the database can't compare with.
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(bad("a parameter holds the character NUL".to_owned()));
        }
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        query.map(|axum::extract::Query(value)| Self(value)).map_err(|rejection| {
            let words = rejection.body_text();
            let words = words.rsplit("query string: ").next().unwrap_or_default();
            bad(words.chars().take(MAX_WORDS).collect())
        })
    }
}

fn bad(words: String) -> ApiError {
    let code = if words.contains("unknown field") { "unknown_parameter" } else { "bad_parameter" };
    ApiError::new(StatusCode::BAD_REQUEST, code, format!("The parameters after the question mark do not fit: {words}."))
}
