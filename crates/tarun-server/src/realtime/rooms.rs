//! Who hears what: the same policy as who may read.

use tarun_app::acting::Acting;
use tarun_core::ids::{TenantId, UserId};
use tarun_core::policy::{Actor, Sight};

/// The rooms of one business.
pub struct Rooms(TenantId);

impl Rooms {
    pub fn of(tenant: TenantId) -> Self {
        Self(tenant)
    }

    /// Those who see every conversation.
    pub fn all(&self) -> String {
        format!("{}:all", self.0)
    }

    /// Those who see their own and the unassigned ones.
    pub fn agents(&self) -> String {
        format!("{}:agents", self.0)
    }

    pub fn user(&self, id: UserId) -> String {
        format!("{}:user:{id}", self.0)
    }

    pub fn of_actor(&self, acting: &Acting) -> String {
        match &acting.actor {
            Actor::User { id, .. } => self.user(*id),
            Actor::ApiKey { id, .. } => format!("{}:key:{id}", self.0),
        }
    }

    pub fn of_sight(&self, acting: &Acting) -> String {
        match acting.sight() {
            Sight::All => self.all(),
            Sight::OwnAndUnassigned(_) => self.agents(),
        }
    }

    /// Who sees a conversation with this assignee: [`Sight::covers`], by rooms.
    pub fn who_sees(&self, assignee: Option<UserId>) -> Vec<String> {
        let second = assignee.map_or_else(|| self.agents(), |a| self.user(a));
        vec![self.all(), second]
    }
}
