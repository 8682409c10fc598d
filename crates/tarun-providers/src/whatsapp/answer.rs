//! Reading answers. The error in the body decides, not the HTTP status; a body that cannot be read is never a success.

use std::borrow::Cow;

use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::ProviderError;
use super::json::Object;
use super::webhook::MAX_ID_BYTES;
use crate::http::HttpResponse;

/// The code for "service temporarily unavailable", also used where a gateway answered in its place.
const UNAVAILABLE: i64 = 131_016;
/// The code for "too many messages of this number".
const TOO_FAST: i64 = 130_429;
/// The code for "the token is not valid".
const BAD_TOKEN: i64 = 190;

/// WhatsApp took the message; that it was sent, only a status says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub wamid: String,
    /// The number as WhatsApp knows it, which may differ from the one that was given.
    pub wa_id: Option<String>,
    pub user_id: Option<String>,
    /// `accepted`, `held_for_quality_assessment` or `paused`; often given for templates only.
    pub message_status: Option<String>,
}

/// Why a call failed that was answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFailed {
    /// WhatsApp says why, or its gateway's status does. `retry_after` is in seconds.
    #[error("WhatsApp refused: code {}", error.code)]
    Refused { error: Box<ProviderError>, retry_after: Option<u32> },
    /// An answer of a kind that WhatsApp does not give: a redirect, a page of HTML, another program's JSON.
    #[error("the answer, status {status}, is not WhatsApp's")]
    Unreadable { status: u16 },
}

/// Why a send did not end with an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Nothing was sent.
    #[error(transparent)]
    Failed(#[from] CallFailed),
    /// The status says success but the id is missing: the message may be on its way. Wait for a status with the
    /// callback data; do not send again blindly.
    #[error("the message may have been sent, but the answer cannot be read")]
    Unknown,
}

/// Reads the answer to a send.
pub fn read_send_answer(status: u16, headers: &HeaderMap, body: &[u8]) -> Result<Accepted, SendError> {
    let text = storable(body);
    let answer = match success(status, headers, &text) {
        Ok(answer) => answer,
        Err(CallFailed::Unreadable { status }) if is_success(status) => return Err(SendError::Unknown),
        Err(failed) => return Err(SendError::Failed(failed)),
    };
    let message = answer.objects("messages").next().unwrap_or_default();
    let contact = answer.objects("contacts").next().unwrap_or_default();
    let id = |object: &Object<'_>, key| object.id(key, MAX_ID_BYTES).map(Cow::into_owned);
    Ok(Accepted {
        wamid: id(&message, "id").ok_or(SendError::Unknown)?,
        wa_id: id(&contact, "wa_id"),
        user_id: id(&contact, "user_id"),
        message_status: message.line("message_status", 64),
    })
}

/// The fields of a successful answer to any other call.
pub(super) fn read<T>(response: &HttpResponse, pick: impl FnOnce(&Object<'_>) -> Option<T>) -> Result<T, CallFailed> {
    let text = storable(&response.body);
    let answer = success(response.status, &response.headers, &text)?;
    pick(&answer).ok_or(CallFailed::Unreadable { status: response.status })
}

fn storable(body: &[u8]) -> String {
    super::json::storable(&String::from_utf8_lossy(body)).into_owned()
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

fn success<'a>(status: u16, headers: &HeaderMap, text: &'a str) -> Result<Object<'a>, CallFailed> {
    let answer = Object::parse(text);
    let told = answer.as_ref().and_then(|answer| answer.object("error"));
    if let Some(error) = told {
        let error = ProviderError::read(&error).unwrap_or_else(|| implied(status).unwrap_or_default());
        return Err(refused(error, status, headers));
    }
    match answer {
        Some(answer) if is_success(status) => Ok(answer),
        _ => match implied(status) {
            Some(error) => Err(refused(error, status, headers)),
            None => Err(CallFailed::Unreadable { status }),
        },
    }
}

/// What the status alone says: gateways answer in HTML or not at all.
fn implied(status: u16) -> Option<ProviderError> {
    let code = match status {
        500..=599 => UNAVAILABLE,
        429 => TOO_FAST,
        401 => BAD_TOKEN,
        _ => return None,
    };
    Some(ProviderError { code, ..ProviderError::default() })
}

