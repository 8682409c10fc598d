//! The program on data of its own, which a test may stop and start again.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use tarun_testkit::{Caller, eventually, open_folder};

pub struct Installation {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
    /// Of `tarun`.
    pub arguments: Vec<&'static str>,
    said: Arc<Mutex<String>>,
    /// As nobody.
    pub api: Caller,
}

impl Installation {
    /// Starts it with arguments and with settings that hold for the first start only.
    pub async fn start(arguments: &[&'static str], settings: &[(&str, &str)]) -> Self {
        let folder = open_folder();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let said = Arc::default();
        let child = spawn(program(folder.path(), port).args(arguments).envs(settings.iter().copied()), &folder, &said);
        let api = Caller { base: format!("http://127.0.0.1:{port}"), token: None, http: reqwest::Client::new() };
        let mut started = Self { child, folder, port, arguments: arguments.to_vec(), said, api };
        started.ready().await;
        started
    }

    /// Starts it again after [`Self::stop`], on the same data and address.
    pub async fn again(&mut self) {
        self.said.lock().unwrap().clear();
        self.child = spawn(self.command("").args(&self.arguments), &self.folder, &self.said);
        self.ready().await;
    }

    /// Waits for what it prints last when it starts.
    async fn ready(&mut self) {
        let with_demo = self.arguments.contains(&"--demo");
        let last = if with_demo { "on the phone at " } else { "Tarun is ready: " };
        eventually("the program is ready", || {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "the program ended: {}", std::fs::read_to_string(self.log()).unwrap());
            let said = self.said.lock().unwrap();
            std::future::ready(said.split_once(last).is_some_and(|(_, rest)| rest.contains('\n')).then_some(()))
        })
        .await;
    }

    /// What it has printed since its last start.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What it has written to standard error.
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("log.txt")
    }

    /// Another command of the program on the same data; an empty name adds none.
    pub fn command(&self, name: &str) -> Command {
        let mut command = program(self.folder.path(), self.port);
        if !name.is_empty() {
            command.arg(name);
        }
        command
    }

    pub fn admin(&self, arguments: &[&str]) -> Output {
        self.command("admin").args(arguments).output().unwrap()
    }

    pub async fn stop(&mut self) {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        eventually("the program has stopped", || std::future::ready(self.child.try_wait().unwrap())).await;
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What was written to standard error, of a command that ended.
pub fn error_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn program(folder: &Path, port: u16) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tarun"));
    command
        .current_dir(folder)
        .env("TARUN_DATA_DIR", folder.join("data"))
        .env("TARUN_LISTEN", format!("127.0.0.1:{port}"))
        .env_remove("DATABASE_URL")
        .env_remove("REDIS_URL");
    command
}

fn spawn(command: &mut Command, folder: &tempfile::TempDir, said: &Arc<Mutex<String>>) -> Child {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.path().join("log.txt")).unwrap();
    let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let said = said.clone();
    // Read to the end of its life: a pipe that nobody reads is one that the program can't write to.
    std::thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            let mut said = said.lock().unwrap();
            said.push_str(&line);
            said.push('\n');
        }
    });
    child
}
