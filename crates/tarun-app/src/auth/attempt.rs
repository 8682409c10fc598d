//! Guessing is slowed: ten failures in 15 minutes, of one account or from one address, and nobody is let try further.
//!
//! That would let a stranger keep an account's owner out for as long as he likes, so a device which the account knows
//! ([`super::device`]) is counted by itself: it has ten tries of its own, whatever others do. People who are signed in stay
//! signed in. Sign-ups are counted by address.

use super::device;
use super::entry::Client;
use crate::App;
use crate::acting::ActError;
use std::net::IpAddr;
use tarun_core::ids::UserId;
use tarun_store::{Store, auth_attempt};
use time::Duration;

pub const WINDOW: Duration = Duration::minutes(15);
/// Failures of an account, from an address, or of a device, in one window.
const MAX_FAILURES: i32 = 10;
/// Sign-ups with an e-mail that is taken, from one address in one window: finding out who is here by trying is slow.
const MAX_TAKEN: i32 = 50;
/// Businesses founded from one address in an hour. A mobile network has one address for many people.
const MAX_FOUNDED: i32 = 20;
const FOUNDED_WINDOW: Duration = Duration::hours(1);

/// Under which hashes a try is counted.
#[derive(Debug, Clone)]
pub struct Counted {
    /// Each shuts by itself.
    keys: Vec<[u8; 16]>,
    /// Of these, the one that a proof clears.
    own: Option<[u8; 16]>,
    max: i32,
    window: Duration,
}

impl Counted {
    /// A sign-in: by the device where the account knows it, else by account and by address.
    #[must_use]
    pub fn sign_in(store: &Store, email: &str, client: &Client) -> Self {
        if let Some(known) = client.device.as_ref().and_then(|mark| device::known(store, email, mark)) {
            let key = store.installation().lookup("auth_attempts.device", &known);
            return Self { keys: vec![key], own: Some(key), max: MAX_FAILURES, window: WINDOW };
        }
        let key = store.installation().lookup("auth_attempts.account", email.as_bytes());
        let address = of_address(store, "auth_attempts.address", client.address);
        Self { keys: address.into_iter().chain([key]).collect(), own: Some(key), max: MAX_FAILURES, window: WINDOW }
    }

    /// A password asked for again of somebody who is signed in, whom nobody else's tries keep from changing it.
    #[must_use]
    pub fn signed_in(store: &Store, id: UserId) -> Self {
        let key = store.installation().lookup("auth_attempts.signed_in", id.0.as_bytes());
        Self { keys: vec![key], own: Some(key), max: MAX_FAILURES, window: WINDOW }
    }

    /// A sign-up with an e-mail that is taken: by address alone.
    #[must_use]
    pub fn taken(store: &Store, address: Option<IpAddr>) -> Self {
        let keys = of_address(store, "auth_attempts.sign_up", address).into_iter().collect();
        Self { keys, own: None, max: MAX_TAKEN, window: WINDOW }
    }

    /// A business founded: by address alone.
    #[must_use]
    pub fn founded(store: &Store, address: Option<IpAddr>) -> Self {
        let keys = of_address(store, "auth_attempts.founded", address).into_iter().collect();
        Self { keys, own: None, max: MAX_FOUNDED, window: FOUNDED_WINDOW }
    }

    /// Refuses when there were too many.
    pub async fn check(&self, app: &App) -> Result<(), ActError> {
        let now = app.clock.now();
        for key in &self.keys {
            let Some(counted) = auth_attempt::read(&app.store, *key, now, self.window).await? else { continue };
            if counted.count >= self.max {
                return Err(too_many(counted.since + self.window - now));
            }
        }
        Ok(())
    }

    /// Counts one more.
    pub async fn add(&self, app: &App) -> Result<(), ActError> {
        let now = app.clock.now();
        for key in &self.keys {
            auth_attempt::add(&app.store, *key, now, self.window).await?;
        }
        if app.auth.is_sweep_due(now) {
            auth_attempt::prune(&app.store, now - Duration::DAY).await?;
        }
        Ok(())
    }

    /// The account has proved itself. The address stays counted: who owns one account may be guessing at others.
    pub async fn succeeded(&self, app: &App) -> Result<(), ActError> {
        if let Some(key) = self.own {
            auth_attempt::clear(&app.store, key).await?;
        }
        Ok(())
    }
}

fn of_address(store: &Store, place: &'static str, address: Option<IpAddr>) -> Option<[u8; 16]> {
    address.map(|a| store.installation().lookup(place, &network(a)))
}

fn too_many(wait: Duration) -> ActError {
    let seconds = u64::try_from(wait.whole_seconds()).unwrap_or(0) + 1;
    let minutes = seconds.div_ceil(60);
    ActError::TooMany {
        retry_after_seconds: seconds,
        detail: format!(
            "Too many tries. Wait {minutes} {} and try again.",
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
