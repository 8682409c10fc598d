//! WhatsApp numbers of the business.

mod show;

use super::Http;
use super::extract::{Creating, Json, Path, Query};
use super::page::Paging;
use super::problem::ApiError;
use super::signed_in::SignedIn;
use axum::extract::State;
use axum::http::StatusCode;
use show::{show_check, show_number};
use tarun_api::page::{Page, PageQuery};
use tarun_api::whatsapp::{Number, NumberCheck, NumberIn, NumberPatch};
use tarun_app::number::{self, NewNumber, NumberChange, SeenNumber};
use tarun_core::ids::NumberId;
use tarun_core::secret::Secret;
use tarun_store::Cursor;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default()
        .routes(routes!(list_numbers, create_number))
        .routes(routes!(get_number, change_number, delete_number))
        .routes(routes!(check_number))
}

/// List WhatsApp numbers
///
/// Oldest first, each with how well it does.
#[utoipa::path(get, path = "/whatsapp/numbers", tag = "numbers", params(PageQuery),
    responses((status = 200, description = "A page of numbers", body = Page<Number>)))]
async fn list_numbers(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Number>>, ApiError> {
    let paging = Paging::try_from(&query)?;
    // A business has so few that they are read at once; the page is cut from them.
    let mut numbers = number::list(&http.app, &acting).await?;
    if let Some(after) = paging.after {
        numbers.retain(|n| (n.number.created_at, n.number.id.0) > (after.at, after.id));
    }
    let place = |n: &SeenNumber| Cursor { at: n.number.created_at, id: n.number.id.0 };
    Ok(Json(paging.page(numbers, place, |n| show_number(&http, n))))
}

/// Connect a number
///
/// For admins. Whether it works, `…/check` tells.
#[utoipa::path(post, path = "/whatsapp/numbers", tag = "numbers", request_body = NumberIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "The number", body = Number)))]
async fn create_number(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    creating: Creating<NumberIn>,
) -> Result<(StatusCode, Json<Number>), ApiError> {
    let once = creating.once(&acting);
    let given = creating.value;
    let new = NewNumber {
        phone_number_id: given.phone_number_id,
        waba_id: given.waba_id,
        display_phone_number: given.display_phone_number,
        access_token: Secret::new(given.access_token),
        app_secret: Secret::new(given.app_secret),
        verify_token: given.verify_token.map(Secret::new),
    };
    let made = number::create(&http.app, &acting, new, once.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(show_number(&http, made))))
}

/// Get one number
#[utoipa::path(get, path = "/whatsapp/numbers/{id}", tag = "numbers", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The number", body = Number)))]
async fn get_number(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
) -> Result<Json<Number>, ApiError> {
    Ok(Json(show_number(&http, number::get(&http.app, &acting, NumberId(id)).await?)))
}

/// Change a number
///
/// For admins. Token and secret can be written, never read. A new one ends a pause of the number.
#[utoipa::path(patch, path = "/whatsapp/numbers/{id}", tag = "numbers", params(("id" = Uuid, Path)), request_body = NumberPatch,
    responses((status = 200, description = "As it is now", body = Number)))]
async fn change_number(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
    Json(patch): Json<NumberPatch>,
) -> Result<Json<Number>, ApiError> {
    let change = NumberChange {
        display_phone_number: patch.display_phone_number,
        access_token: patch.access_token.map(Secret::new),
        app_secret: patch.app_secret.map(Secret::new),
    };
    Ok(Json(show_number(&http, number::change(&http.app, &acting, NumberId(id), change).await?)))
}

/// Disconnect a number
///
/// For admins. One that has conversations stays (409 `number_in_use`).
#[utoipa::path(delete, path = "/whatsapp/numbers/{id}", tag = "numbers", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Disconnected")))]
async fn delete_number(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    number::remove(&http.app, &acting, NumberId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Check a number
///
/// For admins. Asks WhatsApp about token, number and account, subscribes the app to the account where nobody had, and
/// tells whether notifications have arrived. A number with which all is well is no longer paused.
#[utoipa::path(post, path = "/whatsapp/numbers/{id}/check", tag = "numbers", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The checklist", body = NumberCheck)))]
async fn check_number(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
) -> Result<Json<NumberCheck>, ApiError> {
    Ok(Json(show_check(number::check(&http.app, &acting, NumberId(id)).await?)))
}
