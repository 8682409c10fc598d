//! What waits for a decision.

use crate::App;
use crate::acting::{ActError, Acting};
use tarun_core::policy::Action;
use tarun_store::job::{self, DeadJob, JobKind};

/// Dead letters with an id below `before`, newest first.
pub async fn list(
    app: &App,
    acting: &Acting,
    kind: Option<JobKind>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<DeadJob>, ActError> {
    acting.require(Action::ManageFailure)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    let found = job::dead(&mut tx, kind, before, limit).await?;
    tx.commit().await?;
    Ok(found)
}
