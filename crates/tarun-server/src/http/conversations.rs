//! The inbox: conversations, what is counted of them, and what people do with them.

mod show;

pub(crate) use show::conversation_out;

use super::Http;
use super::extract::{Json, Path, Query};
use super::page::Paging;
use super::problem::ApiError;
use super::signed_in::SignedIn;
use axum::extract::State;
use axum::http::StatusCode;
use show::{shown, take_status, take_view};
use tarun_api::conversation::{
    AssignIn, Conversation, ConversationPatch, ConversationQuery, InboxCounts, InboxCountsQuery, ReadIn, View,
};
use tarun_api::page::Page;
use tarun_app::conversation::{self, Seen, Wanted};
use tarun_core::ids::{ConversationId, MessageId, NumberId, UserId};
use tarun_store::Cursor;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Shapes that only parameters refer to: the routes alone would not bring them into the contract.
#[derive(OpenApi)]
#[openapi(components(schemas(View)))]
struct Shapes;

pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::with_openapi(Shapes::openapi())
        .routes(routes!(list_conversations))
        .routes(routes!(count_conversations))
        .routes(routes!(get_conversation, change_conversation))
        .routes(routes!(mark_conversation_read))
        .routes(routes!(mark_conversation_unread))
        .routes(routes!(assign_conversation))
}

/// List conversations
///
/// Those that the one who asks may see, the newest message first.
#[utoipa::path(get, path = "/conversations", tag = "conversations", params(ConversationQuery),
    responses((status = 200, description = "A page of conversations", body = Page<Conversation>)))]
async fn list_conversations(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Query(query): Query<ConversationQuery>,
) -> Result<Json<Page<Conversation>>, ApiError> {
    let paging = Paging::new(query.cursor.as_deref(), query.limit)?;
    let wanted = Wanted {
        view: take_view(query.view),
        status: query.status.map(take_status),
        assignee: query.assigned_agent_id.map(UserId),
        number: query.number_id.map(NumberId),
        query: query.q,
    };
    // The act itself reads one row more than it is asked for.
    let found = conversation::list(&http.app, &acting, wanted, paging.after, paging.rows() - 1).await?;
    let now = http.app.clock.now();
    let place = |c: &tarun_store::conversation::Conversation| Cursor { at: c.last_message_at, id: c.id.0 };
    Ok(Json(paging.page(found, place, |c| shown(&acting, &c, now))))
}

/// Count conversations
///
/// By view, and by status in the view asked for.
#[utoipa::path(get, path = "/conversations/counts", tag = "conversations", params(InboxCountsQuery),
    responses((status = 200, description = "The counts", body = InboxCounts)))]
async fn count_conversations(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Query(query): Query<InboxCountsQuery>,
) -> Result<Json<InboxCounts>, ApiError> {
    let counts = conversation::counts(&http.app, &acting, take_view(query.view)).await?;
    Ok(Json(InboxCounts {
        all: counts.all,
        mine: counts.mine,
        unassigned: counts.unassigned,
        unread: counts.unread,
        open: counts.open,
        pending: counts.pending,
    }))
}

/// Get one conversation
#[utoipa::path(get, path = "/conversations/{id}", tag = "conversations", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The conversation", body = Conversation)))]
async fn get_conversation(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
) -> Result<Json<Conversation>, ApiError> {
    let found = conversation::get(&http.app, &acting, ConversationId(id)).await?;
    Ok(Json(shown(&acting, &found, http.app.clock.now())))
}

/// Change a conversation
///
/// Open, pending, resolved or spam.
#[utoipa::path(patch, path = "/conversations/{id}", tag = "conversations", params(("id" = Uuid, Path)), request_body = ConversationPatch,
    responses((status = 200, description = "As it is now", body = Conversation),
        (status = 409, description = "The customer has written, or somebody has changed it, since it was seen")))]
async fn change_conversation(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
    Json(patch): Json<ConversationPatch>,
) -> Result<Json<Conversation>, ApiError> {
    let id = ConversationId(id);
    let after = match patch.status {
        Some(status) => {
            let seen = Seen { version: patch.version, message: patch.seen_message_id.map(MessageId) };
            conversation::set_status(&http.app, &acting, id, take_status(status), seen).await?
        }
        None => conversation::get(&http.app, &acting, id).await?,
    };
    Ok(Json(shown(&acting, &after, http.app.clock.now())))
}

/// Mark a conversation as read
///
/// For the person who asks; others keep their own count.
#[utoipa::path(post, path = "/conversations/{id}/read", tag = "conversations", params(("id" = Uuid, Path)), request_body = Option<ReadIn>,
    responses((status = 204, description = "Read")))]
async fn mark_conversation_read(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
    read: Option<Json<ReadIn>>,
) -> Result<StatusCode, ApiError> {
    let up_to = read.and_then(|Json(read)| read.up_to).map(MessageId);
    conversation::mark_read(&http.app, &acting, ConversationId(id), up_to).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Mark a conversation as unread
///
/// Its last message counts as unread again, for the person who asks.
#[utoipa::path(post, path = "/conversations/{id}/unread", tag = "conversations", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Unread")))]
async fn mark_conversation_unread(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    conversation::mark_unread(&http.app, &acting, ConversationId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Assign a conversation
///
/// To a person, or with `null` back to the unassigned ones.
#[utoipa::path(post, path = "/conversations/{id}/assign", tag = "conversations", params(("id" = Uuid, Path)), request_body = AssignIn,
    responses((status = 200, description = "As it is now", body = Conversation)))]
async fn assign_conversation(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
    Json(to): Json<AssignIn>,
) -> Result<Json<Conversation>, ApiError> {
    let after = conversation::assign(&http.app, &acting, ConversationId(id), to.agent_id.map(UserId)).await?;
    Ok(Json(shown(&acting, &after, http.app.clock.now())))
}
