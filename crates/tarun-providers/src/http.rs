//! The one client that speaks to the outside: time limits, size limits, no redirects with a token, and no way into the
//! operator's own network.

mod address;
mod error;
mod request;

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, redirect, retry};
use tarun_core::secret::Secret;
use url::Url;

pub use address::is_public;
pub use error::CallError;
pub use request::{Body, HttpRequest, HttpResponse, Method};

/// Largest answer of a call, and largest file, in bytes. WhatsApp passes on files of up to 100 MB.
pub const MAX_JSON_BYTES: u64 = 1024 * 1024;
pub const MAX_MEDIA_BYTES: u64 = 100 * 1024 * 1024;

/// Where Meta serves files from. Meta's answer names the address, so it is checked against this before the token goes.
const META_MEDIA_HOST: &str = "lookaside.fbsbx.com";

#[derive(Debug, Clone)]
pub struct Settings {
    /// Chosen by the operator and therefore trusted; may be a simulator on this machine.
    pub graph_url: Url,
    /// For example `v26.0`.
    pub graph_version: String,
    pub limits: Limits,
}

/// How long a call may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// To resolve the name, connect and agree on TLS.
    pub connect: Duration,
    /// A whole call with its answer.
    pub call: Duration,
    /// A whole upload or download.
    pub media: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), call: Duration::from_secs(20), media: Duration::from_secs(60) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSettings {
    #[error("the Graph API's address must be http or https and name a host: set WHATSAPP_GRAPH_URL")]
    GraphUrl,
    #[error("the Graph API's version must look like v26.0: set WHATSAPP_GRAPH_VERSION")]
    GraphVersion,
    #[error("no HTTP client could be made: {0}")]
    Client(String),
}

/// Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Guarded {
    settings: Settings,
    /// For the operator's own address.
    trusted: Client,
    /// For all others: resolves to public addresses only.
    public: Client,
}

impl Guarded {
    pub fn new(settings: Settings) -> Result<Self, BadSettings> {
        if !matches!(settings.graph_url.scheme(), "http" | "https") || settings.graph_url.host().is_none() {
            return Err(BadSettings::GraphUrl);
        }
        let version = settings.graph_version.strip_prefix('v').unwrap_or_default();
        if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return Err(BadSettings::GraphVersion);
        }
        let client = || {
            Client::builder()
                .user_agent(concat!("Tarun/", env!("CARGO_PKG_VERSION")))
                .redirect(redirect::Policy::none())
                // Repeating is the caller's decision.
                .retry(retry::never())
                .no_proxy()
                .connect_timeout(settings.limits.connect)
                .pool_idle_timeout(Duration::from_secs(30))
        };
        let failed = |error: reqwest::Error| BadSettings::Client(error.to_string());
        let trusted = client().build().map_err(failed)?;
        let public = client().https_only(true).dns_resolver(address::PublicOnly).build().map_err(failed)?;
        Ok(Self { settings, trusted, public })
    }

    /// Scheme and host of the Graph API, for people.
    #[must_use]
    pub fn graph_origin(&self) -> String {
        self.settings.graph_url.origin().ascii_serialization()
    }

    /// Calls the Graph API. Every status is an answer, redirects included; an answer beyond [`MAX_JSON_BYTES`] is cut
    /// and marked incomplete.
    pub async fn graph(&self, token: &Secret, request: HttpRequest) -> Result<HttpResponse, CallError> {
        let url = self.graph_address(&request)?;
        let is_upload = matches!(request.body, Body::Upload { .. });
        let limits = self.settings.limits;
        let call = match request.method {
            Method::Get => self.trusted.get(url),
            Method::Post => self.trusted.post(url),
            Method::Delete => self.trusted.delete(url),
        };
        let call = with_body(call, request.body)?.header(AUTHORIZATION, bearer(token)?);
        let response = call.timeout(if is_upload { limits.media } else { limits.call }).send().await;
        answer(response.map_err(CallError::of)?, MAX_JSON_BYTES).await
    }

    /// Opens a file that Meta named in its answer to a media look-up. The token goes to Meta's media host and to the
    /// Graph API's own address only.
    pub async fn download(&self, token: &Secret, url: &str) -> Result<Download, CallError> {
        let url = Url::parse(url).map_err(|_| CallError::NotAllowed)?;
        let graph = &self.settings.graph_url;
        let client = if url.origin() == graph.origin() && url.username().is_empty() {
            &self.trusted
        } else if address::may_be_called(&url) && url.host_str() == Some(META_MEDIA_HOST) {
            &self.public
        } else {
            return Err(CallError::NotAllowed);
        };
        let call = client.get(url).header(AUTHORIZATION, bearer(token)?).timeout(self.settings.limits.media);
        let response = call.send().await.map_err(CallError::of)?;
        Download::of(response, MAX_MEDIA_BYTES)
    }

    fn graph_address(&self, request: &HttpRequest) -> Result<Url, CallError> {
        let mut url = self.settings.graph_url.clone();
        {
            let mut path = url.path_segments_mut().map_err(|()| CallError::NotAllowed)?;
            path.pop_if_empty().push(&self.settings.graph_version);
            for segment in &request.path {
                // The address would lose these and lead elsewhere.
                if segment.is_empty() || segment == "." || segment == ".." {
                    return Err(CallError::NotAllowed);
                }
                path.push(segment);
            }
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        Ok(url)
    }
}

/// A file that is being received.
#[derive(Debug)]
pub struct Download {
    response: Response,
    received: u64,
    limit: u64,
}

impl Download {
    fn of(response: Response, limit: u64) -> Result<Self, CallError> {
        if !response.status().is_success() {
            return Err(CallError::Status { status: response.status().as_u16() });
        }
        if response.content_length().is_some_and(|length| length > limit) {
            return Err(CallError::TooLarge { limit });
        }
        Ok(Self { response, received: 0, limit })
    }

    /// The next piece, or `None` at the end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, CallError> {
        let Some(chunk) = self.response.chunk().await.map_err(CallError::of)? else { return Ok(None) };
        self.received += chunk.len() as u64;
        if self.received > self.limit {
            return Err(CallError::TooLarge { limit: self.limit });
        }
        Ok(Some(chunk))
    }
}

fn with_body(call: RequestBuilder, body: Body) -> Result<RequestBuilder, CallError> {
    Ok(match body {
        Body::None => call,
        Body::Json(json) => call.header(CONTENT_TYPE, "application/json").body(json),
        Body::Upload { fields, mime_type, filename, file } => {
            let length = file.len() as u64;
            let part = reqwest::multipart::Part::stream_with_length(file, length).file_name(filename);
            let part = part.mime_str(&mime_type).map_err(CallError::of)?;
            let form =
                fields.into_iter().fold(reqwest::multipart::Form::new(), |form, (key, value)| form.text(key, value));
            call.multipart(form.part("file", part))
        }
    })
}

fn bearer(token: &Secret) -> Result<HeaderValue, CallError> {
    let header = HeaderValue::from_str(&format!("Bearer {}", token.reveal()));
    let mut header =
        header.map_err(|_| CallError::NotSent { reason: "the token has characters that no token has".to_owned() })?;
    header.set_sensitive(true);
    Ok(header)
}

/// Once the status is there the answer stands, even if its body breaks off or is too long.
async fn answer(mut response: Response, limit: u64) -> Result<HttpResponse, CallError> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = BytesMut::new();
    let complete = loop {
        match response.chunk().await {
            Ok(Some(chunk)) if (body.len() + chunk.len()) as u64 > limit => break false,
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    Ok(HttpResponse { status, headers, body: body.freeze(), complete })
}

#[cfg(test)]
mod tests;
