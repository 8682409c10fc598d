//! Slow, many and half-open connections, over real sockets. Limits are short here; what is waited for is always that
//! something happens, never that it happened by a certain time.

use super::*;
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use futures::stream;
use std::convert::Infallible;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio_util::sync::DropGuard;

const SHORT: Limits =
    Limits { head: Duration::from_millis(300), stalled: Duration::from_millis(300), connections: 400 };

struct Server {
    address: SocketAddr,
    _stop: DropGuard,
}

async fn server(limits: Limits, router: Router) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(serve(listener, router, limits, stop.clone()));
    Server { address, _stop: stop.drop_guard() }
}

fn hello() -> Router {
    Router::new().route("/", get(|| async { "hello" })).route("/take", post(|body: Bytes| async move { body }))
}

impl Server {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// What comes back until the server closes.
    async fn says(&self, text: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = vec![];
        // A reset after the answer is an end as well.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// A bound for tests that would wait for ever; how long it takes is not what they ask.
async fn in_the_end<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("it never ends")
}

const GOODBYE: &str = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// Sends a byte now and then, as long as the server lets it.
async fn drip(mut stream: TcpStream, head: &str) {
    for byte in head.bytes().chain(std::iter::repeat(b'a')) {
        if stream.write_all(&[byte]).await.is_err() {
            return;
        }
        let mut one = [0];
        let heard = tokio::time::timeout(Duration::from_millis(20), stream.read(&mut one)).await;
        if matches!(heard, Ok(Ok(0) | Err(_))) {
            return;
        }
    }
}

#[tokio::test]
async fn c_056_heads_that_drip_in_and_silence_are_cut_while_others_are_served() {
    let server = server(SHORT, hello()).await;
    let mut slow = tokio::task::JoinSet::new();
    for n in 0..200 {
        let stream = server.connect().await;
        let head = ["", "GET / HTTP/1.1\r\nhost: x\r\nx-slow: "][n % 2];
        slow.spawn(async move {
            if n % 5 == 0 {
                let mut stream = stream;
                let _ = stream.read_to_end(&mut vec![]).await;
            } else {
                drip(stream, head).await;
            }
        });
    }
    assert!(server.says(GOODBYE).await.ends_with("hello"), "others are served in the midst of it");
    // Without a limit none of these would ever end.
    in_the_end(slow.join_all()).await;
}

#[tokio::test]
async fn c_056_whoever_asks_and_does_not_read_is_cut() {
    let (ended, mut end) = mpsc::channel::<()>(1);
    let endless = Router::new().route(
        "/",
        get(move || {
            // Held by the body: gone when the answer is.
            let ended = ended.clone();
            let body = stream::repeat_with(move || {
                let _held = &ended;
                Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 64 * 1024]))
            });
            async { Response::new(Body::from_stream(body)) }
        }),
    );
    let server = server(SHORT, endless).await;
    let mut stream = server.connect().await;
    stream.write_all(GOODBYE.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    // The router keeps one sender as well: the count is of answers under way.
    in_the_end(async {
        while end.sender_strong_count() > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    end.close();
}

#[tokio::test]
async fn c_056_connections_are_limited_and_the_next_one_waits_for_a_place() {
    let server = server(Limits { head: Duration::from_secs(3600), connections: 2, ..SHORT }, hello()).await;
    let (first, _second) = (server.connect().await, server.connect().await);
    // It is accepted by the system, and nobody listens to it.
    let waiting = server.says(GOODBYE);
    tokio::pin!(waiting);
    let early = tokio::time::timeout(Duration::from_millis(200), &mut waiting).await;
    assert!(early.is_err(), "served beyond the limit");
    drop(first);
    assert!(in_the_end(waiting).await.ends_with("hello"));
}

#[tokio::test]
async fn c_011_a_stop_lets_a_request_finish_and_closes_the_idle() {
    let (reached, mut reaches) = mpsc::channel::<()>(1);
    let (go, gone) = tokio::sync::watch::channel(false);
    let slow = Router::new().route(
        "/",
        get(move || {
            let (reached, mut gone) = (reached.clone(), gone.clone());
            async move {
                reached.send(()).await.unwrap();
                gone.wait_for(|go| *go).await.unwrap();
                "finished"
            }
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let limits = Limits { head: Duration::from_secs(3600), ..SHORT };
    let serving = tokio::spawn(serve(listener, slow, limits, stop.clone()));
    let mut idle = TcpStream::connect(address).await.unwrap();
    let mut asking = TcpStream::connect(address).await.unwrap();
    asking.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    reaches.recv().await.unwrap();
    stop.cancel();
    assert_eq!(idle.read(&mut [0]).await.unwrap(), 0, "closed");
    go.send(true).unwrap();
    let mut answer = String::new();
    asking.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("finished"), "{answer}");
    serving.await.unwrap();
}

#[tokio::test]
async fn c_091_a_body_with_two_lengths_hides_no_second_request() {
    let server = server(SHORT, hello()).await;
    let hidden = "GET /hidden HTTP/1.1\r\nhost: x\r\n\r\n";
    let length = hidden.len() + 5;
    for head in [
        format!("content-length: {length}\r\ntransfer-encoding: chunked"),
        format!("transfer-encoding: chunked\r\ncontent-length: {length}"),
        format!("content-length: {length}\r\ncontent-length: 5"),
        "content-length: 5, 6".to_owned(),
        "content-length: +5".to_owned(),
        "transfer-encoding: chunked, identity".to_owned(),
        "transfer-encoding: xchunked".to_owned(),
        "transfer-encoding : chunked".to_owned(),
    ] {
        let answer = server.says(&format!("POST /take HTTP/1.1\r\nhost: x\r\n{head}\r\n\r\n0\r\n\r\n{hidden}")).await;
        let answers = answer.matches("HTTP/1.1 ").count();
        // Refused, or read as one message by the chunks alone with the connection closed behind it (RFC 9112, 6.3).
        let only_one = answers <= 1 && !answer.contains("404");
        assert!(only_one, "{head}: {answer}");
    }
}
