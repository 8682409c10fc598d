//! `/docs`: the contract as a page to read, made on the server, without a script.

mod page;

use super::Http;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use std::sync::LazyLock;

const CSP: &str = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const STYLE: &str = include_str!("docs/style.css");

pub fn routes() -> Router<Http> {
    Router::new().route("/docs", get(show)).route("/docs/style.css", get(style))
}

async fn show() -> impl IntoResponse {
    static PAGE: LazyLock<String> = LazyLock::new(|| page::of(&super::openapi::document()));
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, CSP)], PAGE.as_str())
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}
