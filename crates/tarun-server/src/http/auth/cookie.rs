//! The cookie that holds the refresh token: scripts can't read it, other sites don't send it, only sign-in gets it.

use crate::http::Http;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use tarun_core::secret::Secret;
use time::{Duration, OffsetDateTime};

const NAME: &str = "tarun_refresh";
const PATH: &str = "/api/v1/auth";

pub(super) fn refresh(http: &Http, token: &Secret, expires_at: OffsetDateTime) -> Cookie<'static> {
    bare(http, token.reveal().to_owned(), (expires_at - http.app.clock.now()).max(Duration::ZERO))
}

/// Takes the browser's cookie away.
pub(super) fn none(http: &Http) -> CookieJar {
    CookieJar::new().add(bare(http, String::new(), Duration::ZERO))
}

pub(super) fn read(jar: &CookieJar) -> Option<&str> {
    jar.get(NAME).map(Cookie::value).filter(|value| !value.is_empty())
}

fn bare(http: &Http, value: String, max_age: Duration) -> Cookie<'static> {
    Cookie::build((NAME, value))
        .path(PATH)
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(http.is_https())
        .max_age(max_age)
        .build()
}
