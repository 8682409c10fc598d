//! One program as a child process: started until it is ready, killed, frozen, stopped.

use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// How long a program may take until it says that it is ready, with all the tries it needs while its servers are down.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How a program is started, each time in the same way.
#[derive(Debug, Clone)]
pub struct Recipe {
    pub name: String,
    pub program: PathBuf,
    pub args: Vec<OsString>,
    pub env: Vec<(String, OsString)>,
    /// What the line holds with which it says that it is ready.
    pub ready: &'static str,
    /// Its standard error is appended here.
    pub log: PathBuf,
}

/// A program that runs, or ran. It is killed when this is dropped.
#[derive(Debug)]
pub struct Program {
    recipe: Recipe,
    child: Option<Child>,
    /// How often it was started.
    pub starts: u32,
}

impl Program {
    #[must_use]
    pub fn new(recipe: Recipe) -> Self {
        Self { recipe, child: None, starts: 0 }
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.recipe.name
    }

    /// Starts it and returns the line with which it said that it is ready. One that ends before is started again, as a
    /// service manager would: its servers may be down at the moment.
    pub async fn start(&mut self) -> anyhow::Result<String> {
        let begun = Instant::now();
        loop {
            match self.try_start(START_LIMIT.saturating_sub(begun.elapsed())).await {
                Ok(Some(line)) => return Ok(line),
                Ok(None) if begun.elapsed() < START_LIMIT => tokio::time::sleep(Duration::from_millis(300)).await,
                Ok(None) => bail!("{} ended at each start; its log is {}", self.recipe.name, self.recipe.log.display()),
                Err(error) => return Err(error),
            }
        }
    }

    async fn try_start(&mut self, limit: Duration) -> anyhow::Result<Option<String>> {
        let recipe = &self.recipe;
        let log = OpenOptions::new().create(true).append(true).open(&recipe.log)?;
        let mut child = Command::new(&recipe.program)
            .args(&recipe.args)
            .envs(recipe.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} can't be started", recipe.program.display()))?;
        let stdout = child.stdout.take().context("its standard output")?;
        self.child = Some(child);
        self.starts += 1;
        let mut lines = BufReader::new(stdout).lines();
        let wait = async {
            while let Some(line) = lines.next_line().await? {
                if line.contains(self.recipe.ready) {
                    return anyhow::Ok(Some(line));
                }
            }
            Ok(None)
        };
        let ready = tokio::time::timeout(limit, wait).await;
        let line = ready.with_context(|| format!("{} is not ready after {limit:?}", self.recipe.name))??;
        if line.is_some() {
            // Somebody must go on reading, or it would block on its own output.
            tokio::spawn(drain(lines));
        } else {
            self.kill().await?;
        }
        Ok(line)
    }

    /// Its process id while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        // An id is known only as long as the process was not waited for, so it can't be somebody else's by now.
        let Some(pid) = self.pid() else { bail!("{} does not run", self.recipe.name) };
        Ok(kill(Pid::from_raw(pid.cast_signed()), signal)?)
    }

    /// `kill -9`, and waits for its end.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// Stops it in the middle of whatever it does, without its knowledge.
    pub fn freeze(&self) -> anyhow::Result<()> {
        self.signal(Signal::SIGSTOP)
    }

    /// Lets it go on as if nothing had been.
    pub fn thaw(&self) -> anyhow::Result<()> {
        self.signal(Signal::SIGCONT)
    }

    /// Asks it to stop, as a service manager does.
    pub fn terminate(&self) -> anyhow::Result<()> {
        self.signal(Signal::SIGTERM)
    }

    /// Waits for its end.
    pub async fn ended(&mut self, limit: Duration) -> anyhow::Result<ExitStatus> {
        let Some(mut child) = self.child.take() else { bail!("{} does not run", self.recipe.name) };
        let waited = tokio::time::timeout(limit, child.wait()).await;
        Ok(waited.with_context(|| format!("{} did not stop within {limit:?}", self.recipe.name))??)
    }

    /// Whether it ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)))
    }
}

async fn drain(mut lines: Lines<BufReader<ChildStdout>>) {
    while let Ok(Some(_)) = lines.next_line().await {}
}
