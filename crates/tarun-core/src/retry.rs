//! When a job that failed is tried again, and when it is given up.

use time::Duration;

/// How often a job is tried before it becomes a dead letter.
pub const ATTEMPTS: i16 = 3;

/// The wait before the next try after `attempts` (1, 2, …) have failed, or `None` when it is given up.
///
/// 2 s, 8 s, each with up to a quarter more so that jobs which failed together do not come back together.
/// `jitter` is a number in 0..=1 that the caller draws.
#[must_use]
pub fn backoff(attempts: i16, jitter: f64) -> Option<Duration> {
    if attempts >= ATTEMPTS {
        return None;
    }
    let base = 2.0 * 4f64.powi(i32::from(attempts.max(1)) - 1);
    Some(Duration::seconds_f64(base * (1.0 + 0.25 * jitter.clamp(0.0, 1.0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_028_three_attempts_with_growing_gaps() {
        let first = backoff(1, 0.0).unwrap();
        let second = backoff(2, 0.0).unwrap();
        assert_eq!((first, second), (Duration::seconds(2), Duration::seconds(8)));
        assert!(backoff(1, 1.0).unwrap() < second);
        assert_eq!(backoff(3, 0.5), None);
        assert_eq!(backoff(i16::MAX, 0.5), None);
        assert!(backoff(i16::MIN, -3.0).is_some());
    }
}
