//! Handling kept events: batches in one transaction, and one by one where something in a batch is wrong.

use super::arrival;
use crate::App;
use crate::change::Change;
use std::collections::HashSet;
use std::time::Duration;
use tarun_core::ids::{ConversationId, MessageId, NumberId};
use tarun_core::retry::{ATTEMPTS, backoff};
use tarun_providers::whatsapp::webhook::{self, Inbound, RawKind, Side};
use tarun_store::contact;
use tarun_store::inbox::{self, Arrival, wamid_hash};
use tarun_store::job::{self, InboundJob, JobId, JobKind, Later};
use tarun_store::receipt::{self, Report};
use tarun_store::{StoreError, TenantCtx, TenantTx, conversation, event, media, message, number};
use time::OffsetDateTime;

/// Events of one transaction.
const BATCH: i64 = 400;
/// One transaction ends within this time (C-026).
const LIMIT: Duration = Duration::from_secs(12);
/// Statuses of messages that we don't know are looked at again for this long: they can overtake the send's own answer.
const ORPHAN: time::Duration = time::Duration::minutes(10);

/// Handles what waits under these keys of a tenant, oldest first within each key.
///
/// Errors are passing ones only (the database is away): the rows stay, the sweep brings them back.
pub async fn handle(app: &App, ctx: &TenantCtx, keys: Vec<i64>) -> Result<(), StoreError> {
    loop {
        let (app2, ctx2, keys2) = (app.clone(), ctx.clone(), keys.clone());
        match guarded(async move { batch(&app2, &ctx2, &keys2).await }).await {
            Ok(Outcome::More) => {}
            Ok(Outcome::Done) => return Ok(()),
            Err(Trouble::Store(error)) if error.is_passing() => return Err(error),
            Ok(Outcome::Careful) | Err(_) => {
                metrics::counter!("tarun_intake_careful_total").increment(1);
                return one_by_one(app, ctx, &keys).await;
            }
        }
    }
}

/// Runs a piece of work so that a panic or a hang in it ends only it.
async fn guarded<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, Trouble> {
    let mut task = tokio::spawn(work);
    match tokio::time::timeout(LIMIT, &mut task).await {
        Ok(Ok(result)) => result.map_err(Trouble::Store),
        Ok(Err(_)) => Err(Trouble::Panicked),
        Err(_) => {
            task.abort();
            Err(Trouble::TooSlow)
        }
    }
}

enum Trouble {
    Store(StoreError),
    Panicked,
    TooSlow,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Panicked => f.write_str("a mistake in Tarun: handling it panicked"),
            Self::TooSlow => f.write_str("handling it took too long"),
        }
    }
}

enum Outcome {
    Done,
    /// As many as one transaction takes: there may be more.
    More,
    /// One of them failed before: each is to be tried alone.
    Careful,
}

/// The events that may be handled now: within a key nothing overtakes one that waits for its next try.
fn due(jobs: Vec<InboundJob>, now: OffsetDateTime) -> Vec<InboundJob> {
    let mut stopped = HashSet::new();
    jobs.into_iter()
        .filter(|job| {
            if job.not_before.is_some_and(|at| at > now) {
                stopped.insert(job.job.ordering_key);
            }
            !stopped.contains(&job.job.ordering_key)
        })
        .collect()
}

async fn batch(app: &App, ctx: &TenantCtx, keys: &[i64]) -> Result<Outcome, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.begin(ctx).await?;
    let claimed = job::claim_inbound(&mut tx, keys, BATCH).await?;
    let full = claimed.len() as i64 == BATCH;
    let jobs = due(claimed, now);
    if jobs.is_empty() {
        return Ok(Outcome::Done);
    }
    if jobs.iter().any(|j| j.attempts > 0) {
        return Ok(Outcome::Careful);
    }
    let mut change = Change::of(ctx.tenant);
    let numbers: Vec<NumberId> = jobs.iter().filter_map(|j| j.number).collect();
    let ids: Vec<JobId> = jobs.iter().map(|j| j.job).collect();
    let Understood { aside, files } = understand(&mut tx, jobs, now, &mut change).await?;
    let done: Vec<JobId> = ids.into_iter().filter(|id| !aside.contains(id)).collect();
    let count = done.len() as u64;
    job::finish(&mut tx, &done).await?;
    let stale = app.intake.stale_handled(numbers.into_iter(), now);
    if !stale.is_empty() {
        number::touch(&mut tx, &stale, None, Some(now)).await?;
    }
    tx.commit().await?;
    metrics::counter!("tarun_inbound_handled_total").increment(count);
    app.announcer.tell(change);
    app.queue.hint(JobKind::Media, ctx.tenant, &files).await;
    Ok(if full { Outcome::More } else { Outcome::Done })
}

