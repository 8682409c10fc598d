//! For tests only: the real program on real PostgreSQL and Valkey, with the simulator as Meta.
//!
//! One set of servers serves all tests of a process; each test has a business of its own on it ([`business`]). A test
//! that moves the clock, stops a server or counts everything has a [`World`] of its own, with its own database.

#![expect(clippy::expect_used, clippy::panic, reason = "for tests only: what is missing ends the test")]

mod business;
mod servers;
mod world;

pub use business::{Answer, Business, Caller, PASSWORD, SECRET, business, text_webhook};
pub use servers::{Servers, open_folder, servers};
pub use world::{World, world};

use std::time::{Duration, Instant};

/// Waits until a condition holds, at most 20 seconds.
pub async fn eventually<T, F, Fut>(what: &str, mut look: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
