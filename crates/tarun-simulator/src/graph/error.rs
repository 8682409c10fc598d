//! Meta's error bodies.

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::ids;

/// An error as the Graph API answers it.
#[derive(Debug, Clone)]
pub(crate) struct GraphError {
    pub(crate) http: u16,
    pub(crate) code: i64,
    pub(crate) subcode: Option<i64>,
    /// Words after the `(#code)`.
    pub(crate) title: String,
    /// `error_data.details`: for the person who reads logs.
    pub(crate) details: Option<String>,
    pub(crate) retry_after: Option<u64>,
}

/// HTTP status and title by code, after Meta's table of November 2025; an unknown code is a plain 400.
fn known(code: i64) -> (u16, &'static str) {
    match code {
        0 => (401, "AuthException"),
        1 => (400, "API Unknown"),
        2 => (503, "API Service"),
        3 => (500, "API Method"),
        4 => (400, "API Too Many Calls"),
        10 => (403, "Permission Denied"),
        33 => (400, "Parameter value is not valid"),
        100 => (400, "Invalid parameter"),
        190 => (401, "Access token has expired"),
        200..=299 => (403, "API Permission"),
        368 => (403, "Temporarily blocked for policies violations"),
        80_007 | 80_008 => (400, "Rate limit issues"),
        130_403 => (400, "User is blocked by the business"),
        130_429 => (400, "Rate limit hit"),
        130_472 => (400, "User's number is part of an experiment"),
        130_497 => (403, "Business account is restricted from messaging users in this country"),
        131_000 => (500, "Something went wrong"),
        131_005 => (403, "Access denied"),
        131_008 => (400, "Required parameter is missing"),
        131_009 => (400, "Parameter value is not valid"),
        131_016 => (500, "Service unavailable"),
        131_021 => (400, "Recipient cannot be sender"),
        131_026 => (400, "Message undeliverable"),
        131_030 => (400, "Recipient phone number not in allowed list"),
        131_031 => (403, "Account has been locked"),
        131_037 => (400, "WhatsApp provided number needs display name approval before message can be sent"),
        131_042 => (400, "Business eligibility payment issue"),
        131_045 => (500, "Incorrect certificate"),
        131_047 => (400, "Re-engagement message"),
        131_048 => (400, "Spam rate limit hit"),
        131_049 => (400, "This message was not delivered to maintain healthy ecosystem engagement"),
        131_050 => (400, "User has stopped receiving marketing messages from this business"),
        131_051 => (400, "Unsupported message type"),
        131_052 => (400, "Media download error"),
        131_053 => (400, "Media upload error"),
        131_056 => (400, "(Business Account, Consumer Account) pair rate limit hit"),
        131_057 => (500, "Account in maintenance mode"),
        131_062 => (400, "Business-scoped user ID cannot be used for this message"),
        132_000 => (400, "Number of parameters does not match the expected number of params"),
        132_001 => (404, "Template name does not exist in the translation"),
        132_005 => (400, "Translated text too long"),
        132_007 => (400, "Template format character policy violated"),
        132_012 => (400, "Parameter format does not match format in the created template"),
        132_015 => (400, "Template is paused"),
        132_016 => (400, "Template is disabled"),
        132_018 => (400, "There's an issue with the parameters in your template"),
        133_005 => (400, "Two step verification PIN mismatch"),
        133_010 => (400, "Phone number not registered"),
        133_016 => (400, "Account register/deregister rate limit exceeded"),
        135_000 => (400, "Generic user error"),
        _ => (400, "Error"),
    }
}

impl GraphError {
    pub(crate) fn new(code: i64) -> Self {
        let (http, title) = known(code);
        Self { http, code, subcode: None, title: title.to_owned(), details: None, retry_after: None }
    }

    pub(crate) fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }

    /// A parameter that is not there.
    pub(crate) fn missing(what: &str) -> Self {
        Self::new(131_008).details(format!("Parameter '{what}' is missing."))
    }

    /// A parameter Meta would not take, in the words of its WhatsApp layer.
    pub(crate) fn invalid(details: impl Into<String>) -> Self {
        Self::new(131_009).details(details)
    }

    /// A parameter refused by the Graph layer (code 100).
    pub(crate) fn parameter(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::new(100) }
    }

    /// An object that is not there or that the token may not see: Meta does not tell which.
    pub(crate) fn not_visible(verb: &str, id: &str) -> Self {
        let title = format!(
            "Unsupported {verb} request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
             permissions, or does not support this operation. Please read the Graph API documentation at \
             https://developers.facebook.com/docs/graph-api"
        );
        Self { subcode: Some(33), title, ..Self::new(100) }
    }

    pub(crate) fn no_token() -> Self {
        let title = "An active access token must be used to query information about the current user.".to_owned();
        Self { http: 400, title, ..Self::new(2_500) }
    }

    pub(crate) fn bad_token() -> Self {
        Self { title: "Invalid OAuth access token - Cannot parse access token".to_owned(), ..Self::new(190) }
    }

    /// As an element of `errors[]` in a webhook, where title and message are the same.
    pub(crate) fn in_webhook(&self) -> Value {
        let details = self.details.clone().unwrap_or_else(|| default_details(self.code, &self.title));
        json!({
            "code": self.code, "title": self.title, "message": self.title, "error_data": { "details": details },
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        })
    }

    pub(crate) fn body(&self) -> Value {
        // Only the Graph layer's own refusals come without the number in front.
        let message = match self.code {
            190 | 2_500 => self.title.clone(),
            100 if self.subcode == Some(33) => self.title.clone(),
            code => format!("(#{code}) {}", self.title),
        };
        let kind = if self.subcode == Some(33) { "GraphMethodException" } else { "OAuthException" };
        let mut error = json!({ "message": message, "type": kind, "code": self.code });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = subcode.into();
        }
        if let Some(details) = &self.details {
            error["error_data"] = json!({ "messaging_product": "whatsapp", "details": details });
        }
        if matches!(self.code, 1 | 2 | 4 | 131_016 | 130_429) {
            error["is_transient"] = true.into();
        }
        error["fbtrace_id"] = ids::trace_id().into();
        json!({ "error": error })
    }
}

/// The explanation Meta gives for codes that come in a `failed` status.
fn default_details(code: i64, title: &str) -> String {
    match code {
        131_026 => "Message Undeliverable.".to_owned(),
        131_047 => "Message failed to send because more than 24 hours have passed since the customer last replied to \
                    this number."
            .to_owned(),
        131_049 => {
            "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.".to_owned()
        }
        131_050 => "Recipient has opted out of marketing messages from this business.".to_owned(),
        131_053 => "Media file could not be processed.".to_owned(),
        _ => title.to_owned(),
    }
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.http).unwrap_or(StatusCode::BAD_REQUEST);
        let mut headers = HeaderMap::new();
        if self.code == 190 {
            let challenge = "OAuth \"Facebook Platform\" \"invalid_token\" \"Invalid OAuth access token.\"";
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        (status, headers, Json(self.body())).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_metas_shape() {
        let body = GraphError::new(131_047).details("why").body();
        assert_eq!(body["error"]["message"], "(#131047) Re-engagement message");
        assert_eq!(body["error"]["error_data"]["details"], "why");
        assert!(body["error"]["fbtrace_id"].is_string());
        let hidden = GraphError::not_visible("get", "7").body();
        assert_eq!(hidden["error"]["error_subcode"], 33);
        assert!(hidden["error"]["message"].as_str().is_some_and(|m| m.starts_with("Unsupported get request")));
    }
}
