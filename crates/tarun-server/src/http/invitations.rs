//! Invitations that wait.

use super::Http;
use super::extract::{Creating, Json, Path, Query};
use super::page::Paging;
use super::problem::ApiError;
use super::signed_in::SignedIn;
use super::users::{show_role, take_role};
use axum::extract::State;
use axum::http::StatusCode;
use tarun_api::page::{Page, PageQuery};
use tarun_api::user::{Invitation, InvitationIn};
use tarun_app::invitation;
use tarun_store::Cursor;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default().routes(routes!(list_invitations, create_invitation)).routes(routes!(withdraw_invitation))
}

/// List invitations
///
/// Those that wait, oldest first, without their links. For admins.
#[utoipa::path(get, path = "/invitations", tag = "invitations", params(PageQuery),
    responses((status = 200, description = "A page of invitations", body = Page<Invitation>)))]
async fn list_invitations(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Invitation>>, ApiError> {
    let paging = Paging::try_from(&query)?;
    let links = invitation::list(&http.app, &acting, paging.after, paging.rows()).await?;
    Ok(Json(paging.page(
        links,
        |l| Cursor { at: l.created_at, id: l.id },
        |l| Invitation { id: l.id, email: l.email, role: show_role(l.role), expires_at: l.expires_at, url: None },
    )))
}

/// Invite somebody
///
/// The answer holds the link, this once; whoever invites passes it on. It works once, for seven days. An earlier invitation
/// of the same address ends. For admins; owners are invited by owners.
#[utoipa::path(post, path = "/invitations", tag = "invitations", request_body = InvitationIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "The invitation with its link", body = Invitation)))]
async fn create_invitation(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    creating: Creating<InvitationIn>,
) -> Result<(StatusCode, Json<Invitation>), ApiError> {
    let once = creating.once(&acting);
    let given = creating.value;
    let made = invitation::create(&http.app, &acting, &given.email, take_role(given.role), once.as_ref()).await?;
    let url = Some(http.page(&format!("join/{}", made.token().reveal())));
    let role = show_role(made.role());
    Ok((
        StatusCode::CREATED,
        Json(Invitation { id: made.id, email: made.email, role, expires_at: made.expires_at, url }),
    ))
}

/// Withdraw an invitation
#[utoipa::path(delete, path = "/invitations/{id}", tag = "invitations", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Its link works no more")))]
async fn withdraw_invitation(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    invitation::withdraw(&http.app, &acting, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
