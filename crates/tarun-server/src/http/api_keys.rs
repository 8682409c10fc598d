//! Keys with which programs call this API.

use super::Http;
use super::extract::{Creating, Json, Path, Query};
use super::page::Paging;
use super::problem::ApiError;
use super::signed_in::SignedIn;
use axum::extract::State;
use axum::http::StatusCode;
use tarun_api::page::{Page, PageQuery};
use tarun_api::user::{ApiKey, ApiKeyIn, Scope};
use tarun_app::api_key::{self, NewApiKey};
use tarun_core::ids::ApiKeyId;
use tarun_core::policy;
use tarun_core::secret::Secret;
use tarun_store::Cursor;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default().routes(routes!(list_api_keys, create_api_key)).routes(routes!(revoke_api_key))
}

/// List API keys
///
/// Those that were not withdrawn, oldest first. For admins.
#[utoipa::path(get, path = "/api-keys", tag = "api-keys", params(PageQuery),
    responses((status = 200, description = "A page of keys", body = Page<ApiKey>)))]
async fn list_api_keys(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<ApiKey>>, ApiError> {
    let paging = Paging::try_from(&query)?;
    let keys = api_key::list(&http.app, &acting, paging.after, paging.rows()).await?;
    Ok(Json(paging.page(keys, |k| Cursor { at: k.created_at, id: k.id.0 }, |k| show(k, None))))
}

/// Make an API key
///
/// The answer holds the key, this once. For admins.
#[utoipa::path(post, path = "/api-keys", tag = "api-keys", request_body = ApiKeyIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "The key", body = ApiKey)))]
async fn create_api_key(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    creating: Creating<ApiKeyIn>,
) -> Result<(StatusCode, Json<ApiKey>), ApiError> {
    let once = creating.once(&acting);
    let scope = match creating.value.scope {
        Scope::Read => policy::Scope::Read,
        Scope::Write => policy::Scope::Write,
        Scope::Admin => policy::Scope::Admin,
    };
    let given = NewApiKey { name: creating.value.name, scope, expires_at: creating.value.expires_at };
    let (key, secret) = api_key::create(&http.app, &acting, given, once.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(show(key, Some(&secret)))))
}

/// Withdraw an API key
///
/// It opens nothing from now on.
#[utoipa::path(delete, path = "/api-keys/{id}", tag = "api-keys", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Withdrawn")))]
async fn revoke_api_key(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    api_key::revoke(&http.app, &acting, ApiKeyId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn show(key: tarun_store::api_key::ApiKey, secret: Option<&Secret>) -> ApiKey {
    ApiKey {
        id: key.id.0,
        name: key.name,
        scope: match key.scope {
            policy::Scope::Read => Scope::Read,
            policy::Scope::Write => Scope::Write,
            policy::Scope::Admin => Scope::Admin,
        },
        hint: key.hint,
        created_at: key.created_at,
        expires_at: key.expires_at,
        last_used_at: key.last_used_at,
        key: secret.map(|s| s.reveal().to_owned()),
    }
}
