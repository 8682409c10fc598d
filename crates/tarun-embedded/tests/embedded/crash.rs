//! Servers that are killed, programs that are killed, and what they leave behind.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use redis::Commands;
use tarun_embedded::{Embedded, Server, ServerEvent, StopLimits};

use super::support::{
    Events, Holder, NOBODY, block_on, folder, is_root, kill_9, lives, number, options, redis, runtime, sql, start,
    wait_for, watched,
};

/// Waits until a server is up again with another pid, and says how long that took.
fn healed(servers: &Embedded, events: &Events, server: Server, old: u32) -> Duration {
    let begun = Instant::now();
    wait_for("the server to be up again", 20, || {
        let pids = servers.pids();
        let pid = if server == Server::Postgres { pids.postgres } else { pids.valkey };
        pid.filter(|pid| *pid != old)
    });
    let died = |event: &ServerEvent| matches!(event, ServerEvent::Died { server: dead, .. } if *dead == server);
    assert!(events.lock().unwrap().iter().any(died), "the death was told");
    let took = begun.elapsed();
    eprintln!("{server} healed in {took:?}");
    took
}

/// C-038, Postgres kill -9: it is up again by itself and every committed row is there. One session is busy computing, so
/// that it does not notice its postmaster's death and would stay for long.
#[test]
fn postgres_killed_under_load_heals_with_all_committed_rows() {
    let folder = folder();
    let (options, events) = watched(&folder.path().join("data"));
    let servers = Embedded::start(runtime(), options).unwrap();
    let url = servers.database_url();
    sql(&url, "CREATE TABLE t (n bigint)").unwrap();
    let (done, committed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicI64::new(0)));
    let writer = std::thread::spawn({
        let (url, done, committed) = (url.clone(), Arc::clone(&done), Arc::clone(&committed));
        move || {
            while !done.load(Ordering::Relaxed) {
                let _ = block_on(async {
                    use sqlx::Connection;
                    let mut connection = sqlx::PgConnection::connect(&url).await?;
                    while !done.load(Ordering::Relaxed) {
                        sqlx::query("INSERT INTO t VALUES (1)").execute(&mut connection).await?;
                        committed.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok::<_, sqlx::Error>(())
                });
            }
        }
    });
    let busy = std::thread::spawn({
        let url = url.clone();
        move || sql(&url, "SELECT count(*) FROM generate_series(1, 20000000000)")
    });
    wait_for("a busy session", 10, || {
        let query =
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT count(*) FROM gen%'";
        (number(&url, query).unwrap() == 1).then_some(())
    });
    wait_for("some rows", 10, || (committed.load(Ordering::Relaxed) > 50).then_some(()));
    let pid = servers.pids().postgres.unwrap();
    kill_9(pid);
    assert!(healed(&servers, &events, Server::Postgres, pid) < Duration::from_secs(8));
    let before = committed.load(Ordering::Relaxed);
    wait_for("the writer to go on", 10, || (committed.load(Ordering::Relaxed) > before).then_some(()));
    done.store(true, Ordering::Relaxed);
    writer.join().unwrap();
    assert!(busy.join().unwrap().is_err());
    let found = number(&url, "SELECT count(*) FROM t").unwrap();
    let committed = committed.load(Ordering::Relaxed);
    assert!(found >= committed, "{committed} committed, {found} found");
    servers.stop(StopLimits::default()).unwrap();
}

/// C-022, Valkey kill -9: it is up again by itself with what it had acknowledged.
#[test]
fn valkey_killed_under_load_heals_with_its_data() {
    let folder = folder();
    let (options, events) = watched(&folder.path().join("data"));
    let servers = Embedded::start(runtime(), options).unwrap();
    for round in 1..=3u32 {
        let mut acknowledged = 0i64;
        let mut queue = redis(&servers.redis_url()).unwrap();
        let pid = servers.pids().valkey.unwrap();
        while queue.rpush::<_, _, i64>(format!("l{round}"), acknowledged).is_ok() {
            acknowledged += 1;
            if acknowledged == 500 {
                kill_9(pid);
            }
        }
        assert!(healed(&servers, &events, Server::Valkey, pid) < Duration::from_secs(5));
        let length: i64 = redis(&servers.redis_url()).unwrap().llen(format!("l{round}")).unwrap();
        assert!(length >= acknowledged, "{acknowledged} acknowledged, {length} found");
    }
    servers.stop(StopLimits::default()).unwrap();
}

/// C-021, Valkey restart; C-022's cut-off append-only file; and a folder that is gone altogether.
#[test]
fn valkey_comes_back_after_a_stop_a_cut_file_and_a_lost_folder() {
    let folder = folder();
    let data = folder.path().join("data");
    let servers = start(&data);
    let connect = || redis(&servers.redis_url()).unwrap();
    for n in 0..100 {
        connect().rpush::<_, _, ()>("l", n).unwrap();
    }
    servers.hold(Server::Valkey, false).unwrap();
    assert_eq!(servers.pids().valkey, None);
    assert!(redis(&servers.redis_url()).is_err());
    servers.release(Server::Valkey).unwrap();
    assert_eq!(connect().llen::<_, i64>("l").unwrap(), 100);

    servers.hold(Server::Valkey, true).unwrap();
    let files = std::fs::read_dir(data.join("valkey/appendonlydir")).unwrap().map(|entry| entry.unwrap().path());
    let log = files.filter(|path| path.to_string_lossy().ends_with(".incr.aof")).max().unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(log).unwrap();
    file.set_len(file.metadata().unwrap().len() - 11).unwrap();
    servers.release(Server::Valkey).unwrap();
    assert_eq!(connect().llen::<_, i64>("l").unwrap(), 99);

    servers.hold(Server::Valkey, true).unwrap();
    std::fs::remove_dir_all(data.join("valkey")).unwrap();
    servers.release(Server::Valkey).unwrap();
    assert_eq!(connect().llen::<_, i64>("l").unwrap(), 0);
    servers.stop(StopLimits::default()).unwrap();
}

