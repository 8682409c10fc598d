//! Changing what was entered about a number.

use super::fields;
use super::see::{SeenNumber, seen};
use crate::acting::{ActError, Acting};
use crate::{App, audit};
use serde_json::json;
use tarun_core::ids::NumberId;
use tarun_core::policy::Action;
use tarun_core::secret::Secret;
use tarun_store::number;

/// What is to change; absent stays.
#[derive(Debug, Default)]
pub struct NumberChange {
    pub display_phone_number: Option<String>,
    pub access_token: Option<Secret>,
    pub app_secret: Option<Secret>,
}

/// Changes a number. A new token or secret also ends a pause: whatever was wrong with the old one is over.
pub async fn change(app: &App, acting: &Acting, id: NumberId, change: NumberChange) -> Result<SeenNumber, ActError> {
    acting.require(Action::ManageNumber)?;
    let display =
        change.display_phone_number.map(|n| fields::display_number("/display_phone_number", &n)).transpose()?;
    let token = change.access_token.map(|t| fields::secret("/access_token", t.reveal())).transpose()?;
    let app_secret = change.app_secret.map(|s| fields::secret("/app_secret", s.reveal())).transpose()?;
    let changed: Vec<&str> = [
        ("display_phone_number", display.is_some()),
        ("access_token", token.is_some()),
        ("app_secret", app_secret.is_some()),
    ]
    .into_iter()
    .filter_map(|(name, given)| given.then_some(name))
    .collect();
    let mut tx = app.store.begin(&acting.ctx).await?;
    let mut number = number::lock(&mut tx, id).await?.ok_or(ActError::NotFound("number"))?;
    if token.is_some() || app_secret.is_some() {
        number.paused_reason = None;
    }
    number.display_phone_number = display.unwrap_or(number.display_phone_number);
    number.access_token = token.unwrap_or(number.access_token);
    number.app_secret = app_secret.unwrap_or(number.app_secret);
    if !changed.is_empty() {
        number::update(&mut tx, &number).await?;
        let about = Some(("number", id.0));
        let detail = json!({ "changed": changed });
        audit::record(&mut tx, &acting.actor, app.clock.now(), "number.changed", about, detail).await?;
    }
    let after = seen(&mut tx, acting, number).await?;
    tx.commit().await?;
    app.intake.routes.forget().await;
    Ok(after)
}
