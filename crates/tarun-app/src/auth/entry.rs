//! The way in that sign-up, sign-in, refresh and accepted links share: a session and its tokens.

use super::access_token::Bearer;
use super::device;
use super::token::{self, Kind};
use crate::acting::ActError;
use crate::{App, audit};
use std::net::IpAddr;
use tarun_core::ids::SessionId;
use tarun_core::policy::Actor;
use tarun_core::secret::Secret;
use tarun_store::session::NewSession;
use tarun_store::tenant::Tenant;
use tarun_store::user::User;
use tarun_store::{TenantTx, session, tenant, user};
use time::{Duration, OffsetDateTime};

/// A device that is not used for so long is signed out.
pub(super) const IDLE: Duration = Duration::days(30);
/// And after so long in any case.
pub(super) const LONGEST: Duration = Duration::days(180);
/// Sign-ins of one person that are kept; the least recently used go first.
const MAX_SESSIONS: i64 = 50;
const MAX_USER_AGENT: usize = 200;

/// From where somebody calls.
#[derive(Debug, Clone, Default)]
pub struct Client {
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
    /// What the account gave the device at an earlier sign-in, as the caller claims.
    pub device: Option<Secret>,
}

/// Somebody who has just proved who he is.
#[derive(Debug)]
pub struct Entered {
    pub access_token: Secret,
    /// For its cookie.
    pub refresh_token: Secret,
    /// When the refresh token ends unless it is used.
    pub refresh_expires_at: OffsetDateTime,
    /// For its cookie: by this the account knows the device again. `None`: the cookie stays as it is.
    pub device: Option<Secret>,
    pub user: User,
    pub tenant: Tenant,
}

/// Opens a session for a person whose proof was checked, inside the caller's transaction.
pub(super) async fn enter(
    app: &App,
    tx: &mut TenantTx,
    person: User,
    client: &Client,
    how: &'static str,
) -> Result<Entered, ActError> {
    let now = app.clock.now();
    let id = SessionId::fresh();
    let (refresh_token, refresh_hash) = token::issue(&app.store, Kind::Refresh, tx.tenant(), id.0)?;
    let expires_at = now + IDLE;
    let user_agent: Option<String> = client
        .user_agent
        .as_deref()
        .map(|text| text.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT).collect());
    session::insert(
        tx,
        &NewSession { id, user: person.id, refresh_hash, now, expires_at, user_agent: user_agent.as_deref() },
    )
    .await?;
    session::prune(tx, person.id, now - IDLE, MAX_SESSIONS).await?;
    user::seen(tx, person.id, now).await?;
    let actor = Actor::User { id: person.id, role: person.role, session: id };
    audit::record(tx, &actor, now, "session.started", Some(("session", id.0)), serde_json::json!({ "by": how }))
        .await?;
    let access_token = app.auth.issue(Bearer { tenant: tx.tenant(), user: person.id, session: id }, now)?;
    let tenant = tenant::load(tx).await?;
    let user = User { last_seen_at: Some(now), ..person };
    let device = Some(device::mark(&app.store, &user.email)?);
    Ok(Entered { access_token, refresh_token, refresh_expires_at: expires_at, device, user, tenant })
}
