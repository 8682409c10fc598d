//! The two servers and what the supervisor reports about them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// One of the two child servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Server {
    /// The database: the truth.
    Postgres,
    /// The queue and cache.
    Valkey,
}

impl Server {
    /// In the order in which they are stopped: the queue first, the database last.
    pub(crate) const ALL: [Self; 2] = [Self::Valkey, Self::Postgres];

    pub(crate) fn index(self) -> usize {
        match self {
            Self::Valkey => 0,
            Self::Postgres => 1,
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "PostgreSQL",
            Self::Valkey => "Valkey",
        })
    }
}

/// Something that happened to a server while it was supervised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerEvent {
    /// It answers; `took` counts from the start of the attempt.
    Ready { server: Server, pid: u32, took: Duration },
    /// It ended though nobody asked it to. It is started again after `retry_in`.
    Died { server: Server, status: String, retry_in: Duration },
    /// A server left over from an earlier run was found and told to stop.
    OrphanStopped { server: Server, pid: u32 },
}

/// Told about every [`ServerEvent`], on the supervisor's thread: return quickly and do not call back into `Embedded`.
pub type EventListener = Arc<dyn Fn(&ServerEvent) + Send + Sync>;

/// Process ids of the running servers; none while a server is down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pids {
    pub postgres: Option<u32>,
    pub valkey: Option<u32>,
}
