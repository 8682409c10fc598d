//! What WhatsApp's errors mean for the sender and for the person at the screen: a table, not code.

mod table;

use super::ProviderError;

/// What to do about a message that was refused. Times are in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Try this message again: the first time after so long, then doubling; so many tries in all.
    Retry { after: u32, attempts: u8 },
    /// The whole number is too fast: halve its rate, wait, go on. Costs the message no attempt.
    SlowNumber { after: u32 },
    /// Stop the whole number and tell the owner. Messages stay queued, for a day at most.
    PauseNumber,
    /// Stop template messages of the number and tell the owner; replies go on.
    PauseTemplates,
    /// Wait for this recipient only: `base` to the power of the failed attempts. Others go on.
    WaitForUser { base: u32 },
    /// Final for this message: show it to the agent.
    Never,
    /// Final, and ours or the configuration's fault: show it to the admin too.
    Fault,
    /// Final; stop the campaign that uses the template and fetch the templates again.
    Template,
}

/// What else the error tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lesson {
    None,
    /// The 24-hour window is closed: close it here too.
    WindowClosed,
    /// The person wants no marketing from this business: note it on the contact.
    OptedOut,
    /// Perhaps not on WhatsApp: leave out of campaigns after two or three such cases.
    MaybeUnreachable,
    /// No marketing to this person before 24 hours have passed, then with growing gaps.
    MarketingHeldBack,
    /// The user id cannot be used for this message: use the phone number if it is known.
    NeedsPhoneNumber,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    pub action: Action,
    pub lesson: Lesson,
    /// For the agent: what happened and what follows, as long as the action above is being taken.
    pub words: &'static str,
    /// For the agent, once nothing follows by itself any more: what happened and what to do next.
    pub given_up: &'static str,
}

/// What to do about an error; codes that nobody knows are safe, too.
pub fn policy(error: &ProviderError) -> Policy {
    let rows = table::ROWS;
    let at = rows.partition_point(|row| row.last < error.code);
    match rows.get(at) {
        Some(row) if row.first <= error.code => row.policy,
        // A new code with a server error may pass; any other is final.
        _ if error.http_status.is_some_and(|status| status >= 500) => table::UNKNOWN_PASSING,
        _ => table::UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: i64) -> Policy {
        policy(&ProviderError { code, ..ProviderError::default() })
    }

    #[test]
    fn the_table_is_sorted_and_its_words_are_sentences() {
        for pair in table::ROWS.windows(2) {
            assert!(pair[0].last < pair[1].first, "{} before {}", pair[0].last, pair[1].first);
        }
        for row in table::ROWS {
            assert!(row.first <= row.last);
            for words in [row.policy.words, row.policy.given_up] {
                assert!(words.ends_with('.') && words.len() >= 30 && words.len() <= 200, "{}: {words}", row.first);
                assert!(words.starts_with(|c: char| c.is_uppercase()), "{}: {words}", row.first);
            }
        }
    }

    #[test]
    fn what_was_given_up_promises_nothing_and_tells_what_to_do() {
        let rows = table::ROWS.iter().map(|row| (row.first, row.policy));
        for (code, policy) in rows.chain([(-1, table::UNKNOWN), (-1, table::UNKNOWN_PASSING)]) {
            let promise = ["by itself", "is tried", "goes on"];
            let promises = |words: &str| promise.iter().any(|p| words.contains(p));
            let passing =
                matches!(policy.action, Action::Retry { .. } | Action::SlowNumber { .. } | Action::WaitForUser { .. });
            assert_eq!(promises(policy.words), passing, "{code}: {}", policy.words);
            assert!(!promises(policy.given_up), "{code}: {}", policy.given_up);
            assert!(!passing || policy.given_up.contains("end it again"), "{code}: {}", policy.given_up);
        }
    }

    #[test]
    fn what_is_tried_again_is_tried_at_least_twice() {
        for row in table::ROWS {
            if let Action::Retry { attempts, .. } = row.policy.action {
                assert!(attempts >= 2, "{}", row.first);
            }
        }
    }

    #[test]
    fn actions() {
        use Action::{Fault, Never, PauseNumber, PauseTemplates, SlowNumber, Template, WaitForUser};
        for (code, action) in [
            (0, PauseNumber),
            (3, PauseNumber),
            (10, PauseNumber),
            (33, PauseNumber),
            (100, Fault),
            (104, PauseNumber),
            (190, PauseNumber),
            (200, PauseNumber),
            (250, PauseNumber),
            (299, PauseNumber),
            (368, PauseNumber),
            (2500, PauseNumber),
            (130_403, Never),
            (130_472, Never),
            (130_497, Never),
            (131_005, PauseNumber),
            (131_008, Fault),
            (131_009, Fault),
            (131_021, Never),
            (131_026, Never),
            (131_030, Fault),
            (131_031, PauseNumber),
            (131_037, PauseNumber),
            (131_042, PauseNumber),
            (131_045, PauseNumber),
            (131_047, Never),
            (131_048, PauseTemplates),
            (131_049, Never),
            (131_050, Never),
            (131_051, Fault),
            (131_052, Never),
            (131_053, Never),
            (131_055, Fault),
            (131_056, WaitForUser { base: 4 }),
            (131_062, Never),
            (131_063, Fault),
            (131_064, PauseTemplates),
            (131_205, Never),
            (132_000, Template),
            (132_001, Template),
            (132_005, Never),
            (132_007, Template),
            (132_015, Template),
            (132_016, Template),
            (132_068, Template),
            (132_069, Template),
            (133_005, Never),
            (133_010, PauseNumber),
            (137_000, Never),
            (138_006, Never),
            (147_003, Never),
            (130_429, SlowNumber { after: 4 }),
        ] {
            assert_eq!(of(code).action, action, "{code}");
        }
        for code in [1, 2, 131_000, 131_016, 131_057, 133_004, 134_101, 135_000, 2_494_100] {
            assert!(matches!(of(code).action, Action::Retry { .. }), "{code}");
        }
        for code in [4, 80_007, 80_008, 131_208] {
            assert!(matches!(of(code).action, Action::SlowNumber { after } if after >= 60), "{code}");
        }
    }

    #[test]
    fn lessons() {
        for (code, lesson) in [
            (131_047, Lesson::WindowClosed),
            (131_050, Lesson::OptedOut),
            (131_026, Lesson::MaybeUnreachable),
            (131_049, Lesson::MarketingHeldBack),
            (131_062, Lesson::NeedsPhoneNumber),
            (131_000, Lesson::None),
        ] {
            assert_eq!(of(code).lesson, lesson);
        }
    }

    #[test]
    fn unknown_codes_are_safe() {
        for code in [i64::MIN, -1, 5, 300, 130_999, 131_999, 139_999, 999_999, i64::MAX] {
            assert_eq!(of(code).action, Action::Never, "{code}");
            let error = ProviderError { code, http_status: Some(503), ..ProviderError::default() };
            assert!(matches!(policy(&error).action, Action::Retry { attempts: 3, .. }), "{code}");
        }
    }
}
