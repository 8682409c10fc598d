//! What is refused, on the wire: unknown addresses, wrong methods, wrong bodies. Always as a problem document.

use reqwest::{Method, StatusCode};
use serde_json::json;
use tarun_testkit::{Caller, business, world};

async fn refused(caller: &Caller, request: reqwest::RequestBuilder) -> (u16, String) {
    let answer = caller.send(request).await;
    let problem = answer.json();
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{}", answer.text);
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(problem["status"], answer.status);
    assert!(!problem["request_id"].as_str().unwrap().is_empty());
    for inside in ["panicked", "src/", ".rs", "select ", "sqlx", "postgres", "tenant_id ="] {
        assert!(!answer.text.contains(inside), "C-113: {}", answer.text);
    }
    (answer.status, problem["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn c_091_wrong_addresses_methods_and_bodies() {
    let owner = business().await.owner;
    let at = |method: &str, path: &str| owner.request(method.parse::<Method>().unwrap(), path);
    let json_body = |text: String| at("PATCH", "tenant").header("content-type", "application/json").body(text);
    let cases = [
        (at("GET", "/api/v1/nowhere"), 404, "not_found"),
        (at("GET", "/api/nowhere"), 404, "not_found"),
        (at("GET", "/api/v1/users/not-an-id"), 404, "not_found"),
        (at("GET", "/api/v1/users/00000000-0000-0000-0000-000000000000"), 404, "not_found"),
        (at("GET", "/api/v1/users/%00"), 404, "not_found"),
        (at("PUT", "/api/v1/me"), 405, "method_not_allowed"),
        (at("OPTIONS", "/api/v1/me"), 405, "method_not_allowed"),
        (at("TRACE", "/api/v1/me"), 405, "method_not_allowed"),
        (at("POST", "/api/v1/me").header("x-http-method-override", "GET"), 405, "method_not_allowed"),
        (at("PATCH", "tenant").body("{}"), 415, "unsupported_media_type"),
        (
            at("PATCH", "tenant").header("content-type", "application/x-www-form-urlencoded").body("name=x"),
            415,
            "unsupported_media_type",
        ),
        (json_body("{".into()), 400, "unreadable_body"),
        (json_body(String::new()), 400, "unreadable_body"),
        (json_body("[".repeat(100_000)), 400, "unreadable_body"),
        (json_body(r#"{"name":"a","name":"b"}"#.into()), 400, "duplicate_field"),
        (json_body(r#"{"name":"a\u0000b"}"#.into()), 422, "invalid_text"),
        (json_body(r#"{"name":7}"#.into()), 422, "invalid"),
        (json_body(json!({ "name": "x".repeat(300_000) }).to_string()), 413, "too_large"),
        (at("GET", "users?cursor=%00"), 400, "bad_parameter"),
        (at("GET", "users?cursor='%20or%201=1--"), 400, "bad_cursor"),
        (at("GET", "users?limit=99999999999999"), 400, "bad_parameter"),
    ];
    for (n, (request, status, code)) in cases.into_iter().enumerate() {
        assert_eq!(refused(&owner, request).await, (status, code.to_owned()), "case {n}");
    }
    owner.get("me").await.expect(200);
}

#[tokio::test]
async fn c_089_c_090_headers_of_the_api() {
    let owner = business().await.owner;
    let request =
        owner.request(Method::GET, "me").header("origin", "https://evil.example").header("x-request-id", "mine");
    let answer = owner.send(request).await;
    assert_eq!(answer.status, StatusCode::OK);
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(answer.headers[name], value);
    }
    assert!(answer.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    assert!(answer.headers.get("access-control-allow-origin").is_none());
    assert!(uuid::Uuid::parse_str(answer.headers["x-request-id"].to_str().unwrap()).is_ok());
    assert!(answer.headers.get("server").is_none());
    let page = reqwest::get(format!("{}/docs", world().url)).await.unwrap();
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");
}
