//! When it cannot go on it says plainly why and what to do, and leaves nothing running.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};

use tarun_embedded::{Embedded, EmbeddedError, EmbeddedOptions, Runtime, SetupError, StopLimits};

use super::support::{folder, is_root, options, runtime, start};

#[test]
fn a_second_instance_is_refused_by_name() {
    let folder = folder();
    let data = folder.path().join("data");
    let servers = start(&data);
    let error = Embedded::start(runtime(), options(&data)).unwrap_err();
    assert!(matches!(error, EmbeddedError::InUse { pid: Some(pid), .. } if pid == std::process::id()), "{error}");
    assert!(error.to_string().contains("Stop it first"));
    servers.stop(StopLimits::default()).unwrap();
    start(&data).stop(StopLimits::default()).unwrap();
}

#[test]
fn data_of_another_postgres_version_is_left_alone() {
    let folder = folder();
    let data = folder.path().join("data");
    start(&data).stop(StopLimits::default()).unwrap();
    let version = data.join("pg/PG_VERSION");
    std::fs::write(&version, "15\n").unwrap();
    let error = Embedded::start(runtime(), options(&data)).unwrap_err();
    assert!(matches!(&error, EmbeddedError::WrongVersion { found, .. } if found == "15"), "{error}");
    std::fs::write(&version, format!("{}\n", runtime().postgres_major())).unwrap();
    start(&data).stop(StopLimits::default()).unwrap();
}

#[test]
fn a_link_or_a_strangers_folder_is_not_touched() {
    let folder = folder();
    let (data, elsewhere) = (folder.path().join("data"), folder.path().join("elsewhere"));
    start(&data).stop(StopLimits::default()).unwrap();
    std::fs::remove_dir_all(data.join("valkey")).unwrap();
    std::fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, data.join("valkey")).unwrap();
    let error = Embedded::start(runtime(), options(&data)).unwrap_err();
    assert!(matches!(error, EmbeddedError::NotAFolder { .. }), "{error}");
    if is_root() {
        std::fs::remove_file(data.join("valkey")).unwrap();
        std::fs::create_dir(data.join("valkey")).unwrap();
        std::fs::write(data.join("valkey/letter"), "").unwrap();
        let error = Embedded::start(runtime(), options(&data)).unwrap_err();
        assert!(matches!(error, EmbeddedError::ForeignFolder { owner: 0, .. }), "{error}");
    }
}

/// A server that cannot start: the error quotes its log, and the other one does not stay behind.
#[test]
fn a_server_that_ends_at_once_is_quoted() {
    let folder = folder();
    let data = folder.path().join("data");
    let wrong = vec![("no_such_setting".to_owned(), "1".to_owned())];
    let error = Embedded::start(runtime(), EmbeddedOptions { pg_settings: wrong, ..options(&data) }).unwrap_err();
    let said = error.to_string();
    assert!(said.contains("PostgreSQL ended while starting") && said.contains("no_such_setting"), "{said}");
    start(&data).stop(StopLimits::default()).unwrap();
}

#[test]
fn users_and_folders_that_cannot_work_are_named() {
    let folder = folder();
    let start_as = |user: &str| {
        let user = Some(user.to_owned());
        Embedded::start(runtime(), EmbeddedOptions { user, ..options(&folder.path().join("data")) }).unwrap_err()
    };
    if is_root() {
        assert!(matches!(start_as("root"), EmbeddedError::RootAsServiceUser));
        let error = start_as("no-such-user");
        assert!(error.to_string().contains("useradd --system no-such-user"), "{error}");
        let closed = tempfile::Builder::new().permissions(Permissions::from_mode(0o700)).tempdir().unwrap();
        let error = Embedded::start(runtime(), options(&closed.path().join("data"))).unwrap_err();
        let path = closed.path().display().to_string();
        assert!(matches!(error, EmbeddedError::Unreachable { .. }), "{error}");
        assert!(error.to_string().contains(&path) && error.to_string().contains("chmod o+x"), "{error}");
    } else {
        assert!(matches!(start_as("root"), EmbeddedError::CannotBecome { .. }));
    }
}

/// Nothing is downloaded by `locate`, and the answer says what to do. (Skipped where usable packages are installed.)
#[test]
fn without_set_up_the_way_out_is_told() {
    let folder = folder();
    match Runtime::locate(&folder.path().join("empty")) {
        Err(error @ SetupError::NotSetUp { .. }) => {
            let said = error.to_string();
            assert!(said.contains("tarun setup") && said.contains("DATABASE_URL") && said.contains("empty"), "{said}");
        }
        other => assert!(other.is_ok_and(|found| found.describe().starts_with("installed"))),
    }
    assert!(!folder.path().join("empty").exists());
}
