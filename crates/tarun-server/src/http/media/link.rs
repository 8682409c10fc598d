//! Addresses of files that work without a sign-in, for a while.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use tarun_core::ids::MediaId;
use tarun_store::{TenantCtx, keys};
use time::OffsetDateTime;
use utoipa::IntoParams;
use uuid::Uuid;

/// Addresses end at multiples of this many seconds and live for one to two of them, so that the same one is given for a
/// while and browsers can keep the file.
const STEP: i64 = 12 * 3600;

/// The parameters of an address.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Signed {
    /// Whose file.
    pub t: Uuid,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    pub sig: String,
}

/// Where a file can be fetched until the moment in it.
pub fn address(ctx: &TenantCtx, id: MediaId, now: OffsetDateTime) -> String {
    let exp = (now.unix_timestamp().div_euclid(STEP) + 2) * STEP;
    let sig = URL_SAFE_NO_PAD.encode(signature(ctx, id, exp));
    format!("/api/v1/media/{id}?t={}&exp={exp}&sig={sig}", ctx.tenant)
}

/// A keyed hash (HMAC-SHA-256, its first 128 bits) with the tenant's own key: an address of one business opens nothing of another.
fn signature(ctx: &TenantCtx, id: MediaId, exp: i64) -> [u8; 16] {
    ctx.keys.lookup("media.link", &[ctx.tenant.0.as_bytes().as_slice(), id.0.as_bytes(), &exp.to_be_bytes()].concat())
}

impl Signed {
    /// `None`: its time is over, or further away than we ever sign.
    pub fn seconds_left(&self, now: OffsetDateTime) -> Option<i64> {
        let left = self.exp.checked_sub(now.unix_timestamp())?;
        (1..=2 * STEP).contains(&left).then_some(left)
    }

    /// Whether we signed it for this file of this tenant.
    pub fn is_for(&self, ctx: &TenantCtx, id: MediaId) -> bool {
        let given = URL_SAFE_NO_PAD.decode(&self.sig).unwrap_or_default();
        self.t == ctx.tenant.0 && keys::same(&signature(ctx, id, self.exp), &given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tarun_core::ids::TenantId;
    use tarun_store::keys::DataKeys;
    use time::macros::datetime;

    fn tenant() -> TenantCtx {
        TenantCtx { tenant: TenantId::fresh(), keys: Arc::new(DataKeys::of(&keys::random().unwrap())) }
    }

    fn read(address: &str) -> Signed {
        let query = address.split_once('?').unwrap().1;
        let get = |name| url::form_urlencoded::parse(query.as_bytes()).find(|(k, _)| k == name).unwrap().1.into_owned();
        Signed { t: get("t").parse().unwrap(), exp: get("exp").parse().unwrap(), sig: get("sig") }
    }

    #[test]
    fn an_address_opens_its_own_file_until_its_end() {
        let (ours, theirs, id) = (tenant(), tenant(), MediaId::fresh());
        let now = datetime!(2026-02-26 12:00:05 UTC);
        let signed = read(&address(&ours, id, now));
        assert!(signed.is_for(&ours, id));
        assert!(!signed.is_for(&ours, MediaId::fresh()) && !signed.is_for(&theirs, id));
        for change in [
            Signed { exp: signed.exp + 1, ..signed.clone() },
            Signed { sig: String::new(), ..signed.clone() },
            Signed { sig: signed.sig[1..].to_owned(), ..signed.clone() },
            Signed { t: theirs.tenant.0, ..signed.clone() },
        ] {
            assert!(!change.is_for(&ours, id), "{change:?}");
        }
        let end = OffsetDateTime::from_unix_timestamp(signed.exp).unwrap();
        assert_eq!(signed.seconds_left(end - time::Duration::SECOND), Some(1));
        assert_eq!(signed.seconds_left(end), None);
        assert_eq!(Signed { exp: i64::MIN, ..signed.clone() }.seconds_left(now), None);
        assert_eq!(Signed { exp: i64::MAX, ..signed }.seconds_left(now), None);
    }

    #[test]
    fn the_same_address_is_given_for_hours_and_never_a_short_lived_one() {
        let (ours, id) = (tenant(), MediaId::fresh());
        let start = datetime!(2026-02-26 00:00 UTC);
        assert_eq!(address(&ours, id, start), address(&ours, id, start + time::Duration::hours(11)));
        for minutes in (0..24 * 60).step_by(7) {
            let now = start + time::Duration::minutes(minutes);
            let left = read(&address(&ours, id, now)).seconds_left(now).unwrap();
            assert!((12 * 3600..=24 * 3600).contains(&left), "{left}");
        }
    }
}
