//! Access tokens: JWT (RFC 7519), HS256 with a key of the installation, 15 minutes.
//!
//! Only what this installation would write itself is read (RFC 8725): the header must be ours to the letter, so that an
//! algorithm, a key id or a key in the header is never even looked at.

use crate::acting::ActError;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use tarun_core::ids::{SessionId, TenantId, UserId};
use tarun_core::secret::Secret;
use time::OffsetDateTime;

pub(super) const LIFE_SECONDS: u32 = 15 * 60;
const ISSUER: &str = "tarun";
const AUDIENCE: &str = "tarun-web";
/// How far the clocks of two servers may be apart.
const SKEW_SECONDS: i64 = 30;
/// Ours have some 400 characters.
const MAX_LENGTH: usize = 1024;

/// Whose token it is. It says nothing about what he may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bearer {
    pub tenant: TenantId,
    pub user: UserId,
    pub session: SessionId,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    tid: TenantId,
    sid: SessionId,
    iat: i64,
    nbf: i64,
    exp: i64,
}

pub(super) struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl Keys {
    pub(super) fn of(key: &[u8; 32]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub"]);
        // The application's clock judges the times, below.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { encoding: EncodingKey::from_secret(key), decoding: DecodingKey::from_secret(key), validation }
    }

    pub(super) fn issue(&self, bearer: Bearer, now: OffsetDateTime) -> Result<Secret, ActError> {
        let now = now.unix_timestamp();
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: bearer.user,
            tid: bearer.tenant,
            sid: bearer.session,
            iat: now,
            nbf: now,
            exp: now + i64::from(LIFE_SECONDS),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map(Secret::new)
            .map_err(|_| tarun_store::keys::KeyError::NoRandom.into())
    }

    /// Whose token this is; refuses what is not ours, or not good at this moment.
    pub(super) fn read(&self, token: &str, now: OffsetDateTime) -> Result<Bearer, ActError> {
        let ours = token.len() <= MAX_LENGTH && token.split('.').next().is_some_and(|header| header == our_header());
        if !ours {
            return Err(invalid());
        }
        let claims =
            jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation).map_err(|_| invalid())?.claims;
        let now = now.unix_timestamp();
        if now >= claims.exp {
            return Err(ActError::Unauthenticated {
                code: "token_expired",
                detail: "Your sign-in waits to be renewed: try again in a moment. Programs get a new access token with POST /api/v1/auth/refresh.",
            });
        }
        if claims.nbf > now + SKEW_SECONDS {
            return Err(invalid());
        }
        Ok(Bearer { tenant: claims.tid, user: claims.sub, session: claims.sid })
    }
}

/// `{"typ":"JWT","alg":"HS256"}` as this library writes it.
fn our_header() -> &'static str {
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9"
}

pub(super) fn invalid() -> ActError {
    ActError::Unauthenticated {
        code: "token_invalid",
        detail: "This access token or API key is not valid: sign in again.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};
    use time::Duration;

    const KEY: [u8; 32] = [7; 32];

    fn signed(header: &Value, claims: &Value, key: &[u8]) -> String {
        let head = URL_SAFE_NO_PAD.encode(header.to_string());
        let body = URL_SAFE_NO_PAD.encode(claims.to_string());
        let mac = aws_lc_rs::hmac::sign(
            &aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key),
            format!("{head}.{body}").as_bytes(),
        );
        format!("{head}.{body}.{}", URL_SAFE_NO_PAD.encode(mac.as_ref()))
    }

    fn bearer() -> Bearer {
        Bearer { tenant: TenantId::fresh(), user: UserId::fresh(), session: SessionId::fresh() }
    }

    #[test]
    fn c_067_a_token_is_good_for_its_quarter_of_an_hour() {
        let keys = Keys::of(&KEY);
        let now = OffsetDateTime::now_utc();
        let bearer = bearer();
        let token = keys.issue(bearer, now).unwrap();
        assert_eq!(keys.read(token.reveal(), now).unwrap(), bearer);
        assert_eq!(keys.read(token.reveal(), now + Duration::seconds(899)).unwrap(), bearer);
        for (later, code) in [(Duration::seconds(900), "token_expired"), (Duration::minutes(-5), "token_invalid")] {
            let refused = keys.read(token.reveal(), now + later).unwrap_err();
            assert!(matches!(refused, ActError::Unauthenticated { code: c, .. } if c == code), "{later}");
        }
        assert!(Keys::of(&[8; 32]).read(token.reveal(), now).is_err(), "another installation's");
    }

    #[test]
    fn c_066_c_067_forged_headers_and_claims_are_refused() {
        let keys = Keys::of(&KEY);
        let now = OffsetDateTime::now_utc();
        let stamp = now.unix_timestamp();
        let bearer = bearer();
        let good = json!({"iss": "tarun", "aud": "tarun-web", "sub": bearer.user, "tid": bearer.tenant, "sid": bearer.session,
            "iat": stamp, "nbf": stamp, "exp": stamp + 900});
        let with = |field: &str, value: Value| {
            let mut claims = good.clone();
            claims[field] = value;
            claims
        };
        let raw = |header: &str, claims: &Value| {
            let head = URL_SAFE_NO_PAD.encode(header);
            let body = URL_SAFE_NO_PAD.encode(claims.to_string());
            let mac = aws_lc_rs::hmac::sign(
                &aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &KEY),
                format!("{head}.{body}").as_bytes(),
            );
            (format!("{head}.{body}"), URL_SAFE_NO_PAD.encode(mac.as_ref()))
        };
        let ours = r#"{"typ":"JWT","alg":"HS256"}"#;
        let (body, mac) = raw(ours, &good);
        assert_eq!(keys.read(&format!("{body}.{mac}"), now).unwrap(), bearer, "the test's own signing is right");
        let mut bad = vec![
            signed(&json!({"typ": "JWT", "alg": "HS256", "kid": "../../etc/passwd"}), &good, &KEY),
            signed(&json!({"typ": "JWT", "alg": "HS256", "kid": "' or 1=1 --"}), &good, &KEY),
            signed(&json!({"typ": "JWT", "alg": "HS256", "jku": "https://evil.example/keys"}), &good, &KEY),
            signed(&json!({"typ": "JWT", "alg": "HS256", "jwk": {"kty": "oct", "k": "AAAA"}}), &good, &KEY),
            signed(&json!({"typ": "JWT", "alg": "HS512"}), &good, &KEY),
            signed(&json!({"typ": "JWT", "alg": "RS256"}), &good, &KEY),
            signed(&json!({"typ": "JWT", "alg": "none"}), &good, &KEY),
            format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode(good.to_string())),
            format!("{body}."),
            format!("{body}.AAAA"),
            body.clone(),
            "a.b.c".into(),
            String::new(),
            "x".repeat(100_000),
        ];
        for claims in [
            with("iss", json!("someone")),
            with("aud", json!("tarun-media")),
            with("exp", json!("soon")),
            with("nbf", json!(stamp + 600)),
            with("sub", json!("' or 1=1 --")),
            json!({"sub": bearer.user}),
        ] {
            let (body, mac) = raw(ours, &claims);
            bad.push(format!("{body}.{mac}"));
        }
        let (other, _) = raw(ours, &with("tid", json!(TenantId::fresh())));
        bad.push(format!("{other}.{mac}"));
        for token in bad {
            assert!(keys.read(&token, now).is_err(), "{token}");
        }
    }
}
