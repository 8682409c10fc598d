//! A new business and its first person, an owner.

use super::attempt::Counted;
use super::entry::{Client, Entered, enter};
use super::password;
use crate::acting::ActError;
use crate::{App, input};
use tarun_core::policy::Role;
use tarun_core::secret::Secret;
use tarun_store::user::{self, NewUser};

/// Who may found a business on this installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignUpPolicy {
    #[default]
    Open,
    /// The first business only.
    First,
    Closed,
}

#[derive(Debug)]
pub struct SignUp {
    pub business_name: String,
    pub name: String,
    pub email: String,
    pub password: Secret,
}

pub async fn sign_up(app: &App, policy: SignUpPolicy, given: SignUp, client: &Client) -> Result<Entered, ActError> {
    if policy == SignUpPolicy::Closed {
        return Err(closed());
    }
    let business_name = input::line("/business_name", &given.business_name, 120)?;
    let name = input::line("/name", &given.name, 120)?;
    let email = input::email("/email", &given.email)?;
    password::check_new("/password", &given.password, &[&email, &business_name, &name])?;

    let taken = Counted::taken(&app.store, client.address);
    let founded = Counted::founded(&app.store, client.address);
    let turn = app.auth.hashing().newcomers_turn().await?;
    taken.check(app).await?;
    founded.check(app).await?;
    let password_hash = turn.hash(&given.password).await?;

    let now = app.clock.now();
    let only_first = policy == SignUpPolicy::First;
    let mut tx = app.store.create_tenant(&business_name, now, only_first).await?.ok_or_else(closed)?;
    let new = NewUser {
        email_hash: user::email_hash(&app.store, &email),
        email: &email,
        name: &name,
        password_hash: &password_hash,
        role: Role::Owner,
        created_at: now,
    };
    let owner = match user::insert(&mut tx, &new).await {
        Err(error) if error.broke("users_email_hash_key") => {
            taken.add(app).await?;
            return Err(email_taken());
        }
        other => other?,
    };
    let entered = enter(app, &mut tx, owner, client, "sign_up").await?;
    tx.commit().await?;
    founded.add(app).await?;
    Ok(entered)
}

fn closed() -> ActError {
    ActError::Conflict {
        code: "signup_closed",
        detail: "New businesses can't be added here. Ask the people who run this installation for an invitation."
            .into(),
    }
}

pub(crate) fn email_taken() -> ActError {
    ActError::Conflict {
        code: "email_taken",
        detail: "Somebody with this e-mail address is here already. Sign in, or take another address.".into(),
    }
}
