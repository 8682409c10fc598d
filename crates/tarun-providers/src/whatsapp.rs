//! Meta's WhatsApp Cloud API: reading webhooks, building requests, reading answers, and what its errors mean.

mod answer;
mod calls;
pub mod errors;
mod json;
mod provider_error;
mod send;
pub mod webhook;

pub use answer::{Accepted, CallFailed, SendError, read_send_answer};
pub use calls::{
    AccountNumbers, MediaLocation, NumberFacts, SubscribedApp, TokenFacts, account_numbers, mark_read, media_look_up,
    media_upload, number_facts, read_account_numbers, read_media_location, read_number_facts, read_subscribed_apps,
    read_success, read_token_facts, read_uploaded_id, subscribe_app, subscribed_apps, token_facts,
};
pub use provider_error::ProviderError;
pub use send::{MAX_CALLBACK_CHARS, MAX_TEXT_CHARS, Outgoing, Recipient, SendingNumber, Unsendable, build_message};

/// The Graph API's address, unless configured otherwise.
pub const DEFAULT_GRAPH_URL: &str = "https://graph.facebook.com";

/// The newest version whose behaviour is known here.
pub const DEFAULT_GRAPH_VERSION: &str = "v26.0";
