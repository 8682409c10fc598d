//! What follows from the provider's answer to a send. Pure.

use tarun_core::retry::backoff;
use tarun_providers::http::CallError;
use tarun_providers::whatsapp::errors::{self, Action, Lesson};
use tarun_providers::whatsapp::{Accepted, CallFailed, ProviderError, SendError};
use time::Duration;

/// How a send goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The provider has it.
    Sent { wamid: String },
    /// Certainly not sent; try again after so long. `counts`: whether it was one of the attempts.
    Again { after: Duration, counts: bool, why: String, shown: Shown },
    /// Certainly not sent, and nothing of its number will be until an admin has looked: it waits.
    Pause { why: String, shown: Shown },
    /// Certainly not sent, and never will be. `shuts_window`: Meta says that the window is closed.
    Fail { shown: Shown, shuts_window: bool },
    /// It may have been sent.
    Unknown,
}

/// What the agent reads under the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub code: Option<i64>,
    pub words: String,
}

/// What came before this call.
#[derive(Debug, Clone, Copy)]
pub struct Tries {
    /// Attempts that count, with this one: from 1.
    pub attempts: i16,
    /// How often a limit made it wait, which costs no attempt.
    pub refusals: i16,
}

/// The longest wait for a limit in seconds, whatever the provider asks.
const LONGEST: i64 = 600;

const UNREACHABLE: [&str; 2] = [
    "WhatsApp can't be reached. The message is tried again by itself.",
    "WhatsApp could not be reached. Check this machine's connection to the internet, then send it again.",
];
const NOT_WHATSAPP: [&str; 2] = [
    "Something between this machine and WhatsApp answers in its place. The message is tried again by itself.",
    "Something between this machine and WhatsApp answered in its place. Ask an admin, then send it again.",
];
const NOT_ALLOWED: &str = "The address of WhatsApp's API is not allowed. An admin must check WHATSAPP_GRAPH_URL.";

/// `jitter` is a number in 0..=1 that the caller draws.
pub fn next(answer: Result<Accepted, Failure>, tries: Tries, jitter: f64) -> Next {
    let (error, retry_after) = match answer {
        Ok(accepted) => return Next::Sent { wamid: accepted.wamid },
        Err(Failure::Call(CallError::NotSent { reason })) => return again(tries, jitter, &reason, UNREACHABLE),
        Err(Failure::Call(CallError::NotAllowed)) => {
            return Next::Fail { shown: Shown { code: None, words: NOT_ALLOWED.into() }, shuts_window: false };
        }
        Err(
            Failure::Call(CallError::Unknown { .. } | CallError::TooLarge { .. } | CallError::Status { .. })
            | Failure::Answer(SendError::Unknown),
        ) => return Next::Unknown,
        Err(Failure::Answer(SendError::Failed(CallFailed::Unreadable { .. }))) => {
            return again(tries, jitter, "the answer is not WhatsApp's", NOT_WHATSAPP);
        }
        Err(Failure::Answer(SendError::Failed(CallFailed::Refused { error, retry_after }))) => (error, retry_after),
    };
    if is_gateways(&error) {
        return Next::Unknown;
    }
    let policy = errors::policy(&error);
    let why = format!("WhatsApp answered with code {}", error.code);
    let wait = |least: u32| Duration::seconds(i64::from(retry_after.unwrap_or(0).max(least)).min(LONGEST));
    let shown = |words: &str| Shown { code: Some(error.code), words: words.to_owned() };
    let jitter = Duration::seconds_f64(jitter);
    let power = |of: i16| u32::try_from(of.clamp(0, 10)).unwrap_or(0);
    let waits = |after, counts| Next::Again { after, counts, why: why.clone(), shown: shown(policy.words) };
    match policy.action {
        Action::Retry { after, attempts } if tries.attempts < i16::from(attempts) => {
            waits(wait(after.saturating_mul(2u32.saturating_pow(power(tries.attempts - 1)))) + jitter, true)
        }
        Action::SlowNumber { after } => waits(wait(after) + jitter, false),
        // Meta asks for the base to the power of the attempts that failed.
        Action::WaitForUser { base } => {
            waits(wait(base.saturating_pow(power(tries.refusals.saturating_add(1)))), false)
        }
        Action::PauseNumber => Next::Pause { why, shown: shown(policy.words) },
        Action::Retry { .. } | Action::PauseTemplates | Action::Never | Action::Fault | Action::Template => {
            Next::Fail { shown: shown(policy.given_up), shuts_window: policy.lesson == Lesson::WindowClosed }
        }
    }
}

/// Whether a server error is all there is, without a word by WhatsApp: a gateway's page. It may stand before a WhatsApp that
/// took the message and was too slow to say so.
fn is_gateways(error: &ProviderError) -> bool {
    let words = [&error.message, &error.title, &error.details, &error.trace_id];
    error.http_status.is_some_and(|status| status >= 500) && words.iter().all(|word| word.is_none())
}

fn again(tries: Tries, jitter: f64, why: &str, [waiting, given_up]: [&str; 2]) -> Next {
    let shown = |words: &str| Shown { code: None, words: words.to_owned() };
    match backoff(tries.attempts, jitter) {
        Some(after) => Next::Again { after, counts: true, why: why.to_owned(), shown: shown(waiting) },
        None => Next::Fail { shown: shown(given_up), shuts_window: false },
    }
}