fn refused(error: ProviderError, status: u16, headers: &HeaderMap) -> CallFailed {
    let retry_after = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    CallFailed::Refused { error: Box::new(ProviderError { http_status: Some(status), ..error }), retry_after }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(status: u16, body: &str) -> Result<Accepted, SendError> {
        read_send_answer(status, &HeaderMap::new(), body.as_bytes())
    }

    fn code(answer: Result<Accepted, SendError>) -> i64 {
        match answer {
            Err(SendError::Failed(CallFailed::Refused { error, .. })) => error.code,
            other => panic!("not refused: {other:?}"),
        }
    }

    #[test]
    fn accepted() {
        let answer = send(
            200,
            r#"{"messaging_product":"whatsapp","contacts":[{"input":"+5511912345678","wa_id":"551112345678"}],
                "messages":[{"id":"wamid.X=","message_status":"held_for_quality_assessment"}]}"#,
        )
        .unwrap();
        assert_eq!((answer.wamid.as_str(), answer.wa_id.as_deref()), ("wamid.X=", Some("551112345678")));
        assert_eq!(answer.message_status.as_deref(), Some("held_for_quality_assessment"));
        let answer = send(200, r#"{"contacts":[{"input":"IN.4","user_id":"IN.4"}],"messages":[{"id":"w"}]}"#).unwrap();
        assert_eq!((answer.wa_id, answer.user_id.as_deref()), (None, Some("IN.4")));
        assert_eq!(send(200, r#"{"messages":[{"id":"w"}]}"#).unwrap().wa_id, None);
    }

    #[test]
    fn a_success_that_cannot_be_read_is_unknown() {
        for body in [
            "",
            "<html>",
            "{",
            "{}",
            "[]",
            r#"{"messages":[]}"#,
            r#"{"messages":[{"id":null}]}"#,
            r#"{"messages":"x"}"#,
        ] {
            assert_eq!(send(200, body), Err(SendError::Unknown), "{body}");
        }
    }

    #[test]
    fn the_error_in_the_body_decides() {
        let body = r##"{"error":{"message":"(#131047) Re-engagement message","type":"OAuthException","code":131047,"error_subcode":2494010,
            "error_data":{"messaging_product":"whatsapp","details":"more than 24 hours"},"fbtrace_id":"A1b2C3"}}"##;
        for status in [200, 400, 500] {
            let Err(SendError::Failed(CallFailed::Refused { error, .. })) = send(status, body) else { panic!() };
            assert_eq!((error.code, error.subcode, error.http_status), (131_047, Some(2_494_010), Some(status)));
            assert_eq!(
                (error.details.as_deref(), error.trace_id.as_deref()),
                (Some("more than 24 hours"), Some("A1b2C3"))
            );
        }
    }

    #[test]
    fn gateways_and_strangers() {
        for (status, body, expected) in [
            (502, "<html>Bad Gateway</html>", UNAVAILABLE),
            (503, "", UNAVAILABLE),
            (504, "{}", UNAVAILABLE),
            (500, r#"{"error":{"message":"no code"}}"#, UNAVAILABLE),
            (429, "slow down", TOO_FAST),
            (401, "", BAD_TOKEN),
        ] {
            assert_eq!(code(send(status, body)), expected, "{status} {body}");
        }
        for status in [301, 302, 307, 400, 403, 404] {
            assert_eq!(send(status, "<html>"), Err(CallFailed::Unreadable { status }.into()));
        }
    }

    #[test]
    fn the_time_to_wait_is_passed_on() {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, "30".parse().unwrap())]);
        let answer = read_send_answer(429, &headers, b"");
        assert!(matches!(answer, Err(SendError::Failed(CallFailed::Refused { retry_after: Some(30), .. }))));
    }

    proptest::proptest! {
        #[test]
        fn no_answer_panics(status in 100..600_u16, body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = read_send_answer(status, &HeaderMap::new(), &body);
        }
    }
}
