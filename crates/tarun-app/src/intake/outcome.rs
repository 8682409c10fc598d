//! Why an event that was kept shows nowhere: noted with the event, counted, and told to admins.

use tarun_store::{StoreError, TenantTx, event};
use uuid::Uuid;

/// In words that an admin reads; none of them holds anything of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome<'a> {
    AboutTheAccount,
    NotConnected,
    OfAGroup,
    FromNobody,
    OpenedTheChat,
    UnknownWish,
    UnknownStatus,
    AccountError(i64),
    NotAMessage,
    Unreadable(&'a str),
    /// What it speaks of.
    NotKnownHere(&'static str),
}

impl Outcome<'_> {
    pub(super) fn words(self) -> String {
        match self {
            Self::AboutTheAccount => "about the account".to_owned(),
            Self::NotConnected => "its number is not connected here".to_owned(),
            Self::OfAGroup => "a message of a group: groups are not shown yet".to_owned(),
            Self::FromNobody => "from nobody that could be answered".to_owned(),
            Self::OpenedTheChat => "opened the chat without a message".to_owned(),
            Self::UnknownWish => "a wish that this version does not know".to_owned(),
            Self::UnknownStatus => "a status that this version does not know".to_owned(),
            Self::AccountError(code) => format!("error {code} of the account"),
            Self::NotAMessage => "not a message".to_owned(),
            Self::Unreadable(reason) => format!("unreadable: {reason}"),
            Self::NotKnownHere(what) => format!("{what} that is not known here"),
        }
    }

    /// For the metric.
    fn label(self) -> &'static str {
        match self {
            Self::AboutTheAccount => "account",
            Self::NotConnected => "not_connected",
            Self::OfAGroup => "group",
            Self::FromNobody => "nobody",
            Self::OpenedTheChat => "welcome",
            Self::UnknownWish => "unknown_wish",
            Self::UnknownStatus => "unknown_status",
            Self::AccountError(_) => "account_error",
            Self::NotAMessage => "not_a_message",
            Self::Unreadable(_) => "unreadable",
            Self::NotKnownHere(_) => "not_known",
        }
    }
}

/// Notes why an event changed nothing.
pub(super) async fn note(tx: &mut TenantTx, event: Uuid, outcome: Outcome<'_>) -> Result<(), StoreError> {
    metrics::counter!("tarun_inbound_not_shown_total", "reason" => outcome.label()).increment(1);
    event::set_outcome(tx, event, &outcome.words()).await
}
