//! WhatsApp's notifications. The answer 200 means: kept for good. Everything else happens later.

use super::Http;
use super::extract::Json;
use super::problem::ApiError;
use axum::body::Body;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use futures::StreamExt;
use serde_json::{Value, json};
use tarun_app::intake::{MAX_BODY_BYTES, Refusal};
use tarun_providers::whatsapp::webhook::MAX_EVENTS;
use tokio::sync::{Semaphore, SemaphorePermit};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const SIGNATURE: &str = "x-hub-signature-256";
/// The longest challenge that is given back (Meta's are a few digits).
const MAX_CHALLENGE: usize = 256;
/// Asked of the sender while events can't be kept, in seconds.
const COME_AGAIN: u64 = 5;

/// Bytes of bodies that are read or handled at the same time, signed or not: nobody knows before the whole is there.
static ROOM: Semaphore = Semaphore::const_new(64 * 1024 * 1024);

pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default().routes(routes!(verify_webhook, take_webhook))
}

/// Meta's handshake
///
/// Gives the challenge back to whoever knows a number's verify token.
#[utoipa::path(get, path = "/api/webhooks/whatsapp", tag = "webhooks", security(()),
    params(("hub.mode" = String, Query, description = "`subscribe`"), ("hub.verify_token" = String, Query),
        ("hub.challenge" = String, Query, description = "At most 256 characters")),
    responses((status = 200, description = "The challenge", body = String, content_type = "text/plain"),
        (status = 403, description = "The token is not one of ours")))]
async fn verify_webhook(State(http): State<Http>, RawQuery(query): RawQuery) -> Result<impl IntoResponse, ApiError> {
    let refused = || {
        ApiError::new(StatusCode::FORBIDDEN, "bad_verify_token", "The verify token is not that of a connected number.")
    };
    let query = query.unwrap_or_default();
    let asked = Handshake::read(&query).ok_or_else(refused)?;
    if !http.app.intake.routes.knows_token(&asked.token).await? {
        return Err(refused());
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], asked.challenge))
}

struct Handshake {
    token: String,
    challenge: String,
}

impl Handshake {
    /// `None`: not a handshake that could succeed.
    fn read(query: &str) -> Option<Self> {
        let one = |name: &str| {
            let mut all = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
            let first = all.next()?.1.into_owned();
            all.next().is_none().then_some(first)
        };
        let challenge = one("hub.challenge").filter(|c| !c.is_empty() && c.chars().count() <= MAX_CHALLENGE)?;
        let token = one("hub.verify_token").filter(|t| !t.is_empty())?;
        (one("hub.mode")? == "subscribe").then_some(Self { token, challenge })
    }
}

/// Notifications from WhatsApp
///
/// Signed with the app's secret over the bytes as sent. Answers 200 only when every event in it is kept.
#[utoipa::path(post, path = "/api/webhooks/whatsapp", tag = "webhooks", security(()), request_body = Object,
    params(("X-Hub-Signature-256" = String, Header, description = "`sha256=` and 64 hexadecimal digits")),
    responses((status = 200, description = "Kept", body = Object), (status = 401, description = "The signature is missing or wrong"),
        (status = 503, description = "Can't be kept now: send it again")))]
async fn take_webhook(State(http): State<Http>, request: Request) -> Result<Json<Value>, ApiError> {
    let taken = take(&http, request).await;
    let answer = match &taken {
        Ok(_) => "kept".to_owned(),
        Err(error) => error.code.to_string(),
    };
    metrics::counter!("tarun_webhooks_total", "answer" => answer).increment(1);
    taken
}

async fn take(http: &Http, request: Request) -> Result<Json<Value>, ApiError> {
    let told = request.headers().get(header::CONTENT_LENGTH).and_then(|l| l.to_str().ok()?.parse::<u64>().ok());
    if told.is_some_and(|length| length > MAX_BODY_BYTES as u64) {
        return Err(too_large());
    }
    let signature = signature(request.headers())?;
    let (body, _room) = read_body(request.into_body(), &ROOM).await?;
    http.app.intake.accept(&body, Some(&signature)).await.map_err(refusal)?;
    Ok(Json(json!({})))
}

