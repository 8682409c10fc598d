//! What acts tell after their commit, for the screens that are open.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use tarun_core::ids::{ContactId, ConversationId, MessageId, TenantId};
use tarun_store::message::Message;
use tokio::sync::mpsc;

/// Rows that changed, by id: whoever shows them reads them again, so that an event always equals a refetch.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    /// Something else changed too, nobody knows what: screens are to fetch again.
    #[serde(default)]
    pub missed: bool,
    /// Messages as this process has just stored them, which spares it reading them. Never told to other processes.
    #[serde(skip)]
    pub known: Vec<Message>,
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
            missed: false,
            known: vec![],
        }
    }

    /// Takes a later change of the same tenant in. A message that was made and changed is shown once, as it is now.
    pub fn absorb(&mut self, later: Self) {
        fn add<T: PartialEq>(to: &mut Vec<T>, more: Vec<T>, known: &[T]) {
            for id in more {
                if !to.contains(&id) && !known.contains(&id) {
                    to.push(id);
                }
            }
        }
        self.missed |= later.missed;
        self.known.retain(|m| !later.messages_updated.contains(&m.id));
        self.known.extend(later.known);
        add(&mut self.messages_created, later.messages_created, &[]);
        add(&mut self.messages_updated, later.messages_updated, &self.messages_created);
        add(&mut self.conversations_created, later.conversations_created, &[]);
        add(&mut self.conversations_updated, later.conversations_updated, &self.conversations_created);
        add(&mut self.contacts_updated, later.contacts_updated, &[]);
    }

    /// How many rows it names.
    #[must_use]
    pub fn size(&self) -> usize {
        self.messages_created.len()
            + self.messages_updated.len()
            + self.conversations_created.len()
            + self.conversations_updated.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages_created.is_empty()
            && self.messages_updated.is_empty()
            && self.conversations_created.is_empty()
            && self.conversations_updated.is_empty()
            && self.contacts_updated.is_empty()
            && !self.missed
    }

    /// A message was made in a conversation, which thereby changed too.
    pub fn message_created(&mut self, message: MessageId, conversation: ConversationId) {
        self.messages_created.push(message);
        self.conversation_updated(conversation);
    }

    pub fn message_updated(&mut self, message: MessageId) {
        self.known.retain(|m| m.id != message);
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

/// Changes that may wait with the messages they know ([`Change::known`]).
const READY_MADE: usize = 64;

/// Where changes are told. Cheap to clone.
#[derive(Clone)]
pub struct Announcer {
    to: mpsc::Sender<Change>,
    missed: Arc<Mutex<BTreeSet<TenantId>>>,
}

impl Announcer {
    #[must_use]
    pub fn new(to: mpsc::Sender<Change>) -> Self {
        Self { to, missed: Arc::default() }
    }

    /// Tells it. If nobody keeps up, its screens are told to fetch again instead.
    pub fn tell(&self, mut change: Change) {
        if change.is_empty() {
            return;
        }
        let tenant = change.tenant;
        if self.to.capacity() + READY_MADE < self.to.max_capacity() {
            // Ids take little room, and what they name is read again when their turn comes; contents could fill the memory.
            change.known = vec![];
        }
        if self.to.try_send(change).is_err() {
            self.missed(tenant);
        }
    }

    /// Something of a business may not have been shown: its screens are told to fetch again.
    pub fn missed(&self, tenant: TenantId) {
        metrics::counter!("tarun_realtime_missed_total").increment(1);
        self.missed.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant);
    }

    /// Businesses of which something was missed since the last look.
    #[must_use]
    pub fn take_missed(&self) -> BTreeSet<TenantId> {
        std::mem::take(&mut *self.missed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tarun_core::delivery::Delivery;
    use tarun_store::inbox::Body;
    use tarun_store::message::Sender;
    use time::OffsetDateTime;

    fn a_message() -> Message {
        Message {
            id: MessageId::fresh(),
            conversation_id: ConversationId::fresh(),
            inbound: true,
            kind: "TEXT".into(),
            body: Body::default(),
            status: Delivery::Delivered,
            sent_by: Sender::Customer,
            quote: None,
            reactions: vec![],
            media: None,
            error: None,
            client_key: None,
            is_revoked: false,
            is_edited: false,
            said_at: OffsetDateTime::UNIX_EPOCH,
            sent_at: None,
            delivered_at: None,
            read_at: None,
            played_at: None,
            is_discarded: false,
            call_started_at: None,
        }
    }

    #[test]
    fn many_changes_wait_without_their_contents() {
        let (to, mut waiting) = mpsc::channel(READY_MADE * 4);
        let announcer = Announcer::new(to);
        let tenant = TenantId::fresh();
        for _ in 0..READY_MADE * 3 {
            let mut change = Change::of(tenant);
            change.message_created(MessageId::fresh(), ConversationId::fresh());
            change.known.push(a_message());
            announcer.tell(change);
        }
        let waited: Vec<Change> = std::iter::from_fn(|| waiting.try_recv().ok()).collect();
        assert_eq!(waited.len(), READY_MADE * 3);
        assert!(waited.iter().all(|c| c.messages_created.len() == 1), "none is lost");
        let ready_made = waited.iter().filter(|c| !c.known.is_empty()).count();
        assert!((1..=READY_MADE + 1).contains(&ready_made), "{ready_made}");
        assert!(announcer.take_missed().is_empty());
    }

    #[test]
    fn changes_taken_together_name_each_row_once() {
        let tenant = TenantId::fresh();
        let (m, c) = (MessageId::fresh(), ConversationId::fresh());
        let mut first = Change::of(tenant);
        first.conversations_created.push(c);
        first.message_created(m, c);
        let mut second = Change::of(tenant);
        second.message_updated(m);
        second.conversation_updated(c);
        first.absorb(second);
        assert_eq!((first.messages_created, first.messages_updated), (vec![m], vec![]));
        assert_eq!((first.conversations_created, first.conversations_updated), (vec![c], vec![]));
    }
}
