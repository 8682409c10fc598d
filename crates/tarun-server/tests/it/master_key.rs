//! The key file: what happens when it is away, belongs to somebody else, or is rotated where nothing runs.

use crate::installation::{Installation, error_of};
use serde_json::json;
use std::os::unix::fs::MetadataExt as _;
use tarun_store::Store;
use tarun_testkit::{Business, Caller, PASSWORD, World, eventually};

async fn found(tarun: &Installation, who: &str) -> Caller {
    let person =
        json!({ "business_name": who, "name": who, "email": format!("{who}@shop.example"), "password": PASSWORD });
    tarun.api.with(tarun.api.post("auth/signup", person).await.expect(201)["access_token"].as_str())
}

#[tokio::test]
async fn c_102_a_key_file_that_is_away_is_never_replaced() {
    let mut tarun = Installation::start(&["up"], &[]).await;
    let (key, away) = (tarun.data().join("master.key"), tarun.data().join("elsewhere"));
    std::fs::rename(&key, &away).unwrap();
    eventually("the log says so", || async {
        std::fs::read_to_string(tarun.log()).unwrap().contains("is missing").then_some(())
    })
    .await;
    // Founded meanwhile, by the key in memory.
    found(&tarun, "meanwhile").await;
    assert!(!key.exists());
    tarun.stop().await;
    let refused = tarun.command("up").output().unwrap();
    assert!(!refused.status.success() && error_of(&refused).contains("Put it back"), "{}", error_of(&refused));
    assert!(!key.exists());

    std::fs::rename(&away, &key).unwrap();
    tarun.again().await;
    let login = json!({ "email": "meanwhile@shop.example", "password": PASSWORD });
    assert_eq!(tarun.api.post("auth/login", login).await.expect(200)["user"]["name"], "meanwhile");
    tarun.stop().await;
}

#[tokio::test]
async fn c_102_rotation_keeps_the_files_owner_and_leaves_the_old_key_beside() {
    let mut tarun = Installation::start(&["up"], &[]).await;
    let owner = found(&tarun, "owner").await;
    let key = tarun.data().join("master.key");
    // Where root runs the command for a server of another user; for others this changes nothing.
    let _ = std::os::unix::fs::chown(&key, Some(65_534), Some(65_534));
    let (before, uid) = (std::fs::read_to_string(&key).unwrap(), std::fs::metadata(&key).unwrap().uid());
    let rotated = tarun.admin(&["rotate-master-key"]);
    assert!(rotated.status.success(), "{}", error_of(&rotated));
    assert_ne!(std::fs::read_to_string(&key).unwrap(), before);
    assert_eq!(std::fs::read_to_string(tarun.data().join("master.key.old")).unwrap(), before);
    assert_eq!(std::fs::metadata(&key).unwrap().uid(), uid);
    owner.get("me").await.expect(200);
    found(&tarun, "after").await;
    tarun.stop().await;
    tarun.again().await;
    for who in ["owner", "after"] {
        let login = json!({ "email": format!("{who}@shop.example"), "password": PASSWORD });
        tarun.api.post("auth/login", login).await.expect(200);
    }
    tarun.stop().await;
}

#[tokio::test]
async fn c_102_where_nothing_runs_a_rotation_changes_nothing() {
    let mut tarun = Installation::start(&["up"], &[]).await;
    let (key, note) = (tarun.data().join("master.key"), tarun.data().join("servers.json"));
    let before = std::fs::read_to_string(&key).unwrap();
    let left_by_one_that_was_killed = std::fs::read(&note).unwrap();
    tarun.stop().await;
    assert!(!note.exists(), "the note goes with the servers");
    for stale in [false, true] {
        if stale {
            std::fs::write(&note, &left_by_one_that_was_killed).unwrap();
        }
        let refused = tarun.admin(&["rotate-master-key"]);
        assert!(!refused.status.success());
        assert!(error_of(&refused).contains("Start it first"), "{}", error_of(&refused));
        assert_eq!(std::fs::read_to_string(&key).unwrap(), before);
    }
}

#[tokio::test]
async fn c_102_a_business_whose_key_does_not_open_does_not_stop_the_others_webhooks() {
    let world: &'static World = Box::leak(Box::new(World::start(|_| {})));
    let (lost, other) = (Business::in_world(world).await, Business::in_world(world).await);
    let changed = sqlx::query("update tenants set key_wrapped = sha256('x') || key_wrapped where id::text = $1");
    let mut sql = world.owner().await;
    sqlx::query("select set_config('tarun.tenant', $1, false)").bind(&lost.tenant_id).execute(&mut sql).await.unwrap();
    assert_eq!(changed.bind(&lost.tenant_id).execute(&mut sql).await.unwrap().rows_affected(), 1);
    let fresh = Store::open(&world.app_url, world.keys.clone(), 2).await.unwrap();
    let routes: Vec<String> = fresh.routes().await.unwrap().into_iter().map(|r| r.phone_number_id).collect();
    assert_eq!(routes, [other.phone_number_id]);
}
