//! What events mean, stored: messages of a whole batch together, then what refers to messages.

use super::arrival;
use super::outcome::{Outcome, note};
use crate::change::Change;
use crate::sending;
use std::collections::HashSet;
use tarun_core::conversation::said_at;
use tarun_core::delivery::Receipt;
use tarun_core::ids::{ConversationId, MessageId, NumberId};
use tarun_core::retry::ATTEMPTS;
use tarun_providers::whatsapp::webhook::{self, Inbound, RawKind, Side};
use tarun_store::inbox::{self, Arrival, wamid_hash};
use tarun_store::job::{self, JobId, JobKind, Later};
use tarun_store::message::Reactor;
use tarun_store::receipt::{self, Report};
use tarun_store::{StoreError, TenantTx, contact, conversation, media, message};
use time::OffsetDateTime;

/// Events about messages that we don't know are looked at again for this long.
const ORPHAN: time::Duration = time::Duration::minutes(10);

/// An event that was kept and is to be understood.
pub(super) struct Event {
    pub id: uuid::Uuid,
    /// None: it is handled in the transaction that keeps it and never had a job.
    pub job: Option<JobId>,
    pub attempts: i16,
    pub number: Option<NumberId>,
    pub field: String,
    pub kind: RawKind,
    /// Opened.
    pub payload: Vec<u8>,
    pub received_at: OffsetDateTime,
}

/// One event, read.
struct Read {
    job: Option<JobId>,
    event_id: uuid::Uuid,
    attempts: i16,
    number: NumberId,
    received: OffsetDateTime,
}

/// What follows a batch.
pub(super) struct Understood {
    /// Jobs that were put aside for later.
    pub aside: HashSet<JobId>,
    /// Keys of the jobs that fetch files: their addresses live for minutes.
    pub files: Vec<i64>,
}

/// Stores what the events mean.
pub(super) async fn understand(
    tx: &mut TenantTx,
    events: Vec<Event>,
    now: OffsetDateTime,
    change: &mut Change,
) -> Result<Understood, StoreError> {
    let mut arrivals: Vec<Arrival> = Vec::new();
    let mut files: Vec<i64> = Vec::new();
    let mut rest: Vec<(Read, Inbound)> = Vec::new();
    for event in events {
        let inbound = webhook::read(&event.field, event.kind, &event.payload);
        let Some(number) = event.number else {
            let reason = match inbound {
                Inbound::Other { .. } => Outcome::AboutTheAccount,
                Inbound::AccountError(error) => Outcome::AccountError(error.code),
                _ => Outcome::NotConnected,
            };
            note(tx, event.id, reason).await?;
            continue;
        };
        let read =
            Read { job: event.job, event_id: event.id, attempts: event.attempts, number, received: event.received_at };
        let arrived = match inbound {
            inbound if is_of_a_group(&inbound) => {
                // Neither the sender's own thread nor a reason to open his window.
                note(tx, read.event_id, Outcome::OfAGroup).await?;
                continue;
            }
            Inbound::NumberChanged(_) | Inbound::UserIdChanged(_) => {
                // In its place: after what was written under the old number, before what comes under the new one.
                files.extend(store(tx, std::mem::take(&mut arrivals), now, change).await?);
                apply(tx, &read, inbound, now, change).await?;
                continue;
            }
            Inbound::Message(m) => arrival::message(m, number, event.received_at),
            Inbound::Echo(e) => arrival::echo(e, number, event.received_at),
            other => {
                rest.push((read, other));
                continue;
            }
        };
        match arrived {
            Some(arrival) => arrivals.push(arrival),
            None => note(tx, read.event_id, Outcome::FromNobody).await?,
        }
    }
    // Messages first: what refers to them comes after them, also within one batch.
    files.extend(store(tx, arrivals, now, change).await?);
    let mut aside = HashSet::new();
    for (read, inbound) in rest {
        if apply(tx, &read, inbound, now, change).await? == Then::Aside {
            aside.extend(read.job);
        }
    }
    Ok(Understood { aside, files })
}

/// What was said or done in a group.
fn is_of_a_group(inbound: &Inbound) -> bool {
    match inbound {
        Inbound::Message(m) => m.group_id.is_some(),
        Inbound::Reaction(r) => r.group_id.is_some(),
        Inbound::Echo(e) => e.group_id.is_some(),
        _ => false,
    }
}

