//! Delivering what waits in a conversation.

use super::decide::{Failure, Next, Tries, next};
use super::record::{Call, fail, record, unknown};
use crate::App;
use crate::change::Change;
use crate::intake::arrival::callback_data;
use tarun_core::content::Content;
use tarun_core::conversation::window_is_open;
use tarun_core::delivery::Delivery;
use tarun_core::ids::MessageId;
use tarun_core::phone::Phone;
use tarun_core::secret::Secret;
use tarun_providers::http::HttpRequest;
use tarun_providers::whatsapp::{Outgoing, Recipient, SendingNumber, build_message, read_send_answer};
use tarun_store::job::{self, JobKind, Later, Leased};
use tarun_store::message::{SendError, ToSend};
use tarun_store::{StoreError, TenantCtx, TenantTx, contact, message, number};
use time::{Duration, OffsetDateTime};

/// Longer than a call may take; after it somebody else looks at what became of the message.
const LEASE: Duration = Duration::seconds(45);
/// How often the messages of a number that is paused are looked at.
pub(super) const PAUSED_LOOK: Duration = Duration::seconds(60);
/// A message that still waits after so long is not what the customer should read any more (Meta's advice for a bad token:
/// keep messages for a day).
const LONGEST_WAIT: Duration = Duration::hours(24);
/// Sends of one conversation in one go.
const MOST: usize = 200;

/// Sends what is due under an ordering key, in order, until nothing is left or something has to wait.
pub async fn deliver(app: &App, ctx: &TenantCtx, key: i64) -> Result<(), StoreError> {
    for _ in 0..MOST {
        let Some(work) = begin(app, ctx, key).await? else { return Ok(()) };
        let Work::Call { request, call } = work else { continue };
        let called = app.provider.graph(&call.token, *request).await;
        let answer = match called {
            Ok(answer) => read_send_answer(answer.status, &answer.headers, &answer.body).map_err(Failure::Answer),
            Err(error) => Err(Failure::Call(error)),
        };
        let jitter = f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0;
        let refusals = call.leased.refusals;
        let next = next(answer, Tries { attempts: call.leased.attempts.saturating_sub(refusals), refusals }, jitter);
        metrics::counter!("tarun_sends_total", "outcome" => outcome(&next)).increment(1);
        // The provider may have it: what it said must be written down, also when the database is away for a moment.
        let mut pause = std::time::Duration::from_millis(100);
        loop {
            match record(app, ctx, &call, &next).await {
                Err(error) if error.is_passing() && pause < std::time::Duration::from_secs(10) => {
                    // It may have been committed, with nobody left to tell of it.
                    app.announcer.missed(ctx.tenant);
                    tracing::warn!(%error, "the outcome of a send could not be written down; trying again");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                other => {
                    other?;
                    break;
                }
            }
        }
    }
    Ok(())
}

fn outcome(next: &Next) -> &'static str {
    match next {
        Next::Sent { .. } => "sent",
        Next::Again { .. } => "again",
        Next::Pause { .. } => "paused",
        Next::Fail { .. } => "failed",
        Next::Unknown => "unknown",
    }
}

enum Work {
    Call {
        request: Box<HttpRequest>,
        call: Call,
    },
    /// Settled, or put off, without a call.
    Settled,
}

/// Claims the first message and notes, before anything is sent, that it is about to be.
async fn begin(app: &App, ctx: &TenantCtx, key: i64) -> Result<Option<Work>, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.begin(ctx).await?;
    let Some(first) = job::first(&mut tx, JobKind::Send, key).await? else { return Ok(None) };
    let found = message::lock_to_send(&mut tx, MessageId(first)).await?;
    let Some(leased) = job::lease(&mut tx, JobKind::Send, key, now, LEASE).await? else { return Ok(None) };
    if leased.ref_id != first {
        // It was settled between the two looks: nothing was written, the next look finds the next.
        return Ok(Some(Work::Settled));
    }
    let mut change = Change::of(ctx.tenant);
    let work = match found {
        Some(m) if m.status == Delivery::Queued => take(&mut tx, leased, m, now, &mut change).await?,
        // It is gone, or something else has settled it.
        _ => {
            job::finish(&mut tx, &[leased.job]).await?;
            Work::Settled
        }
    };
    tx.commit().await?;
    app.announcer.tell(change);
    Ok(Some(work))
}

