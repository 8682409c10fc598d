//! How a call can end without an answer.

/// The difference that matters: [`CallError::NotSent`] may be repeated at once, [`CallError::Unknown`] must not be
/// repeated blindly, because the other side may have acted. The reasons name no address, token or content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error("no connection was made: {reason}")]
    NotSent { reason: String },
    #[error("the connection broke after the request was sent: {reason}")]
    Unknown { reason: String },
    #[error("the address may not be called")]
    NotAllowed,
    #[error("the answer is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    /// A download answered with this status; 404 and 403 mean that its address has expired.
    #[error("the answer's status is {status}")]
    Status { status: u16 },
}

impl CallError {
    pub(super) fn of(error: reqwest::Error) -> Self {
        let nothing_sent = error.is_connect() || error.is_builder();
        let timed_out = error.is_timeout();
        let reason = if timed_out { "it took too long".to_owned() } else { innermost(&error.without_url()) };
        if nothing_sent { Self::NotSent { reason } } else { Self::Unknown { reason } }
    }
}

/// The words of the first cause: the outer ones only say that a request failed.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
