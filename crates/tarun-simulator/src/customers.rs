//! The pretend customers.

use serde::{Deserialize, Serialize};

use crate::ids;

/// A customer. `id` never changes; number and user id do when the customer changes the number.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Customer {
    /// The first number or user id this customer was known by: the handle in `/_sim/customers/{id}`.
    pub(crate) id: String,
    pub(crate) wa_id: Option<String>,
    /// Business-scoped user id.
    pub(crate) user_id: String,
    pub(crate) username: Option<String>,
    pub(crate) name: Option<String>,
    /// What the phone page offers to say, in the customer's own language.
    pub(crate) suggestions: Vec<String>,
    /// Unknown to WhatsApp: messages end in a `failed` status 131026.
    pub(crate) reachable: bool,
    /// Marketing templates end in a `failed` status 131050.
    pub(crate) marketing_opt_out: bool,
    /// Read receipts; switched off, `read` never comes.
    pub(crate) receipts: bool,
}

/// What a new customer is made of.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCustomer {
    /// Digits with country code. Without it a customer who hides the number: only user id and username are told.
    pub(crate) wa_id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) username: Option<String>,
    #[serde(default)]
    pub(crate) suggestions: Vec<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Customers {
    list: Vec<Customer>,
    index: std::collections::HashMap<String, usize>,
}

impl Customers {
    /// Most customers; a campaign of reliability tests has 10,000.
    pub(crate) const MOST: usize = 100_000;

    /// The five people of the phone page.
    pub(crate) fn preset() -> Self {
        let person = |name: &str, wa_id: Option<&str>, username: Option<&str>, suggestions: [&str; 3]| NewCustomer {
            wa_id: wa_id.map(str::to_owned),
            name: Some(name.to_owned()),
            username: username.map(str::to_owned),
            suggestions: suggestions.map(str::to_owned).to_vec(),
        };
        let kavya =
            ["Hi! Vitamin C serum order kiya hai", "Patna mein delivery kab tak?", "क्या सेंसिटिव स्किन पर लगा सकते हैं?"];
        let rohit = ["Where is my order?", "I want to return a product", "Please call me, I am not happy"];
        let debjani = ["Do you deliver to Kolkata?", "What are your opening hours?", "Is cash on delivery possible?"];
        let arjun = ["नमस्ते, दाम क्या है?", "Kya aaj order kar sakta hoon?", "Mujhe kisi insaan se baat karni hai"];
        let zoya = ["Hi, I found you on Instagram", "Do you have gift boxes?", "Can I pay by UPI?"];
        let people = [
            person("Kavya Nair", Some("919000041827"), None, kavya),
            person("Rohit Bansal", Some("919000052614"), None, rohit),
            person("Debjani Ghosh", Some("919000063370"), None, debjani),
            person("Arjun Mehta", Some("919000074495"), None, arjun),
            person("Zoya", None, Some("zoya.writes"), zoya),
        ];
        let mut customers = Self::default();
        for one in people {
            customers.add(one);
        }
        customers
    }

    /// Adds a customer, or finds the one who already has the number; `None` when there is no room or the number is
    /// not 7 to 15 digits.
    pub(crate) fn add(&mut self, new: NewCustomer) -> Option<&mut Customer> {
        if let Some(wa_id) = &new.wa_id {
            if !is_number(wa_id) {
                return None;
            }
            if let Some(at) = self.index.get(wa_id).copied() {
                return self.list.get_mut(at);
            }
        }
        if self.list.len() >= Self::MOST {
            return None;
        }
        let user_id = match (&new.wa_id, &new.username) {
            (Some(wa_id), _) => ids::business_scoped_user_id(ids::country_of(wa_id), wa_id),
            (None, Some(username)) => ids::business_scoped_user_id("IN", username),
            (None, None) => ids::business_scoped_user_id("IN", &ids::random_hex(8)),
        };
        if let Some(at) = self.index.get(&user_id).copied() {
            return self.list.get_mut(at);
        }
        let id = new.wa_id.clone().unwrap_or_else(|| user_id.clone());
        let at = self.list.len();
        for key in [Some(&id), new.wa_id.as_ref(), Some(&user_id)].into_iter().flatten() {
            self.index.insert(key.clone(), at);
        }
        self.list.push(Customer {
            id,
            wa_id: new.wa_id,
            user_id,
            username: new.username,
            name: new.name,
            suggestions: new.suggestions.into_iter().take(8).collect(),
            reachable: true,
            marketing_opt_out: false,
            receipts: true,
        });
        self.list.last_mut()
    }

    /// By handle, present number or present user id.
    pub(crate) fn get(&self, key: &str) -> Option<&Customer> {
        self.index.get(key).and_then(|at| self.list.get(*at))
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Customer> {
        self.index.get(key).and_then(|at| self.list.get_mut(*at))
    }

    /// The customer moves to another number, which gives a new user id. `None` when the customer is unknown, the
    /// number is taken or malformed.
    pub(crate) fn change_number(&mut self, key: &str, wa_id: Option<&str>) -> Option<Customer> {
        let at = *self.index.get(key)?;
        if wa_id.is_some_and(|number| !is_number(number) || self.index.contains_key(number)) {
            return None;
        }
        let seed = wa_id.map_or_else(|| ids::random_hex(8), str::to_owned);
        let country = wa_id.map_or("IN", ids::country_of);
        let customer = self.list.get_mut(at)?;
        // The old user id is gone for good; the handle keeps working although it may be the old number.
        if customer.user_id != customer.id {
            self.index.remove(&customer.user_id);
        }
        customer.user_id = ids::business_scoped_user_id(country, &seed);
        if let Some(number) = wa_id {
            customer.wa_id = Some(number.to_owned());
            self.index.insert(number.to_owned(), at);
        }
        self.index.insert(customer.user_id.clone(), at);
        Some(customer.clone())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Customer> {
        self.list.iter()
    }

    pub(crate) fn has_room(&self) -> bool {
        self.list.len() < Self::MOST
    }
}

/// Digits with country code, as WhatsApp writes them.
pub(crate) fn is_number(text: &str) -> bool {
    (7..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_every_identity_and_follows_a_change_of_number() {
        let mut customers = Customers::preset();
        let before = customers.get("919000041827").cloned().unwrap();
        assert_eq!(customers.get(&before.user_id).map(|c| c.name.clone()), Some(before.name.clone()));
        let after = customers.change_number("919000041827", Some("919000099999")).unwrap();
        assert_ne!(after.user_id, before.user_id);
        assert_eq!(after.id, before.id);
        assert!(customers.get(&before.user_id).is_none());
        assert_eq!(customers.get("919000099999").unwrap().id, before.id);
        assert!(customers.change_number("919000099999", Some("919000052614")).is_none(), "the number is taken");
        assert!(customers.iter().any(|c| c.wa_id.is_none() && c.username.is_some()));
    }
}