async fn take(
    tx: &mut TenantTx,
    leased: Leased,
    m: ToSend,
    now: OffsetDateTime,
    change: &mut Change,
) -> Result<Work, StoreError> {
    if m.call_started_at.is_some() {
        // Somebody called the provider for it and did not live to say what came of it.
        unknown(tx, leased, &m, change).await?;
        return Ok(Work::Settled);
    }
    match prepare(tx, &m, leased.created_at, now).await? {
        Prepared::Ready { request, token } => {
            message::call_starts(tx, m.id, now).await?;
            let call = Call { leased, message: m.id, conversation: m.conversation, attempt: m.attempt, token };
            Ok(Work::Call { request: Box::new(request), call })
        }
        Prepared::Wait(words) => {
            waits(tx, &m, &SendError { code: None, detail: words }, change).await?;
            // Nobody held it in between: the attempt was none.
            let later = Later::Retry(now + PAUSED_LOOK);
            job::put_off(tx, leased.job, leased.attempts - 1, later, "the number is paused", now).await?;
            Ok(Work::Settled)
        }
        Prepared::Fail(words) => {
            fail(tx, leased, &m, SendError { code: None, detail: words }, change).await?;
            Ok(Work::Settled)
        }
    }
}

/// Writes down why a message waits, unless that stands there already.
pub(super) async fn waits(
    tx: &mut TenantTx,
    m: &ToSend,
    why: &SendError,
    change: &mut Change,
) -> Result<(), StoreError> {
    if m.error.as_ref().map(|e| &e.detail) != Some(&why.detail) {
        message::wait(tx, m.id, why).await?;
        told(change, m);
    }
    Ok(())
}

pub(super) fn told(change: &mut Change, m: &ToSend) {
    change.message_updated(m.id);
    change.conversation_updated(m.conversation);
}

/// For the agent, while an admin is needed.
pub(super) fn waiting_for_an_admin(reason: &str) -> String {
    format!("{reason} Until then this message waits, for a day at most.")
}

enum Prepared {
    Ready {
        request: HttpRequest,
        token: Secret,
    },
    /// Not now; why, for the agent.
    Wait(String),
    /// Never; why, for the agent.
    Fail(String),
}

/// The request, or why there is none. Judged at this moment: the message may have waited.
async fn prepare(
    tx: &mut TenantTx,
    m: &ToSend,
    queued_at: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<Prepared, StoreError> {
    let fail = |words: &str| Ok(Prepared::Fail(words.to_owned()));
    if !window_is_open(m.last_inbound_at, now) {
        return fail("The 24-hour window has closed. You can write again when the customer does.");
    }
    if now - queued_at > LONGEST_WAIT {
        return fail("This message waited for more than a day and was not sent. Send it again if it still holds.");
    }
    let Some(number) = number::get(tx, m.number).await? else {
        return fail("This WhatsApp number is no longer connected. An admin can connect it in the settings.");
    };
    if let Some(reason) = number.paused_reason {
        return Ok(Prepared::Wait(waiting_for_an_admin(&reason)));
    }
    let Some(contact) = contact::get(tx, m.contact).await? else { return fail("The contact is gone.") };
    let phone = contact.profile.phone.as_deref().and_then(Phone::parse);
    let to = match (phone, contact.profile.bsuid) {
        (Some(phone), _) => Recipient::Phone(phone),
        (None, Some(bsuid)) => Recipient::Bsuid(bsuid),
        (None, None) => return fail("There is no number or WhatsApp id to send to."),
    };
    let content = match Content::from_json(&m.kind, m.body.content.clone()) {
        Ok(content) => content,
        Err(error) => return fail(&format!("This message can't be sent: {error}.")),
    };
    let callback_data = Some(callback_data(m.id, m.attempt));
    let outgoing = Outgoing { to, content, reply_to_wamid: m.reply_to_wamid.clone(), callback_data };
    let sending = SendingNumber { phone_number_id: number.phone_number_id };
    match build_message(&sending, &outgoing) {
        Ok(request) => Ok(Prepared::Ready { request, token: number.access_token }),
        Err(error) => fail(&error.to_string()),
    }
}
