//! The only crate that speaks SQL.
//!
//! Tenant data is reached through [`TenantTx`] alone: it names the tenant for row-level security, and every function that
//! reads or writes rows takes it. A [`TenantCtx`] carries the tenant's keys; it is made from evidence (a session, a
//! webhook's verified number, a job's row), never from a request's body.

pub mod api_key;
pub mod audit;
pub mod auth_attempt;
pub mod contact;
pub mod conversation;
pub mod error;
pub mod event;
pub mod idempotency;
pub mod inbox;
pub mod job;
pub mod keys;
pub mod link;
pub mod media;
pub mod message;
pub mod number;
pub mod receipt;
pub mod session;
pub mod setup;
pub mod tenant;
mod tx;
mod upkeep;
pub mod user;

pub use error::StoreError;
pub use tx::{Store, TenantCtx, TenantTx};

/// A page's position: the sort key's moment and id of the last row seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub at: time::OffsetDateTime,
    pub id: uuid::Uuid,
}
