//! What acts tell after their commit, for the screens that are open.

use serde::{Deserialize, Serialize};
use tarun_core::ids::{ContactId, ConversationId, MessageId, TenantId};
use tokio::sync::mpsc;

/// Rows that changed, by id: whoever shows them reads them again, so that an event always equals a refetch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub tenant: TenantId,
    #[serde(default)]
    pub messages_created: Vec<MessageId>,
    #[serde(default)]
    pub messages_updated: Vec<MessageId>,
    #[serde(default)]
    pub conversations_created: Vec<ConversationId>,
    #[serde(default)]
    pub conversations_updated: Vec<ConversationId>,
    #[serde(default)]
    pub contacts_updated: Vec<ContactId>,
}

impl Change {
    #[must_use]
    pub fn of(tenant: TenantId) -> Self {
        Self {
            tenant,
            messages_created: vec![],
            messages_updated: vec![],
            conversations_created: vec![],
            conversations_updated: vec![],
            contacts_updated: vec![],
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages_created.is_empty()
            && self.messages_updated.is_empty()
            && self.conversations_created.is_empty()
            && self.conversations_updated.is_empty()
            && self.contacts_updated.is_empty()
    }

    /// A message was made in a conversation, which thereby changed too.
    pub fn message_created(&mut self, message: MessageId, conversation: ConversationId) {
        self.messages_created.push(message);
        self.conversation_updated(conversation);
    }

    pub fn message_updated(&mut self, message: MessageId) {
        if !self.messages_updated.contains(&message) {
            self.messages_updated.push(message);
        }
    }

    pub fn conversation_updated(&mut self, conversation: ConversationId) {
        if !self.conversations_updated.contains(&conversation) && !self.conversations_created.contains(&conversation) {
            self.conversations_updated.push(conversation);
        }
    }
}

/// Where changes are told. Cheap to clone.
#[derive(Clone)]
pub struct Announcer(mpsc::Sender<Change>);

impl Announcer {
    #[must_use]
    pub fn new(to: mpsc::Sender<Change>) -> Self {
        Self(to)
    }

    /// Tells it, unless nobody keeps up: screens then learn of it when they fetch again.
    pub fn tell(&self, change: Change) {
        if !change.is_empty() && self.0.try_send(change).is_err() {
            metrics::counter!("tarun_realtime_dropped_total").increment(1);
        }
    }
}
