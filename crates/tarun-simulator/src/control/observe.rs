//! Reading: what the phone shows, what was called, whether anything is still under way.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    accept::summary,
    chats::{ChatKey, Direction, Stage},
    simulator::Simulator,
};

/// Most customers listed on the phone; a campaign's ten thousand would only slow the page.
const SHOWN: usize = 200;

/// `GET /_sim/state`
pub(super) async fn state(State(sim): State<Arc<Simulator>>) -> Json<Value> {
    let state = sim.state();
    let numbers: Vec<Value> = state
        .numbers
        .iter()
        .map(|number| {
            json!({
                "phone_number_id": number.config.phone_number_id, "waba_id": number.config.waba_id,
                "display_phone_number": number.config.display_phone_number,
                "verified_name": number.config.verified_name, "registered": number.registered,
                "reachable": state.callback_url(&number.config.waba_id, Some(&number.config.phone_number_id)).is_some(),
            })
        })
        .collect();
    let customers: Vec<Value> = state
        .customers
        .iter()
        .take(SHOWN)
        .map(|customer| {
            let chats: Value = state
                .numbers
                .iter()
                .filter_map(|number| {
                    let id = number.config.phone_number_id.clone();
                    let key = ChatKey { phone_number_id: id.clone(), customer: customer.id.clone() };
                    let chat = state.chats.chat(&key)?;
                    let newest = state.chats.newest(&key, 50);
                    let unread = newest.iter().filter(|message| {
                        message.direction == Direction::Outbound
                            && message.stage == Stage::Delivered
                            && message.kind != "reaction"
                    });
                    let last = newest.iter().rev().find(|message| message.kind != "reaction");
                    Some((
                        id,
                        json!({
                            "unread": unread.count(), "last": last.map(|message| summary(message)),
                            "window_until": chat.window_until, "typing_until_ms": chat.typing_until_ms,
                        }),
                    ))
                })
                .collect::<serde_json::Map<_, _>>()
                .into();
            let mut shown = json!(customer);
            shown["chats"] = chats;
            shown
        })
        .collect();
    let webhooks = state.settings.webhooks.paused;
    Json(json!({
        "now_ms": sim.clock.now_ms(), "numbers": numbers, "customers": customers, "webhooks_paused": webhooks,
        "read": state.settings.statuses.read,
    }))
}

/// A page of a record: everything after `since`, at most `limit`.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    since: u64,
    #[serde(default = "page_size")]
    limit: usize,
}

fn page_size() -> usize {
    1_000
}

/// `GET /_sim/calls`
pub(super) async fn calls(State(sim): State<Arc<Simulator>>, Query(page): Query<Page>) -> Json<Value> {
    let calls = sim.record.calls(page.since, page.limit.min(50_000));
    Json(json!({ "next": calls.last().map_or(page.since, |call| call.seq), "calls": calls }))
}

/// `GET /_sim/webhooks`
pub(super) async fn attempts(State(sim): State<Arc<Simulator>>, Query(page): Query<Page>) -> Json<Value> {
    let attempts = sim.record.attempts(page.since, page.limit.min(50_000));
    Json(json!({ "next": attempts.last().map_or(page.since, |attempt| attempt.seq), "attempts": attempts }))
}

/// `GET /_sim/idle`: `idle` is true when no status is planned and no webhook waits, is under way or will be retried.
pub(super) async fn idle(State(sim): State<Arc<Simulator>>) -> Json<Value> {
    // The schedule first: what leaves it enters the queue.
    let planned = sim.schedule.len();
    let [waiting, in_flight, retrying] = sim.queue.depth();
    Json(json!({
        "idle": planned + waiting + in_flight + retrying == 0, "planned": planned, "waiting": waiting,
        "in_flight": in_flight, "retrying": retrying,
    }))
}
