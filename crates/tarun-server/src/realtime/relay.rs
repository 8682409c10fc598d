//! Changes between the processes of one installation: ids only, through Valkey's publish and subscribe.

use super::Realtime;
use futures::StreamExt;
use redis::aio::ConnectionManager;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;
use tarun_app::change::{Announcer, Change};
use tarun_core::ids::TenantId;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Changes taken together when many wait.
const TOGETHER: usize = 256;
/// How often screens that missed something are told so.
const MISSED_EVERY: Duration = Duration::from_secs(1);
/// Changes that may wait to be passed on.
const UNTOLD: usize = 4096;
/// Rows that are read at once for them.
const MOST_ROWS: usize = 500;

#[derive(Serialize, Deserialize)]
struct Told {
    /// The process that told it, which has shown it itself.
    by: Uuid,
    change: Change,
}

/// Shows this process's changes and has them passed on.
pub struct Relay {
    pub id: Uuid,
    pub channel: String,
    pub valkey: ConnectionManager,
    pub announcer: Announcer,
    /// `None` in a process without sockets.
    pub realtime: Option<Realtime>,
}

impl Relay {
    pub async fn run(self, mut from: mpsc::Receiver<Change>) {
        let (publish, published) = mpsc::channel(UNTOLD);
        tokio::spawn(Publisher { by: self.id, channel: self.channel, valkey: self.valkey }.run(published));
        let mut changes = Vec::new();
        let mut look = tokio::time::interval(MISSED_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                taken = from.recv_many(&mut changes, TOGETHER) => if taken == 0 { return },
                _ = look.tick() => changes.extend(self.announcer.take_missed().into_iter().map(missed)),
            }
            for change in together(changes.drain(..)) {
                if let Some(realtime) = &self.realtime {
                    realtime.show(&change).await;
                }
                let tenant = change.tenant;
                if publish.try_send(change).is_err() {
                    self.announcer.missed(tenant);
                }
            }
        }
    }
}

/// Passes changes on to other processes. Apart from showing them, so that own screens do not wait for Valkey, whatever it does.
struct Publisher {
    by: Uuid,
    channel: String,
    valkey: ConnectionManager,
}

impl Publisher {
    async fn run(mut self, mut from: mpsc::Receiver<Change>) {
        let mut changes = Vec::new();
        // Businesses of which the others missed something, until Valkey takes it.
        let mut unheard: BTreeSet<TenantId> = BTreeSet::new();
        loop {
            tokio::select! {
                taken = from.recv_many(&mut changes, TOGETHER) => if taken == 0 { return },
                () = tokio::time::sleep(MISSED_EVERY), if !unheard.is_empty() => {}
            }
            changes.extend(std::mem::take(&mut unheard).into_iter().map(missed));
            let tenants: Vec<TenantId> = changes.iter().map(|c| c.tenant).collect();
            if self.publish(changes.drain(..)).await.is_err() {
                unheard.extend(tenants);
            }
        }
    }

    async fn publish(&mut self, changes: impl Iterator<Item = Change>) -> redis::RedisResult<()> {
        let mut pipe = redis::pipe();
        for change in changes {
            if let Ok(text) = serde_json::to_string(&Told { by: self.by, change }) {
                pipe.cmd("PUBLISH").arg(&self.channel).arg(text).ignore();
            }
        }
        pipe.query_async(&mut self.valkey).await
    }
}

fn missed(tenant: TenantId) -> Change {
    Change { missed: true, ..Change::of(tenant) }
}

/// Changes that wait, joined by tenant as long as they stay small: reading rows for many costs little more than for one.
fn together(changes: impl Iterator<Item = Change>) -> Vec<Change> {
    let mut joined: Vec<Change> = vec![];
    for change in changes {
        match joined.iter_mut().rev().find(|c| c.tenant == change.tenant) {
            Some(earlier) if earlier.size() + change.size() <= MOST_ROWS => earlier.absorb(change),
            _ => joined.push(change),
        }
    }
    joined
}

/// Shows what other processes changed; mends its connection.
pub async fn subscribe(url: String, channel: String, own: Uuid, realtime: Realtime, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = listen(&url, &channel, own, &realtime, &stop).await {
            tracing::warn!(%error, "changes of other processes are not heard; trying again");
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn listen(
    url: &str,
    channel: &str,
    own: Uuid,
    realtime: &Realtime,
    stop: &CancellationToken,
) -> redis::RedisResult<()> {
    let mut subscriber = tarun_app::queue::client(url)?.get_async_pubsub().await?;
    subscriber.subscribe(channel).await?;
    // What was told before this moment, nobody here has heard.
    realtime.fetch_again(None);
    let mut news = subscriber.on_message();
    loop {
        let next = tokio::select! {
            next = news.next() => next,
            () = stop.cancelled() => return Ok(()),
        };
        let Some(next) = next else { return Ok(()) };
        let told: Option<Told> = serde_json::from_slice(next.get_payload_bytes()).ok();
        if let Some(told) = told.filter(|t| t.by != own) {
            realtime.show(&told.change).await;
        }
    }
}
