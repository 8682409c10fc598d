//! A stand-in for Meta's Graph API (WhatsApp Cloud API) that speaks HTTP, with a customer's phone in the browser.
//!
//! It is an independent reading of Meta's documentation: nothing here is shared with the product, and the product knows
//! it only as another address of the Graph API. Three doors on one port:
//!
//! - `/v26.0/…`: the Graph API, for the product and for any other client of the Cloud API;
//! - `/`: a phone on which a visitor plays one or several customers;
//! - `/_sim/…`: the controls, for tests and the phone; see the crate's README.
//!
//! Accepted messages get their statuses by signed webhooks, retried until the receiver answers 200.

mod accept;
mod answer;
mod behaviour;
mod chats;
mod cli;
mod clock;
mod config;
mod connection;
mod control;
mod customers;
mod graph;
mod ids;
mod inbound;
mod limits;
mod media;
mod numbers;
mod outgoing;
mod page;
mod record;
mod samples;
mod schedule;
mod server;
mod simulator;
mod statuses;
mod templates;
mod webhook;

pub use cli::Options;
pub use config::{AutoStatus, Limits, ReadPolicy, Secret, Settings, SimNumber, SimulatorConfig, WebhookOptions};
pub use server::{Running, serve};