/// Stores messages; returns the keys of the jobs that fetch their files.
async fn store(
    tx: &mut TenantTx,
    arrivals: Vec<Arrival>,
    now: OffsetDateTime,
    change: &mut Change,
) -> Result<Vec<i64>, StoreError> {
    let mut files = vec![];
    for (arrival, stored) in inbox::store(tx, arrivals, now).await?.into_iter().filter(|(_, stored)| stored.is_new) {
        files.extend(arrival.media.as_ref().map(|m| media::ordering_key(m.id)));
        if stored.conversation_is_new && !change.conversations_created.contains(&stored.conversation) {
            change.conversations_created.push(stored.conversation);
        }
        change.message_created(stored.message, stored.conversation);
        change.known.extend(inbox::as_stored(&arrival, stored));
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
            let by = if r.by == Side::Customer { Reactor::Customer } else { Reactor::App };
            let target = hash(tx, &r.target_wamid);
            let at = said_at(r.sent_at_unix, read.received);
            let found = message::react(tx, target, by, r.emoji.as_deref(), at).await?;
            if let Some((_, conversation)) = found
                && r.opens_window
            {
                conversation::open_window(tx, conversation, at).await?;
            }
            return told(tx, read, found, now, change, Outcome::NotKnownHere("a reaction to a message")).await;
        }
        Inbound::Edit(e) => {
            let target = hash(tx, &e.target_wamid);
            let text = e.content.searchable_text();
            let at = said_at(e.sent_at_unix, read.received);
            let found = message::edit(tx, target, e.content.kind(), e.content.to_json(), &text, at).await?;
            return told(tx, read, found, now, change, Outcome::NotKnownHere("an edit of a message")).await;
        }
        Inbound::Revoke(r) => {
            let target = hash(tx, &r.target_wamid);
            let found = message::revoke(tx, target, r.by == Side::Customer).await?;
            return told(tx, read, found, now, change, Outcome::NotKnownHere("the taking back of a message")).await;
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
        Inbound::Welcome(welcome) => welcomed(tx, read, &welcome, change).await?,
        Inbound::UserPreference(preference) => wished(tx, read, &preference, now, change).await?,
        Inbound::AccountError(error) => note(tx, read.event_id, Outcome::AccountError(error.code)).await?,
        Inbound::Other { .. } => note(tx, read.event_id, Outcome::NotAMessage).await?,
        Inbound::Unreadable { reason } => note(tx, read.event_id, Outcome::Unreadable(&reason)).await?,
        // Went into the batch.
        Inbound::Message(_) | Inbound::Echo(_) => {}
    }
    Ok(Then::Done)
}

/// Shows what became of a message that an event speaks of; one that is not known yet may still come.
async fn told(
    tx: &mut TenantTx,
    read: &Read,
    found: Option<(MessageId, ConversationId)>,
    now: OffsetDateTime,
    change: &mut Change,
    otherwise: Outcome<'_>,
) -> Result<Then, StoreError> {
    let Some((message, conversation)) = found else { return wait(tx, read, now, otherwise).await };
    change.message_updated(message);
    change.conversation_updated(conversation);
    Ok(Then::Done)
}

/// Somebody opened the chat and wrote nothing. That opens the window where there is a conversation; it makes none, since there
/// is nothing to show or to answer.
async fn welcomed(
    tx: &mut TenantTx,
    read: &Read,
    welcome: &webhook::Welcome,
    change: &mut Change,
) -> Result<(), StoreError> {
    let known = match arrival::seen(&welcome.sender) {
        Some(person) => contact::find_by(tx, &person).await?,
        None => None,
    };
    let at = tarun_core::conversation::said_at(welcome.sent_at_unix, read.received);
    let opened = match known {
        Some(contact) => conversation::open_window_of(tx, contact, read.number, at).await?,
        None => None,
    };
    match opened {
        Some(conversation) => change.conversation_updated(conversation),
        None => note(tx, read.event_id, Outcome::OpenedTheChat).await?,
    }
    Ok(())
}

