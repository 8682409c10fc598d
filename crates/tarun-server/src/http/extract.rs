//! What handlers take from a request. What does not fit is refused in words, as a problem document.

pub(crate) mod client;
mod json;
mod once;
mod path;
mod query;

pub use client::{Caller, SameSite};
pub use json::Json;
pub use once::Creating;
pub use path::Path;
pub use query::Query;
