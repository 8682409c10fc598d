use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body as Stream;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::any;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const TOKEN: &str = "EAAG-secret-token";

fn client(address: SocketAddr) -> Guarded {
    let limits =
        Limits { connect: Duration::from_secs(2), call: Duration::from_secs(2), media: Duration::from_secs(5) };
    let graph_url = Url::parse(&format!("http://{address}")).unwrap();
    Guarded::new(Settings { graph_url, graph_version: "v26.0".into(), limits }).unwrap()
}

async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// A server that reads one request and then does as told with the connection.
async fn raw_server(answer: &'static [u8], hold: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut request = [0; 4_096];
        assert!(connection.read(&mut request).await.unwrap() > 0);
        connection.write_all(answer).await.unwrap();
        if hold {
            std::future::pending::<()>().await;
        }
    });
    address
}

fn send() -> HttpRequest {
    HttpRequest::post(&["1", "messages"], Body::json(&serde_json::json!({"to": "+91"})))
}

#[tokio::test]
async fn the_token_and_the_path_arrive() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let app = Router::new().fallback(any(move |request: Request| {
        let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        log.lock().unwrap().push((
            request.method().to_string(),
            request.uri().to_string(),
            header("authorization"),
            header("user-agent"),
        ));
        async { "{}" }
    }));
    let client = client(serve(app).await);
    let request = HttpRequest::get(&["1 /2"]).with_query("fields", "a,b&c");
    let answer = client.graph(&Secret::new(TOKEN), request).await.unwrap();
    assert_eq!((answer.status, answer.complete, &answer.body[..]), (200, true, &b"{}"[..]));
    let (method, uri, token, agent) = seen.lock().unwrap().pop().unwrap();
    assert_eq!((method.as_str(), uri.as_str()), ("GET", "/v26.0/1%20%2F2?fields=a%2Cb%26c"));
    assert_eq!(token.unwrap(), format!("Bearer {TOKEN}"));
    assert!(agent.unwrap().starts_with("Tarun/"));
}

#[tokio::test]
async fn paths_that_lead_elsewhere_are_not_called() {
    let client = client("127.0.0.1:1".parse().unwrap());
    for path in [[".."], ["."], [""]] {
        let answer = client.graph(&Secret::new(TOKEN), HttpRequest::get(&path)).await;
        assert_eq!(answer.unwrap_err(), CallError::NotAllowed);
    }
}

#[tokio::test]
async fn c_054_redirects_are_answers_and_are_not_followed() {
    let seen = Arc::new(Mutex::new(0));
    let count = Arc::clone(&seen);
    let elsewhere = serve(Router::new().fallback(any(move || {
        *count.lock().unwrap() += 1;
        async { "{}" }
    })))
    .await;
    let app = Router::new().fallback(any(move || async move {
        (StatusCode::TEMPORARY_REDIRECT, [("location", format!("http://{elsewhere}/"))], "")
    }));
    let client = client(serve(app).await);
    let answer = client.graph(&Secret::new(TOKEN), send()).await.unwrap();
    assert_eq!(answer.status, 307);
    assert_eq!(*seen.lock().unwrap(), 0);
}

#[tokio::test]
async fn c_054_large_answers_are_cut() {
    let app = Router::new().fallback(any(|| async { vec![b' '; 10 * 1024 * 1024] }));
    let answer = client(serve(app).await).graph(&Secret::new(TOKEN), send()).await.unwrap();
    assert!(!answer.complete && answer.body.len() as u64 <= MAX_JSON_BYTES);
}

#[tokio::test]
async fn a_refused_connection_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = client(address).graph(&Secret::new(TOKEN), send()).await.unwrap_err();
    assert!(matches!(error, CallError::NotSent { .. }), "{error:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_is_unknown() {
    let error = client(raw_server(b"", false).await).graph(&Secret::new(TOKEN), send()).await.unwrap_err();
    assert!(matches!(error, CallError::Unknown { .. }), "{error:?}");
    let error = client(raw_server(b"", true).await).graph(&Secret::new(TOKEN), send()).await.unwrap_err();
    assert_eq!(error, CallError::Unknown { reason: "it took too long".into() });
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"messages\"";
    let answer = client(raw_server(cut, false).await).graph(&Secret::new(TOKEN), send()).await.unwrap();
    assert_eq!((answer.status, answer.complete), (200, false));
}

#[tokio::test]
async fn errors_name_no_secret_and_no_address() {
    let error = client("127.0.0.1:1".parse().unwrap()).graph(&Secret::new(TOKEN), send()).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(TOKEN) && !shown.contains("http://"), "{shown}");
    let bad = client("127.0.0.1:1".parse().unwrap()).graph(&Secret::new("a\nb"), send()).await.unwrap_err();
    assert!(matches!(bad, CallError::NotSent { .. }));
}

