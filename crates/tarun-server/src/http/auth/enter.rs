//! New business, sign-in, refresh.

use super::{cookie, entered};
use crate::http::Http;
use crate::http::extract::{Caller, Json, SameSite};
use crate::http::problem::ApiError;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use tarun_api::auth::{LoginIn, Session, SignupIn};
use tarun_app::auth;
use tarun_core::secret::Secret;

/// Found a business
///
/// Makes a business and its first person, an owner, who is signed in at once. The refresh token comes as a cookie. More than
/// 20 an hour from one address are answered with 429 and `Retry-After`.
#[utoipa::path(post, path = "/auth/signup", tag = "auth", security(()), request_body = SignupIn,
    responses((status = 201, description = "Founded and signed in", body = Session)))]
pub(super) async fn sign_up(
    State(http): State<Http>,
    Caller(client): Caller,
    Json(given): Json<SignupIn>,
) -> Result<Response, ApiError> {
    let given = auth::SignUp {
        business_name: given.business_name,
        name: given.name,
        email: given.email,
        password: Secret::new(given.password),
    };
    let done = auth::sign_up(&http.app, http.settings.sign_up, given, &client).await?;
    Ok((StatusCode::CREATED, entered(&http, done)).into_response())
}

/// Sign in
///
/// After ten failures in 15 minutes, of one account or from one address, the answer is 429 with `Retry-After`. A browser in
/// which the person signed in before has ten tries of its own, whatever others do; it is known by its cookie.
#[utoipa::path(post, path = "/auth/login", tag = "auth", security(()), request_body = LoginIn,
    responses((status = 200, description = "Signed in", body = Session)))]
pub(super) async fn log_in(
    State(http): State<Http>,
    Caller(client): Caller,
    Json(given): Json<LoginIn>,
) -> Result<(CookieJar, Json<Session>), ApiError> {
    let done = auth::log_in(&http.app, &given.email, &Secret::new(given.password), &client).await?;
    Ok(entered(&http, done))
}

/// Renew the access token
///
/// Takes the refresh token from its cookie and puts the next one there; within a minute the same call gets the same token
/// again. A refresh token that was replaced more than a minute ago ends its session.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", security(("refresh_cookie" = [])),
    params(("X-Tarun-Client" = String, Header, description = "Any value; keeps other sites from making this call")),
    responses((status = 200, description = "Still signed in", body = Session)))]
pub(super) async fn refresh(_: SameSite, State(http): State<Http>, jar: CookieJar) -> Result<Response, ApiError> {
    let Some(token) = cookie::read(&jar) else {
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "not_signed_in", "Nobody is signed in here."));
    };
    match auth::refresh(&http.app, token).await.map_err(ApiError::from) {
        Ok(done) => Ok(entered(&http, done).into_response()),
        // The cookie is of no more use: without it, the next visit goes straight to the sign-in page.
        Err(error) if error.status == StatusCode::UNAUTHORIZED => Ok((cookie::none(&http), error).into_response()),
        Err(error) => Err(error),
    }
}
