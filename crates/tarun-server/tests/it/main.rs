//! The whole program over HTTP and sockets: real PostgreSQL, real Valkey, the simulator as Meta, a business per test.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end when something is missing")]

mod commands;
mod contract;
mod conversations;
mod demo;
mod documents;
mod failures;
mod faults;
mod inbound;
mod installation;
mod isolation;
mod load;
mod master_key;
mod media;
mod migration;
mod numbers;
mod openapi;
mod opened;
mod overload;
mod own_servers;
mod people;
mod program;
mod realtime;
mod refusals;
mod replay;
mod row_level_security;
mod screen;
mod sealed;
mod secrecy;
mod sending;
mod walk_as_stranger;
mod webhook;
