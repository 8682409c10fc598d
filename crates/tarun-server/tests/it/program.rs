//! The program as people start it: a process of its own.

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use tarun_embedded::{Runtime, runtime};
use tarun_testkit::{Caller, eventually, open_folder};

/// A `tarun up` of its own: processes, servers and data directory.
pub struct Program {
    child: Child,
    pub folder: tempfile::TempDir,
    /// As nobody.
    pub api: Caller,
    /// What it writes on standard error.
    pub log: PathBuf,
}

impl Program {
    pub async fn start(graph_url: &str) -> Self {
        Self::start_with(graph_url, &[]).await
    }

    /// With further variables of the environment.
    pub async fn start_with(graph_url: &str, variables: &[(&str, &str)]) -> Self {
        let folder = open_folder();
        let log = folder.path().join("log.txt");
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(env!("CARGO_BIN_EXE_tarun"))
            .arg("up")
            .current_dir(folder.path())
            .env("TARUN_DATA_DIR", folder.path().join("data"))
            .env("TARUN_LISTEN", format!("127.0.0.1:{port}"))
            .env("TARUN_LOG", "trace")
            .env("TARUN_METRICS_TOKEN", "metrics-token-of-the-tests")
            .env("WHATSAPP_GRAPH_URL", graph_url)
            .env_remove("DATABASE_URL")
            .env_remove("REDIS_URL")
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let api = Caller { base: format!("http://127.0.0.1:{port}"), token: None, http: reqwest::Client::new() };
        let program = Self { child, folder, api, log };
        eventually("the program is ready", || async {
            let answer = program.api.http.get(format!("{}/readyz", program.api.base)).send().await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
        program
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn dump(&self) -> Vec<u8> {
        let runtime = Runtime::locate(&runtime::default_cache_dir()).unwrap();
        let note: Value = serde_json::from_slice(&std::fs::read(self.data().join("servers.json")).unwrap()).unwrap();
        let out = Command::new(runtime.postgres_bin().join("pg_dump"))
            .arg(note["owner_url"].as_str().unwrap())
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    }

    /// The program's own commands on the same data.
    pub fn admin(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tarun"));
        command.arg("admin").args(args).current_dir(self.folder.path()).env("TARUN_DATA_DIR", self.data());
        command
    }

    /// The most memory that the program's own process has had, in bytes.
    #[cfg(target_os = "linux")]
    pub fn most_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    pub async fn stop(&mut self) {
        let pid = i32::try_from(self.child.id()).unwrap();
        Command::new("kill").arg("-TERM").arg(pid.to_string()).status().unwrap();
        eventually("the program has stopped", || std::future::ready(self.child.try_wait().unwrap())).await;
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
