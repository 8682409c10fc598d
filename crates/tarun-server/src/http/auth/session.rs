//! One's own devices, and signing out.

use super::cookie;
use crate::http::Http;
use crate::http::extract::{Json, Path, SameSite};
use crate::http::problem::ApiError;
use crate::http::signed_in::{MaybeSignedIn, SignedIn};
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::CookieJar;
use tarun_api::auth::SessionInfo;
use tarun_api::page::Page;
use tarun_app::auth;
use tarun_core::ids::SessionId;
use tarun_core::policy::Actor;
use uuid::Uuid;

/// Sign out
///
/// Ends the session of the cookie and of the access token, and takes the cookie away. Also right when nobody is signed in.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", security(("refresh_cookie" = []), ("bearer" = []), ()),
    params(("X-Tarun-Client" = String, Header, description = "Any value; keeps other sites from making this call")),
    responses((status = 204, description = "Signed out")))]
pub(super) async fn log_out(
    _: SameSite,
    MaybeSignedIn(acting): MaybeSignedIn,
    State(http): State<Http>,
    jar: CookieJar,
) -> Result<(StatusCode, CookieJar), ApiError> {
    auth::sign_out(&http.app, cookie::read(&jar), acting.as_ref()).await?;
    Ok((StatusCode::NO_CONTENT, cookie::none(&http)))
}

/// List one's devices
///
/// Where the person who asks is signed in, last used first.
#[utoipa::path(get, path = "/auth/sessions", tag = "auth",
    responses((status = 200, description = "The sign-ins that hold", body = Page<SessionInfo>)))]
pub(super) async fn list_sessions(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
) -> Result<Json<Page<SessionInfo>>, ApiError> {
    let current = match acting.actor {
        Actor::User { session, .. } => Some(session.0),
        Actor::ApiKey { .. } => None,
    };
    let sessions = auth::session::list(&http.app, &acting).await?;
    let data = sessions
        .into_iter()
        .map(|s| SessionInfo {
            id: s.id,
            current: Some(s.id) == current,
            created_at: s.created_at,
            last_used_at: s.last_used_at,
            user_agent: s.user_agent,
        })
        .collect();
    Ok(Json(Page { data, next_cursor: None }))
}

/// Sign one device out
#[utoipa::path(delete, path = "/auth/sessions/{id}", tag = "auth", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Signed out")))]
pub(super) async fn end_session(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    auth::session::end(&http.app, &acting, SessionId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign all other devices out
#[utoipa::path(delete, path = "/auth/sessions", tag = "auth",
    responses((status = 204, description = "Only the session that asked is left")))]
pub(super) async fn end_other_sessions(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
) -> Result<StatusCode, ApiError> {
    auth::session::end_others(&http.app, &acting).await?;
    Ok(StatusCode::NO_CONTENT)
}
