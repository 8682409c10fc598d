//! How work finds a worker: stream entries tell where rows wait.
//!
//! Rows in PostgreSQL are the work; an entry holds a tenant and ordering keys only. Losing an entry costs time, never work:
//! the sweep ([`crate::work`]) hands out again what nobody did. Without Valkey a hint goes to this process's own workers.

mod reader;

pub use reader::Reader;

use crate::lasting::Lasting;
use redis::IntoConnectionInfo as _;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tarun_core::ids::TenantId;
use tarun_store::job::JobKind;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Streams per kind of work. More would let more processes share it, and cost a command each.
pub const PARTITIONS: usize = 8;
/// The consumer group of all workers.
const GROUP: &str = "work";
/// Entries of one partition hold at most so many keys.
const KEYS_PER_ENTRY: usize = 500;
/// News that is told in one round trip.
const TOGETHER: usize = 256;

/// Work that waits under some keys of a tenant.
#[derive(Debug, Clone)]
pub struct Hint {
    pub kind: JobKind,
    pub tenant: TenantId,
    pub keys: Vec<i64>,
    /// The stream entry to acknowledge; none for a hint that stayed in this process.
    pub entry: Option<Entry>,
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub stream: String,
    pub id: String,
}

/// News that may wait to be told; beyond it the sweep finds the work.
const UNTOLD: usize = 10_000;

/// Tells workers of work. Cheap to clone.
#[derive(Clone)]
pub struct Queue {
    prefix: Arc<str>,
    valkey: ConnectionManager,
    untold: mpsc::Sender<News>,
}

/// Work under some keys of a tenant that is to be told.
type News = (JobKind, TenantId, Vec<i64>);

/// A client whose small commands do not wait for the acknowledgement of those before (40 ms over TCP).
pub fn client(url: &str) -> redis::RedisResult<redis::Client> {
    let settings = TcpSettings::default().set_nodelay(true);
    redis::Client::open(url.into_connection_info()?.set_tcp_settings(settings))
}

/// A connection that mends itself, with bounded waiting.
pub async fn connect(url: &str) -> redis::RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_max_delay(Duration::from_millis(500))
        .set_connection_timeout(Some(Duration::from_secs(2)))
        .set_response_timeout(Some(Duration::from_secs(2)));
    ConnectionManager::new_with_config(client(url)?, config).await
}

impl Queue {
    /// `local` takes the hints of this process while Valkey is away. Starts the task that tells; after `end` it tells what
    /// waits and ends.
    pub fn new(
        prefix: &str,
        valkey: ConnectionManager,
        local: mpsc::Sender<Hint>,
        tasks: &Lasting,
        end: &CancellationToken,
    ) -> Self {
        let (untold, news) = mpsc::channel(UNTOLD);
        let teller = Teller { prefix: prefix.into(), valkey: valkey.clone(), local };
        tasks.spawn("the teller of hints", teller.run(news, end.clone()));
        Self { prefix: prefix.into(), valkey, untold }
    }

    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    #[must_use]
    pub fn valkey(&self) -> ConnectionManager {
        self.valkey.clone()
    }

    /// Hints work under keys of one tenant. Never waits, whatever Valkey does, and never fails: what can't be told is found
    /// by the sweep.
    pub fn hint(&self, kind: JobKind, tenant: TenantId, keys: &[i64]) {
        if !keys.is_empty() && self.untold.try_send((kind, tenant, keys.to_vec())).is_err() {
            metrics::counter!("tarun_queue_hints_failed_total").increment(1);
        }
    }

    /// Acknowledges entries and removes them.
    pub async fn acknowledge(&self, entries: &[Entry]) {
        let mut by_stream: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for entry in entries {
            by_stream.entry(&entry.stream).or_default().push(&entry.id);
        }
        if by_stream.is_empty() {
            return;
        }
        let mut pipe = redis::pipe();
        for (stream, ids) in by_stream {
            pipe.cmd("XACK").arg(stream).arg(GROUP).arg(&ids).ignore();
            pipe.cmd("XDEL").arg(stream).arg(&ids).ignore();
        }
        let done: redis::RedisResult<()> = pipe.query_async(&mut self.valkey.clone()).await;
        if let Err(error) = done {
            // They come again, and find nothing to do.
            tracing::debug!(%error, "entries could not be acknowledged");
        }
    }

    /// Whether Valkey answers.
    pub async fn ping(&self) -> redis::RedisResult<()> {
        redis::cmd("PING").query_async(&mut self.valkey.clone()).await
    }
}

/// Writes news to the streams: all that waits in one round trip.
struct Teller {
    prefix: Arc<str>,
    valkey: ConnectionManager,
    local: mpsc::Sender<Hint>,
}

impl Teller {
    async fn run(mut self, mut from: mpsc::Receiver<News>, end: CancellationToken) {
        let mut news = vec![];
        loop {
            let taken = tokio::select! {
                taken = from.recv_many(&mut news, TOGETHER) => taken,
                () = end.cancelled(), if !from.is_closed() => {
                    // What waits still comes out of it.
                    from.close();
                    continue;
                }
            };
            if taken == 0 {
                return;
            }
            let mut keys: BTreeMap<(JobKind, TenantId, usize), BTreeSet<i64>> = BTreeMap::new();
            for (kind, tenant, some) in news.drain(..) {
                for key in some {
                    keys.entry((kind, tenant, partition(key))).or_default().insert(key);
                }
            }
            let hints: Vec<(usize, Hint)> = keys
                .into_iter()
                .flat_map(|((kind, tenant, partition), keys)| {
                    let keys: Vec<i64> = keys.into_iter().collect();
                    let hint = move |some: &[i64]| (partition, Hint { kind, tenant, keys: some.to_vec(), entry: None });
                    keys.chunks(KEYS_PER_ENTRY).map(hint).collect::<Vec<_>>()
                })
                .collect();
            if let Err(error) = self.tell(&hints).await {
                metrics::counter!("tarun_queue_hints_failed_total").increment(hints.len() as u64);
                tracing::debug!(%error, "Valkey took no hint; this process's own workers get it");
                for (_, hint) in hints {
                    // Full: the sweep finds the work.
                    let _ = self.local.try_send(hint);
                }
            }
        }
    }

    async fn tell(&mut self, hints: &[(usize, Hint)]) -> redis::RedisResult<()> {
        let mut pipe = redis::pipe();
        for (partition, hint) in hints {
            let bytes: Vec<u8> = hint.keys.iter().flat_map(|k| k.to_be_bytes()).collect();
            pipe.cmd("XADD")
                .arg(stream(&self.prefix, hint.kind, *partition))
                .arg("*")
                .arg("t")
                .arg(hint.tenant.0.as_bytes().as_slice())
                .arg("k")
                .arg(bytes)
                .ignore();
        }
        pipe.query_async(&mut self.valkey).await
    }
}

fn partition(key: i64) -> usize {
    usize::try_from(key.rem_euclid(PARTITIONS as i64)).unwrap_or_default()
}

fn stream(prefix: &str, kind: JobKind, partition: usize) -> String {
    format!("{prefix}:{}:{partition}", kind.as_str().to_ascii_lowercase())
}

fn read_hint(kind: JobKind, entry: Entry, fields: &BTreeMap<String, Vec<u8>>) -> Option<Hint> {
    let tenant = Uuid::from_slice(fields.get("t")?).ok()?;
    let keys = fields.get("k")?.chunks_exact(8).filter_map(|c| Some(i64::from_be_bytes(c.try_into().ok()?))).collect();
    Some(Hint { kind, tenant: TenantId(tenant), keys, entry: Some(entry) })
}
