//! Who asks.

use super::Http;
use super::problem::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use tarun_app::acting::Acting;
use tarun_app::auth::authenticate;
use tarun_core::policy::Actor;

/// Somebody who proved who he is, by access token or API key. Take it first: then nobody else learns what is wrong with a
/// request.
pub struct SignedIn(pub Acting);

impl FromRequestParts<Http> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, ApiError> {
        let acting = authenticate(&http.app, bearer(&parts.headers).ok_or_else(not_signed_in)?).await?;
        let span = tracing::Span::current();
        span.record("tenant", tracing::field::display(acting.ctx.tenant));
        match &acting.actor {
            Actor::User { id, .. } => span.record("actor", tracing::field::display(id)),
            Actor::ApiKey { id, .. } => span.record("actor", tracing::field::display(id)),
        };
        Ok(Self(acting))
    }
}

/// The same where being signed in is welcome but not needed; a token that is over counts as none.
pub struct MaybeSignedIn(pub Option<Acting>);

impl FromRequestParts<Http> for MaybeSignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, ApiError> {
        match SignedIn::from_request_parts(parts, http).await {
            Ok(SignedIn(acting)) => Ok(Self(Some(acting))),
            Err(error) if error.status == StatusCode::UNAUTHORIZED => Ok(Self(None)),
            Err(error) => Err(error),
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (one, None) = (all.next()?, all.next()) else { return None };
    let (scheme, token) = one.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn not_signed_in() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "not_signed_in",
        "Sign in first: send the header Authorization: Bearer with an access token or an API key.",
    )
}
