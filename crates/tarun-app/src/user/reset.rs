//! A link with which somebody sets a new password. An admin makes it and passes it on; it works once, for an hour.

use crate::acting::{ActError, Acting};
use crate::auth::token::{self, Kind};
use crate::idempotency::{self, Once};
use crate::{App, audit};
use serde::{Deserialize, Serialize};
use tarun_core::ids::UserId;
use tarun_core::policy::{Action, Role};
use tarun_core::secret::Secret;
use tarun_store::link::{self, Link};
use tarun_store::user;
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
    let person = user::lock(&mut tx, id).await?.ok_or(ActError::NotFound("person"))?;
    if person.role == Role::Owner {
        // Whoever sets an owner's password is the owner.
        acting.require(Action::ManageOwner)?;
    }
    if !person.is_active {
        return Err(ActError::Conflict {
            code: "user_inactive",
            detail: "This person's sign-in is switched off. Switch it on first.".into(),
        });
    }
    link::shut_resets_of(&mut tx, id, now).await?;
    let row = Uuid::now_v7();
    let (secret, secret_hash) = token::issue(&app.store, Kind::Link, acting.ctx.tenant, row)?;
    let expires_at = now + LIFE;
    let link = Link {
        id: row,
        kind: link::Kind::Reset,
        secret_hash: secret_hash.to_vec(),
        email: person.email,
        role: person.role,
        user: Some(id),
        created_by: acting.actor.user_id(),
        created_at: now,
        expires_at,
        used_at: None,
    };
    link::insert(&mut tx, &link).await?;
    let about = Some(("user", id.0));
    audit::record(&mut tx, &acting.actor, now, "user.reset_link_made", about, serde_json::json!({})).await?;
    let made = ResetMade { token: secret.reveal().to_owned(), expires_at };
    idempotency::keep(&mut tx, once, &made, now).await?;
    tx.commit().await?;
    Ok(made)
}
