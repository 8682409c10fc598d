//! Guessing is slowed: ten failures in 15 minutes, of one account or from one address, and nobody is let try further.
//!
//! The window has a fixed length, so that a stranger's guesses never shut the account's owner out for ever; people who are
//! signed in stay signed in.

use crate::App;
use crate::acting::ActError;
use std::net::IpAddr;
use tarun_store::{Store, auth_attempt};
use time::Duration;

pub const WINDOW: Duration = Duration::minutes(15);
/// Failures of an account, or from an address, in one window.
pub const MAX_FAILURES: i32 = 10;
/// Sign-ups with an e-mail that is taken, from one address in one window: finding out who is here by trying is slow.
const MAX_TAKEN: i32 = 50;

/// Under which hashes a try is counted.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    account: Option<[u8; 16]>,
    address: Option<[u8; 16]>,
    max: i32,
}

impl Counted {
    /// A sign-in: by account and by address.
    #[must_use]
    pub fn sign_in(store: &Store, email: &str, address: Option<IpAddr>) -> Self {
        let hash = |place, bytes: &[u8]| store.installation().lookup(place, bytes);
        Self {
            account: Some(hash("auth_attempts.account", email.as_bytes())),
            address: address.map(|a| hash("auth_attempts.address", &network(a))),
            max: MAX_FAILURES,
        }
    }

    /// A password asked for again of somebody who is signed in: by account alone.
    #[must_use]
    pub fn account(store: &Store, email: &str) -> Self {
        Self { address: None, ..Self::sign_in(store, email, None) }
    }

    /// A sign-up: by address alone.
    #[must_use]
    pub fn sign_up(store: &Store, address: Option<IpAddr>) -> Self {
        let hash = |a| store.installation().lookup("auth_attempts.sign_up", &network(a));
        Self { account: None, address: address.map(hash), max: MAX_TAKEN }
    }

    /// Refuses when there were too many failures.
    pub async fn check(&self, app: &App) -> Result<(), ActError> {
        let now = app.clock.now();
        for key in [self.address, self.account].into_iter().flatten() {
            let Some(failures) = auth_attempt::read(&app.store, key, now, WINDOW).await? else { continue };
            if failures.count >= self.max {
                return Err(too_many(failures.since + WINDOW - now));
            }
        }
        Ok(())
    }

    pub async fn failed(&self, app: &App) -> Result<(), ActError> {
        let now = app.clock.now();
        for key in [self.address, self.account].into_iter().flatten() {
            auth_attempt::add(&app.store, key, now, WINDOW).await?;
        }
        if app.auth.is_sweep_due(now) {
            auth_attempt::prune(&app.store, now - Duration::DAY).await?;
        }
        Ok(())
    }

    /// The account has proved itself. The address stays counted: who owns one account may be guessing at others.
    pub async fn succeeded(&self, app: &App) -> Result<(), ActError> {
        if let Some(key) = self.account {
            auth_attempt::clear(&app.store, key).await?;
        }
        Ok(())
    }
}

fn too_many(wait: Duration) -> ActError {
    let seconds = u64::try_from(wait.whole_seconds()).unwrap_or(0) + 1;
    let minutes = seconds.div_ceil(60);
    ActError::TooMany {
        retry_after_seconds: seconds,
        detail: format!(
            "Too many failed tries. Wait {minutes} {} and try again.",
            if minutes == 1 { "minute" } else { "minutes" }
        ),
    }
}

/// The address as one caller has it: a whole IPv6 /64 belongs to one subscriber.
fn network(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets()[..8].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_071_an_ipv6_subscriber_is_one_address() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn the_wait_is_said_in_whole_seconds_and_minutes() {
        for (wait, seconds, words) in [(Duration::seconds(899), 900, "15 minutes"), (Duration::ZERO, 1, "1 minute ")] {
            let ActError::TooMany { retry_after_seconds, detail } = too_many(wait) else { panic!("refused otherwise") };
            assert_eq!(retry_after_seconds, seconds);
            assert!(detail.contains(words), "{detail}");
        }
    }
}
