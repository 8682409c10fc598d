//! A person changes his own password: all his other devices are signed out.

use super::attempt::Counted;
use super::{password, session};
use crate::acting::{ActError, Acting};
use crate::{App, audit};
use tarun_core::secret::Secret;
use tarun_store::{link, tenant, user};

pub async fn change_password(app: &App, acting: &Acting, current: &Secret, new: &Secret) -> Result<(), ActError> {
    let (id, session) = session::own(acting)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    let person = user::find(&mut tx, id).await?.ok_or(ActError::NotFound("person"))?;
    let phc = user::password_hash(&mut tx, id).await?;
    let business = tenant::load(&mut tx).await?;
    tx.commit().await?;
    password::check_new("/new_password", new, &[&person.email, &person.name, &business.name])?;

    // Whoever found a device unlocked may not guess on and on.
    let counted = Counted::signed_in(&app.store, id);
    let turn = app.auth.hashing().turn().await?;
    counted.check(app).await?;
    if !turn.verify(current, phc.clone()).await? {
        counted.add(app).await?;
        return Err(ActError::Field {
            pointer: "/current_password",
            code: "wrong_password",
            detail: "This is not your present password.".into(),
        });
    }
    let new_phc = turn.hash(new).await?;
    drop(turn);

    let now = app.clock.now();
    let mut tx = app.store.begin(&acting.ctx).await?;
    user::lock(&mut tx, id).await?.ok_or(ActError::NotFound("person"))?;
    if user::password_hash(&mut tx, id).await? != phc {
        return Err(ActError::Conflict {
            code: "password_changed",
            detail: "Your password was changed elsewhere at the same moment. Sign in with the new one.".into(),
        });
    }
    user::set_password_hash(&mut tx, id, &new_phc).await?;
    link::shut_resets_of(&mut tx, id, now).await?;
    let ended = tarun_store::session::revoke_all_of(&mut tx, id, Some(session), now).await?;
    let about = Some(("user", id.0));
    audit::record(&mut tx, &acting.actor, now, "user.password_changed", about, serde_json::json!({})).await?;
    tx.commit().await?;
    counted.succeeded(app).await?;
    for id in ended {
        app.auth.forget_session(acting.ctx.tenant, id).await;
    }
    Ok(())
}
