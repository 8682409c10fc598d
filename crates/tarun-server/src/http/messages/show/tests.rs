use super::*;
use std::sync::Arc;
use tarun_core::ids::{ConversationId, MediaId, MessageId, TenantId};
use tarun_store::inbox::Body;
use tarun_store::keys::{DataKeys, random};

fn tenant() -> TenantCtx {
    TenantCtx { tenant: TenantId::fresh(), keys: Arc::new(DataKeys::of(&random().unwrap())) }
}

fn message(kind: &str, content: Value) -> stored::Message {
    stored::Message {
        id: MessageId::fresh(),
        conversation_id: ConversationId::fresh(),
        inbound: true,
        kind: kind.into(),
        body: Body { content, wamid: Some("wamid.SECRET".into()), ..Body::default() },
        status: delivery::Delivery::Delivered,
        sent_by: stored::Sender::Customer,
        quote: None,
        reactions: vec![],
        media: None,
        error: None,
        client_key: None,
        is_revoked: false,
        is_edited: false,
        said_at: OffsetDateTime::UNIX_EPOCH,
        sent_at: None,
        delivered_at: None,
        read_at: None,
        call_started_at: None,
    }
}

fn picture(state: &str) -> stored::Message {
    let content = json!({ "provider_media_id": "991", "media_id": MediaId::fresh().0, "mime_type": "image/jpeg",
        "sha256": "x", "caption": "<b>नमस्ते</b>" });
    let media = stored::MediaState { id: MediaId::fresh(), state: state.into(), size: Some(12) };
    stored::Message { media: Some(media), ..message("IMAGE", content) }
}

#[test]
fn files_have_an_address_once_they_are_there() {
    let ctx = tenant();
    for state in ["PENDING", "FAILED", "EXPIRED"] {
        let out = message_out(&ctx, &picture(state), OffsetDateTime::UNIX_EPOCH);
        let content = json!({ "mime_type": "image/jpeg", "caption": "<b>नमस्ते</b>", "media": { "state": state } });
        assert_eq!(out.content, content);
    }
    let m = picture("READY");
    let media = message_out(&ctx, &m, OffsetDateTime::UNIX_EPOCH).content["media"].clone();
    assert_eq!(media["size"], 12);
    assert!(media["url"].as_str().unwrap().starts_with(&format!("/api/v1/media/{}?", m.media.unwrap().id)));
    let without = message_out(&ctx, &message("AUDIO", json!({ "voice": true })), OffsetDateTime::UNIX_EPOCH);
    assert_eq!(without.content, json!({ "voice": true, "media": { "state": "FAILED" } }));
}

#[test]
fn what_was_taken_back_is_not_shown_and_provider_ids_never_are() {
    let ctx = tenant();
    let revoked = stored::Message { is_revoked: true, ..picture("READY") };
    assert_eq!(message_out(&ctx, &revoked, OffsetDateTime::UNIX_EPOCH).content, json!({}));
    let shown = serde_json::to_string(&message_out(&ctx, &picture("READY"), OffsetDateTime::UNIX_EPOCH)).unwrap();
    assert!(!shown.contains("991") && !shown.contains("wamid"), "{shown}");
}

#[test]
fn other_kinds_pass_as_they_are() {
    for (kind, content) in [
        ("TEXT", json!({ "body": "x" })),
        ("NOTE", json!({ "body": "x" })),
        ("EVENT", json!({ "event": "assigned", "to": null })),
        ("UNSUPPORTED", json!({ "kind": "poll" })),
        ("FLOW_REPLY", json!({ "response": { "size": "XL", "link": "x" } })),
    ] {
        assert_eq!(
            message_out(&tenant(), &message(kind, content.clone()), OffsetDateTime::UNIX_EPOCH).content,
            content
        );
    }
}

#[test]
fn a_quote_is_one_line_and_only_a_failed_message_can_be_sent_again() {
    let quote = stored::Quote {
        message_id: MessageId::fresh(),
        inbound: true,
        kind: "TEXT".into(),
        body: Body { content: json!({ "body": "one\ntwo" }), ..Body::default() },
    };
    let error = stored::SendError { code: Some(131_026), detail: "x".into() };
    for (status, again) in
        [(delivery::Delivery::Failed, true), (delivery::Delivery::Unknown, true), (delivery::Delivery::Read, false)]
    {
        let m = stored::Message {
            status,
            error: Some(error.clone()),
            quote: Some(quote.clone()),
            ..message("TEXT", json!({ "body": "x" }))
        };
        let out = message_out(&tenant(), &m, OffsetDateTime::UNIX_EPOCH);
        assert_eq!(out.reply_to.unwrap().summary, "one two");
        assert_eq!(out.error.unwrap().can_retry, again);
    }
}
