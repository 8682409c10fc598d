//! Connections: how many there are at once, and how slow they may be (C-056).

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// More than any installation needs on one server; each costs some 20 KB.
const MOST_CONNECTIONS: u64 = 16_384;
/// Files that the process needs besides: connections to the database, to Valkey and to WhatsApp, files that are sent.
const OTHER_FILES: u64 = 256;
/// How long requests under way may take when the server stops (C-011).
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// What one listening address puts up with.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the connection, or from the answer before, to the end of a request's head.
    pub head: Duration,
    /// How long the other side may take nothing of what is sent to it.
    pub stalled: Duration,
    /// Connections at once, sockets of open screens included; further ones wait to be accepted.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head: Duration::from_secs(30), stalled: Duration::from_secs(30), connections: connections() }
    }
}

/// As many connections as the process may have files; the limit on those is raised as far as the system lets it be.
fn connections() -> usize {
    let files = getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, hard)| {
        // macOS refuses more than 10,240, whatever it says.
        let wanted = [MOST_CONNECTIONS + OTHER_FILES, 10_240].map(|most| most.min(hard));
        let raised = wanted.into_iter().find(|&w| w > soft && setrlimit(Resource::RLIMIT_NOFILE, w, hard).is_ok());
        raised.unwrap_or(soft)
    });
    let connections = files.saturating_sub(OTHER_FILES).clamp(64, MOST_CONNECTIONS);
    usize::try_from(connections).unwrap_or(usize::MAX)
}

/// Serves until told to stop, then lets requests finish for at most ten seconds.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: CancellationToken) {
    let router: Router = router.with_state(());
    let places = Arc::new(Semaphore::new(limits.connections));
    let open = TaskTracker::new();
    while let Some((stream, address, place)) = next(&listener, &places, &stop).await {
        open.spawn(converse(Connection::new(stream, limits, place), address, router.clone(), limits, stop.clone()));
    }
    drop(listener);
    open.close();
    if tokio::time::timeout(LAST_REQUESTS, open.wait()).await.is_err() {
        tracing::warn!(connections = open.len(), "requests under way took too long to finish and are cut off");
    }
}

/// The next connection for which there is a place; `None` when it is time to stop.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let accept = async {
        let place = places.clone().acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, address)) => return Some((stream, address, place)),
                Err(error) if is_the_callers(&error) => {}
                Err(error) => {
                    // No files left, most likely: some come back when others go.
                    tracing::error!(%error, "connections can't be accepted; trying again in a second");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    };
    tokio::select! {
        next = accept => next,
        () = stop.cancelled() => None,
    }
}

/// It was gone before it was accepted.
fn is_the_callers(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

async fn converse(io: Connection, address: SocketAddr, router: Router, limits: Limits, stop: CancellationToken) {
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(address));
        router.clone().oneshot(request)
    });
    // HTTP/1.1 alone: with HTTP/2 a caller would have many requests on one connection, and needs no proxy's word for it.
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head);
    let mut connection = pin!(http.serve_connection(TokioIo::new(io), service).with_upgrades());
    // How it ends is the other side's affair.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// A connection with its place, which it keeps when it becomes a socket.
struct Connection {
    stream: Pin<Box<TimeoutStream<TcpStream>>>,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    fn new(stream: TcpStream, limits: Limits, place: OwnedSemaphorePermit) -> Self {
        // Small events in a row must not wait for the browser's delayed acknowledgement of the one before (40 ms).
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection stays slow with small packets");
        }
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.stalled));
        Self { stream: Box::pin(stream), _place: place }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_read(cx, to)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(cx, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write_vectored(cx, from)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests;