/// Notes what somebody wishes about marketing messages, also of a person who never wrote: whoever writes to him later is to know.
async fn wished(
    tx: &mut TenantTx,
    read: &Read,
    preference: &webhook::UserPreference,
    now: OffsetDateTime,
    change: &mut Change,
) -> Result<(), StoreError> {
    let wish = arrival::wish(preference, read.received);
    let (Some(person), Some(wish)) = (arrival::seen(&preference.person), wish) else {
        return note(tx, read.event_id, Outcome::UnknownWish).await;
    };
    let contact = match contact::find_by(tx, &person).await? {
        Some(contact) => contact,
        None => {
            let sighting = contact::Sighting { seen: &person, number: read.number };
            contact::one(tx, sighting, now).await?
        }
    };
    if contact::wishes(tx, contact, wish).await? {
        change.contacts_updated.push(contact);
    }
    Ok(())
}

/// Puts an event aside whose message is not known: events overtake each other, and statuses the send's own answer. After
/// ten minutes that was its outcome.
async fn wait(tx: &mut TenantTx, read: &Read, now: OffsetDateTime, why: Outcome<'_>) -> Result<Then, StoreError> {
    if now - read.received >= ORPHAN {
        note(tx, read.event_id, why).await?;
        return Ok(Then::Done);
    }
    let attempts = read.attempts.saturating_add(1).min(ATTEMPTS - 1);
    let growth = 4i64.saturating_pow(u32::try_from(read.attempts).unwrap_or(0).min(5));
    let when = now + time::Duration::seconds(2i64.saturating_mul(growth));
    match read.job {
        Some(job) => job::put_off(tx, job, attempts, Later::Aside(when), &why.words(), now).await?,
        None => job::add_aside(tx, JobKind::Inbound, read.event_id, attempts, when, &why.words(), now).await?,
    }
    Ok(Then::Aside)
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
        return note(tx, read.event_id, Outcome::NotKnownHere("a new number or user id of somebody")).await;
    };
    let free = contact::change_identity(tx, contact, &new, read.number, now).await?;
    let (person, text) = if free {
        change.contacts_updated.push(contact);
        (new, line.text)
    } else {
        (old, format!("{} It belongs to another contact already: look whether the two are one person.", line.text))
    };
    let arrival = arrival::system_line(line.wamid, person, line.event, text, line.at, read.number, read.received);
    store(tx, vec![arrival], now, change).await.map(drop)
}

async fn receive(
    tx: &mut TenantTx,
    read: &Read,
    status: &webhook::StatusUpdate,
    now: OffsetDateTime,
    change: &mut Change,
) -> Result<Then, StoreError> {
    let Some(kind) = arrival::receipt(&status.status) else {
        note(tx, read.event_id, Outcome::UnknownStatus).await?;
        return Ok(Then::Done);
    };
    let at = status
        .at_unix
        .and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok())
        .unwrap_or(read.received)
        .min(read.received);
    let ours = status.callback_data.as_deref().and_then(arrival::called_back);
    let failure = arrival::failure(status);
    let report = Report {
        message: ours.map(|(message, _)| message),
        attempt: ours.map(|(_, attempt)| attempt),
        wamid: status.wamid.clone(),
        wamid_hash: wamid_hash(tx.ctx(), read.number, &status.wamid),
        receipt: kind,
        played: status.status == webhook::DeliveryStatus::Played,
        at,
        error: failure.map(|(code, policy)| (code, policy.given_up.to_owned())),
        pricing: status.pricing.as_ref().map(arrival::pricing),
    };
    let teaches = failure.filter(|_| kind == Receipt::Failed).map(|(_, policy)| policy).filter(sending::teaches);
    if teaches.is_some()
        && let Some(conversation) = receipt::conversation_of(tx, &report).await?
    {
        // What changes a conversation and its messages locks the conversation first.
        conversation::lock(tx, conversation).await?;
    }
    match receipt::apply(tx, &report).await? {
        Some(moved) => {
            if moved.changed {
                change.message_updated(moved.message);
                change.conversation_updated(moved.conversation);
                // A send whose answer was lost has happened after all: nothing is left to do for it.
                let key = sending::ordering_key(moved.conversation);
                job::finish_of(tx, JobKind::Send, moved.message.0, key).await?;
                if let Some(policy) = teaches {
                    let judged = said_at(status.at_unix, read.received);
                    sending::learn(tx, moved.conversation, read.number, &policy, judged, now).await?;
                }
            }
            Ok(Then::Done)
        }
        None => wait(tx, read, now, Outcome::NotKnownHere("a status of a message")).await,
    }
}
