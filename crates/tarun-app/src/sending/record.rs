//! Writing down what came of a call.

use super::decide::{Next, Shown};
use super::deliver::{PAUSED_LOOK, told, waiting_for_an_admin, waits};
use super::lesson;
use crate::App;
use crate::change::Change;
use tarun_core::delivery::{Delivery, Receipt};
use tarun_core::ids::{ConversationId, MessageId};
use tarun_core::secret::Secret;
use tarun_store::inbox::wamid_hash;
use tarun_store::job::{self, JobKind, Later, Leased};
use tarun_store::message::{SendError, ToSend};
use tarun_store::receipt::{self, Report};
use tarun_store::{StoreError, TenantCtx, TenantTx, conversation, message};
use time::{Duration, OffsetDateTime};

/// A call that was begun.
pub(super) struct Call {
    pub leased: Leased,
    pub message: MessageId,
    pub conversation: ConversationId,
    pub attempt: i16,
    /// With which it was made.
    pub token: Secret,
}

/// After so long a message goes out with the token that was put in its number meanwhile.
const REPAIRED: Duration = Duration::seconds(1);

/// Writes down what came of a call, if the message is still ours to settle.
pub(super) async fn record(app: &App, ctx: &TenantCtx, call: &Call, next: &Next) -> Result<(), StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.begin(ctx).await?;
    if matches!(next, Next::Fail { shuts_window: true, .. }) {
        conversation::lock(&mut tx, call.conversation).await?;
    }
    let Some(m) = message::lock_to_send(&mut tx, call.message).await? else { return Ok(()) };
    // A status that came first has settled it and taken the job; another worker may have called it unknown.
    let held = job::still_held(&mut tx, call.leased).await?;
    let mut change = Change::of(ctx.tenant);
    match next {
        Next::Sent { wamid } => {
            accepted(&mut tx, &m, call.attempt, wamid, now).await?;
            told(&mut change, &m);
            if m.attempt == call.attempt {
                job::finish_of(&mut tx, JobKind::Send, m.id.0, call.leased.job.ordering_key).await?;
            }
        }
        _ if !held => return Ok(()),
        Next::Again { after, counts, why, shown } => {
            message::call_failed(&mut tx, m.id).await?;
            waits(&mut tx, &m, &error(shown), &mut change).await?;
            if *counts {
                let later = Later::Retry(now + *after);
                job::put_off(&mut tx, call.leased.job, call.leased.attempts, later, why, now).await?;
            } else {
                job::refused(&mut tx, call.leased, now + *after, why).await?;
            }
        }
        Next::Pause { why, shown } => {
            message::call_failed(&mut tx, m.id).await?;
            let paused = lesson::pause(&mut tx, m.number, &shown.words, Some(&call.token)).await?;
            if paused {
                let detail = waiting_for_an_admin(&shown.words);
                waits(&mut tx, &m, &SendError { code: shown.code, detail }, &mut change).await?;
            }
            job::refused(&mut tx, call.leased, now + if paused { PAUSED_LOOK } else { REPAIRED }, why).await?;
        }
        Next::Fail { shown, shuts_window } => {
            fail(&mut tx, call.leased, &m, error(shown), &mut change).await?;
            if *shuts_window {
                conversation::shut_window(&mut tx, m.conversation, m.call_started_at.unwrap_or(now)).await?;
            }
        }
        Next::Unknown => unknown(&mut tx, call.leased, &m, &mut change).await?,
    }
    tx.commit().await?;
    app.announcer.tell(change);
    Ok(())
}

fn error(shown: &Shown) -> SendError {
    SendError { code: shown.code, detail: shown.words.clone() }
}

/// Ends a send that certainly did not arrive.
pub(super) async fn fail(
    tx: &mut TenantTx,
    leased: Leased,
    m: &ToSend,
    why: SendError,
    change: &mut Change,
) -> Result<(), StoreError> {
    message::call_failed(tx, m.id).await?;
    message::set_status(tx, m.id, Delivery::Failed, &why).await?;
    told(change, m);
    job::finish(tx, &[leased.job]).await.map(drop)
}

/// What is not known to have arrived waits for its status or a person; the conversation's later messages go on.
pub(super) async fn unknown(
    tx: &mut TenantTx,
    leased: Leased,
    m: &ToSend,
    change: &mut Change,
) -> Result<(), StoreError> {
    let words = "The connection to WhatsApp broke while this was being sent. It may have arrived: ask the customer, or send it again.";
    message::set_status(tx, m.id, Delivery::Unknown, &SendError { code: None, detail: words.into() }).await?;
    told(change, m);
    job::finish(tx, &[leased.job]).await.map(drop)
}

async fn accepted(
    tx: &mut TenantTx,
    m: &ToSend,
    attempt: i16,
    wamid: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let report = Report {
        message: Some(m.id),
        attempt: Some(attempt),
        wamid: wamid.to_owned(),
        wamid_hash: wamid_hash(tx.ctx(), m.number, wamid),
        receipt: Receipt::Sent,
        played: false,
        at: now,
        error: None,
        pricing: None,
    };
    receipt::apply(tx, &report).await.map(drop)
}
