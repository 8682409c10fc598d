//! From a webhook's bytes to rows: verified, kept, answered; then, in a worker, understood.

mod accept;
pub(crate) mod arrival;
mod handle;
mod routes;

pub use accept::{Intake, MAX_BODY_BYTES, Refusal};
pub use handle::handle;
pub use routes::Routes;
