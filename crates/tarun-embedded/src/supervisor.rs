//! The supervisor: one thread that starts both servers, watches them, starts them again and stops them.
//!
//! It never blocks on one server while the other needs it, except when it was asked to stop or hold one.

use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::error::EmbeddedError;
use crate::guard::EXIT_LOCKED;
use crate::launch::Launcher;
use crate::process;
use crate::server::{EventListener, Pids, Server, ServerEvent};
use crate::slot::{Spec, State, back_off};

/// A server that was up this long starts anew with the shortest pause.
const STEADY: Duration = Duration::from_secs(30);
/// Time for the rest of a killed server to go by itself (PostgreSQL's processes notice their parent's death).
const LINGER: Duration = Duration::from_secs(2);
/// Time for an orphan to stop cleanly after it was asked.
const ORPHAN_STOP: Duration = Duration::from_secs(30);
/// When to give up on one that cannot even be killed.
const ORPHAN_LIMIT: Duration = Duration::from_secs(45);
const KILL_LIMIT: Duration = Duration::from_secs(10);
const LOG_CHECK: Duration = Duration::from_secs(60);

pub(crate) type Reply = Sender<Result<(), EmbeddedError>>;

/// What the supervisor can be asked.
pub(crate) enum Request {
    /// Take a server down and keep it down; `kill` does it without warning.
    Hold { server: Server, kill: bool, limit: Duration, reply: Reply },
    /// Start it again; answered when it is ready.
    Release { server: Server, reply: Reply },
    /// Stop both and end. `limits` are those of Valkey and PostgreSQL.
    Stop { limits: [Duration; 2], reply: Reply },
}

struct Slot {
    spec: Spec,
    state: State,
    failures: u32,
    /// When this attempt began, for [`ServerEvent::Ready`].
    attempt: Instant,
    /// Who waits for it to be ready.
    waiting: Vec<Reply>,
}

pub(crate) struct Supervisor {
    slots: [Slot; 2],
    launcher: Launcher,
    listener: Option<EventListener>,
    pids: Arc<Mutex<Pids>>,
    start_limit: Duration,
}

impl Supervisor {
    /// `specs` in the order of [`Server::ALL`].
    pub fn new(
        specs: [Spec; 2],
        launcher: Launcher,
        listener: Option<EventListener>,
        pids: Arc<Mutex<Pids>>,
        start_limit: Duration,
    ) -> Self {
        let attempt = Instant::now();
        let slots =
            specs.map(|spec| Slot { spec, state: State::clearing(), failures: 0, attempt, waiting: Vec::new() });
        Self { slots, launcher, listener, pids, start_limit }
    }

    /// Starts both side by side and returns when both are ready. On an error both are stopped again.
    pub fn start(&mut self) -> Result<(), EmbeddedError> {
        loop {
            for server in Server::ALL {
                if let Err(error) = self.step(server) {
                    self.stop([KILL_LIMIT; 2]).unwrap_or_else(|other| tracing::warn!(%other, "while giving up"));
                    return Err(error);
                }
            }
            if self.slots.iter().all(|slot| matches!(slot.state, State::Up { .. })) {
                return Ok(());
            }
            std::thread::sleep(self.pause());
        }
    }

