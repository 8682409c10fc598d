//! Invitations and password resets: links that work once.

use super::*;
use tarun_testkit::world;
use time::Duration;

#[tokio::test]
async fn c_073_an_invitation_works_once() {
    let owner = founder(world()).await;
    let invitation =
        owner.caller.post("invitations", json!({ "email": "New@Invite.example", "role": "ADMIN" })).await.expect(201);
    let token = link_token(&invitation["url"]);
    let nobody = nobody(world());
    let info = nobody.get(&format!("auth/links/{token}")).await.expect(200);
    assert_eq!(info, json!({ "business_name": "House", "email": "new@invite.example", "role": "ADMIN" }));
    let listed = owner.caller.get("invitations").await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    assert!(listed["data"][0].get("url").is_none(), "the link is shown once");

    let given = json!({ "token": token, "name": "Meera", "password": PASSWORD });
    let answers =
        futures::future::join_all((0..5).map(|_| nobody.post("auth/invitations/accept", given.clone()))).await;
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1, "one of five wins");
    assert!(answers.iter().filter(|a| a.status != 201).all(|a| a.status == 404));
    assert_eq!(code(&nobody.get(&format!("auth/links/{token}")).await, 404), "not_found");
    let people = owner.caller.get("users").await.expect(200);
    assert_eq!(people["data"].as_array().unwrap().len(), 2);
    let again = owner.caller.post("invitations", json!({ "email": "new@invite.example", "role": "AGENT" })).await;
    assert_eq!(code(&again, 409), "email_taken");
}

#[tokio::test]
async fn a_withdrawn_or_replaced_invitation_opens_nothing() {
    let owner = founder(world()).await;
    let invite = async || {
        owner.caller.post("invitations", json!({ "email": "one@invite.example", "role": "AGENT" })).await.expect(201)
    };
    let first = invite().await;
    let second = invite().await;
    let nobody = nobody(world());
    assert_eq!(nobody.get(&format!("auth/links/{}", link_token(&first["url"]))).await.status, 404, "replaced");
    nobody.get(&format!("auth/links/{}", link_token(&second["url"]))).await.expect(200);
    owner.caller.delete(&format!("invitations/{}", text(&second["id"]))).await.expect(204);
    let given = json!({ "token": link_token(&second["url"]), "name": "One", "password": PASSWORD });
    assert_eq!(code(&nobody.post("auth/invitations/accept", given).await, 404), "not_found");
    assert_eq!(owner.caller.delete(&format!("invitations/{}", text(&second["id"]))).await.status, 404);
    for wrong in ["x", "tl_", "tl_AAAA", "%00", &"a".repeat(5000)] {
        assert_eq!(nobody.get(&format!("auth/links/{wrong}")).await.status, 404, "{wrong}");
    }
}

#[tokio::test]
async fn c_073_a_reset_link_works_once_for_an_hour_and_ends_all_sign_ins() {
    let world = World::start(|_| {});
    let owner = founder(&world).await;
    let agent = colleague(&owner, "AGENT").await;
    agent.caller.get("me").await.expect(200);
    let path = format!("users/{}/password-reset", agent.id);
    let reset = async || link_token(&owner.caller.post(&path, Value::Null).await.expect(201)["url"]);
    let nobody = nobody(&world);
    let accept = async |token: &str| {
        nobody.post("auth/password/reset", json!({ "token": token, "password": "a password after that" })).await
    };
    let (replaced, token) = (reset().await, reset().await);
    assert_eq!(accept(&replaced).await.status, 404);
    let wrong_kind = json!({ "token": token, "name": "X", "password": PASSWORD });
    assert_eq!(nobody.post("auth/invitations/accept", wrong_kind).await.status, 404);
    let back = person(&nobody, &accept(&token).await, 200);
    back.caller.get("me").await.expect(200);
    assert_eq!(accept(&token).await.status, 404);
    assert_eq!(code(&agent.caller.get("me").await, 401), "session_ended");
    assert_eq!(code(&refresh(&nobody, &agent.cookie).await, 401), "session_ended");
    assert_eq!(log_in(&nobody, &agent.email, PASSWORD).await.status, 401);

    let late = reset().await;
    world.clock.advance(Duration::hours(1));
    assert_eq!(accept(&late).await.status, 404);
    assert!(
        actions(&person(&nobody, &log_in(&nobody, &owner.email, PASSWORD).await, 200))
            .await
            .contains(&"user.password_reset".into())
    );
}

