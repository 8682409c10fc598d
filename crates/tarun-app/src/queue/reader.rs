//! Reads the streams of one kind of work and hands the entries to its worker.

use super::{Entry, GROUP, Hint, PARTITIONS, Queue, read_hint, stream};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisResult, Value};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tarun_store::job::JobKind;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How long a read waits in Valkey for news.
const BLOCK: Duration = Duration::from_millis(2000);
/// An entry that its reader has held for so long without an acknowledgement is taken over.
const ABANDONED: Duration = Duration::from_secs(30);
const TAKE_OVER_EVERY: Duration = Duration::from_secs(5);
/// A consumer that said nothing for so long, and holds nothing, is removed from the group.
const GONE: Duration = Duration::from_secs(60);

/// One connection of its own: a blocked read would hold up everything else on a shared one.
pub struct Reader {
    pub queue: Queue,
    pub url: String,
    pub kind: JobKind,
    /// Which of the streams, as `(lane, lanes)`.
    pub lane: (usize, usize),
    /// Different for each process.
    pub consumer: String,
    pub to: mpsc::Sender<Hint>,
    pub stop: CancellationToken,
}

impl Reader {
    /// Reads until told to stop; mends its connection.
    pub async fn run(self) {
        let mut pause = Duration::from_millis(50);
        while !self.stop.is_cancelled() {
            let ended = self.read().await;
            if let Err(error) = ended {
                metrics::counter!("tarun_queue_reader_errors_total").increment(1);
                tracing::warn!(kind = self.kind.as_str(), %error, "reading the work streams failed; trying again");
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = self.stop.cancelled() => return,
                }
                pause = (pause * 2).min(Duration::from_secs(2));
            } else {
                pause = Duration::from_millis(50);
            }
        }
    }

    async fn read(&self) -> RedisResult<()> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(Duration::from_secs(2)))
            .set_response_timeout(Some(BLOCK + Duration::from_secs(3)));
        let client = super::client(&self.url)?;
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        let streams: Vec<String> = (0..PARTITIONS)
            .filter(|p| p % self.lane.1 == self.lane.0)
            .map(|p| stream(self.queue.prefix(), self.kind, p))
            .collect();
        make_groups(&mut connection, &streams).await?;
        let mut looked = Instant::now();
        while !self.stop.is_cancelled() {
            let read = redis::cmd("XREADGROUP")
                .arg("GROUP")
                .arg(GROUP)
                .arg(&self.consumer)
                .arg("COUNT")
                .arg(256)
                .arg("BLOCK")
                .arg(BLOCK.as_millis() as u64)
                .arg("STREAMS")
                .arg(&streams)
                .arg(streams.iter().map(|_| ">").collect::<Vec<_>>())
                .query_async::<Value>(&mut connection)
                .await;
            match read {
                Ok(value) => {
                    for (stream, entries) in streams_of(value) {
                        self.hand_over(&stream, entries).await;
                    }
                }
                // Valkey was emptied: its groups are made again, from the beginning.
                Err(error) if error.code() == Some("NOGROUP") => make_groups(&mut connection, &streams).await?,
                Err(error) => return Err(error),
            }
            if looked.elapsed() > TAKE_OVER_EVERY {
                looked = Instant::now();
                for stream in &streams {
                    self.take_over(&mut connection, stream).await?;
                }
            }
        }
        Ok(())
    }

    async fn hand_over(&self, stream: &str, entries: Entries) {
        for (id, fields) in entries {
            let entry = Entry { stream: stream.to_owned(), id };
            match read_hint(self.kind, entry.clone(), &fields) {
                Some(hint) => {
                    if self.to.send(hint).await.is_err() {
                        return;
                    }
                }
                None => self.queue.acknowledge(&[entry]).await,
            }
        }
    }

    /// Takes what a dead worker left, and removes dead workers.
    async fn take_over(&self, connection: &mut MultiplexedConnection, stream: &str) -> RedisResult<()> {
        let claimed: Value = redis::cmd("XAUTOCLAIM")
            .arg(stream)
            .arg(GROUP)
            .arg(&self.consumer)
            .arg(ABANDONED.as_millis() as u64)
            .arg("0-0")
            .arg("COUNT")
            .arg(256)
            .query_async(connection)
            .await?;
        if let Value::Array(mut parts) = claimed
            && parts.len() >= 2
        {
            let entries = entries_of(parts.swap_remove(1));
            if !entries.is_empty() {
                metrics::counter!("tarun_queue_reclaimed_total").increment(entries.len() as u64);
                self.hand_over(stream, entries).await;
            }
        }
        let consumers: Vec<BTreeMap<String, Value>> =
            redis::cmd("XINFO").arg("CONSUMERS").arg(stream).arg(GROUP).query_async(connection).await?;
        for consumer in consumers {
            let number = |key: &str| match consumer.get(key) {
                Some(Value::Int(n)) => *n,
                _ => 0,
            };
            let name = consumer
                .get("name")
                .and_then(|n| redis::from_redis_value::<String>(n.clone()).ok())
                .unwrap_or_default();
            if name != self.consumer && number("pending") == 0 && number("idle") > GONE.as_millis() as i64 {
                redis::cmd("XGROUP")
                    .arg("DELCONSUMER")
                    .arg(stream)
                    .arg(GROUP)
                    .arg(&name)
                    .query_async::<Value>(connection)
                    .await?;
            }
        }
        Ok(())
    }
}

async fn make_groups(connection: &mut MultiplexedConnection, streams: &[String]) -> RedisResult<()> {
    for stream in streams {
        let made: RedisResult<Value> = redis::cmd("XGROUP")
            .arg("CREATE")
            .arg(stream)
            .arg(GROUP)
            .arg("0")
            .arg("MKSTREAM")
            .query_async(connection)
            .await;
        if let Err(error) = made
            && error.code() != Some("BUSYGROUP")
        {
            return Err(error);
        }
    }
    Ok(())
}

/// Entries as Valkey gives them: id and fields.
type Entries = Vec<(String, BTreeMap<String, Vec<u8>>)>;

/// The answer to XREADGROUP: a map in RESP3, a list of pairs in RESP2, nil when nothing came.
fn streams_of(value: Value) -> Vec<(String, Entries)> {
    let pairs: Vec<(Value, Value)> = match value {
        Value::Map(pairs) => pairs,
        Value::Array(items) => items
            .into_iter()
            .filter_map(|item| match item {
                Value::Array(mut pair) if pair.len() == 2 => pair.pop().zip(pair.pop()).map(|(b, a)| (a, b)),
                _ => None,
            })
            .collect(),
        _ => vec![],
    };
    pairs
        .into_iter()
        .filter_map(|(name, entries)| Some((redis::from_redis_value(name).ok()?, entries_of(entries))))
        .collect()
}

fn entries_of(value: Value) -> Entries {
    let Value::Array(items) = value else { return vec![] };
    items
        .into_iter()
        .filter_map(|item| match item {
            Value::Array(mut pair) if pair.len() == 2 => {
                let fields = redis::from_redis_value(pair.pop()?).unwrap_or_default();
                Some((redis::from_redis_value(pair.pop()?).ok()?, fields))
            }
            _ => None,
        })
        .collect()
}
