//! Dead letters: what could not be handled.

use super::Http;
use super::extract::{Json, Path, Query};
use super::page::Paging;
use super::problem::ApiError;
use super::signed_in::SignedIn;
use axum::extract::State;
use axum::http::StatusCode;
use tarun_api::failure::{Failure, FailureKind, FailureQuery, KeptEvents};
use tarun_api::page::Page;
use tarun_app::failure;
use tarun_store::Cursor;
use tarun_store::event::NotShown;
use tarun_store::job::{DeadJob, JobKind};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default()
        .routes(routes!(list_failures))
        .routes(routes!(list_kept))
        .routes(routes!(retry_failure))
        .routes(routes!(discard_failure))
}

/// List failures
///
/// Events and files that could not be handled after several tries, newest first. For admins. Messages that could not be
/// sent are not here: they stand in their conversation.
#[utoipa::path(get, path = "/failures", tag = "failures", params(FailureQuery),
    responses((status = 200, description = "A page of failures", body = Page<Failure>)))]
async fn list_failures(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Query(query): Query<FailureQuery>,
) -> Result<Json<Page<Failure>>, ApiError> {
    let paging = Paging::new(query.cursor.as_deref(), query.limit)?;
    let kind = query.kind.map(|kind| match kind {
        FailureKind::Inbound => JobKind::Inbound,
        FailureKind::Send => JobKind::Send,
        FailureKind::Media => JobKind::Media,
    });
    let before = paging.after.map(number);
    let letters = failure::list(&http.app, &acting, kind, before, paging.rows()).await?;
    Ok(Json(paging.page(letters, place, show)))
}

/// Count what is not shown
///
/// Events of the last seven days that were kept and show nowhere, by sort and reason, the latest first: messages of groups
/// and of numbers that are not connected, news of the account, what could not be read. For admins. All on one page.
#[utoipa::path(get, path = "/failures/kept", tag = "failures",
    responses((status = 200, description = "Sorts of events", body = Page<KeptEvents>)))]
async fn list_kept(SignedIn(acting): SignedIn, State(http): State<Http>) -> Result<Json<Page<KeptEvents>>, ApiError> {
    let found = failure::not_shown(&http.app, &acting).await?;
    Ok(Json(Page { data: found.into_iter().map(show_kept).collect(), next_cursor: None }))
}

/// Try a failure again
///
/// Counts as new: it has all its tries again. For admins.
#[utoipa::path(post, path = "/failures/{id}/retry", tag = "failures", params(("id" = i64, Path)),
    responses((status = 204, description = "It is on its way")))]
async fn retry_failure(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<i64>,
) -> Result<StatusCode, ApiError> {
    failure::retry(&http.app, &acting, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a failure up
///
/// It is not tried again. For admins.
#[utoipa::path(post, path = "/failures/{id}/discard", tag = "failures", params(("id" = i64, Path)),
    responses((status = 204, description = "Given up")))]
async fn discard_failure(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<i64>,
) -> Result<StatusCode, ApiError> {
    failure::discard(&http.app, &acting, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn show(letter: DeadJob) -> Failure {
    Failure {
        id: letter.id,
        kind: match letter.kind {
            JobKind::Inbound => FailureKind::Inbound,
            JobKind::Send => FailureKind::Send,
            JobKind::Media => FailureKind::Media,
        },
        cause: letter.error,
        attempts: letter.attempts.into(),
        conversation_id: letter.conversation_id,
        created_at: letter.created_at,
        failed_at: letter.failed_at,
    }
}

fn show_kept(sort: NotShown) -> KeptEvents {
    KeptEvents {
        field: sort.field,
        number_id: sort.number.map(|number| number.0),
        reason: sort.outcome,
        count: sort.count,
        last_at: sort.last_at,
    }
}

/// A letter's place in the list is its number alone, carried where other lists have a UUID.
fn place(letter: &DeadJob) -> Cursor {
    Cursor { at: letter.created_at, id: Uuid::from_u64_pair(0, letter.id.cast_unsigned()) }
}

fn number(cursor: Cursor) -> i64 {
    cursor.id.as_u64_pair().1.cast_signed()
}
