//! People of the business.

use super::Http;
use super::extract::{Creating, Json, Path, Query};
use super::page::Paging;
use super::problem::ApiError;
use super::signed_in::SignedIn;
use axum::extract::State;
use axum::http::StatusCode;
use tarun_api::page::{Page, PageQuery};
use tarun_api::user::{PasswordReset, Role, User, UserPatch};
use tarun_app::user::{self, UserChange};
use tarun_core::ids::UserId;
use tarun_core::policy;
use tarun_store::Cursor;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default()
        .routes(routes!(list_users))
        .routes(routes!(get_user, change_user))
        .routes(routes!(make_password_reset))
}

/// List people
///
/// Oldest first, also those who may not sign in.
#[utoipa::path(get, path = "/users", tag = "users", params(PageQuery),
    responses((status = 200, description = "A page of people", body = Page<User>)))]
async fn list_users(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<User>>, ApiError> {
    let paging = Paging::try_from(&query)?;
    let people = user::list(&http.app, &acting, paging.after, paging.rows()).await?;
    Ok(Json(paging.page(people, |u| Cursor { at: u.created_at, id: u.id.0 }, show_user)))
}

/// Get one person
#[utoipa::path(get, path = "/users/{id}", tag = "users", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The person", body = User)))]
async fn get_user(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
) -> Result<Json<User>, ApiError> {
    Ok(Json(show_user(user::find(&http.app, &acting, UserId(id)).await?)))
}

/// Change a person
///
/// For admins; owners are changed by owners, and everybody may change his own name. Switching somebody off signs out all
/// of his devices. The last owner can't be lowered or switched off (409 `last_owner`).
#[utoipa::path(patch, path = "/users/{id}", tag = "users", params(("id" = Uuid, Path)), request_body = UserPatch,
    responses((status = 200, description = "As it is now", body = User)))]
async fn change_user(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
    Json(patch): Json<UserPatch>,
) -> Result<Json<User>, ApiError> {
    let change = UserChange { name: patch.name, role: patch.role.map(take_role), is_active: patch.is_active };
    Ok(Json(show_user(user::change(&http.app, &acting, UserId(id), change).await?)))
}

/// Make a link for a new password
///
/// For admins; an owner's by owners. The link works once, for an hour, and is passed on by whoever made it.
#[utoipa::path(post, path = "/users/{id}/password-reset", tag = "users",
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "The link", body = PasswordReset)))]
async fn make_password_reset(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
    creating: Creating<()>,
) -> Result<(StatusCode, Json<PasswordReset>), ApiError> {
    let made = user::make_reset(&http.app, &acting, UserId(id), creating.once(&acting).as_ref()).await?;
    let url = http.page(&format!("reset/{}", made.token().reveal()));
    Ok((StatusCode::CREATED, Json(PasswordReset { url, expires_at: made.expires_at })))
}

pub(super) fn show_user(user: tarun_store::user::User) -> User {
    User {
        id: user.id.0,
        name: user.name,
        email: user.email,
        role: show_role(user.role),
        is_active: user.is_active,
        created_at: user.created_at,
        last_seen_at: user.last_seen_at,
    }
}

pub(super) fn show_role(role: policy::Role) -> Role {
    match role {
        policy::Role::Owner => Role::Owner,
        policy::Role::Admin => Role::Admin,
        policy::Role::Agent => Role::Agent,
    }
}

pub(super) fn take_role(role: Role) -> policy::Role {
    match role {
        Role::Owner => policy::Role::Owner,
        Role::Admin => policy::Role::Admin,
        Role::Agent => policy::Role::Agent,
    }
}
