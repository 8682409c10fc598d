//! From a webhook's bytes to rows: verified, kept, understood, answered; by workers where that can't be done at once.

mod accept;
mod apart;
pub(crate) mod arrival;
mod handle;
mod noted;
mod outcome;
mod routes;
mod understand;
mod writer;

pub use accept::{Intake, MAX_BODY_BYTES, Refusal};
pub use apart::Apart;
pub use handle::{Turn, handle};
pub use routes::Routes;
pub use writer::When;

use tarun_providers::whatsapp::webhook::RawKind;

/// A kind as rows name it.
fn kind_name(kind: RawKind) -> &'static str {
    match kind {
        RawKind::Message => "MESSAGE",
        RawKind::Status => "STATUS",
        RawKind::Echo => "ECHO",
        RawKind::Other => "OTHER",
    }
}

fn kind_of(name: &str) -> RawKind {
    match name {
        "MESSAGE" => RawKind::Message,
        "STATUS" => RawKind::Status,
        "ECHO" => RawKind::Echo,
        _ => RawKind::Other,
    }
}
