//! Notifications from Meta, in four steps: [`peek`] at the origins to find the app secrets that may have signed the
//! body, [`signature::verify`], [`split`] into events to be stored, and later, one by one, [`read`].

mod inbound;
mod peek;
mod read;
pub mod signature;
mod split;

pub use inbound::*;
pub use peek::{MAX_ORIGINS, Origins, peek};
pub use read::read;
pub use split::{MAX_EVENTS, RawEvent, RawKind, Unsplit, split};

/// The longest id that is taken for one, in bytes. Message ids are opaque and may be longer than 128.
pub const MAX_ID_BYTES: usize = 1_024;

/// The body is not JSON: never Meta's doing, or cut on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body is not JSON")]
pub struct NotJson;

#[cfg(test)]
mod tests;
