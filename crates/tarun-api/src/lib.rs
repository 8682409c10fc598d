//! The contract's types: what goes in (`…In`, `…Patch`) and what comes out of Tarun's HTTP API.
//!
//! Imports none of our crates, so that a change inside the house rarely rebuilds it; conversions sit beside the handlers.
//! The JSON that these types describe is published as `openapi.json`, from which the web app's types are generated.

pub mod audit;
pub mod auth;
pub mod contact;
pub mod conversation;
pub mod failure;
pub mod message;
pub mod page;
pub mod problem;
pub mod realtime;
pub mod user;
pub mod whatsapp;
