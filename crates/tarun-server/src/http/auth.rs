//! Signing up, in and out; one's own password and devices; links.

pub(super) mod cookie;
mod enter;
mod link;
mod password;
mod session;

use super::Http;
use super::extract::Json;
use super::me::permissions;
use super::tenant::show_tenant;
use super::users::show_user;
use axum_extra::extract::CookieJar;
use tarun_api::auth::Session;
use tarun_app::auth::{ACCESS_TOKEN_SECONDS, Entered};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default()
        .routes(routes!(enter::sign_up))
        .routes(routes!(enter::log_in))
        .routes(routes!(enter::refresh))
        .routes(routes!(session::log_out))
        .routes(routes!(password::change_password))
        .routes(routes!(session::list_sessions, session::end_other_sessions))
        .routes(routes!(session::end_session))
        .routes(routes!(link::look_at_link))
        .routes(routes!(link::accept_invitation))
        .routes(routes!(password::reset_password))
}

/// The answer to whoever is signed in now: tokens in the body and in the cookies.
fn entered(http: &Http, entered: Entered) -> (CookieJar, Json<Session>) {
    let mut jar = CookieJar::new().add(cookie::refresh(http, &entered.refresh_token, entered.refresh_expires_at));
    if let Some(mark) = &entered.device {
        jar = jar.add(cookie::device(http, mark));
    }
    let session = Session {
        permissions: permissions(entered.user.role),
        access_token: entered.access_token.reveal().to_owned(),
        expires_in: ACCESS_TOKEN_SECONDS,
        user: show_user(entered.user),
        tenant: show_tenant(entered.tenant),
    };
    (jar, Json(session))
}
