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
        is_discarded: false,
        said_at: OffsetDateTime::UNIX_EPOCH,
        sent_at: None,
        delivered_at: None,
        read_at: None,
        played_at: None,
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
fn an_origin_is_shown_as_far_as_it_is_known_and_links_nowhere_but_to_the_web() {
    let of = |origin: Value| {
        let body = Body { content: json!({ "body": "x" }), origin: Some(origin), ..Body::default() };
        message_out(&tenant(), &stored::Message { body, ..message("TEXT", json!({})) }, OffsetDateTime::UNIX_EPOCH)
            .origin
    };
    assert_eq!(of(json!({})), None);
    assert_eq!(
        of(json!({ "forwarded": "often" })),
        Some(Origin { forwarded: Some("often".into()), ..Origin::default() })
    );
    let referral =
        of(json!({ "referral": { "headline": "Diwali sale", "source_url": "javascript:alert(1)", "ctwa_clid": "x" } }));
    let shown = Referral { headline: Some("Diwali sale".into()), ..Referral::default() };
    assert_eq!(referral.unwrap().referral, Some(shown));
    let url = of(json!({ "referral": { "source_url": "https://fb.me/x" } })).unwrap().referral.unwrap().source_url;
    assert_eq!(url.as_deref(), Some("https://fb.me/x"));
    let body = Body { origin: Some(json!({ "forwarded": "once" })), ..Body::default() };
    let revoked = stored::Message { body, is_revoked: true, ..message("TEXT", json!({})) };
    assert_eq!(message_out(&tenant(), &revoked, OffsetDateTime::UNIX_EPOCH).origin, None);
}

fn quote(is_revoked: bool) -> stored::Quote {
    stored::Quote {
        message_id: MessageId::fresh(),
        inbound: true,
        kind: "TEXT".into(),
        body: Body { content: json!({ "body": "one\ntwo" }), ..Body::default() },
        is_revoked,
    }
}

#[test]
fn a_quote_is_one_line_and_shows_nothing_that_was_taken_back() {
    for (is_revoked, summary) in [(false, "one two"), (true, "")] {
        let m = stored::Message { quote: Some(quote(is_revoked)), ..message("TEXT", json!({ "body": "x" })) };
        let shown = message_out(&tenant(), &m, OffsetDateTime::UNIX_EPOCH).reply_to.unwrap();
        assert_eq!((shown.summary.as_str(), shown.is_revoked), (summary, is_revoked));
    }
}

#[test]
fn c_050_only_a_failed_message_can_be_sent_again_and_one_of_unknown_fate_not_at_once() {
    use delivery::{Delivery, REPORT_WAIT};
    let call = OffsetDateTime::UNIX_EPOCH;
    let until = call + REPORT_WAIT;
    for (status, call_started_at, now, can_retry, retry_from) in [
        (Delivery::Failed, None, call, true, None),
        (Delivery::Unknown, Some(call), call, false, Some(until)),
        (Delivery::Unknown, Some(call), until, true, None),
        (Delivery::Queued, None, until, false, None),
        (Delivery::Read, None, until, false, None),
    ] {
        let error = Some(stored::SendError { code: Some(131_026), detail: "x".into() });
        let m = stored::Message { status, error, call_started_at, ..message("TEXT", json!({ "body": "x" })) };
        let error = message_out(&tenant(), &m, now).error.unwrap();
        assert_eq!((error.can_retry, error.retry_from), (can_retry, retry_from), "{status:?} {now}");
        assert!(!error.discarded);
        let given_up = message_out(&tenant(), &stored::Message { is_discarded: true, ..m }, now).error.unwrap();
        assert_eq!((given_up.can_retry, given_up.retry_from, given_up.discarded), (false, None, true));
    }
}

#[test]
fn a_reaction_is_shown_as_whose_it_is() {
    for (by, kind) in [(stored::Reactor::Customer, "CUSTOMER"), (stored::Reactor::App, "APP")] {
        let reaction = stored::Reaction { message_id: MessageId::fresh(), by, emoji: "👍".into() };
        let m = stored::Message { reactions: vec![reaction], ..message("TEXT", json!({ "body": "x" })) };
        let shown = serde_json::to_value(message_out(&tenant(), &m, OffsetDateTime::UNIX_EPOCH)).unwrap();
        assert_eq!(shown["reactions"][0]["by"]["kind"], kind);
    }
}
