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
    Again { after: Duration, counts: bool, why: String },
    /// Certainly not sent, and never will be.
    Fail { code: Option<i64>, words: String, shuts_window: bool, pauses_number: bool },
    /// It may have been sent.
    Unknown,
}

/// The longest wait for a limit, whatever the provider asks.
const LONGEST: i64 = 600;

/// `attempt` counts from 1; `jitter` is a number in 0..=1 that the caller draws.
pub fn next(answer: Result<Accepted, Failure>, attempt: i16, jitter: f64) -> Next {
    let (error, retry_after) = match answer {
        Ok(accepted) => return Next::Sent { wamid: accepted.wamid },
        Err(Failure::Call(CallError::NotSent { reason })) => {
            return again(
                attempt,
                jitter,
                None,
                &reason,
                "WhatsApp could not be reached. Check this machine's connection to the internet, then send it again.",
            );
        }
        Err(Failure::Call(CallError::NotAllowed)) => {
            return Next::Fail {
                code: None,
                words: "The address of WhatsApp's API is not allowed. An admin must check WHATSAPP_GRAPH_URL.".into(),
                shuts_window: false,
                pauses_number: false,
            };
        }
        Err(
            Failure::Call(CallError::Unknown { .. } | CallError::TooLarge { .. } | CallError::Status { .. })
            | Failure::Answer(SendError::Unknown),
        ) => return Next::Unknown,
        Err(Failure::Answer(SendError::Failed(CallFailed::Unreadable { .. }))) => {
            return again(
                attempt,
                jitter,
                None,
                "the answer is not WhatsApp's",
                "Something between this machine and WhatsApp answered in its place. Ask an admin, then send it again.",
            );
        }
        Err(Failure::Answer(SendError::Failed(CallFailed::Refused { error, retry_after }))) => (error, retry_after),
    };
    if is_gateways(&error) {
        return Next::Unknown;
    }
    let policy = errors::policy(&error);
    let why = format!("WhatsApp answered with code {}", error.code);
    let wait = |least: u32| Duration::seconds(i64::from(retry_after.unwrap_or(0).max(least)).min(LONGEST));
    let fail = |pauses_number| Next::Fail {
        code: Some(error.code),
        words: policy.words.to_owned(),
        shuts_window: policy.lesson == Lesson::WindowClosed,
        pauses_number,
    };
    match policy.action {
        Action::Retry { after, attempts } if attempt < i16::from(attempts) => Next::Again {
            after: wait(after.saturating_mul(2u32.saturating_pow(u32::try_from(attempt - 1).unwrap_or(0))))
                + Duration::seconds_f64(jitter),
            counts: true,
            why,
        },
        Action::SlowNumber { after } => {
            Next::Again { after: wait(after) + Duration::seconds_f64(jitter), counts: false, why }
        }
        Action::WaitForUser { base } => Next::Again {
            after: wait(base.saturating_pow(u32::try_from(attempt.clamp(1, 5)).unwrap_or(1))),
            counts: false,
            why,
        },
        Action::PauseNumber => fail(true),
        Action::Retry { .. } | Action::PauseTemplates | Action::Never | Action::Fault | Action::Template => fail(false),
    }
}

/// Whether a server error is all there is, without a word by WhatsApp: a gateway's page. It may stand before a WhatsApp that
/// took the message and was too slow to say so.
fn is_gateways(error: &ProviderError) -> bool {
    let words = [&error.message, &error.title, &error.details, &error.trace_id];
    error.http_status.is_some_and(|status| status >= 500) && words.iter().all(|word| word.is_none())
}

fn again(attempt: i16, jitter: f64, code: Option<i64>, why: &str, words: &str) -> Next {
    match backoff(attempt, jitter) {
        Some(after) => Next::Again { after, counts: true, why: why.to_owned() },
        None => Next::Fail { code, words: words.to_owned(), shuts_window: false, pauses_number: false },
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

    #[test]
    fn c_050_a_call_that_may_have_arrived_is_never_repeated() {
        let broken = || CallError::Unknown { reason: "reset".into() };
        for attempt in 1..10 {
            assert_eq!(next(Err(Failure::Call(broken())), attempt, 0.5), Next::Unknown);
            assert_eq!(next(Err(Failure::Answer(SendError::Unknown)), attempt, 0.5), Next::Unknown);
        }
    }

    #[test]
    fn c_050_a_gateways_page_may_hide_an_acceptance_and_whatsapps_own_error_does_not() {
        let answered = |status, body: &str| {
            let answer = read_send_answer(status, &Default::default(), body.as_bytes()).map_err(Failure::Answer);
            next(answer, 1, 0.5)
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
        assert!(matches!(next(away(), 1, 0.0), Next::Again { counts: true, .. }));
        assert!(matches!(next(away(), 2, 0.0), Next::Again { counts: true, .. }));
        assert!(matches!(next(away(), 3, 0.0), Next::Fail { .. }));
    }

    #[test]
    fn c_049_limits_wait_as_long_as_asked_and_cost_no_attempt() {
        for code in [130_429, 131_056] {
            let Next::Again { after, counts, .. } = next(refused(code, Some(30)), 1, 0.0) else { panic!("{code}") };
            assert!(after >= Duration::seconds(30) && !counts, "{code}: {after}");
        }
        let Next::Again { after, .. } = next(refused(130_429, Some(u32::MAX)), 1, 0.0) else { panic!() };
        assert!(after <= Duration::seconds(LONGEST + 1));
    }

    #[test]
    fn c_052_permanent_errors_fail_at_once_with_words() {
        for (code, shuts) in [(131_047, true), (131_026, false), (132_015, false), (100, false)] {
            let Next::Fail { words, shuts_window, .. } = next(refused(code, None), 1, 0.0) else { panic!("{code}") };
            assert!(words.ends_with('.') && shuts_window == shuts, "{code}: {words}");
        }
    }
}
