//! Identifiers in the shapes Meta uses. All are opaque to a client; none carries a meaning the simulator reads back.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use rand::RngExt;

/// `wamid.` and base64 of a frame around the customer's number and random hex, as real ones are.
pub(crate) fn wamid(customer: &str, inbound: bool) -> String {
    let unique = random_hex(16).to_uppercase();
    let number: String = customer.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
    let mut frame = vec![0x1c, 0x18, u8::try_from(number.len()).unwrap_or(32)];
    frame.extend_from_slice(number.as_bytes());
    frame.extend_from_slice(&[0x15, 0x02, 0x00, if inbound { 0x12 } else { 0x11 }, 0x18, 0x20]);
    frame.extend_from_slice(unique.as_bytes());
    frame.push(0);
    format!("wamid.{}", STANDARD.encode(frame))
}

/// A decimal id too large for 32 bits, for media.
pub(crate) fn decimal_id() -> String {
    rand::rng().random_range(1_000_000_000_000_000_u64..9_999_999_999_999_999).to_string()
}

/// `fbtrace_id` of an answer.
pub(crate) fn trace_id() -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    let mut rng = rand::rng();
    let tail: String = (0..22).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect();
    format!("A{tail}")
}

pub(crate) fn random_hex(bytes: usize) -> String {
    let mut rng = rand::rng();
    (0..bytes).map(|_| format!("{:02x}", rng.random_range(0..=255_u8))).collect()
}

/// The business-scoped user id of a customer: stable for one `seed`, another after a change of number.
pub(crate) fn business_scoped_user_id(country: &str, seed: &str) -> String {
    let hash = digest(&SHA256, format!("bsuid:{seed}").as_bytes());
    let digits: String = hash.as_ref().iter().take(20).map(|byte| char::from(b'0' + byte % 10)).collect();
    format!("{country}.{digits}")
}

/// Country of a number by its first digits; only those the demo and the tests meet, India otherwise.
pub(crate) fn country_of(wa_id: &str) -> &'static str {
    [("971", "AE"), ("91", "IN"), ("44", "GB"), ("55", "BR"), ("49", "DE"), ("1", "US")]
        .into_iter()
        .find(|(prefix, _)| wa_id.starts_with(prefix))
        .map_or("IN", |(_, country)| country)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_metas_shapes() {
        assert!(wamid("919812345678", true).starts_with("wamid.HBgMOTE5ODEyMzQ1Njc4FQIAEhgg"));
        assert_ne!(wamid("1", false), wamid("1", false));
        assert!(decimal_id().parse::<u64>().is_ok_and(|id| id > u64::from(u32::MAX)));
        let id = business_scoped_user_id("IN", "919812345678");
        assert_eq!(id, business_scoped_user_id("IN", "919812345678"));
        assert_eq!(id.len(), 23);
        assert_eq!(country_of("15550001111"), "US");
    }
}