/// Each event in a transaction of its own, its attempt counted before: one that takes everything down is given up too.
async fn one_by_one(app: &App, ctx: &TenantCtx, keys: &[i64]) -> Result<(), StoreError> {
    for key in keys {
        loop {
            let now = app.clock.now();
            let mut tx = app.store.begin(ctx).await?;
            let mut jobs = due(job::claim_inbound(&mut tx, &[*key], 1).await?, now);
            let Some(job) = jobs.pop() else { break };
            let attempts = job::count_attempt(&mut tx, job.job).await?;
            tx.commit().await?;
            let (app2, ctx2, id) = (app.clone(), ctx.clone(), job.job);
            let tried = if attempts > ATTEMPTS {
                // Counted, never recorded: it ended the process each time.
                Err(Trouble::Panicked)
            } else {
                guarded(async move { alone(&app2, &ctx2, id).await }).await
            };
            match tried {
                Ok(()) => {}
                Err(Trouble::Store(error)) if error.is_passing() => return Err(error),
                Err(trouble) => {
                    tracing::error!(job = id.id, attempts, %trouble, "an event could not be handled");
                    let later = backoff(attempts, jitter()).map_or(Later::Dead, |wait| Later::Retry(now + wait));
                    let mut tx = app.store.begin(ctx).await?;
                    job::put_off(&mut tx, id, attempts, later, &trouble.to_string(), now).await?;
                    tx.commit().await?;
                    if later == Later::Dead {
                        metrics::counter!("tarun_jobs_dead_total", "kind" => "inbound").increment(1);
                    }
                }
            }
        }
    }
    Ok(())
}

fn jitter() -> f64 {
    f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0
}

async fn alone(app: &App, ctx: &TenantCtx, id: JobId) -> Result<(), StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.begin(ctx).await?;
    let jobs = job::claim_inbound(&mut tx, &[id.ordering_key], 1).await?;
    if jobs.first().is_none_or(|j| j.job != id) {
        return Ok(());
    }
    let mut change = Change::of(ctx.tenant);
    let Understood { aside, files } = understand(&mut tx, jobs, now, &mut change).await?;
    if aside.is_empty() {
        job::finish(&mut tx, &[id]).await?;
    }
    tx.commit().await?;
    app.announcer.tell(change);
    app.queue.hint(JobKind::Media, ctx.tenant, &files).await;
    Ok(())
}

/// One event, read.
struct Read {
    job: JobId,
    event_id: uuid::Uuid,
    attempts: i16,
    number: NumberId,
    received: OffsetDateTime,
}

/// What follows a batch.
struct Understood {
    /// Put aside for later.
    aside: HashSet<JobId>,
    /// Keys of the jobs that fetch files: their addresses live for minutes.
    files: Vec<i64>,
}

/// Stores what the events mean.
async fn understand(
    tx: &mut TenantTx,
    jobs: Vec<InboundJob>,
    now: OffsetDateTime,
    change: &mut Change,
) -> Result<Understood, StoreError> {
    let mut arrivals: Vec<Arrival> = Vec::new();
    let mut rest: Vec<(Read, Inbound)> = Vec::new();
    for job in jobs {
        let kind = match job.kind.as_str() {
            "MESSAGE" => RawKind::Message,
            "STATUS" => RawKind::Status,
            "ECHO" => RawKind::Echo,
            _ => RawKind::Other,
        };
        let payload = job.payload?;
        let inbound = webhook::read(&job.field, kind, &payload);
        let Some(number) = job.number else {
            let reason = match inbound {
                Inbound::Other { .. } | Inbound::AccountError(_) => "kept: about the account",
                _ => "its number is not connected here",
            };
            event::set_outcome(tx, job.event_id, reason).await?;
            continue;
        };
        let read =
            Read { job: job.job, event_id: job.event_id, attempts: job.attempts, number, received: job.received_at };
        let arrived = match inbound {
            Inbound::Message(m) => arrival::message(m, number, job.received_at),
            Inbound::Echo(e) => arrival::echo(e, number, job.received_at),
            other => {
                rest.push((read, other));
                continue;
            }
        };
        match arrived {
            Some(arrival) => arrivals.push(arrival),
            None => event::set_outcome(tx, read.event_id, "from nobody that could be answered").await?,
        }
    }
    // Messages first: what refers to them comes after them, also within one batch.
    let files = store(tx, &arrivals, now, change).await?;
    let mut aside = HashSet::new();
    for (read, inbound) in rest {
        if apply(tx, &read, inbound, now, change).await? == Then::Aside {
            aside.insert(read.job);
        }
    }
    Ok(Understood { aside, files })
}