    /// Serves requests and watches the servers until told to stop, or until nobody is left to tell.
    pub fn run(&mut self, requests: &Receiver<Request>) {
        let mut next_log_check = Instant::now() + LOG_CHECK;
        loop {
            match requests.recv_timeout(self.pause()) {
                Ok(Request::Stop { limits, reply }) => {
                    let _ = reply.send(self.stop(limits));
                    return;
                }
                Ok(Request::Hold { server, kill, limit, reply }) => {
                    let result = self.take_down(server, kill, limit);
                    let _ = reply.send(result);
                }
                Ok(Request::Release { server, reply }) => self.release(server, reply),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    self.stop([KILL_LIMIT; 2]).unwrap_or_else(|error| tracing::warn!(%error, "while stopping"));
                    return;
                }
            }
            for server in Server::ALL {
                if let Err(error) = self.step(server) {
                    self.rest(server, &error.to_string());
                    // One of those who wait is told; the others may see the next attempt succeed.
                    if let Some(reply) = self.slots[server.index()].waiting.pop() {
                        let _ = reply.send(Err(error));
                    }
                }
            }
            if Instant::now() >= next_log_check {
                self.slots.iter().for_each(|slot| slot.spec.shorten_log());
                next_log_check = Instant::now() + LOG_CHECK;
            }
        }
    }

    /// How long to wait until something may have changed.
    fn pause(&self) -> Duration {
        let pauses = self.slots.iter().map(|slot| match &slot.state {
            State::Clearing { since, .. } | State::Starting { since, .. } => {
                Duration::from_millis(if since.elapsed() < Duration::from_secs(1) { 2 } else { 25 })
            }
            State::Resting { until } => until.saturating_duration_since(Instant::now()),
            State::Up { .. } | State::Held => Duration::from_millis(100),
        });
        pauses.min().unwrap_or(Duration::from_millis(100)).min(Duration::from_millis(100))
    }

    /// Moves a server one step on in its life.
    fn step(&mut self, server: Server) -> Result<(), EmbeddedError> {
        let slot = &mut self.slots[server.index()];
        match &mut slot.state {
            State::Held => {}
            State::Resting { until } if Instant::now() < *until => {}
            State::Resting { .. } => {
                slot.attempt = Instant::now();
                slot.state = State::clearing();
            }
            State::Clearing { .. } => return self.clear(server),
            State::Starting { .. } => return self.await_ready(server),
            State::Up { child, since } => {
                if let Ok(Some(status)) = child.try_wait() {
                    if since.elapsed() > STEADY {
                        slot.failures = 0;
                    }
                    self.set_pid(server, None);
                    self.rest(server, &status.to_string());
                }
            }
        }
        Ok(())
    }

    /// Makes sure that no earlier server runs on the folder, then starts ours.
    fn clear(&mut self, server: Server) -> Result<(), EmbeddedError> {
        let slot = &mut self.slots[server.index()];
        let State::Clearing { since, asked, killed } = &mut slot.state else { return Ok(()) };
        let waited = since.elapsed();
        let orphan = slot.spec.orphan();
        if orphan.is_none() && slot.spec.is_unlocked() {
            let child = slot.spec.start(&self.launcher)?;
            slot.state = State::Starting { child, since: Instant::now() };
            return Ok(());
        }
        if waited > ORPHAN_LIMIT {
            return Err(EmbeddedError::StillRunning { server, folder: slot.spec.folder().to_path_buf(), pid: orphan });
        }
        let limit = if asked.is_some() { ORPHAN_STOP } else { LINGER };
        if let (Some(pid), None) = (orphan, *asked) {
            *asked = Some(pid);
            process::signal(pid, slot.spec.stop_signal());
            tracing::warn!(%server, pid, "stopping a server left over from an earlier run");
            self.tell(ServerEvent::OrphanStopped { server, pid });
        } else if waited > limit && !*killed {
            *killed = true;
            tracing::warn!(%server, "killing what is left of an earlier run");
            slot.spec.kill_leftovers();
        }
        Ok(())
    }

    fn await_ready(&mut self, server: Server) -> Result<(), EmbeddedError> {
        let slot = &mut self.slots[server.index()];
        let State::Starting { child, since } = &mut slot.state else { return Ok(()) };
        let since = *since;
        if let Ok(Some(status)) = child.try_wait() {
            if status.code() == Some(EXIT_LOCKED) {
                slot.state = State::clearing();
                return Ok(());
            }
            slot.state = State::Held;
            let (log, tail) = (slot.spec.log.clone(), slot.spec.log_tail());
            return Err(EmbeddedError::Ended { server, status: status.to_string(), log, tail });
        }
        if let Some(pid) = slot.spec.pid(child)
            && slot.spec.is_ready(pid)
        {
            let took = slot.attempt.elapsed();
            let State::Starting { child, .. } = std::mem::replace(&mut slot.state, State::Held) else { return Ok(()) };
            slot.state = State::Up { child, since: Instant::now() };
            for reply in slot.waiting.drain(..) {
                let _ = reply.send(Ok(()));
            }
            self.set_pid(server, Some(pid));
            tracing::info!(%server, pid, took_ms = took.as_millis(), "ready");
            self.tell(ServerEvent::Ready { server, pid, took });
        } else if since.elapsed() > self.start_limit {
            let (log, tail) = (slot.spec.log.clone(), slot.spec.log_tail());
            self.take_down(server, true, KILL_LIMIT)?;
            return Err(EmbeddedError::NotReady { server, seconds: self.start_limit.as_secs(), log, tail });
        }
        Ok(())
    }

    /// Notes an unexpected end and sets the time of the next attempt.
    fn rest(&mut self, server: Server, why: &str) {
        let slot = &mut self.slots[server.index()];
        slot.failures = slot.failures.saturating_add(1);
        let retry_in = back_off(slot.failures);
        slot.state = State::Resting { until: Instant::now() + retry_in };
        tracing::error!(%server, why, retry_ms = retry_in.as_millis(), "ended unexpectedly; starting it again");
        self.tell(ServerEvent::Died { server, status: why.to_owned(), retry_in });
    }

    fn release(&mut self, server: Server, reply: Reply) {
        let slot = &mut self.slots[server.index()];
        match &slot.state {
            State::Up { .. } => {
                let _ = reply.send(Ok(()));
                return;
            }
            State::Held => {
                slot.attempt = Instant::now();
                slot.state = State::clearing();
            }
            _ => {}
        }
        slot.waiting.push(reply);
    }

    /// Stops the queue, then the database.
    fn stop(&mut self, limits: [Duration; 2]) -> Result<(), EmbeddedError> {
        let mut result = Ok(());
        for server in Server::ALL {
            result = result.and(self.take_down(server, false, limits[server.index()]));
        }
        result
    }

    /// Stops a server and waits until nothing of it is left.
    fn take_down(&mut self, server: Server, kill: bool, limit: Duration) -> Result<(), EmbeddedError> {
        let slot = &mut self.slots[server.index()];
        let state = std::mem::replace(&mut slot.state, State::Held);
        self.set_pid(server, None);
        let spec = &self.slots[server.index()].spec;
        let (State::Starting { mut child, .. } | State::Up { mut child, .. }) = state else { return Ok(()) };
        let pid = spec.pid(&child).unwrap_or_else(|| child.id());
        process::signal(pid, if kill { Signal::SIGKILL } else { spec.stop_signal() });
        let mut clean = ended(&mut child, spec, if kill { LINGER } else { limit });
        if !clean {
            // SIGQUIT makes PostgreSQL's postmaster take its processes with it.
            process::signal(pid, Signal::SIGQUIT);
            if !ended(&mut child, spec, LINGER) {
                process::signal(pid, Signal::SIGKILL);
                spec.kill_leftovers();
                ended(&mut child, spec, KILL_LIMIT);
            }
            clean = kill;
        }
        if clean { Ok(()) } else { Err(EmbeddedError::Killed(server)) }
    }

    fn set_pid(&self, server: Server, pid: Option<u32>) {
        let mut pids = self.pids.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match server {
            Server::Postgres => pids.postgres = pid,
            Server::Valkey => pids.valkey = pid,
        }
    }

    fn tell(&self, event: ServerEvent) {
        if let Some(listener) = &self.listener {
            listener(&event);
        }
    }
}

/// Waits until the child has ended and its lock is free, which is when its own children have ended too.
fn ended(child: &mut Child, spec: &Spec, limit: Duration) -> bool {
    let end = Instant::now() + limit;
    loop {
        if !matches!(child.try_wait(), Ok(None)) && spec.is_unlocked() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