#[tokio::test]
async fn a_repeated_call_with_its_key_is_done_once() {
    let owner = founder(world()).await;
    let send = |body: Value, key: &str| {
        let request = owner.caller.request(Method::POST, "invitations").header("Idempotency-Key", key).json(&body);
        owner.caller.send(request)
    };
    let body = json!({ "email": "once@invite.example", "role": "AGENT" });
    let answers = futures::future::join_all((0..8).map(|_| send(body.clone(), "key-1"))).await;
    let first = answers[0].expect(201);
    assert!(answers.iter().all(|a| a.expect(201) == first), "the same answer each time");
    assert_eq!(owner.caller.get("invitations").await.expect(200)["data"].as_array().unwrap().len(), 1);
    let other = json!({ "email": "other@invite.example", "role": "AGENT" });
    assert_eq!(code(&send(other.clone(), "key-1").await, 409), "idempotency_key_reused");
    assert_ne!(send(other, "key-2").await.expect(201)["id"], first["id"]);
    assert_eq!(code(&send(body, "ключ").await, 400), "bad_idempotency_key");
}

/// What somebody gave out ends with his right to give it, and a reset link with the rank of the person it was made for.
#[tokio::test]
async fn c_073_links_end_when_the_role_of_their_maker_or_their_person_changes() {
    let owner = founder(world()).await;
    let nobody = nobody(world());
    let opens = async |token: &str| nobody.get(&format!("auth/links/{token}")).await.status == 200;
    for (n, change) in [json!({ "role": "AGENT" }), json!({ "is_active": false })].into_iter().enumerate() {
        let (admin, agent) = (colleague(&owner, "ADMIN").await, colleague(&owner, "AGENT").await);
        let email = format!("given-out-{n}@invite.example");
        let invited = admin.caller.post("invitations", json!({ "email": email, "role": "ADMIN" })).await.expect(201);
        let reset = admin.caller.post(&format!("users/{}/password-reset", agent.id), Value::Null).await.expect(201);
        let kept = json!({ "email": format!("kept-{n}@invite.example"), "role": "AGENT" });
        let kept = owner.caller.post("invitations", kept).await.expect(201);
        let links = [link_token(&invited["url"]), link_token(&reset["url"])];
        owner.caller.patch(&format!("users/{}", admin.id), json!({ "name": "Only a name" })).await.expect(200);
        assert!(opens(&links[0]).await && opens(&links[1]).await);
        owner.caller.patch(&format!("users/{}", admin.id), change).await.expect(200);
        assert!(!opens(&links[0]).await, "an invitation by somebody who may not invite");
        assert!(!opens(&links[1]).await, "a reset by somebody who may not reset");
        assert!(opens(&link_token(&kept["url"])).await, "another's stays");
        let given = json!({ "token": links[0], "name": "Late", "password": PASSWORD });
        assert_eq!(nobody.post("auth/invitations/accept", given).await.status, 404);
    }
    // An admin may set an agent's password, and nobody's but an owner an owner's.
    let (admin, agent) = (colleague(&owner, "ADMIN").await, colleague(&owner, "AGENT").await);
    let reset = admin.caller.post(&format!("users/{}/password-reset", agent.id), Value::Null).await.expect(201);
    owner.caller.patch(&format!("users/{}", agent.id), json!({ "role": "OWNER" })).await.expect(200);
    let given = json!({ "token": link_token(&reset["url"]), "password": "chosen by the admin" });
    assert_eq!(code(&nobody.post("auth/password/reset", given).await, 404), "not_found");
    log_in(&nobody, &agent.email, PASSWORD).await.expect(200);
}
