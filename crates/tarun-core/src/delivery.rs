//! Where a message of ours is on its way. Receipts come late, doubled and out of order: the state only moves forward.

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
}
