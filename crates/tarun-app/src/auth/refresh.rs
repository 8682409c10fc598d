//! A new access token for a refresh token, which is replaced at each use (RFC 9700, 4.14.2).

use super::access_token::Bearer;
use super::entry::{Entered, IDLE, LONGEST};
use super::token::{self, Kind};
use crate::acting::ActError;
use crate::{App, audit};
use tarun_core::ids::{SessionId, UserId};
use tarun_core::policy::Actor;
use tarun_core::secret::Secret;
use tarun_store::{session, tenant, user};
use time::Duration;

/// Two tabs of one browser may send the same token, and an answer may be lost on its way: for so long whoever comes with
/// the token before gets the one in use again, and the one in use is not replaced.
const GRACE: Duration = Duration::seconds(60);

/// Answers with new tokens. A token that was replaced longer ago is in two hands: the whole session ends.
pub async fn refresh(app: &App, given: &str) -> Result<Entered, ActError> {
    let token = token::read(&app.store, Kind::Refresh, given).ok_or_else(ended)?;
    let ctx = match app.store.tenant(token.tenant).await {
        Err(tarun_store::StoreError::NoSuchTenant) => return Err(ended()),
        other => other?,
    };
    let id = SessionId(token.row);
    let now = app.clock.now();
    let mut tx = app.store.begin(&ctx).await?;
    let session = session::lock(&mut tx, id).await?.filter(|s| s.is_alive(now)).ok_or_else(ended)?;
    let person = user::find(&mut tx, UserId(session.user_id)).await?.filter(|u| u.is_active).ok_or_else(ended)?;

    let in_use = token.matches(&session.refresh_hash);
    let just_replaced = now - session.rotated_at <= GRACE;
    let before = session.previous_hash.as_deref().is_some_and(|previous| token.matches(previous));
    let (refresh_token, refresh_expires_at) = if in_use && just_replaced {
        (Secret::new(given), session.expires_at)
    } else if in_use {
        let expires_at = (now + IDLE).min(session.created_at + LONGEST);
        let (next, hash) = token::successor(&app.store, Kind::Refresh, &token);
        session::rotate(&mut tx, id, hash, now, expires_at).await?;
        user::seen(&mut tx, person.id, now).await?;
        (next, expires_at)
    } else if before && just_replaced {
        (token::successor(&app.store, Kind::Refresh, &token).0, session.expires_at)
    } else {
        // The tag proves that we issued it for this session: somebody kept an old one.
        session::revoke(&mut tx, person.id, id, now).await?;
        let actor = Actor::User { id: person.id, role: person.role, session: id };
        let about = Some(("session", id.0));
        audit::record(&mut tx, &actor, now, "session.refresh_reused", about, serde_json::json!({})).await?;
        tx.commit().await?;
        app.auth.forget_session(ctx.tenant, id).await;
        tracing::warn!(tenant = %ctx.tenant, session = %id, "a replaced refresh token came again: the session was ended");
        return Err(ended());
    };
    let tenant = tenant::load(&mut tx).await?;
    tx.commit().await?;
    let access_token = app.auth.issue(Bearer { tenant: ctx.tenant, user: person.id, session: id }, now)?;
    Ok(Entered { access_token, refresh_token, refresh_expires_at, device: None, user: person, tenant })
}

fn ended() -> ActError {
    ActError::Unauthenticated { code: "session_ended", detail: "This sign-in has ended: sign in again." }
}
