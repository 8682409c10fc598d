//! One's own sign-ins: which there are, and ending them.

use super::token::{self, Kind};
use crate::acting::{ActError, Acting};
use crate::{App, audit};
use tarun_core::ids::{SessionId, UserId};
use tarun_core::policy::{Action, Actor};
use tarun_store::session::{self, Session};

const MAX_LISTED: i64 = 50;

/// The person's sign-ins that hold, last used first.
pub async fn list(app: &App, acting: &Acting) -> Result<Vec<Session>, ActError> {
    let (user, _) = own(acting)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    let sessions = session::list_alive(&mut tx, user, app.clock.now(), MAX_LISTED).await?;
    tx.commit().await?;
    Ok(sessions)
}

/// Ends one of one's own.
pub async fn end(app: &App, acting: &Acting, id: SessionId) -> Result<(), ActError> {
    let (user, _) = own(acting)?;
    let now = app.clock.now();
    let mut tx = app.store.begin(&acting.ctx).await?;
    if !session::revoke(&mut tx, user, id, now).await? {
        return Err(ActError::NotFound("sign-in"));
    }
    let about = Some(("session", id.0));
    audit::record(&mut tx, &acting.actor, now, "session.ended", about, serde_json::json!({})).await?;
    tx.commit().await?;
    app.auth.forget_session(acting.ctx.tenant, id).await;
    Ok(())
}

/// Ends all of one's own but the one that asks.
pub async fn end_others(app: &App, acting: &Acting) -> Result<(), ActError> {
    let (user, current) = own(acting)?;
    let now = app.clock.now();
    let mut tx = app.store.begin(&acting.ctx).await?;
    let ended = session::revoke_all_of(&mut tx, user, Some(current), now).await?;
    let detail = serde_json::json!({ "ended": ended.len() });
    audit::record(&mut tx, &acting.actor, now, "session.others_ended", Some(("user", user.0)), detail).await?;
    tx.commit().await?;
    for id in ended {
        app.auth.forget_session(acting.ctx.tenant, id).await;
    }
    Ok(())
}

/// Signs out: ends the session of the refresh token and the one that asks. What is over already stays over.
pub async fn sign_out(app: &App, refresh_token: Option<&str>, acting: Option<&Acting>) -> Result<(), ActError> {
    if let Some(acting) = acting
        && let Actor::User { session, .. } = acting.actor
    {
        match end(app, acting, session).await {
            Err(ActError::NotFound(_)) => {}
            other => other?,
        }
    }
    let Some(token) = refresh_token.and_then(|text| token::read(&app.store, Kind::Refresh, text)) else {
        return Ok(());
    };
    let ctx = match app.store.tenant(token.tenant).await {
        Err(tarun_store::StoreError::NoSuchTenant) => return Ok(()),
        other => other?,
    };
    let (id, now) = (SessionId(token.row), app.clock.now());
    let mut tx = app.store.begin(&ctx).await?;
    if let Some(found) = session::lock(&mut tx, id).await?
        && session::revoke(&mut tx, UserId(found.user_id), id, now).await?
    {
        let actor = audit::By::User(UserId(found.user_id));
        audit::record_by(&mut tx, actor, now, "session.ended", Some(("session", id.0)), serde_json::json!({})).await?;
    }
    tx.commit().await?;
    app.auth.forget_session(ctx.tenant, id).await;
    Ok(())
}

/// The person and his session; a program has none.
pub(super) fn own(acting: &Acting) -> Result<(UserId, SessionId), ActError> {
    acting.require(Action::ManageOwnSessions)?;
    match acting.actor {
        Actor::User { id, session, .. } => Ok((id, session)),
        Actor::ApiKey { .. } => Err(ActError::Forbidden(Action::ManageOwnSessions)),
    }
}
