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
    Some(spread(Duration::seconds_f64(2.0 * 4f64.powi(i32::from(attempts.max(1)) - 1)), jitter))
}

/// Waits between the tries to fetch a customer's file: over a day in all, since Meta keeps it for seven days and whatever
/// stands in the way (a line, a store, a token) is repaired by people.
const FILE_WAITS: [Duration; 9] = [
    Duration::seconds(2),
    Duration::seconds(15),
    Duration::minutes(1),
    Duration::minutes(5),
    Duration::minutes(15),
    Duration::hours(1),
    Duration::hours(3),
    Duration::hours(8),
    Duration::hours(12),
];

/// The wait before a customer's file is fetched again after `attempts` (1, 2, …) have failed, or `None` when it is given up.
/// `jitter` as for [`backoff`].
#[must_use]
pub fn file_backoff(attempts: i16, jitter: f64) -> Option<Duration> {
    let failed = usize::try_from(attempts.max(1)).unwrap_or(1);
    FILE_WAITS.get(failed - 1).map(|wait| spread(*wait, jitter))
}

/// Up to a quarter longer.
fn spread(wait: Duration, jitter: f64) -> Duration {
    wait * (1.0 + 0.25 * jitter.clamp(0.0, 1.0))
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

    #[test]
    fn a_file_is_tried_for_more_than_a_day_and_for_less_than_meta_keeps_it() {
        for jitter in [0.0, 1.0] {
            let waits: Vec<Duration> = (1..).map_while(|attempts| file_backoff(attempts, jitter)).collect();
            assert!(waits.is_sorted() && waits[0] < Duration::seconds(3), "{waits:?}");
            let all: Duration = waits.iter().sum();
            assert!(all > Duration::hours(24) && all < Duration::days(2), "{all}");
        }
        assert_eq!(file_backoff(i16::MAX, 0.5), None);
        assert!(file_backoff(i16::MIN, 0.5).is_some());
    }
}
