//! A JSON body.

use crate::http::problem::ApiError;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_json::error::Category;
use serde_path_to_error::Segment;

/// How much of a parser's words is passed on: it may repeat what was sent.
const MAX_WORDS: usize = 200;

/// A JSON body of the given shape, and JSON as an answer.
///
/// Refuses: another media type (415), what can't be read and unknown fields (400), what is too large (413), values of the
/// wrong kind and texts with NUL, which the database can't keep (422).
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = body(request, state).await?;
        read(&bytes).map(Self)
    }
}

/// A body that may be absent: without its media type, empty or `null`.
impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, ApiError> {
        if !request.headers().contains_key(header::CONTENT_TYPE) {
            return Ok(None);
        }
        let bytes = body(request, state).await?;
        if matches!(bytes.trim_ascii(), b"" | b"null") { Ok(None) } else { read(&bytes).map(|body| Some(Self(body))) }
    }
}

/// The body's bytes, once its media type is right and its size within the limit.
pub(super) async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    if !is_json(request.headers()) {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send JSON, with the header Content-Type: application/json.",
        ));
    }
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "This is more than can be sent here at once.")
        }
        _ => ApiError::new(StatusCode::BAD_REQUEST, "unreadable_body", "The body broke off before its end."),
    })
}

/// `application/json`, alone or with UTF-8 named (RFC 8259 knows no other).
fn is_json(headers: &HeaderMap) -> bool {
    let mut all = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(one), None) = (all.next(), all.next()) else { return false };
    let Ok(text) = one.to_str() else { return false };
    let mut parts = text.split(';').map(str::trim);
    parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"))
        && parts.all(|p| {
            p.is_empty() || p.eq_ignore_ascii_case("charset=utf-8") || p.eq_ignore_ascii_case("charset=\"utf-8\"")
        })
}

pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    refuse_other_than_object(bytes)?;
    refuse_nul(bytes)?;
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut parser).map_err(|error| {
        let pointer = pointer(error.path());
        unfit(&pointer, error.inner())
    })?;
    parser.end().map_err(|error| unreadable(&error))?;
    Ok(value)
}

fn unfit(pointer: &str, error: &serde_json::Error) -> ApiError {
    if error.classify() != Category::Data {
        return unreadable(error);
    }
    let words = words(error);
    // The shapes of serde's own messages; where they change, the general answer below is still right.
    let quoted = |start: &str| words.strip_prefix(start).and_then(|rest| rest.split('`').next()).map(str::to_owned);
    let inside = |field: &str| format!("{pointer}/{}", escape(field));
    let whole = |field: &str| {
        if pointer.ends_with(&format!("/{}", escape(field))) { pointer.to_owned() } else { inside(field) }
    };
    if let Some(field) = quoted("unknown field `") {
        let detail = format!("There is no field {field:?} here.");
        return ApiError::field(StatusCode::BAD_REQUEST, whole(&field), "unknown_field", detail);
    }
    if let Some(field) = quoted("duplicate field `") {
        let detail = format!("The field {field:?} is there twice.");
        return ApiError::field(StatusCode::BAD_REQUEST, whole(&field), "duplicate_field", detail);
    }
    if let Some(field) = quoted("missing field `") {
        return ApiError::field(StatusCode::UNPROCESSABLE_ENTITY, inside(&field), "required", "Please fill this in.");
    }
    ApiError::field(StatusCode::UNPROCESSABLE_ENTITY, pointer, "invalid", format!("This does not fit: {words}."))
}

fn unreadable(error: &serde_json::Error) -> ApiError {
    let detail =
        format!("The body is no readable JSON: {} at line {}, column {}.", words(error), error.line(), error.column());
    ApiError::new(StatusCode::BAD_REQUEST, "unreadable_body", detail)
}

/// The parser's words without its own "at line …".
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(words, _)| words);
    let mut cut: String = text.chars().take(MAX_WORDS).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escape(key)),
            Segment::Enum { .. } | Segment::Unknown => String::new(),
        })
        .collect()
}

/// RFC 6901, 3.
fn escape(key: &str) -> String {
    let cut: String = key.chars().take(MAX_WORDS).collect();
    cut.replace('~', "~0").replace('/', "~1")
}

/// All bodies are objects. Serde would also take an array of the fields' values in their order.
fn refuse_other_than_object(bytes: &[u8]) -> Result<(), ApiError> {
    if bytes.trim_ascii_start().first() == Some(&b'{') {
        return Ok(());
    }
    serde_json::from_slice::<IgnoredAny>(bytes).map_err(|error| unreadable(&error))?;
    Err(ApiError::field(StatusCode::UNPROCESSABLE_ENTITY, "", "invalid", "The body must be a JSON object."))
}

/// A raw NUL is no JSON; an escaped one is, and is looked for only where its letters are.
fn refuse_nul(bytes: &[u8]) -> Result<(), ApiError> {
    if !bytes.windows(6).any(|window| window == b"\\u0000") {
        return Ok(());
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|error| unfit("", &error))?;
    nul_in(&value, &mut String::new()).map_or(Ok(()), |pointer| {
        let detail = "A text must not hold the character NUL.";
        Err(ApiError::field(StatusCode::UNPROCESSABLE_ENTITY, pointer, "invalid_text", detail))
    })
}

/// Where a text or a name in it holds NUL.
fn nul_in(value: &Value, at: &mut String) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(|| at.clone()),
        Value::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
            let length = at.len();
            at.push_str(&format!("/{index}"));
            let found = nul_in(item, at);
            at.truncate(length);
            found
        }),
        Value::Object(fields) => fields.iter().find_map(|(key, item)| {
            if key.contains('\0') {
                return Some(at.clone());
            }
            let length = at.len();
            at.push('/');
            at.push_str(&escape(key));
            let found = nul_in(item, at);
            at.truncate(length);
            found
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

#[cfg(test)]
mod tests;
