//! A client written by others, from Meta's documentation alone: it must get on with the simulator as with Meta.

use std::{path::PathBuf, process::Output, time::Duration};

use serde_json::{Value, json};
use tokio::process::Command;

use super::harness::*;

/// Runs a command; a failure names what is missing.
async fn run(what: &str, command: &mut Command) -> Output {
    let output = tokio::time::timeout(Duration::from_secs(300), command.kill_on_drop(true).output())
        .await
        .unwrap_or_else(|_| panic!("{what} did not end within five minutes"))
        .unwrap_or_else(|error| {
            panic!("{what} could not start: {error}. Install Python 3.10 or newer with venv and pip, or set TARUN_SKIP_PYWA=1.")
        });
    assert!(
        output.status.success(),
        "{what} failed (TARUN_SKIP_PYWA=1 skips this test): {}{}",
        // Debian's venv complains on standard output.
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Python with the pinned packages, in the target directory; installed once per list of packages.
async fn python() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("clients/requirements.txt");
    let venv = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("pywa-venv");
    let python = venv.join("bin/python");
    let (stamp, wanted) = (venv.join("requirements.txt"), std::fs::read(&here).unwrap());
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return python;
    }
    run("python3 -m venv", Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv)).await;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]);
    pip.args(["--only-binary", ":all:", "-r"]).arg(&here);
    run("pip install of pywa", &mut pip).await;
    std::fs::write(stamp, wanted).unwrap();
    python
}

#[tokio::test]
async fn pywa_sends_every_type_and_receives_the_statuses() {
    if std::env::var("TARUN_SKIP_PYWA").is_ok_and(|skip| skip == "1") {
        eprintln!("TARUN_SKIP_PYWA=1: the client from outside was not run");
        return;
    }
    let python = python().await;
    let sim = Sim::start().await;
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut client = Command::new(python);
    client.arg(manifest.join("clients/pywa_client.py")).args([
        "--graph",
        &sim.url,
        "--phone-id",
        NUMBER,
        "--waba-id",
        WABA,
        "--token",
        TOKEN,
        "--app-secret",
        SECRET,
        "--verify-token",
        VERIFY,
        "--customer",
        KAVYA,
        "--samples",
    ]);
    client.arg(manifest.join("static"));
    let output = run("the pywa client", &mut client).await;
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap();

    let kinds = [
        "text", "image", "video", "voice", "document", "sticker", "location", "contacts", "buttons", "list", "link",
        "template",
    ];
    for kind in kinds {
        assert_eq!(seen["statuses"][kind], json!(["sent", "delivered", "read"]), "{kind}");
    }
    assert_eq!(seen["statuses"]["reaction"], json!(["sent"]));
    assert_eq!(seen["tracker"], "pywa:1");
    let heard: Vec<(&str, &str)> = seen["heard"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["kind"].as_str().unwrap(), one["text"].as_str().or(one["data"].as_str()).unwrap_or_default()))
        .collect();
    let expected = [
        ("text", "नमस्ते 👋"),
        ("tap", "yes"),
        ("choice", "vitc"),
        ("tap", "Need help"),
        ("image", ""),
        ("video", ""),
        ("audio", ""),
        ("document", ""),
        ("sticker", ""),
        ("location", ""),
        ("reaction", ""),
    ];
    assert_eq!(heard, expected);
    assert_eq!((&seen["downloaded"], &seen["deleted"]), (&json!(true), &json!(true)));
    let calls = sim.observe("calls").await;
    assert!(calls["calls"].as_array().unwrap().iter().all(|call| call["accepted"] == true));
}
