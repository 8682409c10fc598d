//! The whole machine killed under load, several times, without anybody who mends it.

use super::{Load, an_hour_passes, behave, in_order, shown_once, stage, thread, until};
use serde_json::json;
use sqlx::{Connection, PgConnection};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tarun_soak::gather;
use tarun_soak::shop::Shop;
use tokio::task::JoinHandle;

/// How often it is killed. `make soak` does it at random moments.
const KILLS: u64 = 3;

/// Agents, one to a conversation, who reply without end until told to stop. Whoever gets no answer asks for the same again.
struct Agents {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    /// Our ids of the messages that were answered 201.
    promised: Arc<Mutex<Vec<String>>>,
    people: Vec<JoinHandle<()>>,
}

impl Agents {
    fn start(shop: &Shop, conversations: Vec<String>) -> Self {
        let mut agents =
            Self { stop: Arc::default(), answered: Arc::default(), promised: Arc::default(), people: vec![] };
        for conversation in conversations {
            let (shop, stop) = (shop.clone(), agents.stop.clone());
            let (answered, promised) = (agents.answered.clone(), agents.promised.clone());
            agents.people.push(tokio::spawn(async move {
                for n in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let key = format!("{conversation}-{n}");
                    let id = loop {
                        match shop.reply(&conversation, &key, &format!("reply-{n}")).await {
                            Ok((201, message)) => break message["id"].as_str().unwrap().to_owned(),
                            Ok((503, _)) | Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                            Ok((status, problem)) => panic!("{status} {problem}"),
                        }
                    };
                    promised.lock().unwrap().push(id);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            }));
        }
        agents
    }

    async fn more(&self, count: usize) {
        let goal = self.answered.load(Ordering::Relaxed) + count;
        until("replies are taken", || async { (self.answered.load(Ordering::Relaxed) >= goal).then_some(()) }).await;
    }

    async fn end(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        for person in self.people {
            person.await.expect("an agent");
        }
        Arc::try_unwrap(self.promised).expect("nobody else counts").into_inner().unwrap()
    }
}

#[tokio::test]
async fn c_126_everything_killed_at_once_loses_nothing_and_sends_nothing_twice() {
    let (mut stage, shop) = stage(2).await;
    let mut conversations = vec![];
    for n in 0..4 {
        conversations.push(thread(&shop, &format!("91981012600{n}")).await);
    }
    let mut accepted: Vec<String> = (0..4).map(|n| format!("hello-91981012600{n}")).collect();
    // Taken at once, told late: at each moment some calls are accepted and not yet written down.
    let limits = json!({ "window": false, "pair": false, "per_second": null });
    let slow = json!({ "settings": { "limits": limits }, "rules": [{ "action": { "do": "slow", "ms": 25 } }] });
    behave(&stage, &shop, slow).await;
    let (load, agents) = (Load::start(&shop, "power", 6), Agents::start(&shop, conversations));
    for n in 0..KILLS {
        load.more(25).await;
        agents.more(8).await;
        // A different moment of a request each time.
        tokio::time::sleep(Duration::from_micros(n * 1_300)).await;
        stage.kill_everything().await.unwrap();
        let url = stage.owner_url();
        until("PostgreSQL is back", || async { PgConnection::connect(&url).await.ok() }).await;
        if n + 1 == KILLS {
            // Nobody lives who could hold a lease; its end need not be waited for.
            an_hour_passes(&stage).await;
        }
        stage.start_programs().await.unwrap();
    }
    load.more(25).await;
    agents.more(8).await;
    assert!(load.broken.load(Ordering::Relaxed) >= KILLS, "the kills struck requests");
    let promised = agents.end().await;
    accepted.extend(load.end().await);
    shown_once(&shop, &accepted).await;
    in_order(&shop, "power").await;

    // Every reply that was promised went out once, or a person is asked about it.
    let shown = until("every reply is settled", || async {
        let threads = gather::threads(&shop).await.ok()?;
        let outbound = threads.into_iter().flat_map(|t| t.messages).filter(|m| !m.inbound);
        let states: BTreeMap<String, String> = outbound.map(|m| (m.id, m.status)).collect();
        let settled = |id: &String| states.get(id).is_none_or(|s: &String| s != "QUEUED");
        promised.iter().all(settled).then_some(states)
    })
    .await;
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for call in gather::provider(&stage.record()).unwrap().calls.into_iter().filter(|c| c.accepted) {
        *taken.entry(call.message.expect("our id")).or_default() += 1;
    }
    for id in &promised {
        let (state, times) = (shown[id].as_str(), taken.get(id).copied().unwrap_or_default());
        let right = match state {
            "SENT" | "DELIVERED" | "READ" => times == 1,
            "UNKNOWN" => times <= 1,
            _ => false,
        };
        assert!(right, "{id} is {state}, and the provider took it {times} times");
    }
    assert_eq!(shown.len(), promised.len(), "and nothing was sent that nobody asked for");
    stage.stop().await.unwrap();
}
