//! WhatsApp's limits, checked before the call.

use std::collections::HashSet;

use url::Url;

use super::Unsendable;

/// A text that is not blank and has at most so many Unicode code points.
pub(super) fn fits(what: &'static str, text: &str, limit: usize) -> Result<(), Unsendable> {
    if text.trim().is_empty() {
        return Err(Unsendable::Empty { what });
    }
    match text.chars().count() {
        length if length > limit => Err(Unsendable::TooLong { what, limit, length }),
        _ => Ok(()),
    }
}

/// At least one and at most so many.
pub(super) fn count(what: &'static str, count: usize, limit: usize) -> Result<(), Unsendable> {
    match count {
        0 => Err(Unsendable::Empty { what }),
        _ if count > limit => Err(Unsendable::TooMany { what, limit, count }),
        _ => Ok(()),
    }
}

pub(super) fn all_different<'a>(
    what: &'static str,
    texts: impl IntoIterator<Item = &'a str>,
) -> Result<(), Unsendable> {
    let mut seen = HashSet::new();
    if texts.into_iter().all(|text| seen.insert(text)) { Ok(()) } else { Err(Unsendable::Repeated { what }) }
}

/// Meta's ids in paths and bodies: letters, digits and little else.
pub(in crate::whatsapp) fn check_id(what: &'static str, id: &str) -> Result<(), Unsendable> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let known = !id.is_empty() && id.len() <= 128 && id.bytes().all(plain);
    if known { Ok(()) } else { Err(Unsendable::Malformed { what }) }
}

/// A web address that WhatsApp can open.
pub(super) fn link<'a>(what: &'static str, address: &'a str) -> Result<&'a str, Unsendable> {
    let fine = Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.host().is_some());
    if fine && address.len() <= 2_000 { Ok(address) } else { Err(Unsendable::Malformed { what }) }
}
