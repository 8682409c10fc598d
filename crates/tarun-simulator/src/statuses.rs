//! The life of an accepted message: each step is told by a webhook, in rank order and never twice.

use serde_json::{Value, json};

use crate::{
    chats::{ChatMessage, Direction, Stage},
    config::{ReadPolicy, Settings},
    customers::Customer,
    graph::error::GraphError,
    schedule::Job,
    simulator::{Simulator, State},
    webhook::{About, Update, UpdateState},
};
use std::time::Duration;

impl Simulator {
    /// Plans the statuses of a message that was just accepted.
    pub(crate) fn plan_statuses(&self, settings: &Settings, wamid: &str, kind: &str, late_failure: Option<i64>) {
        let statuses = &settings.statuses;
        if !statuses.enabled {
            return;
        }
        let step = |ms: u64, to: Stage| {
            self.schedule.after(Duration::from_millis(ms), Job::Advance { wamid: wamid.to_owned(), to });
        };
        if let Some(code) = late_failure {
            let after = Duration::from_millis(statuses.delivered_after_ms.unwrap_or(statuses.sent_after_ms));
            return self.schedule.after(after, Job::Fail { wamid: wamid.to_owned(), code });
        }
        step(statuses.sent_after_ms, Stage::Sent);
        // Outgoing reactions only get `sent`.
        if kind == "reaction" {
            return;
        }
        if let Some(ms) = statuses.delivered_after_ms {
            step(ms.max(statuses.sent_after_ms), Stage::Delivered);
            if let ReadPolicy::AfterMs(read) = statuses.read {
                step(read.max(ms).max(statuses.sent_after_ms), Stage::Read);
            }
        }
    }

    /// Brings a message to `to`, telling every step in between; does nothing when it is already there or has failed.
    pub(crate) fn advance(&self, wamid: &str, to: Stage) {
        let mut state = self.state();
        let now = self.clock.now();
        for next in [Stage::Sent, Stage::Delivered, Stage::Read, Stage::Played] {
            let Some(message) = state.chats.message_mut(wamid) else { return };
            let voice_only = next == Stage::Played && message.kind != "audio";
            if message.direction == Direction::Inbound || message.stage >= next || next > to || voice_only {
                continue;
            }
            message.stage = next;
            message.times.insert(next.name(), now);
            message.updates.insert(next.name(), UpdateState::Pending);
            self.tell_status(&mut state, wamid, next, now, None);
        }
    }

    /// Ends a message in `failed`.
    pub(crate) fn fail(&self, wamid: &str, code: i64) {
        let mut state = self.state();
        let now = self.clock.now();
        let Some(message) = state.chats.message_mut(wamid) else { return };
        if message.direction == Direction::Inbound || message.stage == Stage::Failed {
            return;
        }
        let error = GraphError::new(code).in_webhook();
        message.stage = Stage::Failed;
        message.times.insert("failed", now);
        message.updates.insert("failed", UpdateState::Pending);
        message.failure = Some(error.clone());
        self.tell_status(&mut state, wamid, Stage::Failed, now, Some(error));
    }

    fn tell_status(&self, state: &mut State, wamid: &str, stage: Stage, now: i64, error: Option<Value>) {
        let Some(message) = state.chats.message(wamid) else { return };
        self.tell_message(message);
        let Some(customer) = state.customers.get(&message.customer) else { return };
        let Some(number) = state.numbers.get(&message.phone_number_id) else { return };
        let mut value = state.messages_value(&message.phone_number_id);
        if stage != Stage::Failed {
            value["contacts"] = json!([contact(customer, stage >= Stage::Delivered)]);
        }
        value["statuses"] = json!([status(message, customer, stage, now, error)]);
        let update = Update {
            waba_id: number.config.waba_id.clone(),
            phone_number_id: Some(message.phone_number_id.clone()),
            field: "messages".to_owned(),
            value,
            about: Some(About { wamid: wamid.to_owned(), status: Some(stage.name()) }),
        };
        self.notify(&state.settings.webhooks, update);
        let counts = stage == Stage::Delivered
            && message.pricing.as_ref().is_some_and(|pricing| pricing["category"] == "service");
        let phone_number_id = message.phone_number_id.clone();
        if counts && let Some(number) = state.numbers.get_mut(&phone_number_id) {
            number.service_deliveries += 1;
        }
    }
}

/// `contacts[]` of a webhook: the number only if the customer shows it.
pub(crate) fn contact(customer: &Customer, with_profile: bool) -> Value {
    let mut contact = json!({ "user_id": customer.user_id });
    if with_profile {
        contact["profile"] = json!({});
        if let Some(name) = &customer.name {
            contact["profile"]["name"] = name.as_str().into();
        }
        if let Some(username) = &customer.username {
            contact["profile"]["username"] = username.as_str().into();
        }
    }
    if let Some(wa_id) = &customer.wa_id {
        contact["wa_id"] = wa_id.as_str().into();
    }
    contact
}

fn status(message: &ChatMessage, customer: &Customer, stage: Stage, now: i64, error: Option<Value>) -> Value {
    let mut status = json!({ "id": message.id, "status": stage.name(), "timestamp": now.to_string() });
    if let Some(wa_id) = &customer.wa_id {
        status["recipient_id"] = wa_id.as_str().into();
    }
    // A failed message to a phone number does not tell the user id.
    if stage != Stage::Failed || message.by_user_id {
        status["recipient_user_id"] = customer.user_id.as_str().into();
    }
    if let Some(callback) = &message.callback {
        status["biz_opaque_callback_data"] = callback.as_str().into();
    }
    if let (Some(pricing), Stage::Sent | Stage::Delivered) = (&message.pricing, stage) {
        status["pricing"] = pricing.clone();
    }
    if let Some(error) = error {
        status["errors"] = json!([error]);
    }
    status
}

/// `pricing` of a message: per message since July 2025, service messages charged after the first thousand a month since
/// October 2026.
pub(crate) fn pricing(category: &str, in_free_entry: bool, service_deliveries: u32) -> Value {
    let kind = match category {
        _ if in_free_entry => "free_entry_point",
        "service" if service_deliveries < 1_000 => "free_customer_service",
        _ => "regular",
    };
    json!({ "billable": kind == "regular", "pricing_model": "PMP", "type": kind, "category": category })
}
