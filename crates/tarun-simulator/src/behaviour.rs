//! Scripted misbehaviour: what to do with the next calls that match, instead of what Meta would do.

use serde::{Deserialize, Serialize};

/// A rule. The first rule that matches a call decides it; a rule whose `times` are used up is gone.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    #[serde(default, rename = "match")]
    pub(crate) matching: Matching,
    /// Matching calls to let pass first.
    #[serde(default)]
    pub(crate) skip: u32,
    /// Calls it holds for; `null` = until removed.
    pub(crate) times: Option<u32>,
    pub(crate) action: Action,
}

/// Which calls a rule is for; what is left out matches all.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Matching {
    /// `messages` unless said otherwise.
    pub(crate) endpoint: Endpoint,
    pub(crate) phone_number_id: Option<String>,
    /// Number (digits) or user id of the customer.
    pub(crate) recipient: Option<String>,
    /// Message type: `text`, `template` …
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// Text that `biz_opaque_callback_data` contains.
    pub(crate) callback_contains: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Endpoint {
    #[default]
    Messages,
    /// Read receipts and typing, which share the address with messages.
    Read,
    MediaUpload,
    MediaLookup,
    MediaDownload,
    /// Everything else under a version prefix.
    Other,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Action {
    /// As Meta would; useful in front of a broader rule.
    Accept,
    /// An error body. Nothing is sent to the customer.
    Error {
        code: i64,
        http_status: Option<u16>,
        subcode: Option<i64>,
        message: Option<String>,
        details: Option<String>,
        /// Seconds for `Retry-After`.
        retry_after: Option<u64>,
    },
    /// Accepted and answered 200, then a `failed` status with this code.
    FailLater { code: i64 },
    /// Accepted at once (statuses follow), answered only after the wait.
    Slow { ms: u64 },
    /// No answer for so long, then the connection is cut.
    Hang {
        ms: u64,
        #[serde(default)]
        accepted: bool,
    },
    /// The connection is cut without an answer.
    Drop {
        #[serde(default)]
        accepted: bool,
    },
    /// An answer that is not what a client expects.
    Answer {
        http_status: u16,
        #[serde(default = "json_type")]
        content_type: String,
        #[serde(default)]
        body: String,
        #[serde(default)]
        accepted: bool,
    },
    /// A valid JSON answer of this size, far beyond anything Meta sends.
    BigBody {
        bytes: usize,
        #[serde(default)]
        accepted: bool,
    },
    /// A redirect to another place, which a client must not follow with its token.
    Redirect { location: String },
}

fn json_type() -> String {
    "application/json".to_owned()
}

impl Action {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Error { .. } => "error",
            Self::FailLater { .. } => "fail_later",
            Self::Slow { .. } => "slow",
            Self::Hang { .. } => "hang",
            Self::Drop { .. } => "drop",
            Self::Answer { .. } => "answer",
            Self::BigBody { .. } => "big_body",
            Self::Redirect { .. } => "redirect",
        }
    }

    /// Whether a message comes into being although the caller will not see a normal answer.
    pub(crate) fn accepts(&self) -> bool {
        match self {
            Self::Accept | Self::FailLater { .. } | Self::Slow { .. } => true,
            Self::Error { .. } | Self::Redirect { .. } => false,
            Self::Hang { accepted, .. }
            | Self::Drop { accepted }
            | Self::Answer { accepted, .. }
            | Self::BigBody { accepted, .. } => *accepted,
        }
    }
}

/// A call, as far as rules look at it.
#[derive(Debug, Default)]
pub(crate) struct Subject<'a> {
    pub(crate) endpoint: Endpoint,
    pub(crate) phone_number_id: Option<&'a str>,
    pub(crate) recipient: Option<&'a str>,
    pub(crate) kind: Option<&'a str>,
    pub(crate) callback: Option<&'a str>,
}

impl Matching {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        let same = |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
        self.endpoint == subject.endpoint
            && same(&self.phone_number_id, subject.phone_number_id)
            && same(&self.recipient, subject.recipient)
            && same(&self.kind, subject.kind)
            && self.callback_contains.as_ref().is_none_or(|part| subject.callback.is_some_and(|c| c.contains(part)))
    }
}

/// The rules in force.
#[derive(Debug, Default)]
pub(crate) struct Behaviours(Vec<Rule>);

impl Behaviours {
    pub(crate) const MOST: usize = 10_000;

    /// Adds rules behind the present ones; `false` when there is no room.
    pub(crate) fn add(&mut self, rules: Vec<Rule>) -> bool {
        if self.0.len() + rules.len() > Self::MOST {
            return false;
        }
        self.0.extend(rules);
        true
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn list(&self) -> &[Rule] {
        &self.0
    }

    /// What to do with a call; counts the rule's turns.
    pub(crate) fn take(&mut self, subject: &Subject<'_>) -> Option<Action> {
        let at = self.0.iter().position(|rule| rule.matching.matches(subject) && rule.times != Some(0))?;
        let rule = self.0.get_mut(at)?;
        if rule.skip > 0 {
            rule.skip -= 1;
            return None;
        }
        let action = rule.action.clone();
        if let Some(times) = &mut rule.times {
            *times -= 1;
            if *times == 0 {
                self.0.remove(at);
            }
        }
        Some(action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_match_skip_and_run_out() {
        let rules: Vec<Rule> = serde_json::from_value(serde_json::json!([
            { "match": { "recipient": "91", "type": "text" }, "skip": 1, "times": 2, "action": { "do": "drop", "accepted": true } },
        ]))
        .unwrap();
        let mut behaviours = Behaviours::default();
        assert!(behaviours.add(rules));
        let mut next = |recipient| {
            let subject = Subject { recipient: Some(recipient), kind: Some("text"), ..Subject::default() };
            behaviours.take(&subject).map(|action| action.name())
        };
        assert_eq!(next("92"), None);
        assert_eq!([next("91"), next("91"), next("91"), next("91")], [None, Some("drop"), Some("drop"), None]);
        let unknown = serde_json::json!({ "action": { "do": "drop", "acepted": true } });
        assert!(serde_json::from_value::<Rule>(unknown).is_err(), "a typing error must not pass silently");
    }
}
