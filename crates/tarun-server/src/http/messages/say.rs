//! Saying something once, however often the call is repeated.

use crate::http::problem::ApiError;
use axum::http::StatusCode;
use serde_json::Value;
use tarun_app::App;
use tarun_app::acting::{ActError, Acting};
use tarun_app::conversation::visible;
use tarun_app::idempotency::{self, Once};
use tarun_app::message::{Reply, note, send};
use tarun_core::content::Content;
use tarun_core::ids::{ConversationId, MessageId};
use tarun_core::policy::Action;
use tarun_store::message::{self, Message};

/// What somebody says in a conversation.
pub enum Said {
    Reply(Box<Reply>),
    Note { body: String, client_key: Option<String> },
}

/// Says it, or answers with what an earlier call with the same key made.
pub async fn say(
    app: &App,
    acting: &Acting,
    id: ConversationId,
    once: Option<&Once>,
    said: Said,
) -> Result<Message, ActError> {
    acting.require(Action::WriteConversation)?;
    let now = app.clock.now();
    let mut tx = app.store.begin(&acting.ctx).await?;
    if let Some(made) = idempotency::find::<MessageId>(&mut tx, once, now).await? {
        visible(&mut tx, acting, id).await?;
        let made = message::get(&mut tx, made).await?.ok_or(ActError::NotFound("message"))?;
        tx.commit().await?;
        return Ok(made);
    }
    let (made, follows) = match said {
        Said::Reply(reply) => send(app, &mut tx, acting, id, *reply).await?,
        Said::Note { body, client_key } => note(app, &mut tx, acting, id, &body, client_key).await?,
    };
    idempotency::keep(&mut tx, once, &made.id, now).await?;
    follows.commit(app, tx).await?;
    Ok(made)
}

/// The content of a message to send. Which kinds can be sent, the act decides.
pub fn read_content(kind: &str, content: Value) -> Result<Content, ApiError> {
    // What clients may say of a text is its words; the other fields of the stored form are ours.
    if let (true, Some(fields)) = (kind == "TEXT", content.as_object())
        && let Some(unknown) = fields.keys().find(|key| *key != "body")
    {
        let pointer = format!("/content/{}", unknown.replace('~', "~0").replace('/', "~1"));
        let detail = format!("There is no field {unknown:?} here.");
        return Err(ApiError::field(StatusCode::BAD_REQUEST, pointer, "unknown_field", detail));
    }
    Content::from_json(kind, content).map_err(|error| {
        use tarun_core::content::ContentError;
        let (pointer, code) = match &error {
            ContentError::UnknownKind(_) => ("/type", "unsupported_type"),
            ContentError::Malformed { .. } => ("/content", "invalid"),
        };
        ApiError::field(StatusCode::UNPROCESSABLE_ENTITY, pointer, code, format!("This can't be sent: {error}."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn c_079_a_text_is_its_words_and_nothing_else() {
        assert_eq!(read_content("TEXT", json!({ "body": "नमस्ते" })).unwrap(), Content::text("नमस्ते"));
        for (kind, content, status, pointer) in [
            ("TEXT", json!({ "body": "x", "truncated": true }), 400, "/content/truncated"),
            ("TEXT", json!({ "body": "x", "a/b": 1 }), 400, "/content/a~1b"),
            ("TEXT", json!({}), 422, "/content"),
            ("TEXT", json!("x"), 422, "/content"),
            ("TEXT", json!({ "body": 1 }), 422, "/content"),
            ("text", json!({ "body": "x" }), 422, "/type"),
            ("NOTE", json!({ "body": "x" }), 422, "/type"),
            ("EVENT", json!({}), 422, "/type"),
        ] {
            let error = read_content(kind, content).unwrap_err();
            assert_eq!((error.status.as_u16(), error.errors[0].pointer.as_str()), (status, pointer), "{kind}");
        }
    }
}
