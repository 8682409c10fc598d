//! The people who write to the business: seeing them, and correcting what is known of them.

mod change;
mod see;

pub use change::{ContactChange, change};
pub use see::{SeenContact, get};
