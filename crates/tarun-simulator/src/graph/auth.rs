//! Who calls, and what that token may see.

use std::collections::HashMap;

use aws_lc_rs::hmac;
use axum::http::HeaderMap;

use super::{bearer, error::GraphError};
use crate::simulator::{Simulator, State};

/// The holder of a valid token.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    token: String,
}

/// What an id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Node {
    Number,
    Waba,
    Media,
    Template,
}

impl Caller {
    /// Reads the token from the header (or, as Graph also takes it, from the query) and checks it.
    pub(crate) fn find(
        sim: &Simulator,
        headers: &HeaderMap,
        query: &HashMap<String, String>,
    ) -> Result<Self, GraphError> {
        let token = bearer(headers)
            .or_else(|| query.get("access_token").map(String::as_str))
            .filter(|token| !token.is_empty())
            .ok_or_else(GraphError::no_token)?;
        let caller = Self { token: token.to_owned() };
        if !sim.state().numbers.iter().any(|number| number.config.access_token.reveal() == token) {
            return Err(GraphError::bad_token());
        }
        if let Some(proof) = query.get("appsecret_proof") {
            let key = hmac::Key::new(hmac::HMAC_SHA256, sim.app_secret.reveal().as_bytes());
            let matches = hex::decode(proof).is_ok_and(|tag| hmac::verify(&key, token.as_bytes(), &tag).is_ok());
            if !matches {
                return Err(GraphError::parameter("Invalid appsecret_proof provided in the API argument"));
            }
        }
        Ok(caller)
    }

    /// Whether the token may use a number.
    pub(crate) fn may_use(&self, state: &State, phone_number_id: &str) -> bool {
        state.numbers.get(phone_number_id).is_some_and(|number| number.config.access_token.reveal() == self.token)
    }

    fn may_manage(&self, state: &State, waba_id: &str) -> bool {
        state.numbers.of_waba(waba_id).any(|number| number.config.access_token.reveal() == self.token)
    }

    /// What `id` is, if this caller may see it.
    pub(crate) fn kind_of(&self, sim: &Simulator, id: &str) -> Option<Node> {
        let state = sim.state();
        if self.may_use(&state, id) {
            return Some(Node::Number);
        }
        if self.may_manage(&state, id) {
            return Some(Node::Waba);
        }
        if state.media.get(id, sim.clock.now()).is_some_and(|media| self.may_use(&state, &media.phone_number_id)) {
            return Some(Node::Media);
        }
        let template = state.templates.by_id(id).is_some();
        template.then_some(Node::Template)
    }
}
