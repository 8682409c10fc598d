//! Trying a dead letter again, or giving it up.

use crate::acting::{ActError, Acting};
use crate::change::Change;
use crate::message::Follows;
use crate::{App, audit};
use serde_json::json;
use tarun_core::ids::{ConversationId, MediaId, MessageId};
use tarun_core::policy::Action;
use tarun_store::job::{self, DeadJob, JobKind};
use tarun_store::{TenantTx, media, message};

/// Gives a dead letter a new life. A second retry finds it no more.
pub async fn retry(app: &App, acting: &Acting, id: i64) -> Result<(), ActError> {
    acting.require(Action::ManageFailure)?;
    let now = app.clock.now();
    let mut tx = app.store.begin(&acting.ctx).await?;
    let letter = find(&mut tx, id).await?;
    let (kind, key) = job::revive(&mut tx, id, now).await?.ok_or(ActError::NotFound("failure"))?;
    let mut change = Change::of(acting.ctx.tenant);
    begin_anew(&mut tx, &letter, &mut change).await?;
    record(&mut tx, app, acting, "failure.retried", &letter).await?;
    Follows::of(change).working(kind, key).commit(app, tx).await?;
    Ok(())
}

/// Gives a dead letter up, for good.
pub async fn discard(app: &App, acting: &Acting, id: i64) -> Result<(), ActError> {
    acting.require(Action::ManageFailure)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    let letter = find(&mut tx, id).await?;
    if !job::discard(&mut tx, id).await? {
        return Err(ActError::NotFound("failure"));
    }
    record(&mut tx, app, acting, "failure.discarded", &letter).await?;
    tx.commit().await?;
    Ok(())
}

async fn find(tx: &mut TenantTx, id: i64) -> Result<DeadJob, ActError> {
    let before = id.checked_add(1).ok_or(ActError::NotFound("failure"))?;
    let newest = job::dead(tx, None, Some(before), 1).await?.pop();
    newest.filter(|letter| letter.id == id).ok_or(ActError::NotFound("failure"))
}

/// What a letter is about must look as it did before the first try: the screens show it as on its way.
async fn begin_anew(tx: &mut TenantTx, letter: &DeadJob, change: &mut Change) -> Result<(), ActError> {
    match letter.kind {
        JobKind::Inbound => {}
        JobKind::Send => {
            let message = MessageId(letter.ref_id);
            message::begin_anew(tx, message).await?;
            change.message_updated(message);
            if let Some(conversation) = letter.conversation_id {
                change.conversation_updated(ConversationId(conversation));
            }
        }
        JobKind::Media => {
            let file = MediaId(letter.ref_id);
            media::set_state(tx, file, "PENDING", None).await?;
            if let Some(file) = media::get(tx, file).await? {
                change.message_updated(file.message);
            }
        }
    }
    Ok(())
}

async fn record(
    tx: &mut TenantTx,
    app: &App,
    acting: &Acting,
    action: &'static str,
    letter: &DeadJob,
) -> Result<(), ActError> {
    let subject = match letter.kind {
        JobKind::Inbound => "event",
        JobKind::Send => "message",
        JobKind::Media => "media",
    };
    let detail = json!({ "failure": letter.id });
    Ok(audit::record(tx, &acting.actor, app.clock.now(), action, Some((subject, letter.ref_id)), detail).await?)
}
