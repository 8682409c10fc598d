//! Tarun's own PostgreSQL and Valkey: obtained once, run as child processes, supervised.
//!
//! A self-hoster starts one program. Where no `DATABASE_URL` and `REDIS_URL` are set, that program brings its own servers:
//! a real PostgreSQL with pgvector and a real Valkey, with durable settings, on Unix sockets within the data directory and
//! on no TCP port. Three promises shape everything here:
//!
//! * **No data is lost.** `fsync` is on, a cluster is built beside its place and moved there when complete, and no two
//!   servers ever run on one folder. PostgreSQL guards itself; Valkey does not (two of them would write one append-only
//!   file). So each server inherits a locked file as its standard input: the kernel holds the lock exactly as long as the
//!   server or one of its own children lives, and nobody has to trust a pid file ([`guard`], `slot`).
//! * **Nothing is left behind.** The kernel signals the servers to stop cleanly when the thread that started them ends,
//!   even by `kill -9` of the program (Linux; elsewhere the guard notices a closing pipe). An orphan from another time is
//!   found at the next start, stopped cleanly, and replaced.
//! * **Least rights.** Root never runs a server: the guard takes on the service user for good before it becomes the server.
//!   There is no password; the kernel says who connects, and the sockets' folder is closed to everybody else.
//!
//! One thread (`supervisor`) owns both servers: it starts them side by side, notices when one dies, starts it again with
//! growing pauses, and stops the queue before the database.
//!
//! ```no_run
//! use tarun_embedded::{Embedded, EmbeddedOptions, StopLimits, runtime};
//!
//! tarun_embedded::guard::main_if_requested(); // first in main
//! let runtime = runtime::Runtime::locate(&runtime::default_cache_dir())?;
//! let servers = Embedded::start(&runtime, EmbeddedOptions::new("data"))?;
//! println!("{} {}", servers.app_database_url(), servers.redis_url());
//! servers.stop(StopLimits::default())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Tried on Linux (x86-64, as root and as a normal user). The parts for macOS are written, and the other guard was tried on
//! Linux in place of its own, but nothing has been run on macOS itself.

mod account;
mod embedded;
mod error;
pub mod guard;
mod launch;
mod layout;
mod postgres;
mod process;
pub mod runtime;
mod server;
mod slot;
mod supervisor;
mod valkey;

pub use embedded::{Embedded, EmbeddedOptions, StopLimits};
pub use error::{EmbeddedError, SetupError};
pub use runtime::Runtime;
pub use server::{EventListener, Pids, Server, ServerEvent};
pub use valkey::ValkeyFsync;
