//! A new password: for somebody who knows the present one, and by a reset link.

use super::entered;
use super::link::accept;
use crate::http::Http;
use crate::http::extract::{Caller, Json};
use crate::http::problem::ApiError;
use crate::http::signed_in::SignedIn;
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::CookieJar;
use tarun_api::auth::{LinkAcceptIn, PasswordChangeIn, Session};
use tarun_app::auth;
use tarun_core::secret::Secret;

/// Change one's password
///
/// All other devices are signed out.
#[utoipa::path(post, path = "/auth/password", tag = "auth", request_body = PasswordChangeIn,
    responses((status = 204, description = "Changed")))]
pub(super) async fn change_password(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Json(given): Json<PasswordChangeIn>,
) -> Result<StatusCode, ApiError> {
    let (current, new) = (Secret::new(given.current_password), Secret::new(given.new_password));
    auth::change_password(&http.app, &acting, &current, &new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Set a new password by a link
///
/// The link works once and for an hour. All devices are signed out; this one is signed in.
#[utoipa::path(post, path = "/auth/password/reset", tag = "auth", security(()), request_body = LinkAcceptIn,
    responses((status = 200, description = "Set and signed in", body = Session)))]
pub(super) async fn reset_password(
    State(http): State<Http>,
    Caller(client): Caller,
    Json(given): Json<LinkAcceptIn>,
) -> Result<(CookieJar, Json<Session>), ApiError> {
    let done = auth::link::reset_password(&http.app, accept(given), &client).await?;
    Ok(entered(&http, done))
}