/// Stores messages; returns the keys of the jobs that fetch their files.
async fn store(
    tx: &mut TenantTx,
    arrivals: &[Arrival],
    now: OffsetDateTime,
    change: &mut Change,
) -> Result<Vec<i64>, StoreError> {
    let mut files = vec![];
    for (stored, arrival) in inbox::store(tx, arrivals, now).await?.into_iter().zip(arrivals).filter(|(s, _)| s.is_new)
    {
        files.extend(arrival.media.as_ref().map(|m| media::ordering_key(m.id)));
        if stored.conversation_is_new && !change.conversations_created.contains(&stored.conversation) {
            change.conversations_created.push(stored.conversation);
        }
        change.message_created(stored.message, stored.conversation);
    }
    Ok(files)
}

#[derive(PartialEq)]
enum Then {
    Done,
    Aside,
}

async fn apply(
    tx: &mut TenantTx,
    read: &Read,
    inbound: Inbound,
    now: OffsetDateTime,
    change: &mut Change,
) -> Result<Then, StoreError> {
    let hash = |tx: &TenantTx, wamid: &str| wamid_hash(tx.ctx(), read.number, wamid);
    match inbound {
        Inbound::Status(status) => return receive(tx, read, &status, now, change).await,
        Inbound::Reaction(r) => {
            let by = if r.by == Side::Customer { "CUSTOMER" } else { "APP" };
            let target = hash(tx, &r.target_wamid);
            let found = message::react(tx, target, by, r.emoji.as_deref(), now).await?;
            if let Some((_, conversation)) = found
                && r.opens_window
            {
                let at = tarun_core::conversation::said_at(r.sent_at_unix, read.received);
                conversation::open_window(tx, conversation, at).await?;
            }
            told(tx, read, found, change, "a reaction to a message that is not known here").await?;
        }
        Inbound::Edit(e) => {
            let target = hash(tx, &e.target_wamid);
            let found = message::change(tx, target, |kind, body, edited, _| {
                if body.earlier.len() < 20 {
                    body.earlier.push(std::mem::take(&mut body.content));
                }
                e.content.kind().clone_into(kind);
                body.content = e.content.to_json();
                *edited = true;
            })
            .await?;
            told(tx, read, found, change, "an edit of a message that is not known here").await?;
        }
        Inbound::Revoke(r) => {
            let target = hash(tx, &r.target_wamid);
            let found = message::change(tx, target, |_, _, _, revoked| *revoked = true).await?;
            told(tx, read, found, change, "taking back a message that is not known here").await?;
        }
        Inbound::NumberChanged(n) => {
            let new = contact::Seen {
                phone: tarun_core::phone::Phone::parse(&n.new_wa_id),
                bsuid: n.new_user_id.clone(),
                ..contact::Seen::default()
            };
            let text = n.text.clone().unwrap_or_else(|| "The customer has a new phone number.".into());
            let line = Line { event: "number_changed", text, wamid: n.wamid.clone(), at: n.at_unix };
            moved(tx, read, arrival::seen(&n.old), new, line, now, change).await?;
        }
        Inbound::UserIdChanged(u) => {
            let new = contact::Seen { bsuid: Some(u.new_user_id.clone()), ..contact::Seen::default() };
            let text = u.text.clone().unwrap_or_else(|| "WhatsApp gave the customer a new user id.".into());
            let wamid = u.wamid.clone().unwrap_or_else(|| format!("user-id-{}", read.event_id));
            let line = Line { event: "user_id_changed", text, wamid, at: u.at_unix };
            moved(tx, read, arrival::seen(&u.old), new, line, now, change).await?;
        }
        Inbound::Welcome(_) => event::set_outcome(tx, read.event_id, "opened the chat without a message").await?,
        Inbound::UserPreference(_) => event::set_outcome(tx, read.event_id, "kept: a wish about marketing").await?,
        Inbound::AccountError(error) => {
            event::set_outcome(tx, read.event_id, &format!("kept: error {} of the account", error.code)).await?
        }
        Inbound::Other { .. } => event::set_outcome(tx, read.event_id, "kept: not a message").await?,
        Inbound::Unreadable { reason } => {
            event::set_outcome(tx, read.event_id, &format!("unreadable: {reason}")).await?
        }
        // Went into the batch.
        Inbound::Message(_) | Inbound::Echo(_) => {}
    }
    Ok(Then::Done)
}

