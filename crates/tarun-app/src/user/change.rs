//! Name, role, and whether somebody may sign in.

use crate::acting::{ActError, Acting};
use crate::{App, audit, input};
use tarun_core::ids::UserId;
use tarun_core::policy::{Action, Role};
use tarun_store::user::{self, User};
use tarun_store::{link, session};

/// What is to change; absent stays.
#[derive(Debug, Default)]
pub struct UserChange {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub is_active: Option<bool>,
}

/// Admins change people, owners also owners, everybody his own name. The last active owner stays what he is.
pub async fn change(app: &App, acting: &Acting, id: UserId, change: UserChange) -> Result<User, ActError> {
    acting.require(Action::ReadUser)?;
    let only_own_name = acting.actor.user_id() == Some(id) && change.role.is_none() && change.is_active.is_none();
    if !only_own_name {
        acting.require(Action::ManageUser)?;
    }
    let name = change.name.map(|n| input::line("/name", &n, 120)).transpose()?;
    let now = app.clock.now();
    let mut tx = app.store.begin(&acting.ctx).await?;
    // Always before a single person's row: whoever changes owners waits here, in one order.
    let owners = user::lock_active_owners(&mut tx).await?;
    let before = user::lock(&mut tx, id).await?.ok_or(ActError::NotFound("person"))?;
    let mut after = before.clone();
    after.name = name.unwrap_or(after.name);
    after.role = change.role.unwrap_or(after.role);
    after.is_active = change.is_active.unwrap_or(after.is_active);
    let rights_change = after.role != before.role || after.is_active != before.is_active;
    let touches_owner = before.role == Role::Owner || after.role == Role::Owner;
    if touches_owner && !only_own_name {
        acting.require(Action::ManageOwner)?;
    }
    let stays_owner = after.role == Role::Owner && after.is_active;
    if owners == [id] && !stays_owner {
        return Err(ActError::Conflict {
            code: "last_owner",
            detail: "A business needs an owner. Make somebody else an owner first.".into(),
        });
    }
    if after == before {
        return Ok(before);
    }
    user::update(&mut tx, &after).await?;
    let about = Some(("user", id.0));
    let mut note = async |action, detail| audit::record(&mut tx, &acting.actor, now, action, about, detail).await;
    if after.name != before.name {
        note("user.renamed", serde_json::json!({})).await?;
    }
    if after.role != before.role {
        let detail = serde_json::json!({ "from": before.role.as_str(), "to": after.role.as_str() });
        note("user.role_changed", detail).await?;
    }
    if after.is_active != before.is_active {
        let action = if after.is_active { "user.activated" } else { "user.deactivated" };
        note(action, serde_json::json!({})).await?;
    }
    if !after.is_active {
        session::revoke_all_of(&mut tx, id, None, now).await?;
    }
    if rights_change {
        // Who may set a password depends on whose it is; and what somebody gave out may not outlive his right to give it.
        link::shut_resets_of(&mut tx, id, now).await?;
        link::shut_made_by(&mut tx, id, now).await?;
    }
    tx.commit().await?;
    if rights_change {
        app.auth.forget_user(acting.ctx.tenant, id).await;
    }
    Ok(after)
}
