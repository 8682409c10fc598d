//! Who is asking, and what they may do.

use super::Http;
use super::extract::Json;
use super::problem::ApiError;
use super::signed_in::SignedIn;
use super::tenant::show_tenant;
use super::users::show_user;
use axum::extract::State;
use tarun_api::auth::Me;
use tarun_app::acting::ActError;
use tarun_app::{tenant, user};
use tarun_core::policy::{Action, Role, role_may};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default().routes(routes!(who_am_i))
}

/// Who am I
///
/// The person who asks, the business, and the actions that are allowed. API keys are nobody: 403.
#[utoipa::path(get, path = "/me", tag = "me", responses((status = 200, description = "The person who asks", body = Me)))]
async fn who_am_i(SignedIn(acting): SignedIn, State(http): State<Http>) -> Result<Json<Me>, ApiError> {
    let id = acting.actor.user_id().ok_or(ActError::Forbidden(Action::ManageOwnSessions))?;
    let person = user::find(&http.app, &acting, id).await?;
    let business = tenant::load(&http.app, &acting).await?;
    Ok(Json(Me { permissions: permissions(person.role), user: show_user(person), tenant: show_tenant(business) }))
}

/// Names of the actions that the policy allows to a role.
pub(super) fn permissions(role: Role) -> Vec<String> {
    Action::ALL.iter().filter(|action| role_may(role, **action)).map(|action| action.as_str().to_owned()).collect()
}
