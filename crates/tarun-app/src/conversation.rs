//! Conversations: seeing them, and what people do with them.

mod assign;
mod opened;
mod read;
mod see;
mod status;

pub use assign::assign;
pub use opened::Openings;
pub use read::{mark_read, mark_unread};
pub use see::{View, Wanted, counts, get, list, may_see, visible};
pub use status::set_status;