/// Reads a body, taking room for each piece as it comes: whoever sends slowly holds no more than what he has sent.
async fn read_body(
    body: Body,
    room: &'static Semaphore,
) -> Result<(Vec<u8>, Option<SemaphorePermit<'static>>), ApiError> {
    let mut pieces = body.into_data_stream();
    // Joined only when all is there: a buffer that grows would take twice what came.
    let (mut kept, mut length) = (Vec::new(), 0);
    let mut taken: Option<SemaphorePermit<'static>> = None;
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| {
            ApiError::new(StatusCode::BAD_REQUEST, "unreadable_body", "The body broke off before its end.")
        })?;
        if length + piece.len() > MAX_BODY_BYTES {
            return Err(too_large());
        }
        let bytes = u32::try_from(piece.len()).map_err(|_| too_large())?;
        let more = room.try_acquire_many(bytes).map_err(|_| refusal(Refusal::Unavailable))?;
        match &mut taken {
            Some(taken) => taken.merge(more),
            None => taken = Some(more),
        }
        length += piece.len();
        kept.push(piece);
    }
    Ok((kept.concat(), taken))
}

fn too_large() -> ApiError {
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "A notification has at most 4 MiB.")
}

/// The one signature. Of two, nobody could say which one counts.
fn signature(headers: &HeaderMap) -> Result<String, ApiError> {
    let mut all = headers.get_all(SIGNATURE).iter();
    let one = match (all.next(), all.next()) {
        (Some(one), None) => one.to_str().ok(),
        _ => None,
    };
    one.map(str::to_owned).ok_or_else(|| refusal(Refusal::BadSignature))
}

fn refusal(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::NotJson => ApiError::new(StatusCode::BAD_REQUEST, "not_json", "The body is not JSON."),
        Refusal::TooMany => ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_many_events",
            format!("A notification has at most {MAX_EVENTS} events."),
        ),
        Refusal::BadSignature => ApiError::new(
            StatusCode::UNAUTHORIZED,
            "bad_signature",
            "The header X-Hub-Signature-256 is missing or does not fit the body.",
        ),
        Refusal::Unavailable => ApiError {
            retry_after_seconds: Some(COME_AGAIN),
            ..ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Events can't be kept at the moment. Send it again.",
            )
        },
        Refusal::Store(error) => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn c_055_bodies_together_take_a_bounded_room() {
        static ROOM: Semaphore = Semaphore::const_new(10);
        let read = |text: &'static str| read_body(Body::from(text), &ROOM);
        let (first, held) = read("123456").await.unwrap();
        assert_eq!(first, b"123456");
        let refused = read("12345").await.unwrap_err();
        assert_eq!((refused.status, refused.retry_after_seconds), (StatusCode::SERVICE_UNAVAILABLE, Some(COME_AGAIN)));
        assert_eq!(ROOM.available_permits(), 4, "what was refused holds nothing");
        drop(held);
        assert!(read("12345").await.is_ok());
    }

    #[test]
    fn c_013_only_a_whole_handshake_is_one() {
        let long = "7".repeat(257);
        for (query, challenge) in [
            ("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=t", Some("1158201444")),
            ("hub.verify_token=t&hub.mode=subscribe&hub.challenge=%3Cb%3E&more=1", Some("<b>")),
            ("hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=t", None),
            ("hub.challenge=1&hub.verify_token=t", None),
            ("hub.mode=subscribe&hub.challenge=1", None),
            ("hub.mode=subscribe&hub.challenge=1&hub.verify_token=", None),
            ("hub.mode=subscribe&hub.challenge=&hub.verify_token=t", None),
            ("hub.mode=subscribe&hub.challenge=1&hub.challenge=2&hub.verify_token=t", None),
            (&format!("hub.mode=subscribe&hub.challenge={long}&hub.verify_token=t"), None),
            ("", None),
        ] {
            assert_eq!(Handshake::read(query).map(|h| h.challenge).as_deref(), challenge, "{query}");
        }
    }

    #[test]
    fn c_014_exactly_one_signature_counts() {
        let headers = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(SIGNATURE, axum::http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            headers
        };
        assert_eq!(signature(&headers(&["sha256=00"])).unwrap(), "sha256=00");
        for bad in [&[][..], &["sha256=00", "sha256=00"], &["sha256=ü"]] {
            assert_eq!(signature(&headers(bad)).unwrap_err().status, StatusCode::UNAUTHORIZED, "{bad:?}");
        }
    }
}
