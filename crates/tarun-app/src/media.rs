//! Files that customers sent: fetched at once (Meta keeps them for days, their addresses for minutes), sealed piece by
//! piece, kept in the object store.

mod fetch;
mod objects;
mod read;

pub use fetch::fetch;
pub use objects::{Objects, S3};
pub use read::{OpenMedia, open, read};

/// Plain bytes of one sealed piece: a range is read by its pieces.
const PIECE: usize = 256 * 1024;
/// What sealing adds to a piece: format, nonce, tag.
const SEALED_PIECE: u64 = PIECE as u64 + 29;

fn key(tenant: tarun_core::ids::TenantId, id: tarun_core::ids::MediaId) -> object_store::path::Path {
    // Both are UUIDs: nothing in a name comes from a customer.
    object_store::path::Path::from(format!("media/{tenant}/{id}"))
}
