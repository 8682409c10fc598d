//! A new access token for a refresh token, which is replaced at each use (RFC 9700, 4.14.2).

use super::access_token::Bearer;
use super::entry::{Entered, IDLE, LONGEST};
use super::token::{self, Kind};
use crate::acting::ActError;
use crate::{App, audit};
use tarun_core::ids::{SessionId, UserId};
use tarun_core::policy::Actor;
use tarun_store::{session, tenant, user};
use time::Duration;

/// Two tabs of one browser may send the same token: for so long the one before is still answered.
const GRACE: Duration = Duration::seconds(10);

/// Answers with new tokens. A token that was replaced longer ago is in two hands: the whole session ends.
pub async fn refresh(app: &App, refresh_token: &str) -> Result<Entered, ActError> {
    let token = token::read(&app.store, Kind::Refresh, refresh_token).ok_or_else(ended)?;
    let ctx = match app.store.tenant(token.tenant).await {
        Err(tarun_store::StoreError::NoSuchTenant) => return Err(ended()),
        other => other?,
    };
    let id = SessionId(token.row);
    let now = app.clock.now();
    let mut tx = app.store.begin(&ctx).await?;
    let session = session::lock(&mut tx, id).await?.filter(|s| s.is_alive(now)).ok_or_else(ended)?;
    let person = user::find(&mut tx, UserId(session.user_id)).await?.filter(|u| u.is_active).ok_or_else(ended)?;

    let mut refresh_token = None;
    let mut refresh_expires_at = session.expires_at;
    if token.matches(&session.refresh_hash) {
        refresh_expires_at = (now + IDLE).min(session.created_at + LONGEST);
        let (fresh, hash) = token::issue(&app.store, Kind::Refresh, ctx.tenant, id.0)?;
        session::rotate(&mut tx, id, hash, now, refresh_expires_at).await?;
        user::seen(&mut tx, person.id, now).await?;
        refresh_token = Some(fresh);
    } else {
        let just_replaced = session.previous_hash.as_deref().is_some_and(|previous| token.matches(previous))
            && now - session.rotated_at <= GRACE;
        if !just_replaced {
            // The tag proves that we issued it for this session: somebody kept an old one.
            session::revoke(&mut tx, person.id, id, now).await?;
            let actor = Actor::User { id: person.id, role: person.role, session: id };
            let about = Some(("session", id.0));
            audit::record(&mut tx, &actor, now, "session.refresh_reused", about, serde_json::json!({})).await?;
            tx.commit().await?;
            app.auth.forget_session(ctx.tenant, id).await;
            tracing::warn!(tenant = %ctx.tenant, session = %id, "a replaced refresh token came again: the session was ended");
            return Err(ended());
        }
    }
    let tenant = tenant::load(&mut tx).await?;
    tx.commit().await?;
    let access_token = app.auth.issue(Bearer { tenant: ctx.tenant, user: person.id, session: id }, now)?;
    Ok(Entered { access_token, refresh_token, refresh_expires_at, user: person, tenant })
}

fn ended() -> ActError {
    ActError::Unauthenticated { code: "session_ended", detail: "This sign-in has ended: sign in again." }
}
