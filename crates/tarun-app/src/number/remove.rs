//! Disconnecting a number that was never used.

use crate::acting::{ActError, Acting};
use crate::{App, audit};
use serde_json::json;
use tarun_core::ids::NumberId;
use tarun_core::policy::Action;
use tarun_store::{StoreError, number};

/// Removes a number without conversations; one with conversations stays, since they would have no home.
pub async fn remove(app: &App, acting: &Acting, id: NumberId) -> Result<(), ActError> {
    acting.require(Action::ManageNumber)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    if !number::delete(&mut tx, id).await.map_err(in_use)? {
        return Err(ActError::NotFound("number"));
    }
    let about = Some(("number", id.0));
    audit::record(&mut tx, &acting.actor, app.clock.now(), "number.removed", about, json!({})).await?;
    tx.commit().await?;
    app.intake.routes.forget().await;
    Ok(())
}

fn in_use(error: StoreError) -> ActError {
    if error.broke("conversations_tenant_id_number_id_fkey") {
        return ActError::Conflict {
            code: "number_in_use",
            detail: "This number has conversations, which would be lost. To stop it, remove the app at Meta instead."
                .into(),
        };
    }
    error.into()
}
