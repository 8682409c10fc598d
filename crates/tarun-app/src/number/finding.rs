//! What the answers of WhatsApp say about a number, in words for the person who connects it. Pure.

use tarun_providers::http::CallError;
use tarun_providers::whatsapp::{AccountNumbers, CallFailed, NumberFacts, SubscribedApp, TokenFacts};
use time::{Duration, OffsetDateTime};

/// A token that ends sooner is worth a warning: somebody has to make a new one.
const SOON: Duration = Duration::days(14);

/// What a token needs: the first to write, the second to be checked and subscribed.
const SCOPES: [&str; 2] = ["whatsapp_business_messaging", "whatsapp_business_management"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Passed,
    /// Works, and will not for long or not for everything.
    Warning,
    Failed,
    /// Not known yet: something has to happen first.
    Waiting,
}

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Stable: `token`, `number`, `waba`, `subscription`, `webhook_received`.
    pub code: &'static str,
    pub title: &'static str,
    pub state: State,
    /// What was found, and what to do where it is not well.
    pub detail: String,
}

/// Why a question to WhatsApp got no useful answer.
#[derive(Debug)]
pub enum NoAnswer {
    Call(CallError),
    Failed(CallFailed),
    /// The id can't be put into a question.
    NotAsked,
}

/// Which line of the checklist a refusal belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    Token,
    /// What was asked about.
    Subject,
    /// The way there, or WhatsApp itself.
    Connection,
}

impl NoAnswer {
    /// Meta's codes: 190 and 0 a bad token, 3, 10, 200 to 299 and 131005 a missing permission, 100 and 33 no such object.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Failed(CallFailed::Refused { error, .. }) => match error.code {
                0 | 102 | 190 | 3 | 10 | 200..=299 | 131_005 => Blame::Token,
                33 | 100 | 803 => Blame::Subject,
                _ => Blame::Connection,
            },
            Self::NotAsked => Blame::Subject,
            Self::Call(_) | Self::Failed(CallFailed::Unreadable { .. }) => Blame::Connection,
        }
    }

    /// One sentence or two, without anything that the other side wrote.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Call(CallError::NotAllowed) => {
                "The address of WhatsApp's API is not allowed. Check WHATSAPP_GRAPH_URL.".into()
            }
            Self::Call(_) => {
                "WhatsApp could not be reached. Check this machine's connection to the internet, then check again."
                    .into()
            }
            Self::Failed(CallFailed::Unreadable { status }) => {
                format!("Something between this machine and WhatsApp answered in its place (status {status}).")
            }
            Self::Failed(CallFailed::Refused { error, .. }) => match (self.blame(), error.code) {
                (Blame::Token, 0 | 102 | 190) => {
                    format!(
                        "WhatsApp does not accept the access token (code {}). Make one that never expires, for a system user, and enter it.",
                        error.code
                    )
                }
                (Blame::Token, code) => format!(
                    "The access token lacks a permission (code {code}). Give its system user the app and the account, and make a token with whatsapp_business_messaging and whatsapp_business_management."
                ),
                (Blame::Subject, code) => {
                    format!(
                        "WhatsApp knows none with this id that the access token may see (code {code}). Compare the id with the app's page \"API setup\"."
                    )
                }
                (Blame::Connection, code) => format!("WhatsApp answered with code {code}. Check again in a minute."),
            },
            Self::NotAsked => "The id is not one of Meta's: it has only digits.".into(),
        }
    }
}

/// What is well or not with a token that WhatsApp accepts. `None`: it did not say more.
#[must_use]
pub fn token(facts: Option<&TokenFacts>, now: OffsetDateTime) -> (State, String) {
    let Some(facts) = facts else { return (State::Passed, "WhatsApp accepts the access token.".into()) };
    if !facts.is_valid {
        let detail = "WhatsApp says that the access token is not valid. Make one that never expires, for a system user, and enter it.";
        return (State::Failed, detail.into());
    }
    let lacks = |scope: &&&str| !facts.scopes.iter().any(|has| has == **scope);
    if let Some(scope) = SCOPES.iter().find(lacks).filter(|_| !facts.scopes.is_empty()) {
        let detail = format!("The access token lacks the permission {scope}. Make one that has it, and enter it.");
        return (State::Failed, detail);
    }
    let ends = facts.expires_at.and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
    let advice = "Make one that never expires, for a system user, and enter it.";
    if let Some(at) = ends.filter(|at| *at - now < SOON) {
        return (State::Warning, format!("The access token ends on {}. {advice}", at.date()));
    }
    if facts.kind.as_deref().is_some_and(|kind| kind != "SYSTEM_USER") {
        let detail =
            format!("The access token is not a system user's: it ends when its person logs out or leaves. {advice}");
        return (State::Warning, detail);
    }
    let until = ends.map_or_else(|| "it never expires".to_owned(), |at| format!("it ends on {}", at.date()));
    let of_app = facts.app_id.as_deref().map(|id| format!(" of app {id}")).unwrap_or_default();
    (State::Passed, format!("WhatsApp accepts the access token{of_app}; {until}."))
}

