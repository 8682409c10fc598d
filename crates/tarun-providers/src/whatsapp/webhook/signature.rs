//! `X-Hub-Signature-256`: HMAC-SHA256 of the body as received, keyed with the app secret as Meta's dashboard shows it.

use aws_lc_rs::hmac;

/// Length of an HMAC-SHA256.
const TAG_BYTES: usize = 32;

/// The body was not signed with this secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    #[error("the signature header is missing")]
    Missing,
    #[error("the signature header is not `sha256=` and 64 lower-case hexadecimal digits")]
    Malformed,
    #[error("the signature does not match the body")]
    Mismatch,
}

/// Checks the header's value against the bytes as they were received. Callers refuse requests with more than one such
/// header. The comparison takes the same time wherever the first difference is.
pub fn verify(secret: &[u8], body: &[u8], header: Option<&str>) -> Result<(), BadSignature> {
    let claimed = parse(header.ok_or(BadSignature::Missing)?).ok_or(BadSignature::Malformed)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::verify(&key, body, &claimed).map_err(|_| BadSignature::Mismatch)
}

/// The header's value for a body, as Meta makes it.
pub fn sign(secret: &[u8], body: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), body);
    format!("sha256={}", hex::encode(tag))
}

fn parse(header: &str) -> Option<[u8; TAG_BYTES]> {
    let digits = header.strip_prefix("sha256=")?;
    // Meta writes lower case; whatever differs did not come from there.
    if digits.bytes().any(|digit| digit.is_ascii_uppercase()) {
        return None;
    }
    let mut tag = [0; TAG_BYTES];
    hex::decode_to_slice(digits, &mut tag).ok()?;
    Some(tag)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

    #[test]
    fn known_answer() {
        // RFC 4231, test case 2.
        let expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(sign(b"Jefe", b"what do ya want for nothing?"), expected);
    }

    #[test]
    fn only_the_one_right_header_passes() {
        let body = br#"{"text":"\u0928\u092e\u0938\u094d\u0924\u0947 \/"}"#;
        let right = sign(SECRET, body);
        assert_eq!(verify(SECRET, body, Some(&right)), Ok(()));
        let digits = right.strip_prefix("sha256=").unwrap();
        let upper = format!("sha256={}", digits.to_uppercase());
        // A digest that has no letters would make the upper-case row meaningless.
        assert_ne!(upper, right);
        let sha1 = format!("sha1={}", &digits[..40]);
        let two = format!("{right},{right}");
        let first_byte_wrong = format!("sha256={}{}", if digits.starts_with('0') { '1' } else { '0' }, &digits[1..]);
        for (name, header, expected) in [
            ("none", None, BadSignature::Missing),
            ("empty", Some(""), BadSignature::Malformed),
            ("prefix only", Some("sha256="), BadSignature::Malformed),
            ("sha1", Some(sha1.as_str()), BadSignature::Malformed),
            ("no prefix", Some(digits), BadSignature::Malformed),
            ("truncated", Some(&right[..right.len() - 1]), BadSignature::Malformed),
            ("truncated by a byte", Some(&right[..right.len() - 2]), BadSignature::Malformed),
            ("longer", Some(&format!("{right}00")), BadSignature::Malformed),
            ("two joined", Some(two.as_str()), BadSignature::Malformed),
            ("upper case", Some(upper.as_str()), BadSignature::Malformed),
            ("upper-case name", Some(&right.replace("sha256", "SHA256")), BadSignature::Malformed),
            ("leading blank", Some(&format!(" {right}")), BadSignature::Malformed),
            ("trailing blank", Some(&format!("{right} ")), BadSignature::Malformed),
            ("not hexadecimal", Some(&right.replace(['0', '1', '2', '3', '4', '5'], "g")), BadSignature::Malformed),
            ("not ASCII", Some(&format!("sha256={}", "é".repeat(32))), BadSignature::Malformed),
            ("wrong", Some(first_byte_wrong.as_str()), BadSignature::Mismatch),
            ("of another secret", Some(&sign(b"other", body)), BadSignature::Mismatch),
        ] {
            assert_eq!(verify(SECRET, body, header), Err(expected), "{name}");
        }
        let reserialised = r#"{"text":"नमस्ते /"}"#.as_bytes();
        assert_eq!(verify(SECRET, reserialised, Some(&right)), Err(BadSignature::Mismatch));
    }

    /// Welch's t for two samples of nanoseconds.
    fn welch_t(a: &[f64], b: &[f64]) -> f64 {
        let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
        let error = |x: &[f64]| {
            let mean = mean(x);
            x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (x.len() as f64 - 1.0) / x.len() as f64
        };
        (mean(a) - mean(b)) / (error(a) + error(b)).sqrt()
    }

    #[test]
    #[ignore = "a measurement of time: run it alone, optimised, on a quiet machine"]
    fn c_016_a_right_first_byte_takes_as_long_as_a_wrong_one() {
        let body = vec![b'x'; 600];
        let right = sign(SECRET, &body);
        let digits = right.strip_prefix("sha256=").unwrap();
        let flipped = |at: usize| {
            let digit = if digits.as_bytes()[at] == b'0' { '1' } else { '0' };
            format!("sha256={}{digit}{}", &digits[..at], &digits[at + 1..])
        };
        let headers = [flipped(63), flipped(0)];
        let mut samples = [Vec::new(), Vec::new()];
        for round in 0..200_000 {
            let started = std::time::Instant::now();
            let outcome = verify(SECRET, std::hint::black_box(&body), Some(&headers[round % 2]));
            samples[round % 2].push(started.elapsed().as_nanos() as f64);
            assert_eq!(outcome, Err(BadSignature::Mismatch));
        }
        // The slowest tenth is the machine's own doing.
        let [first, second] = samples.map(|mut times| {
            times.sort_by(f64::total_cmp);
            times.truncate(90_000);
            times
        });
        let t = welch_t(&first, &second);
        assert!(t.abs() < 4.5, "Welch's t is {t}");
    }

    proptest! {
        #[test]
        fn what_is_signed_verifies_and_one_changed_byte_does_not(
            secret in prop::collection::vec(any::<u8>(), 0..80),
            body in prop::collection::vec(any::<u8>(), 1..300),
            at in any::<prop::sample::Index>(),
            flip in 1..=255_u8,
        ) {
            let header = sign(&secret, &body);
            prop_assert_eq!(verify(&secret, &body, Some(&header)), Ok(()));
            let mut changed = body.clone();
            changed[at.index(body.len())] ^= flip;
            prop_assert_eq!(verify(&secret, &changed, Some(&header)), Err(BadSignature::Mismatch));
        }

        #[test]
        fn no_header_panics(header in ".{0,90}", body in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert!(verify(SECRET, &body, Some(&header)).is_err());
        }
    }
}
