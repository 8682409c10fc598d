//! What all handlers share.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::broadcast;
use url::Url;

use crate::{
    behaviour::Behaviours,
    chats::{ChatMessage, Chats},
    clock::Clock,
    config::{Secret, Settings, SimulatorConfig},
    customers::Customers,
    limits::RateLimits,
    media::MediaStore,
    numbers::Numbers,
    record::Record,
    schedule::Schedule,
    templates::Templates,
    webhook::queue::WebhookQueue,
};

/// Everything that changes, behind one lock that is never held across an await.
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) numbers: Numbers,
    pub(crate) customers: Customers,
    pub(crate) chats: Chats,
    pub(crate) media: MediaStore,
    pub(crate) templates: Templates,
    pub(crate) behaviours: Behaviours,
    pub(crate) rates: RateLimits,
    /// The app's callback URL of Meta's dashboard.
    pub(crate) webhook_url: Option<Url>,
    pub(crate) verify_token: Secret,
}

/// What an open phone page is told.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    /// A message is new or has changed (ticks, reactions).
    Message { message: Box<ChatMessage> },
    /// The business is typing to this customer until then (milliseconds since 1970).
    Typing { phone_number_id: String, customer: String, until_ms: i64 },
    /// Customers or numbers have changed: fetch `/_sim/state` again.
    Changed,
}

pub(crate) struct Simulator {
    pub(crate) app_id: String,
    pub(crate) app_secret: Secret,
    /// Without a slash at the end.
    pub(crate) base_url: String,
    pub(crate) clock: Clock,
    pub(crate) http: reqwest::Client,
    pub(crate) record: Record,
    pub(crate) queue: WebhookQueue,
    pub(crate) schedule: Schedule,
    pub(crate) events: broadcast::Sender<Event>,
    state: Mutex<State>,
}

impl Simulator {
    pub(crate) fn new(config: SimulatorConfig, base_url: String) -> anyhow::Result<Self> {
        let subscribed = config.webhook_url.is_some();
        let numbers = Numbers::new(config.numbers, subscribed);
        let state = State {
            settings: Settings { statuses: config.auto_status, webhooks: config.webhooks, limits: config.limits },
            customers: if config.preset_customers { Customers::preset() } else { Customers::default() },
            templates: Templates::samples(),
            numbers,
            chats: Chats::default(),
            media: MediaStore::default(),
            behaviours: Behaviours::default(),
            rates: RateLimits::default(),
            webhook_url: config.webhook_url,
            verify_token: config.verify_token,
        };
        // Meta does not follow redirects of a callback URL, and a proxy must not see loopback traffic.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(5))
            .build()?;
        Ok(Self {
            app_id: config.app_id,
            app_secret: config.app_secret,
            base_url,
            clock: Clock::default(),
            http,
            record: Record::open(config.record_path.as_deref())?,
            queue: WebhookQueue::default(),
            schedule: Schedule::default(),
            events: broadcast::channel(1_024).0,
            state: Mutex::new(state),
        })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells open pages; nobody listening is fine.
    pub(crate) fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }

    pub(crate) fn tell_message(&self, message: &ChatMessage) {
        self.tell(Event::Message { message: Box::new(message.clone()) });
    }
}

impl State {
    /// The callback URL for an update, by Meta's precedence number, WABA, app; `None` when the WABA is not subscribed or
    /// no URL was ever saved.
    pub(crate) fn callback_url(&self, waba_id: &str, phone_number_id: Option<&str>) -> Option<Url> {
        let waba = self.numbers.waba(waba_id)?;
        if !waba.subscribed {
            return None;
        }
        let number = phone_number_id.and_then(|id| self.numbers.get(id));
        number
            .and_then(|number| number.webhook.as_ref())
            .or(waba.webhook.as_ref())
            .map(|webhook| webhook.url.clone())
            .or_else(|| self.webhook_url.clone())
    }

    /// Envelope `value` of the `messages` field for a number, ready to be given messages or statuses.
    pub(crate) fn messages_value(&self, phone_number_id: &str) -> Value {
        let metadata = self.numbers.get(phone_number_id).map(|number| number.metadata());
        json!({ "messaging_product": "whatsapp", "metadata": metadata })
    }
}
