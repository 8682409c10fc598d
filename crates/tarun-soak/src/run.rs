//! One run: set the stage, load and faults, wait until all is quiet, compare.

use crate::ledger::{Counts, Lists};
use crate::plan::{Plan, Size};
use crate::report::Report;
use crate::shop::{Shop, control};
use crate::stage::{Options, Stage};
use crate::{agents, faults, gather, generator, ledger, witness};
use anyhow::bail;
use generator::Watch;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// One reply for so many inbound messages.
const PER_REPLY: usize = 3;
/// Queues must have come to rest by then: a lease, a retry with the longest gap, a sweep.
const REST_LIMIT: Duration = Duration::from_secs(180);
/// They rest when nothing changed for so long.
const REST: Duration = Duration::from_secs(5);
/// A reader asks every two seconds; one that was silent for so long must have been removed by the others.
const GONE: Duration = Duration::from_secs(90);

/// How a run is made.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// Keep data and logs also when all is well.
    pub keep: bool,
    /// Break the product on purpose, to see that the run finds it.
    pub sabotage: bool,
}

/// Runs once and compares.
pub async fn run(options: Options, seed: u64, size: Size, manner: Manner) -> anyhow::Result<Report> {
    let begun = Instant::now();
    let mut stage = Stage::start(options).await?;
    eprintln!("the stage is set after {:.1} s: {}", begun.elapsed().as_secs_f64(), stage.folder().display());
    let played = play(&mut stage, seed, size, manner.sabotage).await;
    let report = match played {
        Ok(mut report) => {
            report.seconds = begun.elapsed().as_secs_f64();
            Ok(report)
        }
        Err(error) => Err(error.context(format!("seed {seed}"))),
    };
    if manner.keep || !report.as_ref().is_ok_and(Report::passed) {
        eprintln!("data and logs are kept: {}", stage.keep_folder().display());
    }
    stage.stop().await?;
    report
}

async fn play(stage: &mut Stage, seed: u64, size: Size, sabotage: bool) -> anyhow::Result<Report> {
    let mut shops = vec![];
    for index in 0..size.shops {
        shops.push(Shop::open(stage, index).await?);
    }
    let shops = Arc::new(shops);
    // The window is the simulator's own knowledge of who wrote; here the generator writes, not its phones.
    let settings = json!({ "settings": {
        "limits": { "window": false },
        "statuses": { "read": { "after_ms": 1500 } },
        "webhooks": { "retry_base_ms": 500, "retry_cap_ms": 3000, "duplicate_percent": 10, "reorder_within_ms": 400 },
    } });
    control(&shops[0].http, &stage.simulator_url, Method::POST, "behaviour", &settings).await?;
    witness::install(&stage.owner_url()).await?;
    if sabotage {
        witness::sabotage(&stage.owner_url()).await?;
    }

    let plan = Plan::of(seed, size);
    let (inbound, outbound) = (Arc::new(generator::Tally::default()), Arc::new(agents::Tally::default()));
    let contacts = Arc::new(plan.contacts);
    let watch = Watch::start();
    let generator = tokio::spawn(generator::run(shops.clone(), contacts, watch, inbound.clone()));
    let agents =
        tokio::spawn(agents::run(shops.clone(), size.messages / PER_REPLY, size.span, watch, outbound.clone()));
    let struck = faults::run(stage, &plan.faults, watch).await?;
    let heard = generator.await??;
    let said = agents.await??;
    eprintln!("{:6.1} s  load and faults are over", watch.begun.elapsed().as_secs_f64());
    rest(stage, &shops[0]).await?;
    eprintln!("{:6.1} s  at rest", watch.begun.elapsed().as_secs_f64());

    let mut lists = Lists { heard, said: said.said, refused: said.refused, ..Lists::default() };
    for shop in shops.iter() {
        lists.threads.extend(gather::threads(shop).await?);
    }
    lists.provider = gather::provider(&stage.record())?;
    lists.tables = witness::tables(&stage.owner_url()).await?;
    lists.waiting = witness::waiting(&stage.owner_url()).await?;
    lists.unacknowledged = unacknowledged(stage).await?;
    lists.dead_consumers = dead_consumers(stage).await?;
    let (findings, mut counts) = ledger::compare(&lists);
    let load = |counts: &mut Counts| {
        counts.insert("webhooks answered 200", inbound.accepted.load(Ordering::Relaxed));
        counts.insert("webhooks answered 503", inbound.unavailable.load(Ordering::Relaxed));
        counts.insert("webhooks answered otherwise", inbound.odd.load(Ordering::Relaxed));
        counts.insert("webhooks without an answer", inbound.broken.load(Ordering::Relaxed));
        counts.insert("slowest webhook answer, ms", inbound.slowest.load(Ordering::Relaxed));
        counts.insert("replies asked for again", outbound.asked_again.load(Ordering::Relaxed));
        counts.insert("starts of the server", u64::from(stage.server.starts));
        counts.insert("starts of workers", stage.workers.iter().map(|w| u64::from(w.starts)).sum());
        counts.insert("sends left for their last look", u64::try_from(lists.waiting.parked).unwrap_or_default());
    };
    load(&mut counts);
    let hit: i64 = lists.tables.moves.values().sum();
    let void = (hit == 0).then(|| "no fault hit work under way: nothing was swept, tried again or parked".to_owned());
    let faults = struck.iter().map(|s| {
        let hand = s.in_hand.map_or_else(|| "no answer".to_owned(), |n| n.to_string());
        format!("{:6.1} s  {:<32} jobs in hand: {hand}", s.at.as_secs_f64(), s.fault)
    });
    Ok(Report {
        seed,
        counts,
        moves: lists.tables.moves.clone(),
        faults: faults.collect(),
        findings,
        void,
        ..Report::default()
    })
}

