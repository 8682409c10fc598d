//! The program: command line, settings, HTTP, sockets, workers, and the servers that it brings along.

pub mod cli;
pub mod config;
pub mod http;
pub mod master_key;
mod note;
pub mod realtime;
pub mod serve;
pub mod server;
pub mod telemetry;
