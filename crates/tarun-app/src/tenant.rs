//! The business itself: its name and settings.

use crate::acting::{ActError, Acting};
use crate::{App, audit, input};
use tarun_core::policy::Action;
use tarun_store::tenant::{self, Tenant};

/// What is to change; absent stays.
#[derive(Debug, Default)]
pub struct TenantChange {
    pub name: Option<String>,
    pub time_zone: Option<String>,
    pub agents_see_all: Option<bool>,
    pub onboarded: Option<bool>,
}

pub async fn load(app: &App, acting: &Acting) -> Result<Tenant, ActError> {
    let mut tx = app.store.begin(&acting.ctx).await?;
    let found = tenant::load(&mut tx).await?;
    tx.commit().await?;
    Ok(found)
}

pub async fn change(app: &App, acting: &Acting, change: TenantChange) -> Result<Tenant, ActError> {
    acting.require(Action::ManageTenant)?;
    let name = change.name.map(|n| input::line("/name", &n, 120)).transpose()?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    let before = tenant::lock(&mut tx).await?;
    let mut after = before.clone();
    after.name = name.unwrap_or(after.name);
    after.agents_see_all = change.agents_see_all.unwrap_or(after.agents_see_all);
    after.onboarded = change.onboarded.unwrap_or(after.onboarded);
    if let Some(zone) = change.time_zone.filter(|zone| *zone != before.time_zone) {
        if zone.len() > 64 || !zone.is_ascii() || zone.contains('\0') || !tenant::is_time_zone(&mut tx, &zone).await? {
            return Err(ActError::Field {
                pointer: "/time_zone",
                code: "unknown_time_zone",
                detail: "Give an IANA time zone such as Asia/Kolkata.".into(),
            });
        }
        after.time_zone = zone;
    }
    if after != before {
        tenant::update(&mut tx, &after).await?;
        let changed: Vec<&str> = [
            ("name", after.name != before.name),
            ("time_zone", after.time_zone != before.time_zone),
            ("agents_see_all", after.agents_see_all != before.agents_see_all),
            ("onboarded", after.onboarded != before.onboarded),
        ]
        .into_iter()
        .filter_map(|(field, changed)| changed.then_some(field))
        .collect();
        let about = Some(("tenant", acting.ctx.tenant.0));
        let detail = serde_json::json!({ "changed": changed, "agents_see_all": after.agents_see_all });
        audit::record(&mut tx, &acting.actor, app.clock.now(), "tenant.changed", about, detail).await?;
    }
    tx.commit().await?;
    app.auth.forget_tenant(acting.ctx.tenant).await;
    Ok(after)
}
