//! What is said in a conversation: reading it, replying, noting, deciding about what failed.

mod say;
mod show;

pub(crate) use show::message_out;

use super::Http;
use super::extract::{Creating, Json, Path, Query};
use super::page::Paging;
use super::problem::ApiError;
use super::signed_in::SignedIn;
use axum::extract::State;
use axum::http::StatusCode;
use say::{Said, read_content, say};
use tarun_api::message::{Message, MessageIn, NoteIn, Resolution, ResolveIn};
use tarun_api::page::{Page, PageQuery};
use tarun_app::message::{self, Reply};
use tarun_core::ids::{ConversationId, MessageId};
use tarun_store::Cursor;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default()
        .routes(routes!(list_messages, send_message))
        .routes(routes!(add_note))
        .routes(routes!(resolve_message))
}

/// Read a conversation
///
/// Its messages, notes and events, newest first. The audit log tells who did so, once in a quarter of an hour.
#[utoipa::path(get, path = "/conversations/{id}/messages", tag = "messages", params(("id" = Uuid, Path), PageQuery),
    responses((status = 200, description = "A page of messages", body = Page<Message>)))]
async fn list_messages(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Message>>, ApiError> {
    let paging = Paging::try_from(&query)?;
    // The act itself reads one row more than it is asked for.
    let found = message::list(&http.app, &acting, ConversationId(id), paging.after, paging.rows() - 1).await?;
    let now = http.app.clock.now();
    let place = |m: &tarun_store::message::Message| Cursor { at: m.said_at, id: m.id.0 };
    Ok(Json(paging.page(found, place, |m| message_out(&acting.ctx, &m, now))))
}

/// Send a message
///
/// Answers as soon as it is queued; what becomes of it arrives as `message.updated`. Outside the 24-hour window it is
/// refused (422 `window_closed`).
#[utoipa::path(post, path = "/conversations/{id}/messages", tag = "messages", request_body = MessageIn,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "Queued", body = Message)))]
async fn send_message(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
    creating: Creating<MessageIn>,
) -> Result<(StatusCode, Json<Message>), ApiError> {
    let once = creating.once(&acting);
    let client_key = creating.key().map(str::to_owned);
    let content = read_content(&creating.value.kind, creating.value.content)?;
    let reply = Reply { content, reply_to: creating.value.reply_to.map(MessageId), client_key };
    let made = say(&http.app, &acting, ConversationId(id), once.as_ref(), Said::Reply(Box::new(reply))).await?;
    Ok((StatusCode::CREATED, Json(message_out(&acting.ctx, &made, http.app.clock.now()))))
}

/// Write a note
///
/// For colleagues; the customer never sees it.
#[utoipa::path(post, path = "/conversations/{id}/notes", tag = "messages", request_body = NoteIn,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "The note", body = Message)))]
async fn add_note(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
    creating: Creating<NoteIn>,
) -> Result<(StatusCode, Json<Message>), ApiError> {
    let once = creating.once(&acting);
    let said = Said::Note { client_key: creating.key().map(str::to_owned), body: creating.value.body };
    let made = say(&http.app, &acting, ConversationId(id), once.as_ref(), said).await?;
    Ok((StatusCode::CREATED, Json(message_out(&acting.ctx, &made, http.app.clock.now()))))
}

/// Decide about a message
///
/// One that failed, or of which nobody knows whether it was sent: send it again, or leave it as not delivered.
#[utoipa::path(post, path = "/conversations/{id}/messages/{message_id}/resolve", tag = "messages", request_body = ResolveIn,
    params(("id" = Uuid, Path), ("message_id" = Uuid, Path)),
    responses((status = 200, description = "As it is now", body = Message)))]
async fn resolve_message(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path((id, message_id)): Path<(Uuid, Uuid)>,
    Json(given): Json<ResolveIn>,
) -> Result<Json<Message>, ApiError> {
    let resolution = match given.resolution {
        Resolution::Retry => message::Resolution::Retry,
        Resolution::Discard => message::Resolution::Discard,
    };
    let after = message::resolve(&http.app, &acting, ConversationId(id), MessageId(message_id), resolution).await?;
    Ok(Json(message_out(&acting.ctx, &after, http.app.clock.now())))
}