/// kill -9 of the program: the kernel has both servers stopped cleanly, and the next start finds everything, even when it
/// comes before they have ended.
#[test]
fn a_killed_program_leaves_no_servers_and_the_next_start_recovers() {
    let folder = folder();
    let data = folder.path().join("data");
    drop(start(&data));
    let exe = std::env::current_exe().unwrap();
    let mut first = Holder::start(&exe, &data, None);
    kill_9(first.child.id());
    first.child.wait().unwrap();
    for pid in first.pid_list() {
        wait_for("the servers to end", 10, || (!lives(pid)).then_some(()));
    }
    let log = std::fs::read_to_string(data.join("log/postgres.log")).unwrap();
    assert!(log.trim_end().ends_with("database system is shut down"), "a clean stop: {log}");

    let mut second = Holder::start(&exe, &data, None);
    kill_9(second.child.id());
    second.child.wait().unwrap();
    let servers = start(&data);
    for pid in second.pid_list() {
        assert!(!lives(pid));
    }
    assert_eq!(number(&servers.database_url(), "SELECT 1::bigint").unwrap(), 1);
    servers.stop(StopLimits::default()).unwrap();
}

/// Servers left over from a time without parent-death signal: found, stopped cleanly, replaced; never two on one folder.
#[test]
fn orphans_are_stopped_and_replaced() {
    let folder = folder();
    let data = folder.path().join("data");
    let servers = start(&data);
    sql(&servers.database_url(), "CREATE TABLE t (n bigint); INSERT INTO t VALUES (7)").unwrap();
    let mine = servers.pids();
    let line = |pid: u32| {
        let raw = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap();
        raw.split(|byte| *byte == 0).map(|arg| String::from_utf8(arg.to_vec()).unwrap()).collect::<Vec<_>>()
    };
    let postgres = line(mine.postgres.unwrap());
    let socket = data.join("run/valkey.sock");
    servers.stop(StopLimits::default()).unwrap();

    let by_hand = |mut command: Command| {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        if is_root() {
            let owner = std::os::unix::fs::MetadataExt::uid(&data.join("pg").metadata().unwrap());
            command.uid(owner).gid(owner);
        }
        command.spawn().unwrap()
    };
    let mut command = Command::new(&postgres[0]);
    command.args(postgres[1..].iter().filter(|arg| !arg.is_empty()));
    let mut old_postgres = by_hand(command);
    let mut command = Command::new(runtime().valkey_server());
    command.args(["--port", "0", "--appendonly", "yes", "--save", "", "--unixsocketperm", "700"]);
    command.arg("--unixsocket").arg(&socket).arg("--dir").arg(data.join("valkey"));
    let mut old_valkey = by_hand(command);
    let url = format!("redis+unix://{}", socket.display());
    wait_for("the Valkey by hand", 10, || redis(&url).ok()?.set::<_, _, ()>("k", "from the orphan").ok());
    wait_for("the PostgreSQL by hand", 10, || {
        let text = std::fs::read_to_string(data.join("pg/postmaster.pid")).ok()?;
        (text.lines().nth(7)?.trim() == "ready").then_some(())
    });

    // Their parent (this process) has to notice their end, or they would stay as zombies.
    let reaper = std::thread::spawn(move || (old_postgres.wait().unwrap(), old_valkey.wait().unwrap()));
    let (options, events) = watched(&data);
    let servers = Embedded::start(runtime(), options).unwrap();
    let (postgres_end, valkey_end) = reaper.join().unwrap();
    assert!(postgres_end.success() && valkey_end.success(), "clean stops: {postgres_end}, {valkey_end}");
    let stopped = |event: &&ServerEvent| matches!(event, ServerEvent::OrphanStopped { .. });
    assert_eq!(events.lock().unwrap().iter().filter(stopped).count(), 2);
    assert_eq!(number(&servers.database_url(), "SELECT n FROM t").unwrap(), 7);
    assert_eq!(redis(&servers.redis_url()).unwrap().get::<_, String>("k").unwrap(), "from the orphan");
    servers.stop(StopLimits::default()).unwrap();
}

/// As a normal user, twice in a row.
#[test]
fn a_normal_user_can_run_everything() {
    let folder = folder();
    let home = folder.path().join("home");
    std::fs::create_dir(&home).unwrap();
    let program = home.join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    std::fs::copy(options(&home).guard.unwrap(), home.join("tarun-guard")).unwrap();
    let uid = is_root().then_some(NOBODY);
    if uid.is_some() {
        std::os::unix::fs::chown(&home, uid, uid).unwrap();
    }
    for _ in 0..2 {
        let mut holder = Holder::start(&program, &home.join("data"), uid);
        let pids = holder.pid_list();
        assert!(pids.into_iter().all(lives));
        drop(holder.child.stdin.take());
        assert!(holder.child.wait().unwrap().success());
        assert!(!pids.into_iter().any(lives));
    }
}
