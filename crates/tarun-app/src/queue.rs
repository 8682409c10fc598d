//! How work finds a worker: stream entries tell where rows wait.
//!
//! Rows in PostgreSQL are the work; an entry holds a tenant and ordering keys only. Losing an entry costs time, never work:
//! the sweep ([`crate::work`]) hands out again what nobody did. Without Valkey a hint goes to this process's own workers.

mod reader;

pub use reader::Reader;

use redis::IntoConnectionInfo as _;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tarun_core::ids::TenantId;
use tarun_store::job::JobKind;
use tokio::sync::mpsc;
use uuid::Uuid;

/// Streams per kind of work. More would let more processes share it, and cost a command each.
pub const PARTITIONS: usize = 8;
/// The consumer group of all workers.
const GROUP: &str = "work";
/// Entries of one partition hold at most so many keys.
const KEYS_PER_ENTRY: usize = 500;

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

/// Tells workers of work. Cheap to clone.
#[derive(Clone)]
pub struct Queue {
    prefix: Arc<str>,
    valkey: ConnectionManager,
    local: mpsc::Sender<Hint>,
}

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
    /// `local` takes the hints of this process while Valkey is away.
    pub fn new(prefix: &str, valkey: ConnectionManager, local: mpsc::Sender<Hint>) -> Self {
        Self { prefix: prefix.into(), valkey, local }
    }

    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    #[must_use]
    pub fn valkey(&self) -> ConnectionManager {
        self.valkey.clone()
    }

    /// Hints work under keys of one tenant. Never fails: what can't be told is found by the sweep.
    pub async fn hint(&self, kind: JobKind, tenant: TenantId, keys: &[i64]) {
        if keys.is_empty() {
            return;
        }
        let mut by_partition: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
        for key in keys {
            let list = by_partition.entry(partition(*key)).or_default();
            if !list.contains(key) {
                list.push(*key);
            }
        }
        let mut pipe = redis::pipe();
        for (partition, keys) in &by_partition {
            for some in keys.chunks(KEYS_PER_ENTRY) {
                let bytes: Vec<u8> = some.iter().flat_map(|k| k.to_be_bytes()).collect();
                pipe.cmd("XADD")
                    .arg(stream(&self.prefix, kind, *partition))
                    .arg("*")
                    .arg("t")
                    .arg(tenant.0.as_bytes().as_slice())
                    .arg("k")
                    .arg(bytes)
                    .ignore();
            }
        }
        let told: redis::RedisResult<()> = pipe.query_async(&mut self.valkey.clone()).await;
        if let Err(error) = told {
            metrics::counter!("tarun_queue_hints_failed_total").increment(1);
            tracing::debug!(%error, "Valkey took no hint; this process's own workers get it");
            let keys = by_partition.into_values().flatten().collect();
            // Full: the sweep finds the work.
            let _ = self.local.try_send(Hint { kind, tenant, keys, entry: None });
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
