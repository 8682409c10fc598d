//! A conversation's status, its 24-hour window, and the order of what is said in it.

use time::{Duration, OffsetDateTime};

/// The documents' statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Open,
    Pending,
    Resolved,
    Spam,
}

impl Status {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Pending => "PENDING",
            Self::Resolved => "RESOLVED",
            Self::Spam => "SPAM",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "OPEN" => Self::Open,
            "PENDING" => Self::Pending,
            "RESOLVED" => Self::Resolved,
            "SPAM" => Self::Spam,
            _ => return None,
        })
    }
}

/// How long free replies are allowed after a customer's message (Meta: customer service window).
pub const WINDOW: Duration = Duration::hours(24);

/// When the window of a customer who wrote at `last_inbound` closes.
#[must_use]
pub fn window_expires_at(last_inbound: Option<OffsetDateTime>) -> Option<OffsetDateTime> {
    last_inbound.map(|at| at + WINDOW)
}

/// Whether a free-form message may go out now. At the very second of closing it is closed: Meta judges later than we do.
#[must_use]
pub fn window_is_open(last_inbound: Option<OffsetDateTime>, now: OffsetDateTime) -> bool {
    window_expires_at(last_inbound).is_some_and(|end| now < end)
}

/// When something was said, for the order of a thread.
///
/// Meta gives whole seconds, so that a customer's answer would sort before the reply that it answers. The latest
/// instant that agrees with the given second is taken, but none later than the arrival: a wrong clock at the
/// sender's side never puts a message into the future.
#[must_use]
pub fn said_at(provider_seconds: Option<i64>, received: OffsetDateTime) -> OffsetDateTime {
    provider_seconds
        .filter(|s| *s > 0)
        .and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok())
        .map_or(received, |at| (at + Duration::milliseconds(999)).min(received))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn window_is_a_day_from_the_last_message_and_shut_at_its_last_second() {
        let said = datetime!(2026-02-26 12:00 UTC);
        assert!(!window_is_open(None, said));
        for (later, open) in [
            (Duration::ZERO, true),
            (Duration::hours(23), true),
            (WINDOW - Duration::SECOND, true),
            (WINDOW, false),
            (Duration::days(3), false),
        ] {
            assert_eq!(window_is_open(Some(said), said + later), open, "{later}");
        }
    }

    #[test]
    fn c_047_a_message_is_never_in_the_future_and_keeps_the_order_of_seconds() {
        let received = datetime!(2026-02-26 12:00:05.500 UTC);
        let second = received.unix_timestamp();
        assert_eq!(said_at(None, received), received);
        assert_eq!(said_at(Some(second), received), received, "the same second: by arrival");
        assert_eq!(said_at(Some(second + 600), received), received, "ten minutes ahead");
        assert_eq!(said_at(Some(second - 10), received), datetime!(2026-02-26 11:59:55.999 UTC));
        assert_eq!(said_at(Some(-5), received), received);
        assert_eq!(said_at(Some(i64::MAX), received), received);
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for status in [Status::Open, Status::Pending, Status::Resolved, Status::Spam] {
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
        assert_eq!(Status::parse("open"), None);
    }
}
