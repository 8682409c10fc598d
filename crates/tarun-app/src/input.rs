//! What people type: trimmed, of a fitting length, without characters that have no place in it.

use crate::acting::ActError;
use unicode_normalization::UnicodeNormalization;

/// One line of text of 1 to `max` characters.
///
/// `pointer` is the field's JSON pointer in the request.
pub fn line(pointer: &'static str, text: &str, max: usize) -> Result<String, ActError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(field(pointer, "required", "Please fill this in.".into()));
    }
    if text.chars().count() > max {
        return Err(field(pointer, "too_long", format!("At most {max} characters.")));
    }
    if text.chars().any(char::is_control) {
        return Err(field(pointer, "invalid", "Line breaks and control characters are not possible here.".into()));
    }
    Ok(text.to_owned())
}

/// An e-mail address in the form under which a person is found: NFKC, lower case.
///
/// Checks only what no mailbox can do without (RFC 5321: 64 and 254 characters); that it works shows when it is used.
pub fn email(pointer: &'static str, text: &str) -> Result<String, ActError> {
    let bad = || field(pointer, "invalid", "This is no e-mail address.".into());
    // Compatibility forms can be longer than what was typed; the length is bounded before and after.
    if text.len() > 1000 {
        return Err(bad());
    }
    let email: String = text.trim().nfkc().collect::<String>().to_lowercase();
    let (local, domain) = email.rsplit_once('@').ok_or_else(bad)?;
    let fits = !local.is_empty()
        && local.chars().count() <= 64
        && email.chars().count() <= 254
        && !local.contains('@')
        && domain.split('.').count() >= 2
        && domain.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-' || !c.is_ascii())
        })
        && !email.chars().any(|c| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"".contains(c));
    if fits { Ok(email) } else { Err(bad()) }
}

fn field(pointer: &'static str, code: &'static str, detail: String) -> ActError {
    ActError::Field { pointer, code, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_are_normalised_and_checked() {
        for (typed, kept) in [
            ("Asha@Example.IN", Some("asha@example.in")),
            ("  asha+wa@shop.example.co.in ", Some("asha+wa@shop.example.co.in")),
            ("आशा@उदाहरण.भारत", Some("आशा@उदाहरण.भारत")),
            ("asha@exämple.de", Some("asha@exämple.de")),
            ("asha", None),
            ("asha@localhost", None),
            ("@example.in", None),
            ("a b@example.in", None),
            ("a@b@example.in", None),
            ("asha@example..in", None),
            ("asha@-example.in", None),
            ("asha@example.in\0", None),
            ("<asha@example.in>", None),
            ("", None),
        ] {
            assert_eq!(email("/email", typed).ok().as_deref(), kept, "{typed:?}");
        }
        assert!(email("/email", &format!("{}@example.in", "a".repeat(65))).is_err());
        assert!(email("/email", &"a".repeat(1_000_000)).is_err());
    }

    #[test]
    fn lines_are_trimmed_and_bounded() {
        assert_eq!(line("/name", "  Asha  ", 4).unwrap(), "Asha");
        assert_eq!(line("/name", "आशा", 3).unwrap(), "आशा", "characters, not bytes");
        for bad in ["", "   ", "Ashas", "A\0", "A\nb"] {
            assert!(line("/name", bad, 4).is_err(), "{bad:?}");
        }
    }
}
