//! From where a request comes.

use crate::http::Http;
use crate::http::auth::cookie;
use crate::http::problem::ApiError;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use std::net::{IpAddr, SocketAddr};
use tarun_app::auth::Client;

/// Address, browser and device of the caller.
#[derive(Debug)]
pub struct Caller(pub Client);

impl FromRequestParts<Http> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, ApiError> {
        let connected = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
        let address = if http.settings.trusted_proxy { forwarded(&parts.headers).or(connected) } else { connected };
        let user_agent = parts.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).map(str::to_owned);
        Ok(Self(Client { address, user_agent, device: cookie::read_device(&parts.headers) }))
    }
}

/// The last hop, which the proxy itself wrote; those before it are the client's own claims.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let hop = last.rsplit(',').next()?.trim();
    hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|a| a.ip()))
}

/// Proof that our own page sent a request that is signed in by cookie alone (C-090).
///
/// Other sites can't add a header of their own without asking first, which is never granted; and where a browser names the
/// origin, it must be this installation.
#[derive(Debug)]
pub struct SameSite;

impl FromRequestParts<Http> for SameSite {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, ApiError> {
        if !parts.headers.contains_key("x-tarun-client") {
            return Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "client_header_missing",
                "This call needs the header X-Tarun-Client, so that no other site can make it.",
            ));
        }
        if is_own(&parts.headers, &http.app.public_url) {
            return Ok(Self);
        }
        Err(ApiError::new(StatusCode::FORBIDDEN, "foreign_origin", "This call is for Tarun's own pages."))
    }
}

pub(crate) fn is_own(headers: &HeaderMap, public_url: &str) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return true };
    let (Ok(origin), None) = (origin.to_str(), origins.next()) else { return false };
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok());
    let by_host = origin.split_once("://").is_some_and(|(_, authority)| Some(authority) == host);
    let public = url::Url::parse(public_url).map(|url| url.origin().ascii_serialization());
    by_host || public.is_ok_and(|public| public == origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_client_is_the_hop_that_our_proxy_saw() {
        for (values, address) in [
            (vec!["203.0.113.9"], Some("203.0.113.9")),
            (vec!["10.0.0.1, 203.0.113.9"], Some("203.0.113.9")),
            (vec!["198.51.100.1", "10.0.0.1, 203.0.113.9"], Some("203.0.113.9")),
            (vec!["203.0.113.9:4711"], Some("203.0.113.9")),
            (vec!["2001:db8::1"], Some("2001:db8::1")),
            (vec!["nonsense"], None),
            (vec![], None),
        ] {
            let pairs: Vec<_> = values.iter().map(|v| ("x-forwarded-for", *v)).collect();
            assert_eq!(forwarded(&headers(&pairs)).map(|a| a.to_string()).as_deref(), address, "{values:?}");
        }
    }

    #[test]
    fn c_090_only_our_own_origin_passes() {
        let public = "https://chat.example.in";
        for (pairs, own) in [
            (vec![], true),
            (vec![("origin", "https://chat.example.in")], true),
            (vec![("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], true),
            (vec![("origin", "https://evil.example"), ("host", "chat.example.in")], false),
            (vec![("origin", "https://chat.example.in.evil.example")], false),
            (vec![("origin", "http://chat.example.in")], false),
            (vec![("origin", "null"), ("host", "chat.example.in")], false),
            (vec![("origin", "https://chat.example.in"), ("origin", "https://evil.example")], false),
        ] {
            assert_eq!(is_own(&headers(&pairs), public), own, "{pairs:?}");
        }
    }
}
