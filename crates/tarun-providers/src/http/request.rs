//! Requests and answers as values: built and read by the providers, carried by [`super::Guarded`].

use bytes::Bytes;
use reqwest::header::HeaderMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Delete,
}

/// A call of the Graph API, relative to its base address and version.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    pub method: Method,
    /// Path segments; each is percent-encoded, so that an id cannot lead elsewhere.
    pub path: Vec<String>,
    pub query: Vec<(&'static str, String)>,
    pub body: Body,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    None,
    Json(Vec<u8>),
    /// A form with fields and one file named `file`.
    Upload {
        fields: Vec<(&'static str, String)>,
        mime_type: String,
        filename: String,
        file: Bytes,
    },
}

/// Bodies hold messages and are not printed.
impl std::fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = match &self.body {
            Body::None => "none",
            Body::Json(_) => "json",
            Body::Upload { .. } => "upload",
        };
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body", &body)
            .finish()
    }
}

impl HttpRequest {
    pub fn get(path: &[&str]) -> Self {
        Self::new(Method::Get, path, Body::None)
    }

    pub fn post(path: &[&str], body: Body) -> Self {
        Self::new(Method::Post, path, body)
    }

    #[must_use]
    pub fn with_query(mut self, key: &'static str, value: &str) -> Self {
        self.query.push((key, value.to_owned()));
        self
    }

    fn new(method: Method, path: &[&str], body: Body) -> Self {
        let path = path.iter().map(|segment| (*segment).to_owned()).collect();
        Self { method, path, query: Vec::new(), body }
    }
}

impl Body {
    pub fn json(value: &serde_json::Value) -> Self {
        Self::Json(value.to_string().into_bytes())
    }
}

/// An answer. Its body is cut at the client's limit.
#[derive(Clone)]
pub struct HttpResponse {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Whether the body ended before the limit and the connection.
    pub complete: bool,
}

impl std::fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpResponse").field("status", &self.status).field("bytes", &self.body.len()).finish()
    }
}
