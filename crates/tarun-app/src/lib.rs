//! What Tarun does: use cases and jobs, a folder a noun. No HTTP.
//!
//! An act loads, decides (with `tarun-core`), stores, says what follows, and commits, on one screen. What follows (a
//! stream hint, a socket event) is told only after the commit.

pub mod acting;
pub mod api_key;
pub mod audit;
pub mod auth;
pub mod change;
pub mod contact;
pub mod conversation;
pub mod failure;
pub mod idempotency;
pub mod input;
pub mod intake;
pub mod invitation;
pub mod lasting;
pub mod media;
pub mod message;
pub mod number;
pub mod queue;
pub mod sending;
pub mod tenant;
pub mod user;
pub mod work;

use std::sync::Arc;
use tarun_core::clock::Clock;
use tarun_providers::http::Guarded;
use tarun_store::Store;

/// What every act needs. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    pub clock: Clock,
    pub auth: auth::Auth,
    /// The one way out to WhatsApp.
    pub provider: Arc<Guarded>,
    pub queue: queue::Queue,
    pub announcer: change::Announcer,
    pub intake: intake::Intake,
    pub objects: media::Objects,
    /// What people and Meta reach this installation by, without a slash at the end.
    pub public_url: Arc<str>,
    pub openings: conversation::Openings,
    /// How long raw events are kept for replay.
    pub keep_events: time::Duration,
}
