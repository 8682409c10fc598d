//! Messages: reading a thread, replying, noting.

mod follows;
mod list;
mod note;
mod resolve;
mod send;
pub(crate) mod timeline;

pub use follows::Follows;
pub use list::list;
pub use note::note;
pub use resolve::{Resolution, resolve};
pub use send::{Reply, send};

use crate::acting::Acting;
use tarun_core::policy::Actor;
use uuid::Uuid;

/// Who speaks, as a message keeps it.
fn speaker(acting: &Acting) -> (&'static str, Option<Uuid>) {
    match &acting.actor {
        Actor::User { id, .. } => ("USER", Some(id.0)),
        Actor::ApiKey { id, .. } => ("API_KEY", Some(id.0)),
    }
}