/// How a send can end without an id.
#[derive(Debug)]
pub enum Failure {
    Call(CallError),
    Answer(SendError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use tarun_providers::whatsapp::read_send_answer;

    fn refused(code: i64, retry_after: Option<u32>) -> Result<Accepted, Failure> {
        let error = Box::new(ProviderError { code, ..ProviderError::default() });
        Err(Failure::Answer(SendError::Failed(CallFailed::Refused { error, retry_after })))
    }

    fn nth(attempts: i16) -> Tries {
        Tries { attempts, refusals: 0 }
    }

    #[test]
    fn c_050_a_call_that_may_have_arrived_is_never_repeated() {
        let broken = || CallError::Unknown { reason: "reset".into() };
        for attempt in 1..10 {
            assert_eq!(next(Err(Failure::Call(broken())), nth(attempt), 0.5), Next::Unknown);
            assert_eq!(next(Err(Failure::Answer(SendError::Unknown)), nth(attempt), 0.5), Next::Unknown);
        }
    }

    #[test]
    fn c_050_a_gateways_page_may_hide_an_acceptance_and_whatsapps_own_error_does_not() {
        let answered = |status, body: &str| {
            let answer = read_send_answer(status, &Default::default(), body.as_bytes()).map_err(Failure::Answer);
            next(answer, nth(1), 0.5)
        };
        for status in [500, 502, 503, 504] {
            for body in ["", "<html>Bad Gateway</html>", "{}"] {
                assert_eq!(answered(status, body), Next::Unknown, "{status} {body}");
            }
        }
        let own = r##"{"error":{"message":"(#131016) Service unavailable","code":131016}}"##;
        assert!(matches!(answered(503, own), Next::Again { counts: true, .. }));
        assert!(matches!(answered(429, "slow down"), Next::Again { counts: false, .. }));
    }

    #[test]
    fn c_048_unreachable_is_tried_three_times() {
        let away = || Err(Failure::Call(CallError::NotSent { reason: "refused".into() }));
        assert!(matches!(next(away(), nth(1), 0.0), Next::Again { counts: true, .. }));
        assert!(matches!(next(away(), nth(2), 0.0), Next::Again { counts: true, .. }));
        assert!(matches!(next(away(), nth(3), 0.0), Next::Fail { .. }));
    }

    #[test]
    fn c_048_what_passes_is_tried_as_often_as_its_row_says_and_then_given_up_without_a_promise() {
        for (code, tries) in [(1, 2), (2, 5), (131_000, 3), (131_016, 5), (131_057, 5), (135_000, 2)] {
            let mut before = Duration::ZERO;
            for attempt in 1..tries {
                let Next::Again { after, counts, shown, .. } = next(refused(code, None), nth(attempt), 0.0) else {
                    panic!("{code}, attempt {attempt}")
                };
                assert!(counts && after > before && shown.words.contains("tried"), "{code}: {after} {shown:?}");
                before = after;
            }
            let Next::Fail { shown, .. } = next(refused(code, None), nth(tries), 0.0) else { panic!("{code}") };
            assert!(!shown.words.contains("is tried"), "{code}: {shown:?}");
        }
    }

    #[test]
    fn c_049_limits_wait_as_long_as_asked_and_cost_no_attempt() {
        for code in [130_429, 131_056] {
            let Next::Again { after, counts, .. } = next(refused(code, Some(30)), nth(1), 0.0) else {
                panic!("{code}")
            };
            assert!(after >= Duration::seconds(30) && !counts, "{code}: {after}");
        }
        let Next::Again { after, .. } = next(refused(130_429, Some(u32::MAX)), nth(1), 0.0) else { panic!() };
        assert!(after <= Duration::seconds(LONGEST + 1));
    }

    #[test]
    fn c_049_the_wait_for_one_customer_grows_with_each_refusal() {
        let waits: Vec<i64> = (0..6)
            .map(|refusals| match next(refused(131_056, None), Tries { attempts: 1, refusals }, 1.0) {
                Next::Again { after, counts: false, .. } => after.whole_seconds(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(waits, [4, 16, 64, 256, LONGEST, LONGEST]);
        let ages = Tries { attempts: 1, refusals: i16::MAX - 1 };
        assert!(matches!(next(refused(131_056, None), ages, 1.0), Next::Again { .. }));
    }

    #[test]
    fn c_052_permanent_errors_fail_at_once_with_words() {
        for (code, shuts) in [(131_047, true), (131_026, false), (132_015, false), (100, false)] {
            let Next::Fail { shown, shuts_window } = next(refused(code, None), nth(1), 0.0) else { panic!("{code}") };
            assert!(shown.words.ends_with('.') && shuts_window == shuts, "{code}: {shown:?}");
        }
    }

    #[test]
    fn a_number_that_can_not_be_used_keeps_its_messages() {
        for code in [0, 10, 190, 200, 368, 131_031, 131_042, 133_010] {
            for attempt in [1, 2, 9] {
                let Next::Pause { shown, .. } = next(refused(code, None), nth(attempt), 0.0) else { panic!("{code}") };
                assert!(shown.words.ends_with('.') && shown.code == Some(code), "{code}: {shown:?}");
            }
        }
    }
}
