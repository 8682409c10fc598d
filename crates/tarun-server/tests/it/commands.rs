//! Commands at the machine, beside those that have a file of their own.

use crate::installation::{Installation, error_of};
use serde_json::json;
use std::process::{Command, Output};
use tarun_testkit::PASSWORD;

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

#[tokio::test]
async fn an_only_owner_who_lost_the_password_gets_in_by_the_machine() {
    const EMAIL: &str = "only.owner@shop.example";
    // Told to the server only: the command is given no settings of it.
    let mut tarun = Installation::start(&["up"], &[("TARUN_PUBLIC_URL", "https://desk.shop.example")]).await;
    let person = json!({ "business_name": "Shop", "name": "Asha", "email": EMAIL, "password": PASSWORD });
    let session = tarun.api.post("auth/signup", person).await.expect(201);
    let old = tarun.api.with(session["access_token"].as_str());
    // Written otherwise, it is the same address.
    let made = tarun.admin(&["reset-password", "--email", "Only.Owner@Shop.example"]);
    assert!(made.status.success(), "{}", error_of(&made));
    let said = String::from_utf8(made.stdout).unwrap();
    let link = said.lines().last().unwrap();
    assert!(link.starts_with("https://desk.shop.example/reset/"), "{link}");
    let token = link.rsplit('/').next().unwrap();
    let given = json!({ "token": token, "password": "words that are new to her" });
    let entered = tarun.api.post("auth/password/reset", given.clone()).await.expect(200);
    assert_eq!(entered["user"]["role"], "OWNER");
    assert_eq!(old.get("me").await.status, 401, "devices are signed out");
    assert_eq!(tarun.api.post("auth/password/reset", given).await.status, 404, "the link works once");
    let owner = tarun.api.with(entered["access_token"].as_str());
    let lines = owner.get("audit").await.expect(200);
    let line =
        lines["data"].as_array().unwrap().iter().find(|l| l["action"] == "user.reset_link_made").unwrap().clone();
    assert_eq!(line["actor_kind"], "SYSTEM", "{line}");

    let unknown = tarun.admin(&["reset-password", "--email", "nobody@shop.example"]);
    assert!(!unknown.status.success() && error_of(&unknown).contains("nobody signs in"), "{}", error_of(&unknown));
    tarun.stop().await;
    let log = std::fs::read_to_string(tarun.log()).unwrap();
    assert!(!log.contains("only.owner") && !log.contains(token), "the log holds neither");
}
