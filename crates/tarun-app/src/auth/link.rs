//! Links of invitations and password resets: looked at without signing in, accepted once.

use super::entry::{Client, Entered, enter};
use super::password;
use super::sign_up::email_taken;
use super::token::{self, Kind, Token};
use crate::acting::ActError;
use crate::{App, audit, input};
use tarun_core::policy::Role;
use tarun_core::secret::Secret;
use tarun_store::link::{self, Link};
use tarun_store::user::{self, NewUser};
use tarun_store::{StoreError, TenantTx, session, tenant};

/// What a link is for, shown to whoever holds it.
#[derive(Debug)]
pub struct LinkInfo {
    pub business_name: String,
    pub email: String,
    pub role: Role,
}

/// Accepting a link.
#[derive(Debug)]
pub struct Accept {
    pub token: Secret,
    /// For an invitation.
    pub name: Option<String>,
    pub password: Secret,
}

pub async fn info(app: &App, token: &str) -> Result<LinkInfo, ActError> {
    let token = read(app, token)?;
    let mut tx = begin(app, &token).await?;
    let link = hold(app, &mut tx, &token, None).await?;
    let business_name = tenant::load(&mut tx).await?.name;
    tx.commit().await?;
    Ok(LinkInfo { business_name, email: link.email, role: link.role })
}

/// Adds the invited person and signs him in.
pub async fn accept_invitation(app: &App, given: Accept, client: &Client) -> Result<Entered, ActError> {
    let token = read(app, given.token.reveal())?;
    let name = input::line("/name", given.name.as_deref().unwrap_or_default(), 120)?;
    let (phc, _) = new_password(app, &token, link::Kind::Invitation, &name, &given.password).await?;
    let now = app.clock.now();
    let mut tx = begin(app, &token).await?;
    let link = hold(app, &mut tx, &token, Some(link::Kind::Invitation)).await?;
    let new = NewUser {
        email_hash: user::email_hash(&app.store, &link.email),
        email: &link.email,
        name: &name,
        password_hash: &phc,
        role: link.role,
        created_at: now,
    };
    let person = match user::insert(&mut tx, &new).await {
        Err(error) if error.broke("users_email_hash_key") => return Err(email_taken()),
        other => other?,
    };
    link::shut(&mut tx, link::Kind::Invitation, link.id, now).await?;
    let by = audit::By::User(person.id);
    let detail = serde_json::json!({ "role": person.role.as_str() });
    audit::record_by(&mut tx, by, now, "invitation.accepted", Some(("invitation", link.id)), detail).await?;
    let entered = enter(app, &mut tx, person, client, "invitation").await?;
    tx.commit().await?;
    Ok(entered)
}

/// Sets the password, ends all of the person's sign-ins, and signs him in.
pub async fn reset_password(app: &App, given: Accept, client: &Client) -> Result<Entered, ActError> {
    let token = read(app, given.token.reveal())?;
    let (phc, link) = new_password(app, &token, link::Kind::Reset, "", &given.password).await?;
    let id = link.user.ok_or_else(no_longer)?;
    let now = app.clock.now();
    let mut tx = begin(app, &token).await?;
    // The person before his links, as everywhere: the other way round, two acts could wait for each other.
    let person = user::lock(&mut tx, id).await?.filter(|u| u.is_active).ok_or_else(no_longer)?;
    hold(app, &mut tx, &token, Some(link::Kind::Reset)).await?;
    user::set_password_hash(&mut tx, id, &phc).await?;
    link::shut_resets_of(&mut tx, id, now).await?;
    let ended = session::revoke_all_of(&mut tx, id, None, now).await?;
    let about = Some(("user", id.0));
    audit::record_by(&mut tx, audit::By::User(id), now, "user.password_reset", about, serde_json::json!({})).await?;
    let entered = enter(app, &mut tx, person, client, "reset").await?;
    tx.commit().await?;
    for session in ended {
        app.auth.forget_session(token.tenant, session).await;
    }
    Ok(entered)
}

/// Checks a password against what is known of the link's person, and hashes it with no transaction open.
async fn new_password(
    app: &App,
    token: &Token,
    kind: link::Kind,
    name: &str,
    password: &Secret,
) -> Result<(String, Link), ActError> {
    let mut tx = begin(app, token).await?;
    let link = hold(app, &mut tx, token, Some(kind)).await?;
    let business = tenant::load(&mut tx).await?;
    tx.commit().await?;
    password::check_new("/password", password, &[&link.email, name, &business.name])?;
    let turn = app.auth.hashing().turn().await?;
    Ok((turn.hash(password).await?, link))
}

async fn begin(app: &App, token: &Token) -> Result<TenantTx, ActError> {
    match app.store.tenant(token.tenant).await {
        Err(StoreError::NoSuchTenant) => Err(no_longer()),
        other => Ok(app.store.begin(&other?).await?),
    }
}

/// The link while it is open, locked until the transaction ends.
async fn hold(app: &App, tx: &mut TenantTx, token: &Token, kind: Option<link::Kind>) -> Result<Link, ActError> {
    let now = app.clock.now();
    link::lock(tx, token.row)
        .await?
        .filter(|l| token.matches(&l.secret_hash) && l.is_open(now) && kind.is_none_or(|k| k == l.kind))
        .ok_or_else(no_longer)
}

fn read(app: &App, text: &str) -> Result<Token, ActError> {
    token::read(&app.store, Kind::Link, text).ok_or_else(no_longer)
}

/// Used, withdrawn, too old or never made: the holder needs a new one in any case.
fn no_longer() -> ActError {
    ActError::NotFound("link, or it was used, withdrawn or is too old: ask your admin for a new one")
}
