//! The business and its settings.

use super::Http;
use super::extract::Json;
use super::problem::ApiError;
use super::signed_in::SignedIn;
use axum::extract::State;
use tarun_api::auth::{Tenant, TenantPatch};
use tarun_app::tenant::{self, TenantChange};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default().routes(routes!(change_tenant))
}

/// Change the business's settings
///
/// For admins.
#[utoipa::path(patch, path = "/tenant", tag = "tenant", request_body = TenantPatch,
    responses((status = 200, description = "As it is now", body = Tenant)))]
async fn change_tenant(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Json(patch): Json<TenantPatch>,
) -> Result<Json<Tenant>, ApiError> {
    let change = TenantChange {
        name: patch.name,
        time_zone: patch.time_zone,
        agents_see_all: patch.agents_see_all,
        onboarded: patch.onboarded,
    };
    Ok(Json(show_tenant(tenant::change(&http.app, &acting, change).await?)))
}

pub(super) fn show_tenant(tenant: tarun_store::tenant::Tenant) -> Tenant {
    Tenant {
        id: tenant.id.0,
        name: tenant.name,
        time_zone: tenant.time_zone,
        created_at: tenant.created_at,
        agents_see_all: tenant.agents_see_all,
        onboarded: tenant.onboarded,
    }
}
