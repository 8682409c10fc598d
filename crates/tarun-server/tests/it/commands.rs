//! Commands at the machine, beside those that have a file of their own.

use std::process::{Command, Output};

fn tarun(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tarun"));
    command.args(arguments).current_dir(folder.path()).env_remove("DATABASE_URL").env_remove("REDIS_URL");
    command.envs(settings.iter().copied()).output().unwrap()
}

#[test]
fn setup_gets_nothing_where_servers_of_ones_own_are_named() {
    let key = "0123456789abcdef".repeat(4);
    let settings = [
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none"),
        ("REDIS_URL", "redis://127.0.0.1:1"),
        ("TARUN_MASTER_KEY", key.as_str()),
        // Where nothing could be put.
        ("TARUN_RUNTIME_DIR", "/dev/null/nowhere"),
    ];
    let done = tarun(&["setup"], &settings);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(String::from_utf8_lossy(&done.stdout).contains("Nothing to get"));
}

#[test]
fn c_112_a_misspelt_setting_stops_the_start_with_a_sentence() {
    let refused = tarun(&["up"], &[("TARUN_SIGN_UP", "closed")]);
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("TARUN_SIGN_UP") && said.contains("TARUN_SIGNUP is one"), "{said}");
}
