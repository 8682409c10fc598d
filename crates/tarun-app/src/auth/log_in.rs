//! Signing in with e-mail and password. An unknown e-mail and a wrong password look alike, also in time.

use super::attempt::Counted;
use super::entry::{Client, Entered, enter};
use crate::acting::ActError;
use crate::{App, input};
use tarun_core::ids::TenantId;
use tarun_core::secret::Secret;
use tarun_store::{StoreError, user};

pub async fn log_in(app: &App, email: &str, password: &Secret, client: &Client) -> Result<Entered, ActError> {
    // What is no e-mail address is nobody's, and costs and says the same.
    let email = input::email("/email", email).unwrap_or_default();
    let counted = Counted::sign_in(&app.store, &email, client);
    let turn = app.auth.hashing().turn().await?;
    counted.check(app).await?;

    let email_hash = user::email_hash(&app.store, &email);
    let found = match user::tenant_of_email(&app.store, email_hash).await? {
        Some(tenant) => {
            let ctx = app.store.tenant(tenant).await?;
            let mut tx = app.store.begin(&ctx).await?;
            let found = user::by_email(&mut tx, email_hash).await?;
            tx.commit().await?;
            found.map(|(user, phc)| (ctx, user, phc))
        }
        None => {
            // As many questions to the database as above: the time must not tell who is here.
            match app.store.tenant(TenantId::fresh()).await {
                Ok(_) | Err(StoreError::NoSuchTenant) => None,
                Err(error) => return Err(error.into()),
            }
        }
    };
    let right = turn.verify(password, found.as_ref().map(|(_, _, phc)| phc.clone())).await?;
    let Some((ctx, known, phc)) = found.filter(|_| right) else {
        counted.add(app).await?;
        return Err(wrong());
    };
    drop(turn);
    if !known.is_active {
        return Err(ActError::Unauthenticated {
            code: "user_inactive",
            detail: "Your sign-in is switched off. Ask an admin of your business.",
        });
    }
    let mut tx = app.store.begin(&ctx).await?;
    // Between the check and now the password may have been changed, or the person switched off.
    let person = user::lock(&mut tx, known.id).await?.filter(|u| u.is_active).ok_or_else(wrong)?;
    if user::password_hash(&mut tx, person.id).await?.as_deref() != Some(phc.as_str()) {
        return Err(wrong());
    }
    let entered = enter(app, &mut tx, person, client, "password").await?;
    tx.commit().await?;
    counted.succeeded(app).await?;
    Ok(entered)
}

fn wrong() -> ActError {
    ActError::Unauthenticated { code: "invalid_credentials", detail: "E-mail address or password is wrong." }
}
