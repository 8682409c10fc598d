//! The server killed in the middle of requests, and stopped politely.

use super::{Load, shown_once, stage};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How often the server is killed. `make soak` does it further.
const KILLS: u64 = 40;

#[tokio::test]
async fn c_010_c_011_whatever_was_answered_200_survives_a_kill_and_a_stop_refuses_nobody_it_listened_to() {
    let (mut stage, shop) = stage(1).await;
    let load = Load::start(&shop, "kill", 8);
    for n in 0..KILLS {
        load.more(5).await;
        // A different moment of a request each time: one takes a few milliseconds.
        tokio::time::sleep(Duration::from_micros(n % 13 * 700)).await;
        stage.server.kill().await.unwrap();
        stage.server.start().await.unwrap();
    }
    load.more(5).await;
    assert!(load.broken.load(Ordering::Relaxed) > KILLS, "the kills struck requests");
    let mut accepted = load.end().await;

    // C-011: those who are connected get their answer, and never an error.
    let load = Load::start(&shop, "term", 8);
    load.more(20).await;
    stage.server.terminate().unwrap();
    let status = stage.server.ended(Duration::from_secs(60)).await.unwrap();
    assert!(status.success(), "{status}");
    assert_eq!(load.unavailable.load(Ordering::Relaxed), 0, "no 5xx from a server that stops");
    stage.server.start().await.unwrap();
    load.more(5).await;
    accepted.extend(load.end().await);
    shown_once(&shop, &accepted).await;
    stage.stop().await.unwrap();
}
