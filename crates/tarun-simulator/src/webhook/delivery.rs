//! One POST and what follows from its answer: anything but 200 is tried again, at once and then with growing gaps.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use bytes::Bytes;
use url::Url;

use super::{
    About, UpdateState,
    body::{old_signature, signature},
};
use crate::{
    chats::{Direction, Stage},
    config::WebhookOptions,
    record::Attempt,
    schedule::Job,
    simulator::Simulator,
};

/// A body on its way. Retries send the same bytes.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) number: u64,
    pub(crate) url: Url,
    pub(crate) body: Bytes,
    pub(crate) about: Vec<About>,
    pub(crate) attempts: u32,
    pub(crate) first_at_ms: i64,
}

/// Makes one attempt and schedules the next if it fails.
pub(crate) async fn attempt(sim: &Simulator, mut delivery: Delivery, options: &WebhookOptions) {
    delivery.attempts += 1;
    let outcome = post(sim, &delivery, options).await;
    if outcome == Ok(200) {
        return settle(sim, &delivery.about, UpdateState::Delivered);
    }
    let tried_for_s = (sim.clock.now_ms() - delivery.first_at_ms).max(0).unsigned_abs() / 1_000;
    if tried_for_s >= options.give_up_after_s {
        tracing::warn!(delivery = delivery.number, "webhook given up");
        return settle(sim, &delivery.about, UpdateState::Failed);
    }
    settle(sim, &delivery.about, UpdateState::Retrying);
    sim.queue.retrying.fetch_add(1, Ordering::AcqRel);
    sim.schedule.after(gap(delivery.attempts, options), Job::Retry(Box::new(delivery)));
}

/// Posts the body and records the attempt; gives the HTTP status.
async fn post(sim: &Simulator, delivery: &Delivery, options: &WebhookOptions) -> Result<u16, String> {
    let started = Instant::now();
    let outcome = sim
        .http
        .post(delivery.url.clone())
        .header("content-type", "application/json")
        .header("user-agent", "facebookexternalua")
        .header("x-hub-signature", old_signature(sim.app_secret.reveal(), &delivery.body))
        .header("x-hub-signature-256", signature(sim.app_secret.reveal(), &delivery.body))
        .body(delivery.body.clone())
        .timeout(Duration::from_millis(options.timeout_ms.clamp(10, 120_000)))
        .send()
        .await
        .map(|answer| answer.status().as_u16())
        .map_err(|error| error.without_url().to_string());
    sim.record.attempt(Attempt {
        seq: 0,
        at_ms: sim.clock.now_ms(),
        delivery: delivery.number,
        attempt: delivery.attempts,
        url: delivery.url.to_string(),
        about: delivery.about.iter().map(label).collect(),
        http_status: outcome.as_ref().ok().copied(),
        error: outcome.as_ref().err().cloned(),
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    });
    outcome
}

fn label(about: &About) -> String {
    match about.status {
        Some(status) => format!("{}:{status}", about.wamid),
        None => about.wamid.clone(),
    }
}

/// The first retry follows at once, then the gap doubles.
fn gap(attempts: u32, options: &WebhookOptions) -> Duration {
    let doublings = match attempts {
        0 | 1 => return Duration::ZERO,
        more => (more - 2).min(30),
    };
    Duration::from_millis(options.retry_base_ms.saturating_mul(1 << doublings).min(options.retry_cap_ms))
}

/// Writes the outcome to the messages it was about: the customer's second tick, or the look-up of statuses.
fn settle(sim: &Simulator, about: &[About], outcome: UpdateState) {
    let mut state = sim.state();
    for about in about {
        let Some(message) = state.chats.message_mut(&about.wamid) else { continue };
        match about.status {
            Some(status) => {
                message.updates.insert(status, outcome);
            }
            None if outcome == UpdateState::Delivered
                && message.direction == Direction::Inbound
                && message.stage == Stage::Sent =>
            {
                message.stage = Stage::Delivered;
                sim.tell_message(message);
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_grow_to_the_cap() {
        let options = WebhookOptions { retry_base_ms: 100, retry_cap_ms: 1_000, ..WebhookOptions::default() };
        let gaps = [1, 2, 3, 4, 5, 6, 60].map(|n| gap(n, &options).as_millis());
        assert_eq!(gaps, [0, 100, 200, 400, 800, 1_000, 1_000]);
    }
}