/// Waits until nothing is left to do anywhere.
async fn rest(stage: &Stage, shop: &Shop) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut quiet: Option<Instant> = None;
    loop {
        let waiting = witness::waiting(&stage.owner_url()).await?;
        let idle = shop.simulator(stage, Method::GET, "idle", &Value::Null).await?;
        let unacknowledged = unacknowledged(stage).await?;
        if waiting.open == 0 && idle["idle"] == true && unacknowledged == 0 {
            if quiet.get_or_insert_with(Instant::now).elapsed() > REST {
                return Ok(());
            }
        } else {
            quiet = None;
        }
        if begun.elapsed() > REST_LIMIT {
            // Not an error of the run: the comparison tells what is stuck.
            eprintln!("not at rest after {REST_LIMIT:?}: {waiting:?}, simulator {idle}, {unacknowledged} entries");
            return if idle["idle"] == true { Ok(()) } else { bail!("the simulator is not idle: {idle}") };
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Stream entries that were handed to somebody and not acknowledged, or that nobody read.
async fn unacknowledged(stage: &Stage) -> anyhow::Result<u64> {
    let mut valkey = stage.valkey().await?;
    let mut count = 0;
    for stream in Stage::streams() {
        // Acknowledged entries are deleted.
        count += redis::cmd("XLEN").arg(&stream).query_async::<u64>(&mut valkey).await?;
    }
    Ok(count)
}

/// Readers of the streams that are gone for longer than the living may take to notice.
async fn dead_consumers(stage: &Stage) -> anyhow::Result<u64> {
    let mut valkey = stage.valkey().await?;
    let mut count = 0;
    for stream in Stage::streams() {
        let consumers: Vec<HashMap<String, redis::Value>> =
            redis::cmd("XINFO").arg("CONSUMERS").arg(&stream).arg("work").query_async(&mut valkey).await?;
        let idle = consumers.iter().filter_map(|c| redis::from_redis_value::<u128>(c.get("idle")?.clone()).ok());
        count += idle.filter(|ms| *ms > GONE.as_millis()).count() as u64;
    }
    Ok(count)
}
