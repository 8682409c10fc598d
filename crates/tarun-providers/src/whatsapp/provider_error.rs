//! An error as WhatsApp reports it: in the answer to a call, in a status, in a message or for the whole account.

use serde::{Deserialize, Serialize};

use super::json::Object;

/// The most errors kept of one list.
const MAX_ERRORS: usize = 20;

/// Decide on `code`, then on `subcode`; the texts are for people. Texts are cut at 1,000 code points.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderError {
    pub code: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subcode: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why, in this case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// `error_user_msg`: written by Meta for the person at the screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_message: Option<String>,
    /// Meta's support asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The HTTP status, where the error was the answer to a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
}

impl ProviderError {
    /// `None` if there is no code.
    pub(crate) fn read(error: &Object<'_>) -> Option<Self> {
        let line = |key| error.line(key, 1_000);
        Some(Self {
            code: error.integer("code")?,
            subcode: error.integer("error_subcode"),
            title: line("title").or_else(|| line("error_user_title")),
            message: line("message"),
            details: error.object("error_data").and_then(|data| data.line("details", 1_000)),
            user_message: line("error_user_msg"),
            trace_id: error.line("fbtrace_id", 100),
            http_status: None,
        })
    }

    /// The readable errors of a list.
    pub(crate) fn read_list(parent: &Object<'_>, key: &str) -> Vec<Self> {
        parent.objects(key).filter_map(|error| Self::read(&error)).take(MAX_ERRORS).collect()
    }

    /// The most telling of its texts.
    pub fn best_text(&self) -> Option<&str> {
        [&self.user_message, &self.details, &self.message, &self.title].into_iter().flatten().next().map(String::as_str)
    }
}
