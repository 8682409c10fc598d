//! A link with which somebody sets a new password. An admin makes it, or whoever has the machine, and passes it on; it works
//! once, for an hour.

use crate::acting::{ActError, Acting};
use crate::auth::token::{self, Kind};
use crate::idempotency::{self, Once};
use crate::{App, audit, input};
use serde::{Deserialize, Serialize};
use tarun_core::ids::UserId;
use tarun_core::policy::{Action, Role};
use tarun_core::secret::Secret;
use tarun_store::link::{self, Link};
use tarun_store::user::{self, User};
use tarun_store::{Store, TenantTx};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const LIFE: Duration = Duration::hours(1);

/// A link just made. Sealed where a repeated call is to get it again.
#[derive(Serialize, Deserialize)]
pub struct ResetMade {
    token: String,
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

impl ResetMade {
    #[must_use]
    pub fn token(&self) -> Secret {
        Secret::new(self.token.as_str())
    }
}

/// Makes a link for somebody who may sign in; an earlier one of his ends.
pub async fn make_reset(app: &App, acting: &Acting, id: UserId, once: Option<&Once>) -> Result<ResetMade, ActError> {
    acting.require(Action::ManageUser)?;
    let now = app.clock.now();
    let mut tx = app.store.begin(&acting.ctx).await?;
    if let Some(done) = idempotency::find(&mut tx, once, now).await? {
        tx.commit().await?;
        return Ok(done);
    }
    // Two people's rows are locked, as in a change of rights: in one order for all.
    user::lock_active_owners(&mut tx).await?;
    let acting = &acting.as_of_now(&mut tx, now).await?;
    acting.require(Action::ManageUser)?;
    let person = user::lock(&mut tx, id).await?.ok_or(ActError::NotFound("person"))?;
    if person.role == Role::Owner {
        // Whoever sets an owner's password is the owner.
        acting.require(Action::ManageOwner)?;
    }
    let made = make(&app.store, &mut tx, person, (&acting.actor).into(), now).await?;
    idempotency::keep(&mut tx, once, &made, now).await?;
    tx.commit().await?;
    Ok(made)
}

/// Makes a link for the person with this e-mail address, whoever he is: for the operator at the machine, where nobody is left
/// who could make one. `None` where nobody has that address.
pub async fn make_reset_at_machine(
    store: &Store,
    email: &str,
    now: OffsetDateTime,
) -> Result<Option<ResetMade>, ActError> {
    let email_hash = user::email_hash(store, &input::email("/email", email)?);
    let Some(tenant) = user::tenant_of_email(store, email_hash).await? else { return Ok(None) };
    let mut tx = store.begin(&store.tenant(tenant).await?).await?;
    let Some((known, _)) = user::by_email(&mut tx, email_hash).await? else { return Ok(None) };
    let Some(person) = user::lock(&mut tx, known.id).await? else { return Ok(None) };
    let made = make(store, &mut tx, person, audit::By::System, now).await?;
    tx.commit().await?;
    Ok(Some(made))
}

async fn make(
    store: &Store,
    tx: &mut TenantTx,
    person: User,
    by: audit::By,
    now: OffsetDateTime,
) -> Result<ResetMade, ActError> {
    if !person.is_active {
        return Err(ActError::Conflict {
            code: "user_inactive",
            detail: "This person's sign-in is switched off. Switch it on first.".into(),
        });
    }
    link::shut_resets_of(tx, person.id, now).await?;
    let row = Uuid::now_v7();
    let (secret, secret_hash) = token::issue(store, Kind::Link, tx.tenant(), row)?;
    let expires_at = now + LIFE;
    let link = Link {
        id: row,
        kind: link::Kind::Reset,
        secret_hash: secret_hash.to_vec(),
        email: person.email,
        role: person.role,
        user: Some(person.id),
        created_by: match by {
            audit::By::User(id) => Some(id),
            audit::By::ApiKey(_) | audit::By::System => None,
        },
        created_at: now,
        expires_at,
        used_at: None,
    };
    link::insert(tx, &link).await?;
    let about = Some(("user", person.id.0));
    audit::record_by(tx, by, now, "user.reset_link_made", about, serde_json::json!({})).await?;
    Ok(ResetMade { token: secret.reveal().to_owned(), expires_at })
}
