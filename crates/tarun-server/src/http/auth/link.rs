//! Links of invitations and password resets.

use super::entered;
use crate::http::Http;
use crate::http::extract::{Caller, Json, Path};
use crate::http::problem::ApiError;
use crate::http::users::show_role;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tarun_api::auth::{LinkAcceptIn, LinkInfo, Session};
use tarun_app::auth::link::{self, Accept};
use tarun_core::secret::Secret;

/// Look at a link
///
/// What an invitation or reset link is for. A link that was used, withdrawn or is too old is answered with 404.
#[utoipa::path(get, path = "/auth/links/{token}", tag = "auth", security(()),
    params(("token" = String, Path, description = "The last part of the link")),
    responses((status = 200, description = "An open link", body = LinkInfo)))]
pub(super) async fn look_at_link(
    State(http): State<Http>,
    Path(token): Path<String>,
) -> Result<Json<LinkInfo>, ApiError> {
    let info = link::info(&http.app, &token).await?;
    Ok(Json(LinkInfo { business_name: info.business_name, email: info.email, role: show_role(info.role) }))
}

/// Accept an invitation
///
/// Adds the invited person to the business and signs him in. `name` is needed.
#[utoipa::path(post, path = "/auth/invitations/accept", tag = "auth", security(()), request_body = LinkAcceptIn,
    responses((status = 201, description = "Joined and signed in", body = Session)))]
pub(super) async fn accept_invitation(
    State(http): State<Http>,
    Caller(client): Caller,
    Json(given): Json<LinkAcceptIn>,
) -> Result<Response, ApiError> {
    let done = link::accept_invitation(&http.app, accept(given), &client).await?;
    Ok((StatusCode::CREATED, entered(&http, done)).into_response())
}

pub(super) fn accept(given: LinkAcceptIn) -> Accept {
    Accept { token: Secret::new(given.token), name: given.name, password: Secret::new(given.password) }
}
