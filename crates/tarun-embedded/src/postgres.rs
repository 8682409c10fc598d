//! PostgreSQL: first start, settings, readiness.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::account::Account;
use crate::error::EmbeddedError;
use crate::launch::Launcher;
use crate::layout::{Layout, private_folder, write_conf};
use crate::process;
use crate::runtime::Runtime;

/// Names the socket file; no TCP port is opened.
const PORT: u16 = 5432;
const FIRST_START_LIMIT: Duration = Duration::from_secs(180);

/// What the first start makes in the new cluster. `tarun` owns everything (superuser, made by initdb); the server works
/// as `tarun_app`, for whom row level security holds.
const FIRST_SQL: &str = "CREATE ROLE tarun_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION;
CREATE DATABASE tarun OWNER tarun;
";

/// Durable, quiet, no TCP. Messages carry no statements or row values: those are personal data.
const SETTINGS: &str = "listen_addresses = ''
unix_socket_permissions = 0700
fsync = on
full_page_writes = on
synchronous_commit = on
wal_compression = on
max_wal_size = '2GB'
checkpoint_timeout = '15min'
shared_buffers = '128MB'
max_connections = 100
jit = off
autovacuum = on
idle_in_transaction_session_timeout = '60s'
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %d '
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
log_statement = none
";

/// Makes the cluster where there is none. It is built beside its place and moved there when complete, so that a start
/// that was cut short leaves nothing half-made.
pub(crate) fn ensure_cluster(
    runtime: &Runtime,
    layout: &Layout,
    launcher: &Launcher,
    account: &Account,
) -> Result<(), EmbeddedError> {
    let version_file = layout.pg.join("PG_VERSION");
    if layout.pg.exists() {
        private_folder(&layout.pg, account)?;
        match std::fs::read_to_string(&version_file) {
            Ok(found) if found.trim() == runtime.postgres_major.to_string() => return Ok(()),
            Ok(found) => {
                let (data_dir, found) = (layout.pg.clone(), found.trim().to_owned());
                return Err(EmbeddedError::WrongVersion { data_dir, found, expected: runtime.postgres_major });
            }
            Err(_) => {
                std::fs::remove_dir(&layout.pg).map_err(EmbeddedError::file("use the filled folder", &layout.pg))?
            }
        }
    }
    let new = layout.root.join("pg.new");
    if new.exists() {
        std::fs::remove_dir_all(&new).map_err(EmbeddedError::file("remove", &new))?;
    }
    private_folder(&new, account)?;
    launcher.check_reach(&[new.clone(), runtime.postgres_bin.join("postgres")])?;
    let step =
        |what, result: Result<String, String>| result.map_err(|output| EmbeddedError::FirstStart { what, output });
    let program = |name: &str| runtime.postgres_bin.join(name);
    step(
        "initdb",
        launcher.run(&program("initdb"), &initdb_args(&new, runtime.postgres_major), "", FIRST_START_LIMIT),
    )?;
    let single: Vec<OsString> = vec![
        "--single".into(),
        "-D".into(),
        new.clone().into(),
        "-c".into(),
        "exit_on_error=on".into(),
        "postgres".into(),
    ];
    step("making the roles", launcher.run(&program("postgres"), &single, FIRST_SQL, FIRST_START_LIMIT))?;
    std::fs::rename(&new, &layout.pg).map_err(EmbeddedError::file("rename", &new))
}

fn initdb_args(folder: &Path, major: u32) -> Vec<OsString> {
    // The operating system's own C.UTF-8 is only on Linux; the builtin provider (17 and newer) needs none.
    let locale = match (cfg!(target_os = "linux"), major >= 17) {
        (true, _) => "C.UTF-8",
        (false, true) => "C",
        (false, false) => "en_US.UTF-8",
    };
    let mut args: Vec<OsString> = vec!["-D".into(), folder.into()];
    args.extend(
        ["-U", "tarun", "-E", "UTF8", "--auth-local=peer", "--auth-host=reject", "--data-checksums"].map(Into::into),
    );
    args.push(format!("--locale={locale}").into());
    if major >= 17 {
        args.extend(["--locale-provider=builtin", "--builtin-locale=C.UTF-8"].map(Into::into));
    }
    args
}

