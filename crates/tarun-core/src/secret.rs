//! Texts that must not be printed.

use std::fmt;

/// A password, token or key. Prints as `***`; compare it only through a constant-time function.
#[derive(Clone, Default)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, at the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The last four characters, for people to tell secrets apart; nothing of a short one.
    #[must_use]
    pub fn hint(&self) -> String {
        let count = self.0.chars().count();
        if count < 12 { String::new() } else { self.0.chars().skip(count - 4).collect() }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_prints_as_stars_and_hints_only_when_long() {
        let long = Secret::new("EAAG-very-long-token-9f3c");
        assert_eq!(format!("{long} {long:?}"), "*** ***");
        assert_eq!(long.hint(), "9f3c");
        assert_eq!(Secret::new("short").hint(), "");
    }
}
