//! PostgreSQL and Valkey of the operator's own: several installations on one server, several kinds of processes.

use futures::future::join_all;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::process::{Child, Command, Stdio};
use tarun_embedded::{Embedded, EmbeddedOptions, Runtime, StopLimits, guard, runtime};
use tarun_store::keys::{MasterKey, MasterKeys};
use tarun_store::setup;
use tarun_testkit::{eventually, open_folder};

/// A server on which nothing was set up yet.
pub struct Fresh {
    servers: Option<Embedded>,
    _folder: tempfile::TempDir,
}

impl Fresh {
    pub fn start() -> Self {
        let folder = open_folder();
        let found = Runtime::locate_or_install(&runtime::default_cache_dir(), &mut |_| {}).unwrap();
        let options =
            EmbeddedOptions { guard: guard::find_program(), ..EmbeddedOptions::new(folder.path().join("data")) };
        Self { servers: Some(Embedded::start(&found, options).unwrap()), _folder: folder }
    }

    fn servers(&self) -> &Embedded {
        self.servers.as_ref().unwrap()
    }

    async fn sql(&self) -> PgConnection {
        PgConnection::connect(&self.servers().database_url()).await.unwrap()
    }

    /// The owner's address of a new database.
    pub async fn database(&self, name: &str) -> String {
        let sql = AssertSqlSafe(format!("create database {name}"));
        sqlx::query(sql).execute(&mut self.sql().await).await.unwrap();
        let mut url = url::Url::parse(&self.servers().database_url()).unwrap();
        url.set_path(name);
        url.to_string()
    }

    async fn password_of(&self, role: &str) -> String {
        let sql = sqlx::query_scalar("select rolpassword from pg_authid where rolname = $1").bind(role);
        sql.fetch_one(&mut self.sql().await).await.unwrap()
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let servers = self.servers.take().unwrap();
        servers.stop(StopLimits::default()).unwrap();
    }
}

/// Ends with the test, also with one that fails.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn keys() -> MasterKeys {
    MasterKeys { current: MasterKey::generate().unwrap(), previous: vec![] }
}

#[tokio::test]
async fn databases_of_one_server_are_set_up_at_the_same_moment() {
    let fresh = Fresh::start();
    let mut urls = vec![];
    for n in 0..6 {
        urls.push((fresh.database(&format!("shop{n}")).await, keys()));
    }
    // Roles belong to the whole server: each of them finds some missing, and others make them meanwhile. One of a kind each.
    let done =
        join_all(urls.iter().enumerate().map(|(n, (url, keys))| setup::migrate(url, (n % 2 == 0).then_some(keys))))
            .await;
    for result in done {
        result.unwrap();
    }
}

#[tokio::test]
async fn c_102_installations_on_one_server_and_processes_with_an_old_key_keep_their_way_in() {
    let fresh = Fresh::start();
    let (production, staging) = (fresh.database("production").await, fresh.database("staging").await);
    let (old, other) = (keys(), keys());
    setup::migrate(&production, Some(&old)).await.unwrap();
    let login = setup::login(&production, &old).await.unwrap();
    let before = fresh.password_of(&login.role).await;
    setup::migrate(&staging, Some(&other)).await.unwrap();
    assert_ne!(setup::login(&staging, &other).await.unwrap().role, login.role);
    assert_eq!(fresh.password_of(&login.role).await, before, "another installation leaves it alone");

    // A process with the new key leaves those with the old one their password.
    let new = MasterKeys { current: MasterKey::generate().unwrap(), previous: vec![old.current.clone()] };
    setup::migrate(&production, Some(&new)).await.unwrap();
    let after = setup::login(&production, &new).await.unwrap();
    assert_eq!((after.role, after.password.reveal()), (login.role, login.password.reveal()));
    // A key that opens nothing gets no password.
    assert!(setup::login(&production, &other).await.is_err());
}

#[tokio::test]
async fn a_process_that_only_works_shows_its_figures() {
    let fresh = Fresh::start();
    let database = fresh.database("shop").await;
    let listen = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let worker = Command::new(env!("CARGO_BIN_EXE_tarun"))
        .arg("work")
        .current_dir(folder.path())
        .env("DATABASE_URL", &database)
        .env("REDIS_URL", fresh.servers().redis_url())
        .env("TARUN_MASTER_KEY", keys().current.to_hex().as_str())
        .env("TARUN_METRICS_LISTEN", listen.to_string())
        .env("TARUN_LOG", "warn")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut worker = Process(worker.unwrap());
    let kind = eventually("the figures", || async {
        let answer = reqwest::get(format!("http://{listen}/metrics")).await.ok()?;
        answer.status().is_success().then(|| answer.headers()["content-type"].to_str().unwrap().to_owned())
    })
    .await;
    assert_eq!(kind, "text/plain; version=0.0.4");
    let roles: Vec<String> =
        sqlx::query_scalar("select distinct usename::text from pg_stat_activity where application_name = 'tarun'")
            .fetch_all(&mut fresh.sql().await)
            .await
            .unwrap();
    assert_eq!(roles, ["tarun_app_shop"], "as a role of its own database");
    let pid = worker.0.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    eventually("it stops", || std::future::ready(worker.0.try_wait().unwrap())).await;
}

#[tokio::test]
async fn c_039_a_server_whose_commits_do_not_last_is_named_at_the_start() {
    let fresh = Fresh::start();
    let database = fresh.database("shop").await;
    let mut sql = fresh.sql().await;
    assert_eq!(setup::durability_warnings(&mut sql).await.unwrap(), Vec::<String>::new(), "as delivered");
    sqlx::query("alter database shop set synchronous_commit = off").execute(&mut sql).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let worker = Command::new(env!("CARGO_BIN_EXE_tarun"))
        .arg("work")
        .current_dir(folder.path())
        .env("DATABASE_URL", &database)
        .env("REDIS_URL", fresh.servers().redis_url())
        .env("TARUN_MASTER_KEY", keys().current.to_hex().as_str())
        .env("TARUN_LOG", "error")
        .env("TARUN_LOG_FORMAT", "json")
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn();
    let _worker = Process(worker.unwrap());
    let line = eventually("it is said", || async {
        std::fs::read_to_string(&log).unwrap().lines().find(|l| l.contains("synchronous_commit")).map(str::to_owned)
    })
    .await;
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert!(line["message"].as_str().unwrap().ends_with("Set synchronous_commit = on"), "{line}");
}
