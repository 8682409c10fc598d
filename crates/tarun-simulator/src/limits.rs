//! Meta's rate limits: messages per second of a number, and the pair limit towards one customer.

use std::collections::HashMap;

use crate::{chats::ChatKey, config::Limits};

/// A bucket that refills with time; levels in thousandths of a message.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    level: i64,
    at_ms: i64,
}

impl Bucket {
    fn take(&mut self, now_ms: i64, capacity: i64, refill_per_s_thousandths: i64) -> bool {
        let refill = (now_ms - self.at_ms).max(0).saturating_mul(refill_per_s_thousandths) / 1_000;
        self.level = self.level.saturating_add(refill).min(capacity * 1_000);
        self.at_ms = now_ms;
        if self.level < 1_000 {
            return false;
        }
        self.level -= 1_000;
        true
    }
}

/// Buckets of all numbers and pairs.
#[derive(Debug, Default)]
pub(crate) struct RateLimits {
    numbers: HashMap<String, Bucket>,
    pairs: HashMap<ChatKey, Bucket>,
}

impl RateLimits {
    const BURST: i64 = 45;

    /// Counts one message; `Err` holds Meta's code when it is one too many.
    pub(crate) fn take(&mut self, limits: &Limits, key: &ChatKey, now_ms: i64) -> Result<(), i64> {
        if let Some(rate) = limits.per_second {
            let rate = i64::from(rate.max(1));
            let full = Bucket { level: rate * 1_000, at_ms: now_ms };
            let bucket = self.numbers.entry(key.phone_number_id.clone()).or_insert(full);
            if !bucket.take(now_ms, rate, rate * 1_000) {
                return Err(130_429);
            }
        }
        if limits.pair {
            // A bucket that has refilled says nothing: forget it, so that the map holds only busy pairs.
            if self.pairs.len() > 10_000 {
                self.pairs.retain(|_, bucket| now_ms - bucket.at_ms < Self::BURST * 6_000);
            }
            let full = Bucket { level: Self::BURST * 1_000, at_ms: now_ms };
            let bucket = self.pairs.entry(key.clone()).or_insert(full);
            if !bucket.take(now_ms, Self::BURST, 167) {
                return Err(131_056);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_gets_a_burst_and_then_one_in_six_seconds() {
        let key = |customer: &str| ChatKey { phone_number_id: "1".into(), customer: customer.into() };
        let mut rates = RateLimits::default();
        let limits = Limits { per_second: Some(80), ..Limits::default() };
        for _ in 0..45 {
            assert_eq!(rates.take(&limits, &key("a"), 0), Ok(()));
        }
        assert_eq!(rates.take(&limits, &key("a"), 0), Err(131_056));
        assert_eq!(rates.take(&limits, &key("b"), 0), Ok(()), "others go on");
        assert_eq!(rates.take(&limits, &key("a"), 6_100), Ok(()));
        assert_eq!(rates.take(&limits, &key("a"), 6_100), Err(131_056));
    }

    #[test]
    fn a_number_has_a_throughput() {
        let mut rates = RateLimits::default();
        let limits = Limits { per_second: Some(2), pair: false, ..Limits::default() };
        let key = ChatKey { phone_number_id: "1".into(), customer: "a".into() };
        assert_eq!([0, 0, 0, 600].map(|at| rates.take(&limits, &key, at).is_ok()), [true, true, false, true]);
    }
}
