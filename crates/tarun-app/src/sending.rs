//! Sending: one message of a conversation after the other, each at most once.
//!
//! Claim and commit, call the provider with no transaction open, record in a second transaction that checks the claim.
//! A call whose outcome is not known is not repeated: a status with our own id, which the provider gives back, tells what
//! became of it; else a person decides.
//!
//! Rows are locked in one order: conversation, message, job, number.

mod decide;
mod deliver;
mod lesson;
mod record;

pub use deliver::deliver;
pub(crate) use lesson::{learn, teaches};

use tarun_core::ids::ConversationId;

/// The key under which a conversation's sends keep their order.
#[must_use]
pub fn ordering_key(conversation: ConversationId) -> i64 {
    let (_, low) = conversation.0.as_u64_pair();
    low.cast_signed()
}
