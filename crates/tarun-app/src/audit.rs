//! Who did what. An act writes its line in its own transaction, so that neither is without the other.

use crate::App;
use crate::acting::{ActError, Acting};
use serde_json::{Value, json};
use tarun_core::ids::{ApiKeyId, UserId};
use tarun_core::policy::{Action, Actor};
use tarun_store::audit::{self, Entry};
use tarun_store::{StoreError, TenantTx};
use time::OffsetDateTime;
use uuid::Uuid;

/// Who has read what.
pub const OPENED: &str = "conversation.opened";

/// Who stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    User(UserId),
    ApiKey(ApiKeyId),
    /// Tarun itself.
    System,
}

impl From<&Actor> for By {
    fn from(actor: &Actor) -> Self {
        match actor {
            Actor::User { id, .. } => Self::User(*id),
            Actor::ApiKey { id, .. } => Self::ApiKey(*id),
        }
    }
}

/// Writes one line for somebody who is signed in.
///
/// `action` is a stable word (`user.role_changed`), `subject` the kind and id of what it was done to, `detail` an object of
/// ids, numbers and words of our own: never personal data, since the log is kept longer than people's data may be.
pub async fn record(
    tx: &mut TenantTx,
    actor: &Actor,
    now: OffsetDateTime,
    action: &'static str,
    subject: Option<(&'static str, Uuid)>,
    detail: Value,
) -> Result<(), StoreError> {
    record_by(tx, actor.into(), now, action, subject, detail).await
}

/// Like [`record`], for those who are not signed in (a link's holder) and for Tarun itself.
pub async fn record_by(
    tx: &mut TenantTx,
    by: By,
    now: OffsetDateTime,
    action: &'static str,
    subject: Option<(&'static str, Uuid)>,
    detail: Value,
) -> Result<(), StoreError> {
    audit::insert(tx, &entry(by, now, action, subject, detail)).await
}

/// Like [`record_by`], for what has an index of the log that says how often it may stand there; once more changes nothing.
pub async fn record_once(
    tx: &mut TenantTx,
    by: By,
    now: OffsetDateTime,
    action: &'static str,
    subject: (&'static str, Uuid),
) -> Result<(), StoreError> {
    audit::insert_once(tx, &entry(by, now, action, Some(subject), json!({}))).await
}

fn entry(
    by: By,
    now: OffsetDateTime,
    action: &'static str,
    subject: Option<(&'static str, Uuid)>,
    detail: Value,
) -> Entry {
    let (kind, id) = match by {
        By::User(id) => ("USER", Some(id.0)),
        By::ApiKey(id) => ("API_KEY", Some(id.0)),
        By::System => ("SYSTEM", None),
    };
    Entry {
        id: Uuid::now_v7(),
        at: now,
        actor_kind: kind.to_owned(),
        actor_id: id,
        action: action.to_owned(),
        subject_kind: subject.map(|(kind, _)| kind.to_owned()),
        subject_id: subject.map(|(_, id)| id),
        detail,
    }
}

/// A page of the log, newest first: of one action, or of all but the openings of conversations, which are far more than
/// everything else and would hide it.
pub async fn list(
    app: &App,
    acting: &Acting,
    action: Option<&str>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Entry>, ActError> {
    acting.require(Action::ReadAudit)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    let entries = audit::list(&mut tx, action, OPENED, before, limit).await?;
    tx.commit().await?;
    Ok(entries)
}
