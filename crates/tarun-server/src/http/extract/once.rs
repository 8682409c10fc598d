//! A body that makes something, with the caller's `Idempotency-Key`.

use super::json;
use crate::http::problem::ApiError;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use tarun_app::acting::Acting;
use tarun_app::idempotency::Once;

const MAX_KEY: usize = 255;

/// A JSON body of a call that may be repeated. Calls without a body take `Creating<()>`.
#[derive(Debug)]
pub struct Creating<T> {
    pub value: T,
    key: Option<String>,
    /// Method, path and body: what a repetition must have in common with the first call.
    request: Vec<u8>,
}

impl<T> Creating<T> {
    /// What the act needs to answer a repetition like the first call.
    #[must_use]
    pub fn once(&self, acting: &Acting) -> Option<Once> {
        self.key.as_deref().map(|key| Once::new(acting, key, &self.request))
    }

    /// The key itself, `None` where the caller gave none.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

impl<S: Send + Sync, T: DeserializeOwned + 'static> FromRequest<S> for Creating<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let key = key(request.headers())?;
        let mut described = format!("{} {}\n", request.method(), request.uri().path()).into_bytes();
        if std::any::TypeId::of::<T>() == std::any::TypeId::of::<()>() {
            let value = serde_json::from_value(serde_json::Value::Null).map_err(|_| ApiError::internal())?;
            return Ok(Self { value, key, request: described });
        }
        let bytes = json::body(request, state).await?;
        described.extend_from_slice(&bytes);
        Ok(Self { value: json::read(&bytes)?, key, request: described })
    }
}

fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut all = headers.get_all("idempotency-key").iter();
    let Some(first) = all.next() else { return Ok(None) };
    let text = first.to_str().ok().filter(|t| (1..=MAX_KEY).contains(&t.len()) && all.next().is_none());
    text.map(|t| Some(t.to_owned())).ok_or_else(|| {
        let detail = format!("Idempotency-Key must be one header of 1 to {MAX_KEY} visible ASCII characters.");
        ApiError::new(StatusCode::BAD_REQUEST, "bad_idempotency_key", detail)
    })
}
