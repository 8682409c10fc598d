//! Looking at numbers and at how well they do.

use crate::App;
use crate::acting::{ActError, Acting};
use tarun_core::ids::NumberId;
use tarun_core::policy::{Action, may};
use tarun_core::secret::Secret;
use tarun_store::TenantTx;
use tarun_store::job::{self, JobKind};
use tarun_store::number::{self, Number};

/// A number as somebody may see it.
pub struct SeenNumber {
    pub number: Number,
    /// For those who may manage numbers.
    pub verify_token: Option<Secret>,
    /// Events of the business that were accepted and not yet handled.
    pub backlog: i64,
}

/// All of the business's numbers, oldest first.
pub async fn list(app: &App, acting: &Acting) -> Result<Vec<SeenNumber>, ActError> {
    acting.require(Action::ReadNumber)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    let numbers = number::list(&mut tx).await?;
    let backlog = job::waiting(&mut tx, JobKind::Inbound).await?;
    tx.commit().await?;
    Ok(numbers.into_iter().map(|n| shown(acting, n, backlog)).collect())
}

pub async fn get(app: &App, acting: &Acting, id: NumberId) -> Result<SeenNumber, ActError> {
    acting.require(Action::ReadNumber)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    let number = number::get(&mut tx, id).await?.ok_or(ActError::NotFound("number"))?;
    let seen = seen(&mut tx, acting, number).await?;
    tx.commit().await?;
    Ok(seen)
}

pub(super) async fn seen(tx: &mut TenantTx, acting: &Acting, number: Number) -> Result<SeenNumber, ActError> {
    let backlog = job::waiting(tx, JobKind::Inbound).await?;
    Ok(shown(acting, number, backlog))
}

fn shown(acting: &Acting, number: Number, backlog: i64) -> SeenNumber {
    let verify_token = may(&acting.actor, Action::ManageNumber).then(|| number.verify_token.clone());
    SeenNumber { number, verify_token, backlog }
}