async fn told(
    tx: &mut TenantTx,
    read: &Read,
    found: Option<(MessageId, ConversationId)>,
    change: &mut Change,
    otherwise: &str,
) -> Result<(), StoreError> {
    match found {
        Some((message, conversation)) => {
            change.message_updated(message);
            change.conversation_updated(conversation);
            Ok(())
        }
        None => event::set_outcome(tx, read.event_id, otherwise).await,
    }
}

struct Line {
    event: &'static str,
    text: String,
    wamid: String,
    at: Option<i64>,
}

/// The same person under a new number or user id: the contact and the thread stay.
async fn moved(
    tx: &mut TenantTx,
    read: &Read,
    old: Option<contact::Seen>,
    new: contact::Seen,
    line: Line,
    now: OffsetDateTime,
    change: &mut Change,
) -> Result<(), StoreError> {
    let known = match &old {
        Some(old) => contact::find_by(tx, old).await?,
        None => None,
    };
    let (Some(old), Some(contact)) = (old, known) else {
        return event::set_outcome(tx, read.event_id, "a new number of somebody who is not known here").await;
    };
    let free = contact::change_identity(tx, contact, &new, now).await?;
    let (person, text) = if free {
        change.contacts_updated.push(contact);
        (new, line.text)
    } else {
        (old, format!("{} It belongs to another contact already: look whether the two are one person.", line.text))
    };
    let arrival = arrival::system_line(line.wamid, person, line.event, text, line.at, read.number, read.received);
    store(tx, &[arrival], now, change).await.map(drop)
}

async fn receive(
    tx: &mut TenantTx,
    read: &Read,
    status: &webhook::StatusUpdate,
    now: OffsetDateTime,
    change: &mut Change,
) -> Result<Then, StoreError> {
    let Some(kind) = arrival::receipt(&status.status) else {
        event::set_outcome(tx, read.event_id, "kept: a status that this version does not know").await?;
        return Ok(Then::Done);
    };
    let at = status
        .at_unix
        .and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok())
        .unwrap_or(read.received)
        .min(read.received);
    let report = Report {
        message: arrival::called_back(status),
        wamid: status.wamid.clone(),
        wamid_hash: wamid_hash(tx.ctx(), read.number, &status.wamid),
        receipt: kind,
        at,
        error: arrival::failure(status),
        pricing: status.pricing.as_ref().map(arrival::pricing),
    };
    match receipt::apply(tx, &report).await? {
        Some(moved) => {
            if moved.changed {
                change.message_updated(moved.message);
                change.conversation_updated(moved.conversation);
                // A send whose answer was lost has happened after all: nothing is left to do for it.
                let key = crate::sending::ordering_key(moved.conversation);
                job::finish_of(tx, JobKind::Send, moved.message.0, key).await?;
            }
            Ok(Then::Done)
        }
        None if now - read.received < ORPHAN => {
            let attempts = read.attempts.saturating_add(1);
            let wait = time::Duration::seconds(
                2i64.saturating_mul(4i64.saturating_pow(u32::try_from(read.attempts).unwrap_or(0).min(5))),
            );
            job::put_off(
                tx,
                read.job,
                attempts.min(ATTEMPTS - 1),
                Later::Aside(now + wait),
                "a status of a message that is not known yet",
                now,
            )
            .await?;
            Ok(Then::Aside)
        }
        None => {
            event::set_outcome(tx, read.event_id, "a status of a message that was not sent from here").await?;
            Ok(Then::Done)
        }
    }
}
