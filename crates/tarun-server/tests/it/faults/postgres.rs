//! PostgreSQL away, restarted, killed: no acknowledgement without it, and no restart needed after it.

use super::{Load, body, shown_once, stage, until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::sync::atomic::Ordering;
use std::time::Instant;
use tarun_embedded::Server;

#[tokio::test]
async fn c_009_c_037_c_038_without_postgresql_webhooks_are_refused_and_nothing_committed_is_lost() {
    let (stage, shop) = stage(1).await;
    let (server, worker) = (stage.server.pid(), stage.workers[0].pid());
    assert_eq!(shop.post(&body(&shop, "919810000009", "before")).await.unwrap(), 200);
    let mut accepted = vec!["before".to_owned()];

    // C-009: it is away while webhooks arrive.
    stage.hold(Server::Postgres, false).await.unwrap();
    let asked = Instant::now();
    assert_eq!(shop.post(&body(&shop, "919810000009", "during")).await.unwrap(), 503);
    assert!(asked.elapsed().as_secs() < 10, "an answer comes soon: {:?}", asked.elapsed());
    let live = shop.http.get(format!("{}/healthz", shop.url)).send().await.unwrap();
    let ready = shop.http.get(format!("{}/readyz", shop.url)).send().await.unwrap();
    assert_eq!((live.status().as_u16(), ready.status().as_u16()), (200, 503), "C-121");
    stage.release(Server::Postgres).await.unwrap();
    until("the webhook is taken", || async {
        (shop.post(&body(&shop, "919810000009", "during")).await.ok()? == 200).then_some(())
    })
    .await;
    accepted.push("during".into());

    // C-037: a fast restart under load. C-038: kill -9, of which nobody tells the supervisor.
    let load = Load::start(&shop, "load", 6);
    load.more(30).await;
    stage.hold(Server::Postgres, false).await.unwrap();
    stage.release(Server::Postgres).await.unwrap();
    load.more(30).await;
    let pid = stage.servers.pids().postgres.expect("it runs");
    kill(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL).unwrap();
    load.more(30).await;
    let (broken, unavailable) = (load.broken.load(Ordering::Relaxed), load.unavailable.load(Ordering::Relaxed));
    accepted.extend(load.end().await);
    assert_eq!(broken, 0, "each request had an answer");
    assert!(unavailable > 0, "the faults struck requests");
    shown_once(&shop, &accepted).await;

    assert_eq!((stage.server.pid(), stage.workers[0].pid()), (server, worker), "nobody had to be restarted");
    stage.stop().await.unwrap();
}
