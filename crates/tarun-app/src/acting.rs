//! Who acts for which business, and what refuses them.

use tarun_core::policy::{self, Action, Actor, Sight};
use tarun_store::api_key::{self, ApiKey};
use tarun_store::{StoreError, TenantCtx, TenantTx, user};
use time::OffsetDateTime;

/// Somebody who has proved who he is, acting for one business.
#[derive(Clone)]
pub struct Acting {
    pub ctx: TenantCtx,
    pub actor: Actor,
    /// The business's setting at the time of the proof.
    pub agents_see_all: bool,
}

impl Acting {
    /// Refuses what the policy does not allow.
    pub fn require(&self, action: Action) -> Result<(), ActError> {
        if policy::may(&self.actor, action) { Ok(()) } else { Err(ActError::Forbidden(action)) }
    }

    /// The same one with the rights that the rows give now, and until the transaction ends. A proof is some seconds old: what
    /// is given out under it may not outlive a right that was taken on another server since.
    pub async fn as_of_now(&self, tx: &mut TenantTx, now: OffsetDateTime) -> Result<Self, ActError> {
        let gone = ActError::Unauthenticated {
            code: "token_invalid",
            detail: "You may not sign in here any more. Ask an admin of your business.",
        };
        let actor = match self.actor {
            Actor::User { id, session, .. } => {
                let person = user::lock(tx, id).await?.filter(|person| person.is_active).ok_or(gone)?;
                Actor::User { id, session, role: person.role }
            }
            Actor::ApiKey { id, .. } => {
                let holds = |key: &ApiKey| key.revoked_at.is_none() && key.expires_at.is_none_or(|end| now < end);
                let key = api_key::find(tx, id).await?.filter(holds).ok_or(gone)?;
                Actor::ApiKey { id, scope: key.scope }
            }
        };
        Ok(Self { actor, ..self.clone() })
    }

    #[must_use]
    pub fn sight(&self) -> Sight {
        policy::sight(&self.actor, self.agents_see_all)
    }
}

/// Why an act was not done. The HTTP layer alone knows which status that is.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// Not there, or not visible to the one who asks: the two look the same.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("{} is not allowed", .0.as_str())]
    Forbidden(Action),
    /// Well-formed but not acceptable.
    #[error("{detail}")]
    Refused { code: &'static str, detail: String },
    /// A field of the input, by JSON pointer.
    #[error("{detail}")]
    Field { pointer: &'static str, code: &'static str, detail: String },
    /// It collides with what is there.
    #[error("{detail}")]
    Conflict { code: &'static str, detail: String },
    /// Proof of identity is missing, wrong or over.
    #[error("{detail}")]
    Unauthenticated { code: &'static str, detail: &'static str },
    #[error("{detail}")]
    TooMany { retry_after_seconds: u64, detail: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<tarun_store::keys::KeyError> for ActError {
    fn from(error: tarun_store::keys::KeyError) -> Self {
        Self::Store(error.into())
    }
}
