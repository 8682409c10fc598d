//! Who may change whom; a business always has an owner.

use super::*;
use tarun_app::auth::SignUpPolicy;
use tarun_testkit::world;

#[tokio::test]
async fn c_075_the_last_owner_stays() {
    let owner = founder(world()).await;
    let own = format!("users/{}", owner.id);
    for change in
        [json!({ "role": "ADMIN" }), json!({ "is_active": false }), json!({ "role": "AGENT", "is_active": false })]
    {
        assert_eq!(code(&owner.caller.patch(&own, change).await, 409), "last_owner");
    }
    let second = colleague(&owner, "OWNER").await;
    // Two owners lower each other at the same moment: one of them is left.
    let other = format!("users/{}", second.id);
    let lower = json!({ "role": "AGENT" });
    let (a, b) = tokio::join!(owner.caller.patch(&other, lower.clone()), second.caller.patch(&own, lower.clone()));
    let done = [a.status, b.status].iter().filter(|s| **s == 200).count();
    assert_eq!(done, 1, "{} {}", a.text, b.text);
    let survivor = if a.status == 200 { &owner } else { &second };
    let people = survivor.caller.get("users").await.expect(200);
    let owners = people["data"].as_array().unwrap().iter().filter(|u| u["role"] == "OWNER").count();
    assert_eq!(owners, 1);
}

#[tokio::test]
async fn c_075_one_person_signs_up_once_however_fast() {
    let callers: Vec<Caller> = (0..8).map(|_| nobody(world())).collect();
    let given = json!({ "business_name": "Race", "name": "R", "email": "race@house.example", "password": PASSWORD });
    let answers = futures::future::join_all(callers.iter().map(|c| c.post("auth/signup", given.clone()))).await;
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1);
    assert!(answers.iter().filter(|a| a.status != 201).all(|a| code(a, 409) == "email_taken"));
}

#[tokio::test]
async fn c_075_where_only_the_first_business_may_sign_up_there_is_one() {
    let world = World::start(|config| config.signup = SignUpPolicy::First);
    let callers: Vec<Caller> = (0..6).map(|_| nobody(&world)).collect();
    let tries = callers.iter().enumerate().map(|(n, caller)| {
        let email = format!("first{n}@house.example");
        caller
            .post("auth/signup", json!({ "business_name": "First", "name": "F", "email": email, "password": PASSWORD }))
    });
    let answers = futures::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1);
    assert!(answers.iter().filter(|a| a.status != 201).all(|a| code(a, 409) == "signup_closed"));
}

#[tokio::test]
async fn admins_manage_people_but_not_owners_and_agents_only_their_own_name() {
    let owner = founder(world()).await;
    let admin = colleague(&owner, "ADMIN").await;
    let agent = colleague(&owner, "AGENT").await;
    let path = |person: &Person| format!("users/{}", person.id);
    admin.caller.patch(&path(&agent), json!({ "role": "ADMIN" })).await.expect(200);
    admin.caller.patch(&path(&agent), json!({ "role": "AGENT" })).await.expect(200);
    for (who, whom, change) in [
        (&admin, &owner, json!({ "role": "AGENT" })),
        (&admin, &owner, json!({ "name": "X" })),
        (&admin, &agent, json!({ "role": "OWNER" })),
        (&admin, &admin, json!({ "role": "OWNER" })),
        (&agent, &agent, json!({ "role": "ADMIN" })),
        (&agent, &agent, json!({ "name": "X", "is_active": true })),
        (&agent, &admin, json!({ "name": "X" })),
    ] {
        assert_eq!(code(&who.caller.patch(&path(whom), change.clone()).await, 403), "forbidden", "{change}");
    }
    let renamed = agent.caller.patch(&path(&agent), json!({ "name": " Ravi K " })).await.expect(200);
    assert_eq!(renamed["name"], "Ravi K");
    assert_eq!(agent.caller.get("users").await.expect(200)["data"].as_array().unwrap().len(), 3);
    for (path, body) in [("invitations", json!({ "email": "o@house.example", "role": "OWNER" }))] {
        assert_eq!(code(&admin.caller.post(path, body).await, 403), "forbidden");
    }
    let reset = format!("{}/password-reset", path(&owner));
    assert_eq!(code(&admin.caller.post(&reset, Value::Null).await, 403), "forbidden");
}

#[tokio::test]
async fn settings_of_the_business_are_checked() {
    let owner = founder(world()).await;
    let changed = owner
        .caller
        .patch("tenant", json!({ "time_zone": "Asia/Kathmandu", "agents_see_all": true }))
        .await
        .expect(200);
    assert_eq!((&changed["time_zone"], &changed["agents_see_all"]), (&json!("Asia/Kathmandu"), &json!(true)));
    for (body, expected) in [
        (json!({ "time_zone": "Mars/Olympus" }), "unknown_time_zone"),
        (json!({ "name": "" }), "required"),
        (json!({ "name": "x".repeat(121) }), "too_long"),
        (json!({ "name": "a\0b" }), "invalid_text"),
    ] {
        assert_eq!(code(&owner.caller.patch("tenant", body).await, 422), expected);
    }
}

#[tokio::test]
async fn c_114_nobody_rewrites_the_log() {
    let owner = founder(world()).await;
    assert!(!actions(&owner).await.is_empty());
    let tenant = text(&owner.caller.get("me").await.expect(200)["tenant"]["id"]);
    use sqlx::Connection as _;
    let mut server = sqlx::PgConnection::connect(&world().app_url).await.unwrap();
    sqlx::query("select set_config('tarun.tenant', $1, false)").bind(&tenant).execute(&mut server).await.unwrap();
    for sql in ["update audit_log set action = 'nothing'", "delete from audit_log", "truncate audit_log"] {
        let refused = sqlx::query(sql).execute(&mut server).await.unwrap_err();
        assert!(refused.to_string().contains("permission denied"), "{sql}: {refused}");
    }
    for method in [Method::DELETE, Method::PATCH, Method::PUT, Method::POST] {
        let answer = owner.caller.send(owner.caller.request(method, "audit")).await;
        assert_eq!(answer.status, 405);
    }
}
