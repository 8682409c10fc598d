//! The simulator over real HTTP, and a real client of the Cloud API against it.

#![expect(clippy::unwrap_used, reason = "a helper that cannot do its part must fail the test")]

mod it {
    mod behaviour;
    mod graph;
    mod harness;
    mod inbound;
    mod media;
    mod outgoing;
    mod page;
    mod pywa;
    mod webhooks;
}
