//! Delivering what waits in a conversation.

use super::decide::{Failure, Next, next};
use crate::App;
use crate::change::Change;
use crate::intake::arrival::callback_data;
use tarun_core::content::Content;
use tarun_core::conversation::window_is_open;
use tarun_core::delivery::Delivery;
use tarun_core::ids::{ConversationId, MessageId, NumberId};
use tarun_core::phone::Phone;
use tarun_core::secret::Secret;
use tarun_providers::http::HttpRequest;
use tarun_providers::whatsapp::{Outgoing, Recipient, SendingNumber, build_message, read_send_answer};
use tarun_store::job::{self, JobKind, Later, Leased};
use tarun_store::message::{SendError, ToSend};
use tarun_store::{StoreError, TenantCtx, TenantTx, contact, conversation, message, number};
use time::{Duration, OffsetDateTime};

/// Longer than a call may take; after it somebody else looks at what became of the message.
const LEASE: Duration = Duration::seconds(45);
/// How long a parked message waits for a status before a person is asked.
const PARKED: Duration = Duration::seconds(120);
/// Sends of one conversation in one go.
const MOST: usize = 200;

/// Sends what is due under an ordering key, in order, until nothing is left or something has to wait.
pub async fn deliver(app: &App, ctx: &TenantCtx, key: i64) -> Result<(), StoreError> {
    for _ in 0..MOST {
        let Some((leased, work)) = begin(app, ctx, key).await? else { return Ok(()) };
        let Work::Call { request, token, message } = work else { continue };
        let called = app.provider.graph(&token, request).await;
        let answer = match called {
            Ok(answer) => read_send_answer(answer.status, &answer.headers, &answer.body).map_err(Failure::Answer),
            Err(error) => Err(Failure::Call(error)),
        };
        let jitter = f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0;
        let next = next(answer, leased.attempts, jitter);
        metrics::counter!("tarun_sends_total", "outcome" => outcome(&next)).increment(1);
        // The provider may have it: what it said must be written down, also when the database is away for a moment.
        let mut pause = std::time::Duration::from_millis(100);
        loop {
            match record(app, ctx, leased, message, &next).await {
                Err(error) if error.is_passing() && pause < std::time::Duration::from_secs(10) => {
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
        Next::Fail { .. } => "failed",
        Next::Unknown => "unknown",
    }
}

enum Work {
    Call {
        request: HttpRequest,
        token: Secret,
        message: MessageId,
    },
    /// Settled without a call.
    Settled,
}

/// Claims the first message and notes, before anything is sent, that it is about to be.
async fn begin(app: &App, ctx: &TenantCtx, key: i64) -> Result<Option<(Leased, Work)>, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.begin(ctx).await?;
    let Some(leased) = job::lease(&mut tx, JobKind::Send, key, now, LEASE).await? else { return Ok(None) };
    let id = MessageId(leased.ref_id);
    let mut change = Change::of(ctx.tenant);
    let work = match message::lock_to_send(&mut tx, id).await? {
        None => settle(&mut tx, leased).await?,
        Some(m) if m.status == Delivery::Unknown => {
            // Nobody reported it while it was parked: it stays unknown, and a person decides.
            settle(&mut tx, leased).await?
        }
        Some(m) if m.status != Delivery::Queued => settle(&mut tx, leased).await?,
        Some(m) if m.call_started_at.is_some() => {
            // Somebody called the provider for it and did not live to say what came of it.
            park(&mut tx, leased, id, now).await?;
            told(&mut change, &m);
            Work::Settled
        }
        Some(m) => match prepare(&mut tx, &m, now).await? {
            Ok((request, token)) => {
                message::call_starts(&mut tx, id, now).await?;
                Work::Call { request, token, message: id }
            }
            Err(words) => {
                message::set_status(&mut tx, id, Delivery::Failed, Some(&SendError { code: None, detail: words }))
                    .await?;
                told(&mut change, &m);
                settle(&mut tx, leased).await?
            }
        },
    };
    tx.commit().await?;
    app.announcer.tell(change);
    Ok(Some((leased, work)))
}

fn told(change: &mut Change, m: &ToSend) {
    change.message_updated(m.id);
    change.conversation_updated(m.conversation);
}

async fn settle(tx: &mut TenantTx, leased: Leased) -> Result<Work, StoreError> {
    job::finish(tx, &[leased.job]).await?;
    Ok(Work::Settled)
}

/// What is not known to have arrived waits aside for its status; the conversation's later messages go on.
async fn park(tx: &mut TenantTx, leased: Leased, id: MessageId, now: OffsetDateTime) -> Result<(), StoreError> {
    let words = "The connection to WhatsApp broke while this was being sent. It may have arrived: ask the customer, or send it again.";
    message::set_status(tx, id, Delivery::Unknown, Some(&SendError { code: None, detail: words.into() })).await?;
    job::put_off(
        tx,
        leased.job,
        leased.attempts,
        Later::Aside(now + PARKED),
        "the outcome of the call is not known",
        now,
    )
    .await
}

/// The request, or words for the agent why there is none.
async fn prepare(
    tx: &mut TenantTx,
    m: &ToSend,
    now: OffsetDateTime,
) -> Result<Result<(HttpRequest, Secret), String>, StoreError> {
    let Some(thread) = conversation::lock(tx, m.conversation).await? else {
        return Ok(Err("The conversation is gone.".into()));
    };
    // Judged again at this moment: the message may have waited.
    if !window_is_open(thread.last_inbound_at, now) {
        return Ok(Err("The 24-hour window has closed. You can write again when the customer does.".into()));
    }
    let Some(number) = number::get(tx, thread.number).await? else {
        return Ok(Err("This WhatsApp number is no longer connected. An admin can connect it in the settings.".into()));
    };
    if let Some(reason) = number.paused_reason {
        return Ok(Err(reason));
    }
    let Some(contact) = contact::get(tx, thread.contact).await? else {
        return Ok(Err("The contact is gone.".into()));
    };
    let phone = contact.profile.phone.as_deref().and_then(Phone::parse);
    let to = match (phone, contact.profile.bsuid) {
        (Some(phone), _) => Recipient::Phone(phone),
        (None, Some(bsuid)) => Recipient::Bsuid(bsuid),
        (None, None) => return Ok(Err("There is no number or WhatsApp id to send to.".into())),
    };
    let content = match Content::from_json(&m.kind, m.body.content.clone()) {
        Ok(content) => content,
        Err(error) => return Ok(Err(format!("This message can't be sent: {error}."))),
    };
    let outgoing =
        Outgoing { to, content, reply_to_wamid: m.reply_to_wamid.clone(), callback_data: Some(callback_data(m.id)) };
    let sending = SendingNumber { phone_number_id: number.phone_number_id };
    Ok(build_message(&sending, &outgoing).map(|request| (request, number.access_token)).map_err(|e| e.to_string()))
}

/// Writes down what came of a call, if the message is still ours to settle.
async fn record(app: &App, ctx: &TenantCtx, leased: Leased, id: MessageId, next: &Next) -> Result<(), StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.begin(ctx).await?;
    // A status that came first has settled it and taken the job; another worker may have parked it.
    let held = job::still_held(&mut tx, leased).await?;
    let Some(m) = message::lock_to_send(&mut tx, id).await? else { return Ok(()) };
    let mut change = Change::of(ctx.tenant);
    told(&mut change, &m);
    match next {
        Next::Sent { wamid } => {
            let thread = conversation::lock(&mut tx, m.conversation).await?;
            if let Some(thread) = &thread {
                accepted(&mut tx, thread.number, id, wamid, now).await?;
            }
            job::finish_of(&mut tx, JobKind::Send, id.0, leased.job.ordering_key).await?;
        }
        _ if !held => return Ok(()),
        Next::Again { after, counts, why } => {
            message::call_failed(&mut tx, id).await?;
            let attempts = if *counts { leased.attempts } else { leased.attempts - 1 };
            job::put_off(&mut tx, leased.job, attempts, Later::Retry(now + *after), why, now).await?;
        }
        Next::Fail { code, words, shuts_window, pauses_number } => {
            message::set_status(&mut tx, id, Delivery::Failed, Some(&SendError { code: *code, detail: words.clone() }))
                .await?;
            job::finish(&mut tx, &[leased.job]).await?;
            if *shuts_window {
                conversation::shut_window(&mut tx, m.conversation).await?;
            }
            if *pauses_number {
                pause_number(&mut tx, m.conversation, words).await?;
            }
        }
        Next::Unknown => park(&mut tx, leased, id, now).await?,
    }
    tx.commit().await?;
    app.announcer.tell(change);
    Ok(())
}

async fn accepted(
    tx: &mut TenantTx,
    number: NumberId,
    id: MessageId,
    wamid: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    use tarun_core::delivery::Receipt;
    use tarun_store::inbox::wamid_hash;
    use tarun_store::receipt::{Report, apply};
    let report = Report {
        message: Some(id),
        wamid: wamid.to_owned(),
        wamid_hash: wamid_hash(tx.ctx(), number, wamid),
        receipt: Receipt::Sent,
        at: now,
        error: None,
        pricing: None,
    };
    apply(tx, &report).await.map(drop)
}

/// The number's access is over: stop its sends until an admin has looked.
async fn pause_number(tx: &mut TenantTx, id: ConversationId, words: &str) -> Result<(), StoreError> {
    let Some(thread) = conversation::lock(tx, id).await? else { return Ok(()) };
    if let Some(mut number) = number::lock(tx, thread.number).await? {
        number.paused_reason = Some(words.to_owned());
        number::update(tx, &number).await?;
    }
    Ok(())
}
