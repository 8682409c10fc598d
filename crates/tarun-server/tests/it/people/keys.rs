//! API keys.

use super::*;
use tarun_testkit::world;
use time::{Duration, OffsetDateTime};

async fn key(owner: &Person, scope: &str) -> (String, Caller) {
    let made =
        owner.caller.post("api-keys", json!({ "name": format!("{scope} key"), "scope": scope })).await.expect(201);
    (text(&made["id"]), owner.caller.with(made["key"].as_str()))
}

#[tokio::test]
async fn a_key_does_what_its_scope_says_and_is_shown_once() {
    let owner = founder(world()).await;
    let (_, read) = key(&owner, "READ").await;
    let (_, admin) = key(&owner, "ADMIN").await;
    read.get("users").await.expect(200);
    assert_eq!(code(&read.patch("tenant", json!({ "onboarded": true })).await, 403), "forbidden");
    assert_eq!(code(&read.get("api-keys").await, 403), "forbidden");
    assert_eq!(code(&read.get("me").await, 403), "forbidden");
    admin.patch("tenant", json!({ "onboarded": true })).await.expect(200);
    let path = format!("users/{}", owner.id);
    assert_eq!(
        code(&admin.patch(&path, json!({ "name": "X" })).await, 403),
        "forbidden",
        "owners are people's business"
    );
    let listed = owner.caller.get("api-keys").await.expect(200);
    for listed in listed["data"].as_array().unwrap() {
        assert!(listed.get("key").is_none());
        assert_eq!(listed["hint"].as_str().unwrap().len(), 4);
    }
    let entry = owner.caller.get("audit?limit=1").await.expect(200)["data"][0].clone();
    assert_eq!((&entry["actor_kind"], &entry["action"]), (&json!("API_KEY"), &json!("tenant.changed")));
}

#[tokio::test]
async fn a_withdrawn_or_expired_key_opens_nothing() {
    let world = World::start(|_| {});
    let owner = founder(&world).await;
    let (id, withdrawn) = key(&owner, "READ").await;
    withdrawn.get("users").await.expect(200);
    owner.caller.delete(&format!("api-keys/{id}")).await.expect(204);
    assert_eq!(code(&withdrawn.get("users").await, 401), "token_invalid");
    assert_eq!(owner.caller.delete(&format!("api-keys/{id}")).await.status, 404);

    let rfc3339 = &time::format_description::well_known::Rfc3339;
    let at = |hours| (OffsetDateTime::now_utc() + Duration::hours(hours)).format(rfc3339).unwrap();
    let past = json!({ "name": "k", "scope": "READ", "expires_at": at(-1) });
    assert_eq!(code(&owner.caller.post("api-keys", past).await, 422), "in_the_past");
    let made =
        owner.caller.post("api-keys", json!({ "name": "k", "scope": "READ", "expires_at": at(1) })).await.expect(201);
    let short = owner.caller.with(made["key"].as_str());
    short.get("users").await.expect(200);
    world.clock.advance(Duration::hours(2));
    assert_eq!(code(&short.get("users").await, 401), "token_invalid");
}

#[tokio::test]
async fn lists_come_in_pages() {
    let owner = founder(world()).await;
    for _ in 0..5 {
        key(&owner, "READ").await;
    }
    let mut seen = Vec::new();
    let mut path = "api-keys?limit=2".to_owned();
    loop {
        let page = owner.caller.get(&path).await.expect(200);
        seen.extend(page["data"].as_array().unwrap().iter().map(|k| text(&k["id"])));
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("api-keys?limit=2&cursor={next}");
    }
    assert_eq!(seen.len(), 5);
    seen.dedup();
    assert_eq!(seen.len(), 5);
    let (mut log, mut path) = (0, "audit?limit=2".to_owned());
    loop {
        let page = owner.caller.get(&path).await.expect(200);
        log += page["data"].as_array().unwrap().len();
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("audit?limit=2&cursor={next}");
    }
    assert_eq!(log, 6, "sign-up and five keys");
    for wrong in ["users?limit=0", "users?limit=201", "users?cursor=x", "users?limit=1&limit=2", "users?all=1"] {
        assert_eq!(owner.caller.get(wrong).await.status, 400, "{wrong}");
    }
}
