//! The HTTP face: routes with their descriptions, what they take, what they answer.
//!
//! A route of the API exists only together with its description, from which `openapi.json` is made. To add one: write the
//! handler in its noun's file with `#[utoipa::path]`, list it in that file's `routes()`, and add its line to the table of
//! `tests/it/walk_as_stranger.rs`.

mod api_keys;
mod audit;
mod auth;
pub(crate) mod contacts;
pub(crate) mod conversations;
mod docs;
pub mod extract;
mod failures;
pub mod health;
mod invitations;
mod me;
mod media;
pub(crate) mod messages;
mod numbers;
pub mod openapi;
pub mod page;
pub mod problem;
mod request;
mod security_headers;
pub mod signed_in;
mod tenant;
mod users;
mod web;
mod webhook;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use problem::ApiError;
use socketioxide::layer::SocketIoLayer;
use std::sync::Arc;
use std::time::Duration;
use tarun_app::App;
use tarun_app::auth::SignUpPolicy;
use tarun_core::secret::Secret;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa_axum::router::OpenApiRouter;

/// Bodies are at most so long, unless a route says otherwise.
const BODY_LIMIT: usize = 256 * 1024;
/// Sending, handling and answering together; the database gives up at 15 seconds.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// What handlers share. Cheap to clone.
#[derive(Clone)]
pub struct Http {
    pub app: App,
    pub settings: Arc<HttpSettings>,
}

/// How this installation is reached, and by whom.
#[derive(Debug, Clone, Default)]
pub struct HttpSettings {
    /// A proxy of ours stands before the server: the last hop of `X-Forwarded-For` is the client.
    pub trusted_proxy: bool,
    pub sign_up: SignUpPolicy,
    /// Who knows it may read `/metrics`; nobody may without one.
    pub metrics_token: Option<Secret>,
}

impl Http {
    /// The address of a page of the web app.
    #[must_use]
    pub fn page(&self, path: &str) -> String {
        format!("{}/{path}", self.app.public_url)
    }

    /// Whether browsers reach this installation by https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.app.public_url.starts_with("https://")
    }
}

/// The API's routes with their descriptions.
fn described() -> OpenApiRouter<Http> {
    OpenApiRouter::default()
        .nest(
            "/api/v1",
            OpenApiRouter::default()
                .merge(auth::routes())
                .merge(me::routes())
                .merge(tenant::routes())
                .merge(users::routes())
                .merge(invitations::routes())
                .merge(api_keys::routes())
                .merge(audit::routes())
                .merge(numbers::routes())
                .merge(conversations::routes())
                .merge(messages::routes())
                .merge(contacts::routes())
                .merge(media::routes())
                .merge(failures::routes())
                .merge(openapi::routes()),
        )
        .merge(webhook::routes())
}

/// The whole server: the API, its documents, the web app, and the sockets before them.
pub fn router(http: Http, sockets: SocketIoLayer) -> Router {
    let (api, _) = described().split_for_parts();
    let routes = api
        .merge(docs::routes())
        .merge(health::routes())
        .fallback(web::app)
        .method_not_allowed_fallback(no_such_method);
    let is_https = http.is_https();
    let origin = from_fn_with_state(http.clone(), own_origin);
    // Sockets answer before the layers inside; their answers get the same headers.
    let headers = from_fn_with_state(is_https, security_headers::add);
    layered(routes.with_state(http), is_https).layer(sockets).layer(origin).layer(headers)
}

/// Browsers send the page's origin along when they open a socket: another site's page may not (C-090).
async fn own_origin(State(http): State<Http>, request: Request, next: Next) -> Response {
    let is_socket = request.uri().path().starts_with("/socket.io");
    if is_socket && !extract::client::is_own(request.headers(), &http.app.public_url) {
        return StatusCode::FORBIDDEN.into_response();
    }
    next.run(request).await
}

/// What surrounds every route, from the inside out.
fn layered(routes: Router, is_https: bool) -> Router {
    routes
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIME_LIMIT))
        .layer(CatchPanicLayer::custom(request::panicked))
        .layer(from_fn_with_state(is_https, security_headers::add))
        .layer(from_fn(request::answer))
}

#[cfg(test)]
async fn no_such_route() -> ApiError {
    ApiError::not_found("address")
}

async fn no_such_method() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This address does not know that method.")
}

#[cfg(test)]
mod tests;