#[tokio::test]
async fn files_come_from_meta_and_the_configured_address_only() {
    let app = Router::new().fallback(any(|| async { ([("content-type", "image/png")], "picture") }));
    let address = serve(app).await;
    let client = client(address);
    let mut file = client.download(&Secret::new(TOKEN), &format!("http://{address}/file")).await.unwrap();
    assert_eq!(file.chunk().await.unwrap().unwrap(), "picture");
    assert_eq!(file.chunk().await.unwrap(), None);
    let port = address.port() ^ 1;
    for url in [
        format!("http://127.0.0.1:{port}/file"),
        format!("http://localhost:{}/file", address.port()),
        format!("http://user@{address}/file"),
        "https://example.in/x".into(),
        "http://lookaside.fbsbx.com/x".into(),
        "https://lookaside.fbsbx.com.example.in/x".into(),
        "https://lookaside.fbsbx.com:8443/x".into(),
        "https://evil@lookaside.fbsbx.com/x".into(),
        "https://127.0.0.1/x".into(),
        "nonsense".into(),
    ] {
        let answer = client.download(&Secret::new(TOKEN), &url).await;
        assert_eq!(answer.unwrap_err(), CallError::NotAllowed, "{url}");
    }
}

#[tokio::test]
async fn files_are_bounded_and_missing_ones_say_so() {
    let endless = || futures::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![0; 1024 * 1024])));
    let app = Router::new()
        .route("/gone", any(|| async { StatusCode::NOT_FOUND }))
        .route("/claims", any(|| async { Stream::from(vec![0; 64]) }))
        .route("/endless", any(move || async move { Stream::from_stream(endless()) }));
    let address = serve(app).await;
    let open = |path: &str| format!("http://{address}{path}");
    let (client, token) = (client(address), Secret::new(TOKEN));
    assert_eq!(client.download(&token, &open("/gone")).await.unwrap_err(), CallError::Status { status: 404 });
    let response = client.trusted.get(open("/claims")).send().await.unwrap();
    assert_eq!(Download::of(response, 63).unwrap_err(), CallError::TooLarge { limit: 63 });
    let response = client.trusted.get(open("/endless")).send().await.unwrap();
    let mut file = Download::of(response, 3 * 1024 * 1024).unwrap();
    let error = loop {
        match file.chunk().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it ended"),
            Err(error) => break error,
        }
    };
    assert_eq!(error, CallError::TooLarge { limit: 3 * 1024 * 1024 });
}

#[tokio::test]
async fn c_061_strangers_cannot_lead_inside() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = client(address);
    // The client for all addresses but the operator's own. A name that leads inside is found out when it is resolved,
    // before any connection.
    let url = format!("https://localhost:{}/", address.port());
    let error = CallError::of(client.public.get(url).send().await.unwrap_err());
    assert!(matches!(&error, CallError::NotSent { reason } if reason.contains("public")), "{error:?}");
    let nobody_came = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await.is_err();
    assert!(nobody_came);
}

#[tokio::test]
async fn uploads_are_forms() {
    let seen = Arc::new(Mutex::new(String::new()));
    let log = Arc::clone(&seen);
    let app = Router::new().fallback(any(move |body: String| {
        *log.lock().unwrap() = body;
        async { r#"{"id":"9"}"# }
    }));
    let client = client(serve(app).await);
    let fields = vec![("messaging_product", "whatsapp".to_owned())];
    let body = Body::Upload {
        fields,
        mime_type: "image/png".into(),
        filename: "बिल.png".into(),
        file: Bytes::from_static(b"bytes"),
    };
    client.graph(&Secret::new(TOKEN), HttpRequest::post(&["1", "media"], body)).await.unwrap();
    let form = seen.lock().unwrap().clone();
    assert!(
        form.contains("name=\"messaging_product\"") && form.contains("image/png") && form.contains("bytes"),
        "{form}"
    );
}

#[test]
fn settings_are_checked() {
    let with = |url: &str, version: &str| {
        let graph_url = Url::parse(url).unwrap();
        Guarded::new(Settings { graph_url, graph_version: version.into(), limits: Limits::default() }).err()
    };
    assert_eq!(with("https://graph.facebook.com", "v26.0"), None);
    assert_eq!(with("http://127.0.0.1:9/meta/", "v26.0"), None);
    assert_eq!(with("ftp://graph.facebook.com", "v26.0"), Some(BadSettings::GraphUrl));
    assert_eq!(with("https://graph.facebook.com", "../x"), Some(BadSettings::GraphVersion));
}
