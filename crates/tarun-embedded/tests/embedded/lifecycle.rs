//! First start, warm start, stop; long paths; who the servers run as.

use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use redis::Commands;
use tarun_embedded::{Embedded, StopLimits};

use super::support::{folder, lives, number, redis, runtime, sql, start, watched};

#[test]
fn data_survives_a_stop_and_the_second_start_is_quick() {
    let folder = folder();
    let data = folder.path().join("data");
    let servers = start(&data);
    sql(
        &servers.database_url(),
        "CREATE EXTENSION vector; CREATE TABLE t (v vector(2)); INSERT INTO t VALUES ('[1,2]')",
    )
    .unwrap();
    let mut queue = redis(&servers.redis_url()).unwrap();
    queue.set::<_, _, ()>("k", "v").unwrap();
    let pids = servers.pids();
    servers.stop(StopLimits::default()).unwrap();
    assert!(!lives(pids.postgres.unwrap()) && !lives(pids.valkey.unwrap()));

    let (options, events) = watched(&data);
    let begun = Instant::now();
    let servers = Embedded::start(runtime(), options).unwrap();
    let took = begun.elapsed();
    eprintln!("warm start: {took:?}; {:?}", events.lock().unwrap());
    assert!(took < Duration::from_secs(1), "warm start took {took:?}");
    assert_eq!(number(&servers.database_url(), "SELECT count(*) FROM t").unwrap(), 1);
    let mut queue = redis(&servers.redis_url()).unwrap();
    assert_eq!(queue.get::<_, String>("k").unwrap(), "v");
    servers.stop(StopLimits::default()).unwrap();
}

#[test]
fn settings_are_durable_and_no_port_is_open() {
    let folder = folder();
    let servers = start(&folder.path().join("data"));
    let url = servers.database_url();
    let bad = "SELECT count(*) FROM pg_settings WHERE (name, setting) IN (('fsync','off'), ('full_page_writes','off'), \
               ('synchronous_commit','off'), ('data_checksums','off')) OR (name = 'listen_addresses' AND setting <> '')";
    assert_eq!(number(&url, bad).unwrap(), 0);
    let mut queue = redis(&servers.redis_url()).unwrap();
    let asked: Vec<String> = redis::cmd("CONFIG")
        .arg("GET")
        .arg("port")
        .arg("appendonly")
        .query(&mut queue)
        .map(|map: std::collections::BTreeMap<String, String>| map.into_iter().flat_map(|(k, v)| [k, v]).collect())
        .unwrap();
    assert_eq!(asked, ["appendonly", "yes", "port", "0"]);
}

#[test]
fn the_app_role_has_no_special_rights() {
    let folder = folder();
    let servers = start(&folder.path().join("data"));
    let special = "SELECT count(*) FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls OR rolcreatedb \
                   OR rolcreaterole OR rolreplication)";
    assert_eq!(number(&servers.app_database_url(), special).unwrap(), 0);
    assert_eq!(number(&servers.database_url(), special).unwrap(), 1);
    assert!(sql(&servers.app_database_url(), "CREATE TABLE t ()").is_err());
}

/// Sockets' paths are limited to 107 bytes; the data directory's is not.
#[test]
fn a_long_path_works() {
    let folder = folder();
    let data = folder.path().join("a-rather-long-name-of-a-folder".repeat(4)).join("data");
    for _ in 0..2 {
        let servers = start(&data);
        assert_eq!(number(&servers.app_database_url(), "SELECT 1::bigint").unwrap(), 1);
        redis(&servers.redis_url()).unwrap().set::<_, _, ()>("k", 1).unwrap();
        servers.stop(StopLimits::default()).unwrap();
    }
}

/// As root: the servers run as another user, from whom root cannot be regained. Otherwise: as oneself.
#[test]
fn the_servers_never_run_as_root() {
    let folder = folder();
    let servers = start(&folder.path().join("data"));
    let pids = servers.pids();
    for pid in [pids.postgres.unwrap(), pids.valkey.unwrap()] {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let ids = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>()
        };
        assert!(ids("Uid:").iter().all(|id| id != "0"), "real, effective, saved: {:?}", ids("Uid:"));
        assert!(!ids("Groups:").contains(&"0".to_owned()));
    }
    let sockets = folder.path().join("data/run").metadata().unwrap();
    assert_eq!(sockets.mode() & 0o777, 0o700);
    assert_ne!(sockets.uid(), 0);
}
