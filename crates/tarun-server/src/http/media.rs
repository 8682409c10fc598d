//! Files of customers, to whoever holds a signed address: pictures and players can't send a token.

mod disposition;
pub(crate) mod link;
mod range;

use super::Http;
use super::extract::{Path, Query};
use super::problem::ApiError;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{StreamExt, stream};
use link::Signed;
use range::{Part, part};
use tarun_app::App;
use tarun_app::media;
use tarun_core::ids::{MediaId, TenantId};
use tarun_store::{StoreError, TenantCtx};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Read and sent at a time; a slow reader holds no more in memory.
const CHUNK: u64 = 1024 * 1024;

/// Whatever a customer sent, it runs no script and loads nothing.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default().routes(routes!(get_media))
}

/// Get a file
///
/// By the address in a message's `content.media.url`, which works for 12 to 24 hours and for nobody's sign-in.
#[utoipa::path(get, path = "/media/{id}", tag = "media", security(()), params(("id" = Uuid, Path), Signed, ("Range" = Option<String>, Header)),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, description = "A part of it", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 403, description = "The address is not one of ours, or its time is over"),
        (status = 416, description = "The file has no such part")))]
async fn get_media(
    State(http): State<Http>,
    Path(id): Path<Uuid>,
    Query(signed): Query<Signed>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = MediaId(id);
    let now = http.app.clock.now();
    let refused = || {
        ApiError::new(
            StatusCode::FORBIDDEN,
            "bad_link",
            "This address does not work (any more). Open the conversation again.",
        )
    };
    let seconds = signed.seconds_left(now).ok_or_else(refused)?;
    let ctx = match http.app.store.tenant(TenantId(signed.t)).await {
        Err(StoreError::NoSuchTenant) => return Err(refused()),
        other => other?,
    };
    if !signed.is_for(&ctx, id) {
        return Err(refused());
    }
    let file = media::open(&http.app, &ctx, id).await?;
    let etag = format!("\"{id}\"");
    let part = match part(&headers, &etag, file.size) {
        Ok(part) => part,
        Err(range::Unsatisfiable) => return Ok(unsatisfiable(file.size)),
    };
    let body = body(&http.app, &ctx, id, part, file.size).await?;
    let (shown, kind) = disposition::of(&file.mime_type, file.filename.as_deref());
    let (from, to) = part.unwrap_or((0, file.size.saturating_sub(1)));
    let length = if file.size == 0 { 0 } else { to - from + 1 };
    let given = [
        (header::CONTENT_TYPE, text(&kind)?),
        (header::CONTENT_DISPOSITION, text(&shown)?),
        (header::CONTENT_LENGTH, HeaderValue::from(length)),
        (header::CACHE_CONTROL, text(&format!("private, max-age={seconds}, immutable"))?),
        (header::ETAG, text(&etag)?),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    let mut response = Response::new(body);
    given.into_iter().for_each(|(name, value): (HeaderName, _)| drop(response.headers_mut().insert(name, value)));
    if part.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        response.headers_mut().insert(header::CONTENT_RANGE, text(&format!("bytes {from}-{to}/{}", file.size))?);
    }
    Ok(response)
}

fn text(value: &str) -> Result<HeaderValue, ApiError> {
    HeaderValue::from_str(value).map_err(|_| ApiError::internal())
}

fn unsatisfiable(size: u64) -> Response {
    let error = ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, "no_such_part", "The file has no such part.");
    ([(header::CONTENT_RANGE, format!("bytes */{size}"))], error).into_response()
}

/// The bytes, read as they are sent. The first are read now, while a problem can still be told.
async fn body(app: &App, ctx: &TenantCtx, id: MediaId, part: Part, size: u64) -> Result<Body, ApiError> {
    if size == 0 {
        return Ok(Body::empty());
    }
    let (from, to) = part.unwrap_or((0, size - 1));
    let first = media::read(app, ctx, id, from, to.min(from + CHUNK - 1)).await?;
    let (app, ctx) = (app.clone(), ctx.clone());
    let rest = stream::try_unfold(from + CHUNK, move |at| {
        let (app, ctx) = (app.clone(), ctx.clone());
        async move {
            if at > to {
                return Ok::<_, std::io::Error>(None);
            }
            let bytes = media::read(&app, &ctx, id, at, to.min(at + CHUNK - 1)).await.map_err(std::io::Error::other)?;
            Ok(Some((bytes, at + CHUNK)))
        }
    });
    let first = stream::once(async move { Ok::<Bytes, std::io::Error>(first) });
    Ok(Body::from_stream(first.chain(rest)))
}
