//! WhatsApp numbers of the business: connecting, changing, checking and removing them.

mod change;
mod check;
mod create;
mod fields;
mod finding;
mod remove;
mod see;

pub use change::{NumberChange, change};
pub use check::{Check, check};
pub use create::{NewNumber, create};
pub use finding::{Item, State};
pub use remove::remove;
pub use see::{SeenNumber, get, list};
