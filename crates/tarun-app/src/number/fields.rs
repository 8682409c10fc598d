//! What people enter about a number. Pure.

use crate::acting::ActError;
use tarun_core::phone::Phone;
use tarun_core::secret::Secret;

const SECRET_CHARS: std::ops::RangeInclusive<usize> = 8..=1000;

/// An id that Meta gave: 1 to 32 decimal digits.
pub fn meta_id(pointer: &'static str, text: &str) -> Result<String, ActError> {
    let text = text.trim();
    if (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    Err(field(
        pointer,
        "not_an_id",
        "This is not an id of Meta's: it has only digits. Copy it from the app's page \"API setup\".".into(),
    ))
}

/// A phone number as the business writes it; kept as it was typed.
pub fn display_number(pointer: &'static str, text: &str) -> Result<String, ActError> {
    let text = text.trim();
    match Phone::parse(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(field(
            pointer,
            "not_a_phone_number",
            "Write the number with its country code, such as +91 98123 45678.".into(),
        )),
    }
}

/// A token or secret: 8 to 1,000 visible ASCII characters, which is what fits into a header.
pub fn secret(pointer: &'static str, text: &str) -> Result<Secret, ActError> {
    let text = text.trim();
    if !SECRET_CHARS.contains(&text.chars().count()) {
        let detail = format!(
            "It has {} to {} characters. Copy all of it, and nothing else.",
            SECRET_CHARS.start(),
            SECRET_CHARS.end()
        );
        return Err(field(pointer, "wrong_length", detail));
    }
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(field(
            pointer,
            "invalid",
            "It has characters that no token has, such as a space. Copy it again.".into(),
        ));
    }
    Ok(Secret::new(text))
}

fn field(pointer: &'static str, code: &'static str, detail: String) -> ActError {
    ActError::Field { pointer, code, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_digits() {
        for (text, kept) in [
            ("106540352242922", Some("106540352242922")),
            (" 1 ", Some("1")),
            (&"1".repeat(32), Some("11111111111111111111111111111111")),
            (&"1".repeat(33), None),
            ("", None),
            ("१२३", None),
            ("1/../2", None),
            ("12a", None),
            ("1\0", None),
        ] {
            assert_eq!(meta_id("/waba_id", text).ok().as_deref(), kept, "{text:?}");
        }
    }

    #[test]
    fn display_numbers_are_phone_numbers_and_stay_as_typed() {
        assert_eq!(display_number("/display_phone_number", " +91 98123 45678 ").unwrap(), "+91 98123 45678");
        for bad in ["", "12345", "my shop", "+91 98123\n45678", "<b>919812345678</b>"] {
            assert!(display_number("/display_phone_number", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn secrets_fit_into_a_header() {
        assert_eq!(secret("/access_token", " EAAG12345678\n").unwrap().reveal(), "EAAG12345678");
        for bad in ["", "EAAG123", "EAAG 1234567", "EAAG\r\nX-Evil: 1", "EAAG१२३४५६", &"E".repeat(1001)] {
            assert!(secret("/access_token", bad).is_err(), "{bad:?}");
        }
        assert!(secret("/access_token", &"E".repeat(1000)).is_ok());
    }
}
