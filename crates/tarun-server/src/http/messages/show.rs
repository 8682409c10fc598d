//! Messages as the API gives them.

use crate::http::media::link;
use serde_json::{Value, json};
use tarun_api::message::{
    Delivery, Direction, Message, Origin, Quote, Reaction, Referral, ReferredProduct, SendError, Sender,
};
use tarun_core::content::Content;
use tarun_core::delivery;
use tarun_store::TenantCtx;
use tarun_store::message as stored;
use time::OffsetDateTime;

/// Kinds with a file.
const WITH_FILE: [&str; 5] = ["IMAGE", "VIDEO", "AUDIO", "DOCUMENT", "STICKER"];
/// Fields of a stored content that lead to the provider, or that stand in `media` here.
const INTERNAL: [&str; 6] = ["provider_media_id", "provider_message_id", "media_id", "link", "sha256", "size"];

/// What everybody who may see the conversation may see of a message. `now` decides how long addresses of files live.
pub(crate) fn message_out(ctx: &TenantCtx, m: &stored::Message, now: OffsetDateTime) -> Message {
    Message {
        id: m.id.0,
        conversation_id: m.conversation_id.0,
        direction: if m.inbound { Direction::Inbound } else { Direction::Outbound },
        channel: "WHATSAPP".to_owned(),
        kind: m.kind.clone(),
        content: content(ctx, m, now),
        status: show_delivery(m.status),
        sent_by: show_sender(&m.sent_by),
        reply_to: m.quote.as_ref().map(show_quote),
        reactions: m.reactions.iter().map(show_reaction).collect(),
        origin: origin(m),
        error: m.error.as_ref().map(|e| {
            let again = m.status.again(m.is_discarded, m.call_started_at, now);
            SendError {
                code: e.code,
                detail: e.detail.clone(),
                can_retry: again == delivery::Again::Yes,
                discarded: m.is_discarded,
                retry_from: if let delivery::Again::From(at) = again { Some(at) } else { None },
            }
        }),
        is_revoked: m.is_revoked,
        is_edited: m.is_edited,
        created_at: m.said_at,
        sent_at: m.sent_at,
        delivered_at: m.delivered_at,
        read_at: m.read_at,
        played_at: m.played_at,
        client_key: m.client_key.clone(),
    }
}

fn content(ctx: &TenantCtx, m: &stored::Message, now: OffsetDateTime) -> Value {
    // Its author took it back: nobody sees it any more.
    if m.is_revoked {
        return json!({});
    }
    let mut content = m.body.content.clone();
    if !WITH_FILE.contains(&m.kind.as_str()) {
        return content;
    }
    if let Value::Object(fields) = &mut content {
        INTERNAL.iter().for_each(|name| drop(fields.remove(*name)));
        fields.insert("media".to_owned(), file(ctx, m.media.as_ref(), now));
    }
    content
}

/// Where it came from. With the message the customer took that back too.
fn origin(m: &stored::Message) -> Option<Origin> {
    let kept = m.body.origin.as_ref().filter(|_| !m.is_revoked)?;
    let word = |of: &Value, key: &str| of[key].as_str().map(str::to_owned);
    let (referral, product) = (&kept["referral"], &kept["product"]);
    let origin = Origin {
        forwarded: word(kept, "forwarded"),
        referral: referral.is_object().then(|| Referral {
            source_type: word(referral, "source_type"),
            source_id: word(referral, "source_id"),
            source_url: word(referral, "source_url").filter(|url| is_web_address(url)),
            headline: word(referral, "headline"),
            body: word(referral, "body"),
        }),
        product: product.is_object().then(|| ReferredProduct {
            catalog_id: word(product, "catalog_id"),
            product_retailer_id: word(product, "product_retailer_id"),
        }),
    };
    (origin != Origin::default()).then_some(origin)
}

/// Others wrote it, and screens make a link of it.
fn is_web_address(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// A message whose event named no file has none that could come.
fn file(ctx: &TenantCtx, media: Option<&stored::MediaState>, now: OffsetDateTime) -> Value {
    let Some(media) = media else { return json!({ "state": "FAILED" }) };
    let mut file = json!({ "state": media.state });
    if media.state == "READY" {
        file["url"] = link::address(ctx, media.id, now).into();
        file["size"] = media.size.into();
    }
    file
}

fn show_quote(quote: &stored::Quote) -> Quote {
    // What was taken back is not shown by those who quoted it either.
    let content = (!quote.is_revoked).then(|| Content::from_json(&quote.kind, quote.body.content.clone()));
    Quote {
        message_id: quote.message_id.0,
        inbound: quote.inbound,
        kind: quote.kind.clone(),
        summary: content.and_then(Result::ok).map(|c| c.summary()).unwrap_or_default(),
        is_revoked: quote.is_revoked,
    }
}

fn show_reaction(reaction: &stored::Reaction) -> Reaction {
    let by = match reaction.by {
        stored::Reactor::Customer => Sender::Customer,
        stored::Reactor::App => Sender::App,
        stored::Reactor::User(id) => Sender::User { id: id.0, name: String::new() },
    };
    Reaction { emoji: reaction.emoji.clone(), by }
}

fn show_sender(sender: &stored::Sender) -> Sender {
    match sender {
        stored::Sender::Customer => Sender::Customer,
        stored::Sender::User { id, name } => Sender::User { id: id.0, name: name.clone() },
        stored::Sender::ApiKey(id) => Sender::ApiKey { id: id.0 },
        stored::Sender::App => Sender::App,
        stored::Sender::System => Sender::System,
    }
}

fn show_delivery(status: delivery::Delivery) -> Delivery {
    match status {
        delivery::Delivery::Queued => Delivery::Queued,
        delivery::Delivery::Sent => Delivery::Sent,
        delivery::Delivery::Delivered => Delivery::Delivered,
        delivery::Delivery::Read => Delivery::Read,
        delivery::Delivery::Failed => Delivery::Failed,
        delivery::Delivery::Unknown => Delivery::Unknown,
    }
}

#[cfg(test)]
mod tests;
