//! Invitations: a link that whoever invites passes on himself. Tarun sends no mail.

use crate::acting::{ActError, Acting};
use crate::auth::token::{self, Kind};
use crate::idempotency::{self, Once};
use crate::{App, audit, input};
use serde::{Deserialize, Serialize};
use tarun_core::policy::{Action, Role};
use tarun_core::secret::Secret;
use tarun_store::link::{self, Link};
use tarun_store::{Cursor, user};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const LIFE: Duration = Duration::days(7);
const MAX_OPEN: i64 = 200;
/// Used and withdrawn links are kept so long, to be told from links that never were when somebody asks why.
const KEPT: Duration = Duration::days(30);
pub(crate) const MAX_USERS: i64 = 1000;

/// An invitation just made, with the token of its link. Sealed where a repeated call is to get it again.
#[derive(Serialize, Deserialize)]
pub struct Invited {
    pub id: Uuid,
    pub email: String,
    role: String,
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    token: String,
}

impl Invited {
    #[must_use]
    pub fn role(&self) -> Role {
        Role::parse(&self.role).unwrap_or(Role::Agent)
    }

    #[must_use]
    pub fn token(&self) -> Secret {
        Secret::new(self.token.as_str())
    }
}

/// Those that wait, oldest first.
pub async fn list(app: &App, acting: &Acting, after: Option<Cursor>, limit: i64) -> Result<Vec<Link>, ActError> {
    acting.require(Action::ManageUser)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    let links = link::open_invitations(&mut tx, app.clock.now(), after, limit).await?;
    tx.commit().await?;
    Ok(links)
}

/// Invites somebody; an earlier invitation of the same address ends.
pub async fn create(
    app: &App,
    acting: &Acting,
    email: &str,
    role: Role,
    once: Option<&Once>,
) -> Result<Invited, ActError> {
    acting.require(Action::ManageUser)?;
    if role == Role::Owner {
        acting.require(Action::ManageOwner)?;
    }
    let email = input::email("/email", email)?;
    let now = app.clock.now();
    let mut tx = app.store.begin(&acting.ctx).await?;
    if let Some(done) = idempotency::find(&mut tx, once, now).await? {
        tx.commit().await?;
        return Ok(done);
    }
    let acting = &acting.as_of_now(&mut tx, now).await?;
    acting.require(Action::ManageUser)?;
    if role == Role::Owner {
        acting.require(Action::ManageOwner)?;
    }
    if user::by_email(&mut tx, user::email_hash(&app.store, &email)).await?.is_some() {
        return Err(ActError::Conflict {
            code: "email_taken",
            detail: "This person is in your business already. Switch the person on again, or change the role.".into(),
        });
    }
    // One at a time for the business: the limits below are counted, and the same address is invited once.
    tarun_store::tenant::lock(&mut tx).await?;
    let open = link::open_invitations(&mut tx, now, None, MAX_OPEN).await?;
    for earlier in open.iter().filter(|l| l.email == email) {
        link::shut(&mut tx, link::Kind::Invitation, earlier.id, now).await?;
    }
    let full = i64::try_from(open.len()).unwrap_or(i64::MAX) >= MAX_OPEN || user::count(&mut tx).await? >= MAX_USERS;
    if full {
        return Err(ActError::Conflict {
            code: "too_many_people",
            detail: format!(
                "A business can have {MAX_USERS} people and {MAX_OPEN} open invitations. Withdraw some first."
            ),
        });
    }
    link::prune(&mut tx, now - KEPT).await?;
    let id = Uuid::now_v7();
    let (secret, secret_hash) = token::issue(&app.store, Kind::Link, acting.ctx.tenant, id)?;
    let expires_at = now + LIFE;
    let link = Link {
        id,
        kind: link::Kind::Invitation,
        secret_hash: secret_hash.to_vec(),
        email: email.clone(),
        role,
        user: None,
        created_by: acting.actor.user_id(),
        created_at: now,
        expires_at,
        used_at: None,
    };
    link::insert(&mut tx, &link).await?;
    let detail = serde_json::json!({ "role": role.as_str() });
    audit::record(&mut tx, &acting.actor, now, "invitation.created", Some(("invitation", id)), detail).await?;
    let invited = Invited { id, email, role: role.as_str().to_owned(), expires_at, token: secret.reveal().to_owned() };
    idempotency::keep(&mut tx, once, &invited, now).await?;
    tx.commit().await?;
    Ok(invited)
}

/// Withdraws one that waits.
pub async fn withdraw(app: &App, acting: &Acting, id: Uuid) -> Result<(), ActError> {
    acting.require(Action::ManageUser)?;
    let now = app.clock.now();
    let mut tx = app.store.begin(&acting.ctx).await?;
    let link = link::lock(&mut tx, id).await?.filter(|l| l.kind == link::Kind::Invitation && l.is_open(now));
    let link = link.ok_or(ActError::NotFound("invitation"))?;
    if link.role == Role::Owner {
        acting.require(Action::ManageOwner)?;
    }
    link::shut(&mut tx, link::Kind::Invitation, id, now).await?;
    let about = Some(("invitation", id));
    audit::record(&mut tx, &acting.actor, now, "invitation.withdrawn", about, serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(())
}