/// Writes the configuration anew. It lies outside the data folder, so that root never writes where the service user
/// could have put a link. `ALTER SYSTEM` goes to the data folder and still counts.
pub(crate) fn write_settings(
    layout: &Layout,
    own: &Account,
    account: &Account,
    more: &[(String, String)],
) -> Result<(), EmbeddedError> {
    let mut text = String::from(
        "# Written by Tarun at every start: changes here are lost. Use Tarun's settings or ALTER SYSTEM.\n",
    );
    text.push_str(SETTINGS);
    let files = [("hba_file", layout.conf.join("pg_hba.conf")), ("ident_file", layout.conf.join("pg_ident.conf"))];
    let folder = ("unix_socket_directories", layout.run.clone());
    for (name, path) in files.iter().chain([&folder]) {
        text.push_str(&format!("{name} = {}\n", quoted(&path.to_string_lossy())));
    }
    text.push_str(&format!("port = {PORT}\ncluster_name = {}\n", quoted(&cluster_name(layout))));
    for (name, value) in more {
        text.push_str(&format!("{name} = {}\n", quoted(value)));
    }
    write_conf(&layout.conf.join("postgresql.conf"), &text)?;
    let hba = "local all all peer map=tarun\nlocal replication all peer map=tarun\n";
    write_conf(&layout.conf.join("pg_hba.conf"), hba)?;
    write_conf(&layout.conf.join("pg_ident.conf"), &ident(&["root", &own.name, &account.name]))
}

/// Shown in the title of every process of this cluster, by which the rest of a killed one is found.
pub(crate) fn cluster_name(layout: &Layout) -> String {
    format!("tarun-{}", layout.id)
}

/// No password exists: the kernel says who connects, and these users may be the owner or any role of the program's (one for each
/// database, where it is told to use this server as somebody else's).
fn ident(users: &[&str]) -> String {
    let mut users = users.to_vec();
    users.sort_unstable();
    users.dedup();
    users.iter().flat_map(|user| ["tarun", "/^tarun_app"].map(|role| format!("tarun \"{user}\" {role}\n"))).collect()
}

/// Quotes a value for postgresql.conf.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''").replace(['\n', '\r'], " "))
}

pub(crate) fn args(layout: &Layout) -> Vec<OsString> {
    let mut config: OsString = "config_file=".into();
    config.push(layout.conf.join("postgresql.conf"));
    vec!["-D".into(), layout.pg.clone().into(), "-c".into(), config]
}

/// Ready when the postmaster we started says so in its pid file (line 1: pid, line 8: state).
pub(crate) fn is_ready(folder: &Path, pid: u32) -> bool {
    let Ok(text) = std::fs::read_to_string(folder.join("postmaster.pid")) else { return false };
    let line = |index: usize| text.lines().nth(index).map(str::trim);
    line(0) == Some(pid.to_string().as_str()) && line(7) == Some("ready")
}

/// A postmaster that runs on this folder though we did not start it (or no longer know it).
pub(crate) fn orphan(folder: &Path) -> Option<u32> {
    let text = std::fs::read_to_string(folder.join("postmaster.pid")).ok()?;
    let pid: u32 = text.lines().next()?.trim().parse().ok()?;
    process::command_line(pid)?.contains(folder.to_str()?).then_some(pid)
}

/// Removes the pid files of a dead postmaster: their pid may belong to another program of the same user by now (in a
/// restarted container it often does), and PostgreSQL would take that for a running server. Only called when no server
/// holds the folder's lock.
pub(crate) fn remove_stale_files(folder: &Path, run: &Path) -> Result<(), EmbeddedError> {
    for path in [folder.join("postmaster.pid"), run.join(format!(".s.PGSQL.{PORT}.lock"))] {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(EmbeddedError::file("remove", &path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Connection URL of a role, as sqlx and libpq read it.
pub(crate) fn url(role: &str, run: &Path) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("host", &run.to_string_lossy());
    format!("postgres://{role}@localhost/tarun?{}", query.finish())
}

pub(crate) fn program(runtime: &Runtime) -> PathBuf {
    runtime.postgres_bin.join("postgres")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_for_the_configuration_file() {
        assert_eq!(quoted(r"a'b\c"), r"'a''b\\c'");
        assert_eq!(quoted("x\ny = 1"), "'x y = 1'");
    }

    #[test]
    fn every_user_maps_to_both_roles_once() {
        let one = "tarun \"root\" tarun\ntarun \"root\" /^tarun_app\n";
        assert_eq!(ident(&["root", "root", "root"]), one);
        assert_eq!(ident(&["root", "asha", "nobody"]).lines().count(), 6);
    }

    #[test]
    fn the_socket_folder_is_encoded_in_the_url() {
        let url = url("tarun_app", Path::new("/tmp/a b&c"));
        assert_eq!(url, "postgres://tarun_app@localhost/tarun?host=%2Ftmp%2Fa+b%26c");
    }
}
