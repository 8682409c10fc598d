//! Connecting a number.

use super::fields;
use super::see::{SeenNumber, seen};
use crate::acting::{ActError, Acting};
use crate::idempotency::{self, Once};
use crate::{App, audit};
use serde_json::json;
use tarun_core::ids::NumberId;
use tarun_core::policy::Action;
use tarun_core::secret::Secret;
use tarun_store::number::{self, Number};
use tarun_store::{StoreError, keys};

const MAX_NUMBERS: usize = 200;

/// What somebody enters to connect a number.
pub struct NewNumber {
    pub phone_number_id: String,
    pub waba_id: String,
    pub display_phone_number: String,
    pub access_token: Secret,
    pub app_secret: Secret,
    /// Made here when absent.
    pub verify_token: Option<Secret>,
}

/// Connects a number. Whether it works, [`super::check`] tells.
pub async fn create(app: &App, acting: &Acting, new: NewNumber, once: Option<&Once>) -> Result<SeenNumber, ActError> {
    acting.require(Action::ManageNumber)?;
    let now = app.clock.now();
    let number = Number {
        id: NumberId::fresh(),
        phone_number_id: fields::meta_id("/phone_number_id", &new.phone_number_id)?,
        waba_id: fields::meta_id("/waba_id", &new.waba_id)?,
        display_phone_number: fields::display_number("/display_phone_number", &new.display_phone_number)?,
        verified_name: None,
        access_token: fields::secret("/access_token", new.access_token.reveal())?,
        app_secret: fields::secret("/app_secret", new.app_secret.reveal())?,
        verify_token: match new.verify_token {
            Some(token) => fields::secret("/verify_token", token.reveal())?,
            None => fresh_token()?,
        },
        quality: "UNKNOWN".into(),
        messaging_limit: None,
        paused_reason: None,
        last_webhook_at: None,
        last_processed_at: None,
        created_at: now,
    };
    let mut tx = app.store.begin(&acting.ctx).await?;
    if let Some(id) = idempotency::find::<NumberId>(&mut tx, once, now).await? {
        let made = number::get(&mut tx, id).await?.ok_or(ActError::NotFound("number"))?;
        let made = seen(&mut tx, acting, made).await?;
        tx.commit().await?;
        return Ok(made);
    }
    if number::list(&mut tx).await?.len() >= MAX_NUMBERS {
        return Err(ActError::Conflict {
            code: "too_many_numbers",
            detail: format!("A business connects at most {MAX_NUMBERS} numbers. Remove one that nobody uses."),
        });
    }
    number::insert(&mut tx, &number).await.map_err(taken)?;
    let about = Some(("number", number.id.0));
    audit::record(&mut tx, &acting.actor, now, "number.created", about, json!({})).await?;
    idempotency::keep(&mut tx, once, &number.id, now).await?;
    let made = seen(&mut tx, acting, number).await?;
    tx.commit().await?;
    app.intake.routes.forget().await;
    Ok(made)
}

/// One WhatsApp number belongs to one business: its messages can have only one home.
fn taken(error: StoreError) -> ActError {
    if error.broke("whatsapp_numbers_phone_number_id_key") {
        return ActError::Conflict {
            code: "number_taken",
            detail: "A number with this phone number id is connected already. Each can be connected once on this installation.".into(),
        };
    }
    error.into()
}

fn fresh_token() -> Result<Secret, ActError> {
    let random: [u8; 16] = keys::random()?;
    Ok(Secret::new(random.iter().map(|b| format!("{b:02x}")).collect::<String>()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn made_tokens_are_long_and_differ() {
        let (a, b) = (super::fresh_token().unwrap(), super::fresh_token().unwrap());
        assert!(a.reveal().len() == 32 && a.reveal().bytes().all(|c| c.is_ascii_hexdigit()));
        assert_ne!(a.reveal(), b.reveal());
    }
}
