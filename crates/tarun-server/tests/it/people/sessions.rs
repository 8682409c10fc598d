//! Devices, signing out, and what ends a sign-in at once.

use super::*;
use tarun_testkit::world;

#[tokio::test]
async fn c_074_devices_are_listed_and_signed_out_one_by_one_or_all() {
    let owner = founder(world()).await;
    let mut devices = Vec::new();
    for agent in ["Phone", "Tablet", "Desk"] {
        let nobody = owner.caller.with(None);
        let request = nobody.request(Method::POST, "auth/login").header("user-agent", agent);
        let request = request.json(&json!({ "email": owner.email, "password": PASSWORD }));
        devices.push(person(&nobody, &nobody.send(request).await, 200));
    }
    let listed = owner.caller.get("auth/sessions").await.expect(200);
    let listed = listed["data"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 4);
    assert_eq!(listed.iter().filter(|s| s["current"] == true).count(), 1);
    let phone = listed.iter().find(|s| s["user_agent"] == "Phone").unwrap();
    owner.caller.delete(&format!("auth/sessions/{}", text(&phone["id"]))).await.expect(204);
    assert_eq!(code(&devices[0].caller.get("me").await, 401), "session_ended");
    assert_eq!(code(&refresh(&owner.caller, &devices[0].cookie).await, 401), "session_ended");
    devices[1].caller.get("me").await.expect(200);
    owner.caller.delete("auth/sessions").await.expect(204);
    for device in &devices[1..] {
        assert_eq!(code(&device.caller.get("me").await, 401), "session_ended");
    }
    owner.caller.get("me").await.expect(200);

    let stranger = founder(world()).await;
    let own = owner.caller.get("auth/sessions").await.expect(200);
    let own = text(&own["data"][0]["id"]);
    assert_eq!(code(&stranger.caller.delete(&format!("auth/sessions/{own}")).await, 404), "not_found");
}

#[tokio::test]
async fn c_068_signing_out_ends_the_access_token_too() {
    let owner = founder(world()).await;
    owner.caller.get("me").await.expect(200);
    let by_cookie = person(&owner.caller, &log_in(&owner.caller.with(None), &owner.email, PASSWORD).await, 200);
    by_cookie.caller.get("me").await.expect(200);
    for (person, with_token) in [(&by_cookie, false), (&owner, true)] {
        let caller = if with_token { person.caller.clone() } else { person.caller.with(None) };
        let request = caller
            .request(Method::POST, "auth/logout")
            .header("X-Tarun-Client", "web")
            .header("cookie", &person.cookie);
        let answer = caller.send(request).await;
        answer.expect(204);
        assert!(set_cookie("tarun_refresh", &answer).unwrap().contains("Max-Age=0"));
        assert_eq!(code(&person.caller.get("me").await, 401), "session_ended");
        assert_eq!(code(&refresh(&person.caller, &person.cookie).await, 401), "session_ended");
    }
    let nobody = owner.caller.with(None);
    let request = nobody.request(Method::POST, "auth/logout").header("X-Tarun-Client", "web");
    nobody.send(request).await.expect(204);
}

#[tokio::test]
async fn c_068_a_changed_password_signs_all_other_devices_out() {
    let owner = founder(world()).await;
    let phone = person(&owner.caller, &log_in(&owner.caller.with(None), &owner.email, PASSWORD).await, 200);
    phone.caller.get("me").await.expect(200);
    let new = "another fine password";
    let change = json!({ "current_password": PASSWORD, "new_password": new });
    owner.caller.post("auth/password", change).await.expect(204);
    owner.caller.get("me").await.expect(200);
    assert_eq!(code(&phone.caller.get("me").await, 401), "session_ended");
    assert_eq!(code(&refresh(&phone.caller, &phone.cookie).await, 401), "session_ended");
    assert_eq!(code(&log_in(&owner.caller.with(None), &owner.email, PASSWORD).await, 401), "invalid_credentials");
    log_in(&owner.caller.with(None), &owner.email, new).await.expect(200);
}

#[tokio::test]
async fn c_068_a_switched_off_person_and_a_lowered_role_are_felt_at_once() {
    let owner = founder(world()).await;
    let admin = colleague(&owner, "ADMIN").await;
    admin.caller.get("audit").await.expect(200);
    let path = format!("users/{}", admin.id);
    owner.caller.patch(&path, json!({ "role": "AGENT" })).await.expect(200);
    assert_eq!(code(&admin.caller.get("audit").await, 403), "forbidden");
    admin.caller.get("me").await.expect(200);
    owner.caller.patch(&path, json!({ "is_active": false })).await.expect(200);
    assert_eq!(code(&admin.caller.get("me").await, 401), "session_ended");
    assert_eq!(code(&refresh(&admin.caller, &admin.cookie).await, 401), "session_ended");
    assert_eq!(code(&log_in(&nobody(world()), &admin.email, PASSWORD).await, 401), "user_inactive");
    assert_eq!(code(&log_in(&nobody(world()), &admin.email, "a wrong one").await, 401), "invalid_credentials");
    owner.caller.patch(&path, json!({ "is_active": true })).await.expect(200);
    assert_eq!(code(&admin.caller.get("me").await, 401), "session_ended");
    log_in(&admin.caller.with(None), &admin.email, PASSWORD).await.expect(200);
    let log = actions(&owner).await;
    for action in ["user.role_changed", "user.deactivated", "user.activated", "session.started"] {
        assert!(log.contains(&action.to_owned()), "{action} is not in {log:?}");
    }
}
