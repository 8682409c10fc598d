//! Dead letters: events and files that could not be handled. They wait for somebody to try them again or give them up.

mod list;
mod settle;

pub use list::{list, not_shown};
pub use settle::{discard, retry};
