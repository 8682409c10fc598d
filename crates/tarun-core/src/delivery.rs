//! Where a message of ours is on its way. Receipts come late, doubled and out of order: the state only moves forward.

use time::{Duration, OffsetDateTime};

/// How long a message of unknown fate waits for WhatsApp's report, counted from its call, before a person may send it
/// again. Meta names no time; its statuses come within seconds as a rule.
pub const REPORT_WAIT: Duration = Duration::seconds(120);

/// Whether a person may send a message again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    Yes,
    /// Not before this moment: until then a report may still say that the customer has it.
    From(OffsetDateTime),
    /// It is under way, or it arrived.
    No,
}

/// As the API shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    Queued,
    Sent,
    Delivered,
    Read,
    Failed,
    /// The call broke off and no receipt has come: it may have been sent.
    Unknown,
}

/// What the provider reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Receipt {
    Sent,
    Delivered,
    Read,
    Failed,
}

impl Delivery {
    pub const ALL: [Self; 6] = [Self::Queued, Self::Sent, Self::Delivered, Self::Read, Self::Failed, Self::Unknown];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Sent => "SENT",
            Self::Delivered => "DELIVERED",
            Self::Read => "READ",
            Self::Failed => "FAILED",
            Self::Unknown => "UNKNOWN",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.as_str() == text)
    }

    /// The state after a receipt.
    ///
    /// Highest rank seen wins. A failure after delivery is kept beside the state, not in it; a delivery after a failure
    /// is believed, since it has been reported from the field.
    #[must_use]
    pub fn after(self, receipt: Receipt) -> Self {
        let reached = match receipt {
            Receipt::Sent => Self::Sent,
            Receipt::Delivered => Self::Delivered,
            Receipt::Read => Self::Read,
            Receipt::Failed => {
                return if matches!(self, Self::Delivered | Self::Read) { self } else { Self::Failed };
            }
        };
        match self {
            Self::Failed if reached == Self::Sent => Self::Failed,
            _ if reached.rank() > self.rank() => reached,
            _ => self,
        }
    }

    /// The state after a receipt for an earlier attempt of a message that was sent again: that the customer has it holds
    /// for the message, how the earlier attempt fared else does not.
    #[must_use]
    pub fn after_earlier(self, receipt: Receipt) -> Self {
        match receipt {
            Receipt::Delivered | Receipt::Read => self.after(receipt),
            Receipt::Sent | Receipt::Failed => self,
        }
    }

    /// Whether a person may send it again. `open_call`: when a call for it began of which nobody knows what came of it.
    #[must_use]
    pub fn again(self, open_call: Option<OffsetDateTime>, now: OffsetDateTime) -> Again {
        match (self, open_call.map(|at| at + REPORT_WAIT)) {
            (Self::Failed | Self::Unknown, Some(until)) if now < until => Again::From(until),
            (Self::Failed | Self::Unknown, _) => Again::Yes,
            _ => Again::No,
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Queued | Self::Unknown | Self::Failed => 0,
            Self::Sent => 1,
            Self::Delivered => 2,
            Self::Read => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECEIPTS: [Receipt; 4] = [Receipt::Sent, Receipt::Delivered, Receipt::Read, Receipt::Failed];

    #[test]
    fn c_005_receipts_in_any_order_end_at_the_highest() {
        let orders: [&[Receipt]; 5] = [
            &[Receipt::Sent, Receipt::Delivered, Receipt::Read],
            &[Receipt::Read, Receipt::Delivered, Receipt::Sent],
            &[Receipt::Delivered, Receipt::Read, Receipt::Sent, Receipt::Read],
            &[Receipt::Read],
            &[Receipt::Failed, Receipt::Delivered, Receipt::Read, Receipt::Failed],
        ];
        for order in orders {
            let end = order.iter().fold(Delivery::Queued, |d, r| d.after(*r));
            assert_eq!(end, Delivery::Read, "{order:?}");
        }
    }

    #[test]
    fn no_receipt_moves_a_state_backwards() {
        for before in Delivery::ALL {
            for receipt in RECEIPTS {
                let after = before.after(receipt);
                let failed_after_sending = before == Delivery::Sent && receipt == Receipt::Failed;
                assert!(
                    failed_after_sending || after.rank() >= before.rank(),
                    "{before:?} after {receipt:?} is {after:?}"
                );
                assert_eq!(after.after(receipt), after, "a second time changes nothing");
                assert_ne!(after, Delivery::Queued);
            }
        }
    }

    #[test]
    fn failed_is_final_but_for_a_proof_of_delivery() {
        assert_eq!(Delivery::Sent.after(Receipt::Failed), Delivery::Failed);
        assert_eq!(Delivery::Failed.after(Receipt::Sent), Delivery::Failed);
        assert_eq!(Delivery::Failed.after(Receipt::Delivered), Delivery::Delivered);
        assert_eq!(Delivery::Delivered.after(Receipt::Failed), Delivery::Delivered);
    }

    #[test]
    fn reports_on_an_earlier_attempt_tell_only_that_the_customer_has_it() {
        for before in Delivery::ALL {
            assert_eq!(before.after_earlier(Receipt::Sent), before, "{before:?}");
            assert_eq!(before.after_earlier(Receipt::Failed), before, "{before:?}");
            assert_eq!(before.after_earlier(Receipt::Read), Delivery::Read, "{before:?}");
        }
        assert_eq!(Delivery::Queued.after_earlier(Receipt::Delivered), Delivery::Delivered);
        assert_eq!(Delivery::Failed.after_earlier(Receipt::Delivered), Delivery::Delivered);
    }

    #[test]
    fn c_050_what_may_have_been_sent_is_not_sent_again_before_its_report_had_time_to_come() {
        let call = time::macros::datetime!(2026-11-22 12:00 UTC);
        let until = call + REPORT_WAIT;
        for (status, open_call, now, again) in [
            (Delivery::Unknown, Some(call), call, Again::From(until)),
            (Delivery::Unknown, Some(call), until - Duration::MILLISECOND, Again::From(until)),
            (Delivery::Unknown, Some(call), until, Again::Yes),
            (Delivery::Failed, None, call, Again::Yes),
            // Left as not delivered while nobody knew.
            (Delivery::Failed, Some(call), call, Again::From(until)),
            (Delivery::Failed, Some(call), until, Again::Yes),
            (Delivery::Queued, Some(call), until, Again::No),
            (Delivery::Sent, None, until, Again::No),
            (Delivery::Delivered, None, until, Again::No),
            (Delivery::Read, None, until, Again::No),
        ] {
            assert_eq!(status.again(open_call, now), again, "{status:?} {now}");
        }
    }
}
