//! Parts are killed, frozen, emptied and stopped, each as a real process of its own. What was acknowledged is there
//! afterwards, once. The long run with random moments is `make soak`.

mod backlog;
mod database_busy;
mod delayed;
mod disk_full;
mod gateway;
mod many_sockets;
mod poison;
mod postgres;
mod power;
mod server;
mod two_servers;
mod valkey;
mod valkey_data;
mod versions;
mod workers;

use futures::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tarun_soak::gather::{self, Thread};
use tarun_soak::program::Program;
use tarun_soak::shop::{Shop, Text};
use tarun_soak::stage::{Options, Stage};
use time::OffsetDateTime;

/// Longest wait for what must come by itself: a sweep 20 s, a lease 45 s, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(120);

/// A stage of its own with one business on it.
async fn stage(workers: usize) -> (Stage, Shop) {
    stage_on(workers, None).await
}

/// The same, with the data of PostgreSQL and Valkey in a folder elsewhere.
async fn stage_on(workers: usize, data: Option<PathBuf>) -> (Stage, Shop) {
    let tarun = PathBuf::from(env!("CARGO_BIN_EXE_tarun"));
    let stage = Stage::start(Options { guard: Some(tarun.clone()), tarun, workers, data }).await.expect("the stage");
    let shop = Shop::open(&stage, 0).await.expect("a business");
    // Webhooks are made here, so the simulator does not know of the customers' messages that open the window.
    let window = json!({ "settings": { "limits": { "window": false } } });
    shop.simulator(&stage, Method::POST, "behaviour", &window).await.expect("no window");
    (stage, shop)
}

/// Memory that is a process's own, bytes.
fn memory(program: &Program) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.pid().unwrap())).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// A connection as the tables' owner.
async fn owner(stage: &Stage) -> PgConnection {
    PgConnection::connect(&stage.owner_url()).await.expect("a connection as owner")
}

/// Waits until a look finds something.
async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A signed webhook with one text; the text is its own id.
fn body(shop: &Shop, from: &str, text: &str) -> String {
    let wamid = format!("wamid.{text}");
    shop.webhook(&[Text { from, wamid: &wamid, at: OffsetDateTime::now_utc().unix_timestamp(), body: text }])
}

/// Texts of customers as the owner sees them, with repetitions. None while the server can't say.
async fn texts(shop: &Shop) -> Option<Vec<String>> {
    let threads: Vec<Thread> = gather::threads(shop).await.ok()?;
    Some(threads.into_iter().flat_map(|t| t.messages).filter(|m| m.inbound).map(|m| m.body).collect())
}

/// Waits until all of these are shown, and shows that each is so once.
async fn shown_once(shop: &Shop, accepted: &[String]) {
    let wanted: BTreeSet<&str> = accepted.iter().map(String::as_str).collect();
    let shown = until("everything accepted is shown", || async {
        let shown = texts(shop).await?;
        wanted.iter().all(|w| shown.iter().any(|s| s == w)).then_some(shown)
    })
    .await;
    let mut once = BTreeSet::new();
    for text in &shown {
        assert!(once.insert(text), "{text} is there twice");
    }
}

/// What each customer of a load wrote is shown in the order in which he wrote it.
async fn in_order(shop: &Shop, name: &str) {
    for thread in gather::threads(shop).await.expect("the conversations") {
        let own = |body: &str| body.strip_prefix(name)?.strip_prefix('-')?.split_once('-')?.1.parse().ok();
        let numbers: Vec<u32> = thread.messages.iter().filter_map(|m| own(&m.body)).collect();
        assert!(numbers.is_sorted(), "{}: {numbers:?}", thread.phone);
    }
}

/// A conversation with a customer, ready for replies.
async fn thread(shop: &Shop, from: &str) -> String {
    assert_eq!(shop.post(&body(shop, from, &format!("hello-{from}"))).await.unwrap(), 200);
    let thread =
        until("the conversation", || async { gather::threads(shop).await.ok()?.into_iter().find(|t| t.phone == from) })
            .await;
    thread.id
}

async fn reply(shop: &Shop, conversation: &str, key: &str) -> String {
    let (status, message) = shop.reply(conversation, key, key).await.unwrap();
    assert_eq!(status, 201, "{message}");
    message["id"].as_str().unwrap().to_owned()
}

