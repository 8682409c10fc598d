//! Thousands of open screens on one server.

use super::{PATIENCE, body, memory, stage};
use crate::screen::Screen;
use futures::{StreamExt, stream};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use reqwest::Method;
use serde_json::{Value, json};
use tarun_soak::shop::Shop;
use tarun_testkit::Caller;
use tokio::sync::mpsc;

const SOCKETS: usize = 5_000;
/// Sockets that one key may hold, as one person may.
const OF_ONE: usize = 50;
/// Files that the processes need beside sockets.
const OTHER_FILES: u64 = 600;
/// Sockets being opened at the same time.
const AT_ONCE: usize = 32;
/// Memory of the server for one socket on which nothing happens, bytes.
const MOST: u64 = 64 * 1024;

#[tokio::test]
async fn c_062_thousands_of_idle_sockets_cost_little_and_each_hears_a_message() {
    let count = allowed();
    let (stage, shop) = stage(1).await;
    let callers = callers(&shop, count).await;
    let before = memory(&stage.server);
    let (ready, mut opened) = mpsc::channel(AT_ONCE);
    let (heard, mut hearing) = mpsc::channel(AT_ONCE);
    let screens = stream::iter(0..count).map(|n| {
        let (caller, ready, heard) = (callers[n / OF_ONE].clone(), ready.clone(), heard.clone());
        async move {
            let mut screen = Screen::open(&caller).await;
            let first = screen.within(PATIENCE).await;
            ready.send(first.map(|(name, _)| name)).await.unwrap();
            // From now on it only answers pings, until something is told.
            tokio::spawn(async move {
                while let Some((name, event)) = screen.within(PATIENCE).await {
                    if name == "message.created" {
                        let _ = heard.send(event["data"]["content"]["body"].clone()).await;
                    }
                }
            });
        }
    });
    let opening = screens.buffer_unordered(AT_ONCE).collect::<Vec<()>>();
    let all_ready = async {
        for _ in 0..count {
            assert_eq!(opened.recv().await.unwrap().as_deref(), Some("ready"));
        }
    };
    tokio::join!(opening, all_ready);
    let grown = memory(&stage.server).saturating_sub(before);
    eprintln!("{count} idle sockets: {} KiB in all, {} bytes each", grown / 1024, grown / count as u64);
    assert!(grown < MOST * count as u64, "{grown} bytes for {count} sockets");

    // The server does its other work, and each of them hears of it.
    assert_eq!(shop.post(&body(&shop, "919810000062", "to all")).await.unwrap(), 200);
    for n in 0..count {
        let told = tokio::time::timeout(PATIENCE, hearing.recv()).await;
        assert_eq!(told.unwrap_or_else(|_| panic!("{n} of {count} heard")), Some(Value::from("to all")));
    }
    stage.stop().await.unwrap();
}

/// As many sockets as this process and its children may open.
fn allowed() -> usize {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
    let count = usize::try_from(hard.saturating_sub(OTHER_FILES)).unwrap().min(SOCKETS);
    if count < SOCKETS {
        eprintln!("only {count} sockets: a process may open {hard} files here");
    }
    count
}

/// Programs of the business, each with a key of its own.
async fn callers(shop: &Shop, sockets: usize) -> Vec<Caller> {
    let token = shop.sign_in().await.unwrap();
    let mut keys = vec![shop.key.clone()];
    while keys.len() * OF_ONE < sockets {
        let key = json!({ "name": format!("Screen {}", keys.len()), "scope": "READ" });
        let key = shop.call(Method::POST, "api-keys", &token, &key).await.unwrap();
        keys.push(key["key"].as_str().unwrap().to_owned());
    }
    let caller = |key| Caller { base: shop.url.clone(), token: Some(key), http: shop.http.clone() };
    keys.into_iter().map(caller).collect()
}
