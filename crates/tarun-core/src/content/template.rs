//! A message from an approved template: the only kind that may be sent outside the service window.

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Template {
    pub name: String,
    /// Meta's code, for example `hi` or `en_US`; there is no fallback between languages.
    pub language: String,
    /// The filled components in Meta's shape (`[{"type": "body", "parameters": […]}]`); none if it has no variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Value>,
    /// The text as the customer reads it, filled in when the message was made: templates change later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}
