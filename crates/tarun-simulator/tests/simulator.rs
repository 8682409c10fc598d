//! The simulator over real HTTP, and a real client of the Cloud API against it.

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
