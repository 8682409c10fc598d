//! Breaks things at the planned moments, and mends what does not mend itself.

use crate::generator::Watch;
use crate::plan::{Fault, Misbehaviour};
use crate::program::Program;
use crate::shop::control;
use crate::stage::Stage;
use crate::witness;
use anyhow::Context;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::time::Duration;
use tarun_embedded::Server;

/// Longer than a lease (45 s): the work of a frozen worker must have been taken over when it goes on.
const FROZEN: Duration = Duration::from_secs(50);
/// How long a stopped program or server stays away.
const AWAY: Duration = Duration::from_millis(700);
/// A clean stop may take so long: requests 10 s, work 25 s.
const STOP_LIMIT: Duration = Duration::from_secs(45);

/// A fault as it struck.
#[derive(Debug, Clone)]
pub struct Struck {
    pub at: Duration,
    pub fault: String,
    /// Jobs that waited or were in somebody's hands at that moment; none where the database could not say.
    pub in_hand: Option<i64>,
}

/// Carries out the plan; returns when all is mended.
pub async fn run(stage: &mut Stage, faults: &[(Duration, Fault)], watch: Watch) -> anyhow::Result<Vec<Struck>> {
    let mut struck = vec![];
    let mut frozen: Option<(usize, Duration)> = None;
    for (at, fault) in faults {
        if let Some((worker, until)) = frozen.filter(|(_, until)| until < at) {
            watch.until(until).await;
            stage.workers[worker].thaw()?;
            frozen = None;
        }
        watch.until(*at).await;
        let in_hand = witness::in_hand(&stage.owner_url()).await.ok();
        struck.push(Struck { at: watch.begun.elapsed(), fault: format!("{fault:?}"), in_hand });
        eprintln!("{:6.1} s  {fault:?}", watch.begun.elapsed().as_secs_f64());
        strike(stage, *fault, &mut frozen, watch).await.with_context(|| format!("{fault:?}"))?;
    }
    if let Some((worker, until)) = frozen {
        watch.until(until).await;
        stage.workers[worker].thaw()?;
    }
    control(&Client::new(), &stage.simulator_url, Method::DELETE, "behaviour", &Value::Null).await?;
    Ok(struck)
}

async fn strike(
    stage: &mut Stage,
    fault: Fault,
    frozen: &mut Option<(usize, Duration)>,
    watch: Watch,
) -> anyhow::Result<()> {
    // The one that is not frozen, so that a fault hits somebody who works.
    let busy = usize::from(frozen.is_some_and(|(worker, _)| worker == 0)).min(stage.workers.len() - 1);
    match fault {
        Fault::KillServer => killed(&mut stage.server).await,
        Fault::RestartServer => restarted(&mut stage.server).await,
        Fault::KillWorker => {
            slow_silent_sends(stage).await?;
            killed(&mut stage.workers[busy]).await
        }
        Fault::KillAllWorkers => {
            *frozen = None;
            slow_sends(stage).await?;
            for worker in &mut stage.workers {
                worker.kill().await?;
            }
            tokio::time::sleep(AWAY).await;
            for worker in &mut stage.workers {
                worker.start().await?;
            }
            Ok(())
        }
        Fault::RestartWorker => restarted(&mut stage.workers[busy]).await,
        Fault::FreezeWorker if frozen.is_some() => Ok(()),
        Fault::FreezeWorker => {
            slow_silent_sends(stage).await?;
            stage.workers[0].freeze()?;
            *frozen = Some((0, watch.begun.elapsed() + FROZEN));
            Ok(())
        }
        // Nobody tells the supervisor: it has to notice by itself.
        Fault::KillPostgres => killed_by_pid(stage.servers.pids().postgres),
        Fault::KillValkey => killed_by_pid(stage.servers.pids().valkey),
        Fault::RestartPostgres => held(stage, Server::Postgres).await,
        Fault::RestartValkey => held(stage, Server::Valkey).await,
        Fault::FlushValkey => Ok(redis::cmd("FLUSHALL").query_async(&mut stage.valkey().await?).await?),
        Fault::WipeValkey => stage.wipe_valkey().await,
        Fault::KillEverything => {
            *frozen = None;
            slow_sends(stage).await?;
            stage.kill_everything().await?;
            stage.start_programs().await
        }
        Fault::Provider(kind) => misbehave(stage, kind, 8).await,
    }
}

async fn killed(program: &mut Program) -> anyhow::Result<()> {
    program.kill().await?;
    tokio::time::sleep(AWAY).await;
    program.start().await.map(drop)
}

async fn restarted(program: &mut Program) -> anyhow::Result<()> {
    program.terminate()?;
    program.ended(STOP_LIMIT).await?;
    program.start().await.map(drop)
}

fn killed_by_pid(pid: Option<u32>) -> anyhow::Result<()> {
    // None: it is down already and being started again; the fault has happened.
    match pid {
        Some(pid) => Ok(kill(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL)?),
        None => Ok(()),
    }
}

async fn held(stage: &Stage, server: Server) -> anyhow::Result<()> {
    stage.hold(server, false).await?;
    tokio::time::sleep(AWAY * 2).await;
    stage.release(server).await
}

/// Sends take a while, so that whoever is struck next is in the middle of some: accepted, not yet recorded.
async fn slow_sends(stage: &Stage) -> anyhow::Result<()> {
    misbehave(stage, Misbehaviour::Slow, 12).await?;
    tokio::time::sleep(Duration::from_millis(900)).await;
    Ok(())
}

/// The same, and no status ever tells what became of these messages: only the lease's end can settle them.
async fn slow_silent_sends(stage: &Stage) -> anyhow::Result<()> {
    let statuses = |enabled: bool| json!({ "settings": { "statuses": { "enabled": enabled } } });
    behave(stage, &statuses(false)).await?;
    slow_sends(stage).await?;
    behave(stage, &statuses(true)).await
}

async fn misbehave(stage: &Stage, kind: Misbehaviour, times: u32) -> anyhow::Result<()> {
    let action = match kind {
        Misbehaviour::DropAccepted => json!({ "do": "drop", "accepted": true }),
        Misbehaviour::Drop => json!({ "do": "drop" }),
        Misbehaviour::Unavailable => json!({ "do": "error", "code": 131016, "http_status": 503 }),
        Misbehaviour::TooMany => json!({ "do": "error", "code": 130429, "http_status": 429, "retry_after": 2 }),
        Misbehaviour::Slow => json!({ "do": "slow", "ms": 2500 }),
        Misbehaviour::GarbledAccepted => {
            json!({ "do": "answer", "http_status": 502, "content_type": "text/html", "body": "<html>", "accepted": true })
        }
    };
    behave(stage, &json!({ "rules": [{ "times": times, "action": action }] })).await
}

async fn behave(stage: &Stage, behaviour: &Value) -> anyhow::Result<()> {
    control(&Client::new(), &stage.simulator_url, Method::POST, "behaviour", behaviour).await.map(drop)
}
