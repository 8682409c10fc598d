//! Keys with which programs call the API. A key is shown once, to whoever made it.

use crate::acting::{ActError, Acting};
use crate::auth::token::{self, Kind};
use crate::idempotency::{self, Once};
use crate::{App, audit, input};
use serde::{Deserialize, Serialize};
use tarun_core::ids::ApiKeyId;
use tarun_core::policy::{Action, Scope};
use tarun_core::secret::Secret;
use tarun_store::Cursor;
use tarun_store::api_key::{self, ApiKey};
use time::OffsetDateTime;

const MAX_KEYS: i64 = 100;

#[derive(Debug)]
pub struct NewApiKey {
    pub name: String,
    pub scope: Scope,
    pub expires_at: Option<OffsetDateTime>,
}

/// What a repeated call needs to answer like the first.
#[derive(Serialize, Deserialize)]
struct Made {
    id: ApiKeyId,
    key: String,
}

pub async fn list(app: &App, acting: &Acting, after: Option<Cursor>, limit: i64) -> Result<Vec<ApiKey>, ActError> {
    acting.require(Action::ManageApiKey)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    let keys = api_key::list(&mut tx, after, limit).await?;
    tx.commit().await?;
    Ok(keys)
}

/// Makes a key; answers with it and with the key itself.
pub async fn create(
    app: &App,
    acting: &Acting,
    given: NewApiKey,
    once: Option<&Once>,
) -> Result<(ApiKey, Secret), ActError> {
    acting.require(Action::ManageApiKey)?;
    let name = input::line("/name", &given.name, 120)?;
    let now = app.clock.now();
    if given.expires_at.is_some_and(|at| at <= now) {
        return Err(ActError::Field {
            pointer: "/expires_at",
            code: "in_the_past",
            detail: "Give a moment in the future, or leave it out.".into(),
        });
    }
    let mut tx = app.store.begin(&acting.ctx).await?;
    if let Some(Made { id, key }) = idempotency::find(&mut tx, once, now).await? {
        let made = api_key::find(&mut tx, id).await?.ok_or(ActError::NotFound("API key"))?;
        tx.commit().await?;
        return Ok((made, Secret::new(key)));
    }
    let acting = &acting.as_of_now(&mut tx, now).await?;
    acting.require(Action::ManageApiKey)?;
    if api_key::count(&mut tx).await? >= MAX_KEYS {
        return Err(ActError::Conflict {
            code: "too_many_api_keys",
            detail: format!("There are {MAX_KEYS} keys already: withdraw those that nobody uses."),
        });
    }
    let id = ApiKeyId::fresh();
    let (secret, secret_hash) = token::issue(&app.store, Kind::ApiKey, acting.ctx.tenant, id.0)?;
    let key = ApiKey {
        id,
        name,
        scope: given.scope,
        secret_hash: secret_hash.to_vec(),
        hint: secret.hint(),
        created_by: acting.actor.user_id(),
        created_at: now,
        expires_at: given.expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    api_key::insert(&mut tx, &key).await?;
    let detail = serde_json::json!({ "scope": key.scope.as_str() });
    audit::record(&mut tx, &acting.actor, now, "api_key.created", Some(("api_key", id.0)), detail).await?;
    idempotency::keep(&mut tx, once, &Made { id, key: secret.reveal().to_owned() }, now).await?;
    tx.commit().await?;
    Ok((key, secret))
}

/// Withdraws a key, at once.
pub async fn revoke(app: &App, acting: &Acting, id: ApiKeyId) -> Result<(), ActError> {
    acting.require(Action::ManageApiKey)?;
    let now = app.clock.now();
    let mut tx = app.store.begin(&acting.ctx).await?;
    if !api_key::revoke(&mut tx, id, now).await? {
        return Err(ActError::NotFound("API key"));
    }
    let about = Some(("api_key", id.0));
    audit::record(&mut tx, &acting.actor, now, "api_key.revoked", about, serde_json::json!({})).await?;
    tx.commit().await?;
    app.auth.forget_api_key(acting.ctx.tenant, id).await;
    Ok(())
}
