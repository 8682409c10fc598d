//! Changes between the processes of one installation: ids only, through Valkey's publish and subscribe.

use super::Realtime;
use futures::StreamExt;
use redis::aio::ConnectionManager;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tarun_app::change::{Announcer, Change};
use tarun_app::lasting::Lasting;
use tarun_core::ids::TenantId;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, timeout};
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
/// How often each process says that it is there: whoever hears nothing for longer than [`SILENCE`] has lost his connection,
/// though nobody told him.
const BEAT: Duration = Duration::from_secs(15);
const SILENCE: Duration = Duration::from_secs(45);
/// Connecting and subscribing together.
const CONNECTING: Duration = Duration::from_secs(5);

#[derive(Serialize, Deserialize)]
struct Told {
    /// The process that told it, which has shown it itself.
    by: Uuid,
    /// Nothing: it is there.
    change: Option<Change>,
    /// It has just started. What it did not pass on before its end, if it had one, nobody else has heard.
    #[serde(default)]
    started: bool,
}

/// Businesses of which other processes missed something, until Valkey takes it. Cheap to clone.
#[derive(Clone, Default)]
struct Unheard(Arc<Mutex<BTreeSet<TenantId>>>);

impl Unheard {
    fn add(&self, tenants: impl IntoIterator<Item = TenantId>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(tenants);
    }

    fn take(&self) -> BTreeSet<TenantId> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Shows this process's changes and has them passed on.
pub struct Relay {
    pub id: Uuid,
    pub channel: String,
    pub valkey: ConnectionManager,
    pub announcer: Announcer,
    /// `None` in a process without sockets.
    pub realtime: Option<Realtime>,
    pub tasks: Lasting,
    /// Then what waits is told, and no more taken.
    pub end: CancellationToken,
}

impl Relay {
    pub async fn run(self, mut from: mpsc::Receiver<Change>) {
        let (publish, published) = mpsc::channel(UNTOLD);
        let unheard = Unheard::default();
        let publisher = Publisher { by: self.id, channel: self.channel, valkey: self.valkey, unheard: unheard.clone() };
        self.tasks.spawn("the publisher of changes", publisher.run(published));
        let mut changes = Vec::new();
        let mut look = tokio::time::interval(MISSED_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                taken = from.recv_many(&mut changes, TOGETHER) => if taken == 0 { return },
                _ = look.tick() => changes.extend(self.announcer.take_missed().into_iter().map(missed)),
                // What waits still comes out of it.
                () = self.end.cancelled(), if !from.is_closed() => from.close(),
            }
            for change in together(changes.drain(..)) {
                if let Some(realtime) = &self.realtime {
                    realtime.show(&change).await;
                }
                let tenant = change.tenant;
                if publish.try_send(change).is_err() {
                    // Own screens have been shown it.
                    unheard.add([tenant]);
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
    unheard: Unheard,
}

impl Publisher {
    async fn run(mut self, mut from: mpsc::Receiver<Change>) {
        let mut changes = Vec::new();
        let mut look = tokio::time::interval(MISSED_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // When it last said something; never since its start.
        let mut said: Option<Instant> = None;
        loop {
            tokio::select! {
                taken = from.recv_many(&mut changes, TOGETHER) => if taken == 0 { return },
                _ = look.tick() => {}
            }
            changes.extend(self.unheard.take().into_iter().map(missed));
            let is_due = said.is_none_or(|said| said.elapsed() >= BEAT);
            if changes.is_empty() && !is_due {
                continue;
            }
            let tenants: Vec<TenantId> = changes.iter().map(|c| c.tenant).collect();
            let by = self.by;
            let present = is_due.then_some(Told { by, change: None, started: said.is_none() });
            let told = changes.drain(..).map(|change| Told { by, change: Some(change), started: false });
            match self.publish(present.into_iter().chain(told)).await {
                Ok(()) if is_due => said = Some(Instant::now()),
                Ok(()) => {}
                Err(_) => self.unheard.add(tenants),
            }
        }
    }

    async fn publish(&mut self, all: impl Iterator<Item = Told>) -> redis::RedisResult<()> {
        let mut pipe = redis::pipe();
        for text in all.filter_map(|told| serde_json::to_string(&told).ok()) {
            pipe.cmd("PUBLISH").arg(&self.channel).arg(text).ignore();
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
    let client = tarun_app::queue::client(url)?;
    let subscribed = async {
        let mut subscriber = client.get_async_pubsub().await?;
        subscriber.subscribe(channel).await?;
        Ok::<_, redis::RedisError>(subscriber)
    };
    let subscriber = timeout(CONNECTING, subscribed).await.map_err(|_| silent())??;
    // What was told before this moment, nobody here has heard.
    realtime.fetch_again(None);
    let mut news = subscriber.into_on_message();
    loop {
        let next = tokio::select! {
            next = timeout(SILENCE, news.next()) => next.map_err(|_| silent())?,
            () = stop.cancelled() => return Ok(()),
        };
        let Some(next) = next else { return Ok(()) };
        let told: Option<Told> = serde_json::from_slice(next.get_payload_bytes()).ok();
        let Some(told) = told.filter(|t| t.by != own) else { continue };
        if told.started {
            realtime.fetch_again(None);
        }
        if let Some(change) = told.change {
            realtime.show(&change).await;
        }
    }
}

/// Not even this process's own beat is heard: the connection is open at one end only, or hangs.
fn silent() -> redis::RedisError {
    io::Error::new(io::ErrorKind::TimedOut, "nothing comes through this connection").into()
}