async fn behave(stage: &Stage, shop: &Shop, behaviour: Value) {
    shop.simulator(stage, Method::POST, "behaviour", &behaviour).await.unwrap();
}

/// Makes everything due that waits for its time, as if an hour had passed for it.
async fn an_hour_passes(stage: &Stage) {
    let due = "update jobs set sweep_at = sweep_at - interval '1 hour', lease_until = lease_until - interval '1 hour',
        not_before = not_before - interval '1 hour'";
    sqlx::query(due).execute(&mut owner(stage).await).await.unwrap();
}

/// From now on the sweep finds nothing new: only what Valkey carries makes work known.
async fn without_the_sweep(stage: &Stage) {
    let later = "create function later() returns trigger language plpgsql as $$ begin new.sweep_at := '2100-01-01'; return new; end $$;
        create trigger later before insert on jobs for each row execute function later();";
    sqlx::raw_sql(later).execute(&mut owner(stage).await).await.unwrap();
}

/// Takes so many texts of as many customers who never wrote before; what they are.
async fn say(shop: &Shop, name: &str, count: usize) -> Vec<String> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut said = vec![];
    for n in 0..count {
        let (text, from) = (format!("{name}-{n}"), NEXT.fetch_add(1, Ordering::Relaxed));
        assert_eq!(shop.post(&body(shop, &format!("91982{from:07}"), &text)).await.unwrap(), 200);
        said.push(text);
    }
    said
}

/// Entries of all streams, handed out or not.
async fn entries(stage: &Stage) -> u64 {
    let mut valkey = stage.valkey().await.unwrap();
    let mut count = 0;
    for stream in Stage::streams() {
        count += redis::cmd("XLEN").arg(&stream).query_async::<u64>(&mut valkey).await.unwrap();
    }
    count
}

/// Customers who write without end, several at once, until told to stop. Each of them counts what was answered 200.
struct Load {
    stop: Arc<AtomicBool>,
    accepted: Arc<Mutex<Vec<String>>>,
    /// Answers other than 200 and 503.
    odd: Arc<Mutex<Vec<u16>>>,
    /// Asked and not answered, whether the connection broke or could not be made.
    broken: Arc<AtomicU64>,
    unavailable: Arc<AtomicU64>,
    people: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    fn start(shop: &Shop, name: &str, people: usize) -> Self {
        let mut load = Self {
            stop: Arc::default(),
            accepted: Arc::default(),
            odd: Arc::default(),
            broken: Arc::default(),
            unavailable: Arc::default(),
            people: vec![],
        };
        for person in 0..people {
            let (shop, name) = (shop.clone(), name.to_owned());
            let (stop, accepted, odd, broken, unavailable) = (
                load.stop.clone(),
                load.accepted.clone(),
                load.odd.clone(),
                load.broken.clone(),
                load.unavailable.clone(),
            );
            load.people.push(tokio::spawn(async move {
                let from = format!("91981{person:07}");
                let mut n = 0;
                while !stop.load(Ordering::Relaxed) {
                    let text = format!("{name}-{person}-{n}");
                    match shop.post(&body(&shop, &from, &text)).await {
                        Ok(200) => {
                            accepted.lock().unwrap().push(text);
                            n += 1;
                        }
                        Ok(503) => drop(unavailable.fetch_add(1, Ordering::Relaxed)),
                        Ok(status) => odd.lock().unwrap().push(status),
                        Err(_) => {
                            broken.fetch_add(1, Ordering::Relaxed);
                            // The same again, as Meta would; not in a hot loop while nobody listens.
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                    }
                }
            }));
        }
        load
    }

    fn accepted(&self) -> usize {
        self.accepted.lock().unwrap().len()
    }

    /// Waits until so many more are accepted.
    async fn more(&self, count: usize) {
        let goal = self.accepted() + count;
        until("webhooks are accepted", || async { (self.accepted() >= goal).then_some(()) }).await;
    }

    /// Ends it; what was accepted.
    async fn end(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        futures::stream::iter(self.people).for_each(|person| async { person.await.expect("a person") }).await;
        assert_eq!(*self.odd.lock().unwrap(), Vec::<u16>::new(), "only 200 and 503 are answers to a good webhook");
        Arc::try_unwrap(self.accepted).expect("nobody else counts").into_inner().unwrap()
    }
}
