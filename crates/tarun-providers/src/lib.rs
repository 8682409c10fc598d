//! The outside world: what others send is read here and what they are sent is built here. No database, no decisions.
//!
//! Providers build requests and read answers without speaking to anybody; [`http::Guarded`] alone speaks.

pub mod http;
pub mod whatsapp;