/// Whether the number belongs to the account, which hears about its own numbers only.
#[must_use]
pub fn account(phone_number_id: &str, numbers: &AccountNumbers) -> (State, String) {
    if numbers.more || numbers.ids.iter().any(|id| id == phone_number_id) {
        return (State::Passed, "The access token may manage the WhatsApp Business account.".into());
    }
    let detail = "The number is not one of this account's, so none of its messages would arrive. Compare the account id with the app's page \"API setup\".";
    (State::Failed, detail.into())
}

/// Whether the token's app is still to be subscribed. Another app's subscription tells ours nothing; its own is left as it
/// is, since subscribing again would remove an address that somebody set on purpose.
#[must_use]
pub fn is_unsubscribed(apps: &[SubscribedApp], app_id: Option<&str>) -> bool {
    match app_id {
        Some(own) if apps.iter().all(|app| app.id.is_some()) => !apps.iter().any(|app| app.id.as_deref() == Some(own)),
        _ => apps.is_empty(),
    }
}

/// What is well or not with a number that the token may see.
#[must_use]
pub fn number(phone_number_id: &str, facts: &NumberFacts) -> (State, String) {
    if facts.id != phone_number_id {
        return (State::Failed, "WhatsApp answered about another number. Check again.".into());
    }
    if facts.platform_type.as_deref() == Some("NOT_APPLICABLE") {
        return (
            State::Failed,
            "The number is not registered with the Cloud API yet. Register it in the app's page \"API setup\".".into(),
        );
    }
    if let Some(status) = facts.status.as_deref().filter(|s| {
        matches!(*s, "BANNED" | "RESTRICTED" | "DISCONNECTED" | "DELETED" | "MIGRATED" | "UNVERIFIED" | "PENDING")
    }) {
        let detail = format!(
            "WhatsApp says that the number is {}. Look into the WhatsApp Manager for what to do.",
            status.to_lowercase()
        );
        return (State::Failed, detail);
    }
    let name = facts.verified_name.as_deref().unwrap_or("no display name yet");
    let shown = facts.display_phone_number.as_deref().unwrap_or(phone_number_id);
    (State::Passed, format!("{shown}, {name}"))
}

