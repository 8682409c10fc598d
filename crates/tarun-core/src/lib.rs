//! The words of the business and its decisions: no async, no I/O, no clock of its own.

pub mod clock;
pub mod contact;
pub mod content;
pub mod conversation;
pub mod delivery;
pub mod ids;
pub mod phone;
pub mod policy;
pub mod retry;
pub mod secret;
