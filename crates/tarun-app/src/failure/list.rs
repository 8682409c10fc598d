//! What waits for a decision.

use crate::App;
use crate::acting::{ActError, Acting};
use tarun_core::policy::Action;
use tarun_store::event::{self, NotShown};
use tarun_store::job::{self, DeadJob, JobKind};
use time::Duration;

/// How far back the events are counted that show nowhere: as long as they are kept unless a setting says otherwise.
const NOT_SHOWN: Duration = Duration::days(7);

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

/// What was kept in the last days and shows nowhere, by sort.
pub async fn not_shown(app: &App, acting: &Acting) -> Result<Vec<NotShown>, ActError> {
    acting.require(Action::ManageFailure)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    let found = event::not_shown(&mut tx, app.clock.now() - NOT_SHOWN).await?;
    tx.commit().await?;
    Ok(found)
}
