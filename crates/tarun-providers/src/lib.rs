//! The outside world: what others send is read here and what they are sent is built here. No database, no decisions.

pub mod whatsapp;
