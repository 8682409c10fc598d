//! What a refusal teaches beyond its own message: the window is closed, the number can't be used.

use tarun_core::ids::{ConversationId, NumberId};
use tarun_core::secret::Secret;
use tarun_providers::whatsapp::errors::{Action, Lesson, Policy};
use tarun_store::{StoreError, TenantTx, conversation, number};
use time::{Duration, OffsetDateTime};

/// A report that is older says nothing of how the number is now: an admin may have repaired it.
const NEWS: Duration = Duration::hours(1);

/// Whether anything follows from a failure besides the message's own.
pub fn teaches(policy: &Policy) -> bool {
    policy.lesson == Lesson::WindowClosed || policy.action == Action::PauseNumber
}

/// Draws what follows from a failure that was reported after WhatsApp had taken the message. `judged` is when Meta found
/// it. The caller holds the conversation's lock.
pub async fn learn(
    tx: &mut TenantTx,
    conversation: ConversationId,
    number: NumberId,
    policy: &Policy,
    judged: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    if policy.lesson == Lesson::WindowClosed {
        conversation::shut_window(tx, conversation, judged).await?;
    }
    if policy.action == Action::PauseNumber && now - judged < NEWS {
        pause(tx, number, policy.words, None).await?;
    }
    Ok(())
}

/// Stops a number's sends until an admin has looked, for the first reason that was met. Says whether it is stopped: not if
/// its token is not the `used` one any more, since somebody repaired it while the call was under way.
pub async fn pause(tx: &mut TenantTx, number: NumberId, why: &str, used: Option<&Secret>) -> Result<bool, StoreError> {
    let Some(mut number) = number::lock(tx, number).await? else { return Ok(true) };
    if number.paused_reason.is_some() {
        return Ok(true);
    }
    if used.is_some_and(|token| token.reveal() != number.access_token.reveal()) {
        return Ok(false);
    }
    number.paused_reason = Some(why.to_owned());
    number::update(tx, &number).await?;
    metrics::counter!("tarun_numbers_paused_total").increment(1);
    Ok(true)
}
