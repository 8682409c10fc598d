//! The business side: phone numbers and the WABAs they belong to.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use url::Url;

use crate::config::{Secret, SimNumber};

/// A callback URL set by API for one WABA or one number, with the token its handshake used.
#[derive(Debug, Clone)]
pub(crate) struct Override {
    pub(crate) url: Url,
}

#[derive(Debug)]
pub(crate) struct Number {
    pub(crate) config: SimNumber,
    pub(crate) registered: bool,
    /// Two-step PIN; set by the first registration, demanded by the next.
    pub(crate) pin: Option<Secret>,
    pub(crate) webhook: Option<Override>,
    pub(crate) profile: Value,
    /// Customers this business has blocked (internal ids).
    pub(crate) blocked: Vec<String>,
    /// Service messages delivered this month, for the thousand free ones.
    pub(crate) service_deliveries: u32,
}

impl Number {
    fn new(config: SimNumber) -> Self {
        let profile = json!({
            "messaging_product": "whatsapp", "about": "Hey there! I am using WhatsApp.", "address": "",
            "description": format!("{} on WhatsApp", config.verified_name), "email": "", "websites": [],
            "vertical": "RETAIL",
        });
        Self { config, registered: true, pin: None, webhook: None, profile, blocked: Vec::new(), service_deliveries: 0 }
    }

    /// The digits of the display number: what customers see as the sender.
    pub(crate) fn digits(&self) -> String {
        self.config.display_phone_number.chars().filter(char::is_ascii_digit).collect()
    }

    /// `metadata` of a webhook.
    pub(crate) fn metadata(&self) -> Value {
        json!({ "display_phone_number": self.digits(), "phone_number_id": self.config.phone_number_id })
    }
}

#[derive(Debug, Default)]
pub(crate) struct Waba {
    /// Whether the app receives this account's webhooks (`subscribed_apps`).
    pub(crate) subscribed: bool,
    pub(crate) webhook: Option<Override>,
}

#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// In the order given, so that the first one is the phone page's default.
    list: Vec<Number>,
    wabas: BTreeMap<String, Waba>,
}

impl Numbers {
    /// Most numbers a simulator holds; far above any test's need.
    pub(crate) const MOST: usize = 1_000;

    pub(crate) fn new(configs: Vec<SimNumber>, subscribed: bool) -> Self {
        let mut numbers = Self::default();
        for config in configs.into_iter().take(Self::MOST) {
            numbers.add(config, subscribed);
        }
        numbers
    }

    /// Adds a number; `false` when its id is taken or there is no room.
    pub(crate) fn add(&mut self, config: SimNumber, subscribed: bool) -> bool {
        if self.list.len() >= Self::MOST || self.get(&config.phone_number_id).is_some() {
            return false;
        }
        self.wabas.entry(config.waba_id.clone()).or_insert(Waba { subscribed, webhook: None });
        self.list.push(Number::new(config));
        true
    }

    pub(crate) fn get(&self, phone_number_id: &str) -> Option<&Number> {
        self.list.iter().find(|number| number.config.phone_number_id == phone_number_id)
    }

    pub(crate) fn get_mut(&mut self, phone_number_id: &str) -> Option<&mut Number> {
        self.list.iter_mut().find(|number| number.config.phone_number_id == phone_number_id)
    }

    pub(crate) fn waba(&self, id: &str) -> Option<&Waba> {
        self.wabas.get(id)
    }

    pub(crate) fn waba_mut(&mut self, id: &str) -> Option<&mut Waba> {
        self.wabas.get_mut(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Number> {
        self.list.iter()
    }

    pub(crate) fn of_waba<'a>(&'a self, waba_id: &'a str) -> impl Iterator<Item = &'a Number> {
        self.list.iter().filter(move |number| number.config.waba_id == waba_id)
    }
}
