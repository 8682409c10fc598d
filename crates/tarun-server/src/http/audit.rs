//! The log of who did what.

use super::Http;
use super::extract::{Json, Query};
use super::page::Paging;
use super::problem::ApiError;
use super::signed_in::SignedIn;
use axum::extract::State;
use axum::http::StatusCode;
use tarun_api::audit::{AuditActorKind, AuditEntry, AuditQuery};
use tarun_api::page::Page;
use tarun_app::audit;
use tarun_store::Cursor;
use tarun_store::audit::Entry;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default().routes(routes!(list_audit))
}

/// Who did what
///
/// Newest first. For admins. Who opened which conversation is listed apart: `action=conversation.opened`.
#[utoipa::path(get, path = "/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, description = "A page of the log", body = Page<AuditEntry>)))]
async fn list_audit(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<AuditEntry>>, ApiError> {
    let paging = Paging::new(query.cursor.as_deref(), query.limit)?;
    if query.action.as_deref().is_some_and(|action| !is_action(action)) {
        let detail = "action is one of the log's, such as conversation.opened.";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad_parameter", detail));
    }
    let entries =
        audit::list(&http.app, &acting, query.action.as_deref(), paging.after.map(|c| c.id), paging.rows()).await?;
    Ok(Json(paging.page(entries, |e| Cursor { at: e.at, id: e.id }, show)))
}

/// `noun.what_happened`, in small letters.
fn is_action(text: &str) -> bool {
    let is_word =
        |word: &str| word.bytes().any(|b| b != b'_') && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    text.len() <= 64 && text.split_once('.').is_some_and(|(noun, what)| is_word(noun) && is_word(what))
}

fn show(entry: Entry) -> AuditEntry {
    AuditEntry {
        id: entry.id,
        at: entry.at,
        actor_kind: match entry.actor_kind.as_str() {
            "USER" => AuditActorKind::User,
            "API_KEY" => AuditActorKind::ApiKey,
            _ => AuditActorKind::System,
        },
        actor_id: entry.actor_id,
        action: entry.action,
        subject_kind: entry.subject_kind,
        subject_id: entry.subject_id,
        detail: entry.detail,
    }
}
