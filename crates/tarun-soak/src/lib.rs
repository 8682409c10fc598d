//! The ledger run: nothing acknowledged is lost, nothing happens twice, whatever is killed.
//!
//! A stage of real processes (server, workers, PostgreSQL, Valkey, the simulator as Meta), a generator that keeps each answer it
//! got, agents who reply, and faults at times that follow from a seed. Afterwards lists of what was accepted, what is shown
//! and what the provider saw are compared by program ([`ledger`], L-1 to L-9 of `docs/reliability.md`).
//!
//! It knows the product from outside only: its HTTP, its tables, its program. Tests of the server borrow [`stage`] and
//! [`shop`] for faults that need real processes.

pub mod agents;
pub mod faults;
pub mod gather;
pub mod generator;
pub mod ledger;
pub mod plan;
pub mod program;
pub mod report;
pub mod run;
pub mod shop;
pub mod stage;
pub mod witness;
