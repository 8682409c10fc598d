//! The cookies of signing in: one holds the refresh token, one the mark by which an account knows the device again.
//! Scripts can't read them, other sites don't send them, only the addresses below [`PATH`] get them.

use crate::http::Http;
use axum::http::HeaderMap;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use tarun_core::secret::Secret;
use time::{Duration, OffsetDateTime};

const NAME: &str = "tarun_refresh";
const DEVICE: &str = "tarun_device";
/// Browsers keep a cookie no longer.
const DEVICE_LIFE: Duration = Duration::days(400);
const PATH: &str = "/api/v1/auth";

pub(super) fn refresh(http: &Http, token: &Secret, expires_at: OffsetDateTime) -> Cookie<'static> {
    bare(http, NAME, token.reveal().to_owned(), (expires_at - http.app.clock.now()).max(Duration::ZERO))
}

/// Stays when the person signs out.
pub(super) fn device(http: &Http, mark: &Secret) -> Cookie<'static> {
    bare(http, DEVICE, mark.reveal().to_owned(), DEVICE_LIFE)
}

/// Takes the browser's refresh token away.
pub(super) fn none(http: &Http) -> CookieJar {
    CookieJar::new().add(bare(http, NAME, String::new(), Duration::ZERO))
}

pub(super) fn read(jar: &CookieJar) -> Option<&str> {
    jar.get(NAME).map(Cookie::value).filter(|value| !value.is_empty())
}

/// The device's mark, as the caller claims.
pub(in crate::http) fn read_device(headers: &HeaderMap) -> Option<Secret> {
    CookieJar::from_headers(headers).get(DEVICE).map(|cookie| Secret::new(cookie.value()))
}

fn bare(http: &Http, name: &'static str, value: String, max_age: Duration) -> Cookie<'static> {
    Cookie::build((name, value))
        .path(PATH)
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(http.is_https())
        .max_age(max_age)
        .build()
}
