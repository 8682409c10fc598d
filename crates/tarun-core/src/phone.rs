//! Phone numbers as WhatsApp uses them.

use std::fmt;

/// A number in E.164 form, `+` and 7 to 15 digits (ITU-T E.164). Whether it is a person's, WhatsApp alone can tell.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// From WhatsApp's form (`919812345678`) or with `+`, spaces, dashes and brackets.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        if raw.len() > 40 {
            return None;
        }
        let mut digits = String::with_capacity(16);
        for (at, c) in raw.trim().char_indices() {
            match c {
                '0'..='9' => digits.push(c),
                '+' if at == 0 => {}
                ' ' | '-' | '(' | ')' | '.' | '\u{a0}' => {}
                _ => return None,
            }
        }
        let fits = (7..=15).contains(&digits.len()) && !digits.starts_with('0');
        fits.then(|| Self(format!("+{digits}")))
    }

    /// `+919812345678`.
    #[must_use]
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// `919812345678`, the `wa_id` form.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0[1..]
    }
}

/// Personal data: prints as `***`.
impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::Phone;

    #[test]
    fn forms_that_mean_the_same_become_the_same() {
        for raw in ["919812345678", "+91 98123 45678", "+91-98123-45678", "(91) 9812345678"] {
            assert_eq!(Phone::parse(raw).unwrap().e164(), "+919812345678", "{raw}");
        }
        for raw in ["", "12345", "0098123456", "IN.4820551936", "९१९८१२३४५६", "+91+98123", "1234567890123456"]
        {
            assert!(Phone::parse(raw).is_none(), "{raw}");
        }
        assert_eq!(format!("{:?}", Phone::parse("919812345678").unwrap()), "***");
    }
}