/// Which apps are told of the account's messages.
#[must_use]
pub fn subscription(apps: &[SubscribedApp], public_url: &str) -> (State, String) {
    let elsewhere =
        apps.iter().filter_map(|a| a.override_callback_uri.as_deref()).find(|to| !to.starts_with(public_url));
    if let Some(to) = elsewhere {
        return (
            State::Failed,
            format!(
                "WhatsApp sends this account's messages to {to}. Remove that override, or make it this installation's address."
            ),
        );
    }
    let names: Vec<&str> = apps.iter().filter_map(|a| a.name.as_deref()).take(5).collect();
    (
        State::Passed,
        if names.is_empty() { "An app is subscribed.".into() } else { format!("Subscribed: {}", names.join(", ")) },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use tarun_providers::whatsapp::ProviderError;

    fn refused(code: i64) -> NoAnswer {
        let error = Box::new(ProviderError { code, message: Some("EAAG-secret".into()), ..ProviderError::default() });
        NoAnswer::Failed(CallFailed::Refused { error, retry_after: None })
    }

    #[test]
    fn each_refusal_points_to_what_must_be_changed() {
        for (no, blame) in [
            (refused(190), Blame::Token),
            (refused(200), Blame::Token),
            (refused(10), Blame::Token),
            (refused(100), Blame::Subject),
            (refused(33), Blame::Subject),
            (refused(131_016), Blame::Connection),
            (NoAnswer::Call(CallError::NotSent { reason: "refused".into() }), Blame::Connection),
            (NoAnswer::Failed(CallFailed::Unreadable { status: 302 }), Blame::Connection),
        ] {
            assert_eq!(no.blame(), blame, "{no:?}");
            let words = no.words();
            assert!(words.ends_with('.') || words.ends_with(")."), "{words}");
            assert!(!words.contains("EAAG"), "nothing of the other side's text: {words}");
        }
    }

    #[test]
    fn tokens_that_end_or_are_a_persons_are_warned_of() {
        let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
        let good = TokenFacts {
            is_valid: true,
            app_id: Some("5".into()),
            kind: Some("SYSTEM_USER".into()),
            scopes: SCOPES.map(Into::into).to_vec(),
            ..TokenFacts::default()
        };
        let ends = |days: i64| TokenFacts { expires_at: Some(1_800_000_000 + days * 86_400), ..good.clone() };
        for (facts, state, words) in [
            (good.clone(), State::Passed, "never expires"),
            (ends(15), State::Passed, "ends on 2027-01-30"),
            (ends(13), State::Warning, "ends on 2027-01-28"),
            (ends(-1), State::Warning, "ends on"),
            (TokenFacts { kind: Some("USER".into()), ..good.clone() }, State::Warning, "system user"),
            (TokenFacts { kind: None, scopes: vec![], ..good.clone() }, State::Passed, "app 5"),
            (TokenFacts { scopes: vec![SCOPES[1].into()], ..good.clone() }, State::Failed, SCOPES[0]),
            (TokenFacts { is_valid: false, ..good.clone() }, State::Failed, "not valid"),
        ] {
            let (found, detail) = token(Some(&facts), now);
            assert_eq!(found, state, "{facts:?}");
            assert!(detail.contains(words), "{detail}");
        }
        assert_eq!(token(None, now).0, State::Passed);
    }

    #[test]
    fn a_number_of_another_account_is_found() {
        let numbers = |ids: &[&str], more| AccountNumbers { ids: ids.iter().map(|id| (*id).into()).collect(), more };
        assert_eq!(account("1", &numbers(&["2", "1"], false)).0, State::Passed);
        assert_eq!(account("1", &numbers(&["2"], true)).0, State::Passed, "it may be further on");
        assert_eq!(account("1", &numbers(&["2"], false)).0, State::Failed);
    }

    #[test]
    fn only_the_tokens_own_app_counts_as_subscribed() {
        let app = |id: Option<&str>| SubscribedApp { id: id.map(Into::into), ..SubscribedApp::default() };
        assert!(is_unsubscribed(&[], None) && is_unsubscribed(&[], Some("5")));
        assert!(is_unsubscribed(&[app(Some("6"))], Some("5")));
        assert!(!is_unsubscribed(&[app(Some("6")), app(Some("5"))], Some("5")));
        assert!(!is_unsubscribed(&[app(Some("6"))], None) && !is_unsubscribed(&[app(None)], Some("5")), "not known");
    }

    #[test]
    fn numbers_pass_unless_whatsapp_says_otherwise() {
        let facts = |status: Option<&str>, platform: Option<&str>| NumberFacts {
            id: "1".into(),
            status: status.map(Into::into),
            platform_type: platform.map(Into::into),
            ..NumberFacts::default()
        };
        for (facts, state) in [
            (facts(None, None), State::Passed),
            (facts(Some("CONNECTED"), Some("CLOUD_API")), State::Passed),
            (facts(Some("FLAGGED"), None), State::Passed),
            (facts(Some("PENDING"), None), State::Failed),
            (facts(Some("BANNED"), Some("CLOUD_API")), State::Failed),
            (facts(None, Some("NOT_APPLICABLE")), State::Failed),
            (NumberFacts { id: "2".into(), ..NumberFacts::default() }, State::Failed),
        ] {
            assert_eq!(number("1", &facts).0, state, "{facts:?}");
        }
    }

    #[test]
    fn an_override_to_elsewhere_is_found() {
        let app =
            |to: Option<&str>| SubscribedApp { override_callback_uri: to.map(Into::into), ..SubscribedApp::default() };
        let ours = "https://wa.example.in";
        assert_eq!(subscription(&[app(None)], ours).0, State::Passed);
        assert_eq!(subscription(&[app(Some("https://wa.example.in/api/webhooks/whatsapp"))], ours).0, State::Passed);
        assert_eq!(subscription(&[app(None), app(Some("https://other.example"))], ours).0, State::Failed);
    }
}
