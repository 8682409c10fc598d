//! What surrounds every route, tried on routes made for it. The routes themselves are tried in `tests/it` on a real server.

use super::extract::{Json, Query};
use super::*;
use axum::body::Body;
use axum::http::{Request, Response, header};
use axum::routing::{get, post};
use serde_json::Value;
use tarun_api::page::PageQuery;
use tarun_api::user::InvitationIn;
use tower::ServiceExt as _;

fn server(is_https: bool) -> Router {
    let routes = Router::new()
        .route("/body", post(|Json(given): Json<InvitationIn>| async move { given.email }))
        .route("/list", get(|Query(query): Query<PageQuery>| async move { format!("{:?}", query.limit) }))
        // As the layer answers whose time is over.
        .route("/slow", get(|| async { StatusCode::GATEWAY_TIMEOUT }))
        .route("/optional", post(|given: Option<Json<InvitationIn>>| async move { format!("{}", given.is_some()) }))
        .route("/panic", get(|| async { panic!("the secret of the house") as () }))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method);
    layered(routes, is_https)
}

async fn ask(request: Request<Body>) -> (StatusCode, axum::http::HeaderMap, Value) {
    let response: Response<Body> = server(true).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    (parts.status, parts.headers, serde_json::from_slice(&bytes).unwrap_or_default())
}

fn sent(body: impl Into<Body>) -> Request<Body> {
    Request::post("/body").header(header::CONTENT_TYPE, "application/json").body(body.into()).unwrap()
}

fn got(uri: &str) -> Request<Body> {
    Request::get(uri).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn every_refusal_is_a_problem_document_with_the_requests_id() {
    let too_large = format!(r#"{{"email":"{}","role":"AGENT"}}"#, "a".repeat(BODY_LIMIT));
    for (request, status, code) in [
        (got("/nowhere"), 404, "not_found"),
        (got("/body"), 405, "method_not_allowed"),
        (Request::post("/body").body(Body::from("{}")).unwrap(), 415, "unsupported_media_type"),
        (sent("{"), 400, "unreadable_body"),
        (sent(r#"{"email":"a@b.in","role":"AGENT","tenant_id":"x"}"#), 400, "unknown_field"),
        (sent(r#"{"email":"a@b.in","role":"EMPEROR"}"#), 422, "invalid"),
        (sent(too_large), 413, "too_large"),
        (got("/list?limit=x"), 400, "bad_parameter"),
        (got("/list?limit=1&limit=2"), 400, "bad_parameter"),
        (got("/list?cursor=%00"), 400, "bad_parameter"),
        (got("/list?wanted=1"), 400, "unknown_parameter"),
        (got("/panic"), 500, "internal"),
        (got("/slow"), 504, "timeout"),
        (
            Request::post("/optional").header("content-type", "application/json").body("{".into()).unwrap(),
            400,
            "unreadable_body",
        ),
        (
            Request::post("/optional").header("content-type", "text/plain").body("{}".into()).unwrap(),
            415,
            "unsupported_media_type",
        ),
    ] {
        let uri = request.uri().clone();
        let (found, headers, problem) = ask(request).await;
        assert_eq!((found.as_u16(), problem["code"].as_str()), (status, Some(code)), "{uri}: {problem}");
        assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json", "{uri}");
        assert_eq!(problem["status"], status);
        assert_eq!(headers["x-request-id"].to_str().ok(), problem["request_id"].as_str());
        assert!(!problem.to_string().contains("secret"), "{problem}");
    }
}

#[tokio::test]
async fn a_body_that_may_be_absent_is_none_in_each_way_of_leaving_it_out() {
    let json = |body: &'static str| {
        Request::post("/optional").header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap()
    };
    let bare = Request::post("/optional").body(Body::empty()).unwrap();
    let given = r#"{"email":"a@b.in","role":"AGENT"}"#;
    for (request, is_some) in [(bare, false), (json(""), false), (json("null"), false), (json(given), true)] {
        let (status, _, answer) = ask(request).await;
        assert_eq!((status, answer), (StatusCode::OK, Value::Bool(is_some)));
    }
}

#[tokio::test]
async fn c_089_every_answer_has_the_security_headers() {
    for request in [got("/list"), got("/nowhere"), got("/panic"), sent("{")] {
        let (_, headers, _) = ask(request).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ] {
            assert_eq!(headers[name], value);
        }
        assert!(headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    }
    let plain = server(false).oneshot(got("/list")).await.unwrap();
    assert!(!plain.headers().contains_key("strict-transport-security"));
}

#[tokio::test]
async fn a_clients_request_id_is_not_taken_over() {
    let mut request = got("/list");
    request.headers_mut().insert("x-request-id", "forged\tid".parse().unwrap());
    let (_, headers, _) = ask(request).await;
    assert!(uuid::Uuid::parse_str(headers["x-request-id"].to_str().unwrap()).is_ok());
}
