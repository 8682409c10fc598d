//! The contract in the repository is the one that is served.

use tarun_testkit::world;

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json");

/// `TARUN_UPDATE=1 cargo test -p tarun-server --test it openapi` writes it anew after a wanted change.
#[test]
fn openapi_json_is_what_the_routes_say() {
    let made = format!("{}\n", tarun_server::http::openapi::text().trim_end());
    if std::env::var_os("TARUN_UPDATE").is_some() {
        std::fs::write(KEPT, &made).unwrap();
    }
    let kept = std::fs::read_to_string(KEPT).unwrap_or_default();
    assert!(
        made == kept,
        "the routes changed: run with TARUN_UPDATE=1, review openapi.json, and make the web app's types anew"
    );
}

#[tokio::test]
async fn the_contract_and_its_page_are_served() {
    let http = reqwest::Client::new();
    let served: serde_json::Value = {
        let answer = http.get(format!("{}/api/v1/openapi.json", world().url)).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    };
    assert_eq!(served, serde_json::from_str::<serde_json::Value>(&tarun_server::http::openapi::text()).unwrap());
    let page = http.get(format!("{}/docs", world().url)).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("script") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert!(page.text().await.unwrap().contains("/api/v1/auth/login"));
    assert_eq!(
        http.get(format!("{}/docs/style.css", world().url)).send().await.unwrap().headers()["content-type"],
        "text/css; charset=utf-8"
    );
}
