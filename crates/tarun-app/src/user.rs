//! People of the business: who they are, what they may do, and a new password for those who forgot theirs.

mod change;
mod reset;

pub use change::{UserChange, change};
pub use reset::{ResetMade, make_reset, make_reset_at_machine};

use crate::App;
use crate::acting::{ActError, Acting};
use tarun_core::ids::UserId;
use tarun_core::policy::Action;
use tarun_store::Cursor;
use tarun_store::user::{self, User};

/// A page of people, oldest first.
pub async fn list(app: &App, acting: &Acting, after: Option<Cursor>, limit: i64) -> Result<Vec<User>, ActError> {
    acting.require(Action::ReadUser)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    let people = user::list(&mut tx, after, limit).await?;
    tx.commit().await?;
    Ok(people)
}

pub async fn find(app: &App, acting: &Acting, id: UserId) -> Result<User, ActError> {
    acting.require(Action::ReadUser)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    let person = user::find(&mut tx, id).await?;
    tx.commit().await?;
    person.ok_or(ActError::NotFound("person"))
}
