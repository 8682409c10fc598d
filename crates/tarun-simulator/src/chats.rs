//! Conversations between customers and business numbers, as the phone page shows them.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::Serialize;
use serde_json::Value;

use crate::webhook::UpdateState;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    /// From the customer to the business.
    Inbound,
    /// From the business to the customer.
    Outbound,
}

/// How far a message has come. For inbound ones: `Sent` until the product's webhook answered 200, `Delivered` then,
/// `Read` when the business marked it read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    Accepted,
    Sent,
    Delivered,
    Read,
    Played,
    Failed,
}

impl Stage {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Failed => "failed",
        }
    }
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ChatMessage {
    pub(crate) id: String,
    pub(crate) phone_number_id: String,
    /// The customer's handle.
    pub(crate) customer: String,
    pub(crate) direction: Direction,
    /// Seconds since 1970.
    pub(crate) timestamp: i64,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The object named after the type.
    pub(crate) content: Value,
    /// For a template: its text filled in, for the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rendered: Option<Value>,
    /// The message this one answers.
    pub(crate) reply_to: Option<String>,
    pub(crate) stage: Stage,
    /// When each status was reached, in seconds.
    pub(crate) times: BTreeMap<&'static str, i64>,
    pub(crate) failure: Option<Value>,
    pub(crate) callback: Option<String>,
    pub(crate) pricing: Option<Value>,
    /// The call addressed the user id, not the number.
    pub(crate) by_user_id: bool,
    pub(crate) customer_reaction: Option<String>,
    pub(crate) business_reaction: Option<String>,
    /// How the webhook of each status fared (`message_history`).
    pub(crate) updates: BTreeMap<&'static str, UpdateState>,
}

impl ChatMessage {
    /// A message as it is before anything has happened to it.
    pub(crate) fn new(id: String, key: &ChatKey, direction: Direction, now: i64, kind: &str, content: Value) -> Self {
        Self {
            id,
            phone_number_id: key.phone_number_id.clone(),
            customer: key.customer.clone(),
            direction,
            timestamp: now,
            kind: kind.to_owned(),
            content,
            rendered: None,
            reply_to: None,
            stage: if direction == Direction::Inbound { Stage::Sent } else { Stage::Accepted },
            times: BTreeMap::new(),
            failure: None,
            callback: None,
            pricing: None,
            by_user_id: false,
            customer_reaction: None,
            business_reaction: None,
            updates: BTreeMap::new(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ChatKey {
    pub(crate) phone_number_id: String,
    pub(crate) customer: String,
}

#[derive(Debug, Default)]
pub(crate) struct Chat {
    /// End of the 24-hour customer service window, in seconds; 0 = never opened.
    pub(crate) window_until: i64,
    /// Until when an answer starts the free entry point, after a message from an advertisement, in seconds.
    pub(crate) entry_until: i64,
    /// End of the free entry point (72 h from the answer), in seconds.
    pub(crate) free_until: i64,
    /// End of the typing bubble, in milliseconds.
    pub(crate) typing_until_ms: i64,
    messages: VecDeque<String>,
}

/// All chats, with a limit on messages: the oldest go first.
#[derive(Debug, Default)]
pub(crate) struct Chats {
    chats: HashMap<ChatKey, Chat>,
    messages: HashMap<String, ChatMessage>,
    age: VecDeque<String>,
}

impl Chats {
    const MOST_MESSAGES: usize = 200_000;

    pub(crate) fn chat_mut(&mut self, key: &ChatKey) -> &mut Chat {
        self.chats.entry(key.clone()).or_default()
    }

    pub(crate) fn chat(&self, key: &ChatKey) -> Option<&Chat> {
        self.chats.get(key)
    }

    pub(crate) fn push(&mut self, message: ChatMessage) {
        let key = ChatKey { phone_number_id: message.phone_number_id.clone(), customer: message.customer.clone() };
        let id = message.id.clone();
        // The same wamid again (an injected duplicate) replaces the message instead of showing twice.
        if self.messages.insert(id.clone(), message).is_some() {
            return;
        }
        self.chat_mut(&key).messages.push_back(id.clone());
        self.age.push_back(id);
        if self.age.len() > Self::MOST_MESSAGES
            && let Some(oldest) = self.age.pop_front()
            && let Some(gone) = self.messages.remove(&oldest)
        {
            let key = ChatKey { phone_number_id: gone.phone_number_id, customer: gone.customer };
            self.chat_mut(&key).messages.retain(|id| *id != oldest);
        }
    }

    pub(crate) fn message(&self, wamid: &str) -> Option<&ChatMessage> {
        self.messages.get(wamid)
    }

    pub(crate) fn message_mut(&mut self, wamid: &str) -> Option<&mut ChatMessage> {
        self.messages.get_mut(wamid)
    }

    /// The newest `limit` messages of a chat, oldest first.
    pub(crate) fn newest(&self, key: &ChatKey, limit: usize) -> Vec<&ChatMessage> {
        let Some(chat) = self.chats.get(key) else { return Vec::new() };
        let skip = chat.messages.len().saturating_sub(limit);
        chat.messages.iter().skip(skip).filter_map(|id| self.messages.get(id)).collect()
    }

    /// Ids of the messages of a chat up to and including `wamid`, or all of them, newest first, at most a thousand.
    pub(crate) fn ids_up_to(&self, key: &ChatKey, wamid: Option<&str>) -> Vec<String> {
        let Some(chat) = self.chats.get(key) else { return Vec::new() };
        let newest_first = chat.messages.iter().rev();
        newest_first.skip_while(|id| wamid.is_some_and(|w| w != *id)).take(1_000).cloned().collect()
    }
}
