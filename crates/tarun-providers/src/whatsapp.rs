//! Meta's WhatsApp Cloud API: reading webhooks.

mod json;
pub mod provider_error;
pub mod webhook;

pub use provider_error::ProviderError;
