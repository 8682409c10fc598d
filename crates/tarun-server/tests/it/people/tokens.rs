//! Access and refresh tokens on the wire.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::BTreeSet;
use tarun_store::keys::sha256;
use tarun_testkit::world;
use time::Duration;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[tokio::test]
async fn sign_up_answers_with_the_person_and_the_business() {
    let nobody = nobody(world());
    let given = json!({ "business_name": " Chai Point ", "name": "Asha Rao", "email": "Asha.Rao@ChaiPoint.example", "password": PASSWORD });
    let answer = nobody.post("auth/signup", given).await;
    let session = answer.expect(201);
    assert_eq!(session["user"]["email"], "asha.rao@chaipoint.example");
    assert_eq!((&session["user"]["role"], &session["tenant"]["name"]), (&json!("OWNER"), &json!("Chai Point")));
    assert_eq!((&session["tenant"]["time_zone"], &session["expires_in"]), (&json!("Asia/Kolkata"), &json!(900)));
    let me = nobody.with(session["access_token"].as_str()).get("me").await.expect(200);
    assert_eq!((&me["user"]["id"], &me["tenant"]["id"]), (&session["user"]["id"], &session["tenant"]["id"]));
    assert!(me["permissions"].as_array().unwrap().contains(&json!("owner.manage")));
    let again = log_in(&nobody, " ASHA.RAO@chaipoint.example", PASSWORD).await.expect(200);
    assert_eq!(again["user"]["id"], session["user"]["id"]);
}

#[tokio::test]
async fn c_070_the_refresh_cookie_is_out_of_reach_and_only_hashes_are_stored() {
    let nobody = nobody(world());
    let owner = founder(world()).await;
    let answer = log_in(&nobody, &owner.email, PASSWORD).await;
    for (name, start) in [("tarun_refresh", "tarun_refresh=tr_"), ("tarun_device", "tarun_device=td_")] {
        let set = set_cookie(name, &answer).unwrap();
        for part in [start, "HttpOnly", "SameSite=Strict", "Path=/api/v1/auth", "Max-Age="] {
            assert!(set.contains(part), "{part} is not in {set}");
        }
        assert!(!set.contains("Secure"), "a browser would not keep it for http: {set}");
    }
    assert!(!answer.text.contains("tr_"), "the body holds no refresh token");
    let token = cookie(&answer).unwrap().split_once("tr_").unwrap().1.to_owned();
    let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
    let secret = &bytes[32..];
    let mut connection = world().owner().await;
    let tenant = text(&answer.json()["tenant"]["id"]);
    sqlx::query("select set_config('tarun.tenant', $1, false)").bind(&tenant).execute(&mut connection).await.unwrap();
    let rows: Vec<String> =
        sqlx::query_scalar("select sessions::text from sessions").fetch_all(&mut connection).await.unwrap();
    let holding = |what: &str| rows.iter().filter(|row| row.contains(what)).count();
    // Bytes are shown as hexadecimal digits, so what is looked for is written like that; the hash proves that it is found so.
    assert_eq!(holding(&hex(&sha256(secret))), 1, "{rows:?}");
    for stored in [token.clone(), hex(secret), hex(&bytes[32..48]), hex(&bytes[48..]), hex(token.as_bytes())] {
        assert_eq!(holding(&stored), 0, "the token stands in the database");
    }
}

#[tokio::test]
async fn c_070_c_089_by_https_cookies_are_secure_and_browsers_are_told_to_stay() {
    let world = World::start(|config| config.public_url = Some("https://shop.example".parse().unwrap()));
    let owner = founder(&world).await;
    let entered = log_in(&nobody(&world), &owner.email, PASSWORD).await;
    let left = owner
        .caller
        .request(Method::POST, "auth/logout")
        .header("X-Tarun-Client", "web")
        .header("cookie", cookie(&entered).unwrap());
    let left = owner.caller.send(left).await;
    for (name, answer) in [("tarun_refresh", &entered), ("tarun_device", &entered), ("tarun_refresh", &left)] {
        let set = set_cookie(name, answer).unwrap();
        assert!(set.split("; ").any(|part| part == "Secure"), "{set}");
    }
    assert!(entered.headers["strict-transport-security"].to_str().unwrap().starts_with("max-age=31536000"));
}

#[tokio::test]
async fn c_067_one_kind_of_token_is_not_taken_for_another() {
    let owner = founder(world()).await;
    let access = owner.caller.token.clone().unwrap();
    let refresh_token = owner.cookie.split_once('=').unwrap().1.to_owned();
    assert_eq!(code(&owner.caller.with(Some(&refresh_token)).get("me").await, 401), "token_invalid");
    assert_eq!(code(&refresh(&owner.caller, &format!("tarun_refresh={access}")).await, 401), "session_ended");
    let key = owner.caller.post("api-keys", json!({ "name": "k", "scope": "READ" })).await.expect(201);
    let key = text(&key["key"]);
    assert_eq!(code(&refresh(&owner.caller, &format!("tarun_refresh={key}")).await, 401), "session_ended");
    assert_eq!(code(&owner.caller.with(Some(&key.replace("tk_", "tr_"))).get("users").await, 401), "token_invalid");
    for scheme in ["Basic", "bearer:"] {
        let request =
            owner.caller.with(None).request(Method::GET, "me").header("authorization", format!("{scheme} {access}"));
        assert_eq!(code(&owner.caller.send(request).await, 401), "not_signed_in");
    }
    let answer = owner.caller.with(None).get("me").await;
    assert_eq!(code(&answer, 401), "not_signed_in");
    assert_eq!(answer.headers["www-authenticate"], "Bearer");
}

#[tokio::test]
async fn c_069_a_refresh_token_is_replaced_at_each_use_and_its_return_ends_the_session() {
    let world = World::start(|_| {});
    let owner = founder(&world).await;
    world.clock.advance(Duration::minutes(16));
    assert_eq!(code(&owner.caller.get("me").await, 401), "token_expired");
    let first = refresh(&owner.caller, &owner.cookie).await;
    let second = person(&owner.caller, &first, 200);
    assert_ne!(second.cookie, owner.cookie);
    second.caller.get("me").await.expect(200);

    // Two tabs: the old token within a minute gets an access token and the very same cookie.
    world.clock.advance(Duration::seconds(55));
    let racing = refresh(&owner.caller, &owner.cookie).await;
    let token = text(&racing.expect(200)["access_token"]);
    assert_eq!(cookie(&racing).unwrap(), second.cookie);
    owner.caller.with(Some(&token)).get("me").await.expect(200);
    world.clock.advance(Duration::seconds(6));
    let third = person(&owner.caller, &refresh(&owner.caller, &second.cookie).await, 200);
    assert_ne!(third.cookie, second.cookie);

    // A token of two generations ago is in other hands: everything of this sign-in ends.
    let bystander = person(&owner.caller, &log_in(&owner.caller.with(None), &owner.email, PASSWORD).await, 200);
    world.clock.advance(Duration::seconds(5));
    let stolen = refresh(&owner.caller, &owner.cookie).await;
    assert_eq!(code(&stolen, 401), "session_ended");
    assert!(set_cookie("tarun_refresh", &stolen).unwrap().contains("Max-Age=0"), "the cookie is taken away");
    assert_eq!(code(&refresh(&owner.caller, &third.cookie).await, 401), "session_ended");
    assert_eq!(code(&third.caller.get("me").await, 401), "session_ended");
    bystander.caller.get("me").await.expect(200);
    assert!(actions(&bystander).await.contains(&"session.refresh_reused".to_owned()));
}

#[tokio::test]
async fn c_069_a_token_replaced_a_minute_ago_ends_the_session_also_when_its_successor_was_never_used() {
    let world = World::start(|_| {});
    let owner = founder(&world).await;
    world.clock.advance(Duration::minutes(2));
    let second = person(&owner.caller, &refresh(&owner.caller, &owner.cookie).await, 200);
    world.clock.advance(Duration::seconds(61));
    assert_eq!(code(&refresh(&owner.caller, &owner.cookie).await, 401), "session_ended");
    assert_eq!(code(&refresh(&owner.caller, &second.cookie).await, 401), "session_ended");
}

#[tokio::test]
async fn c_069_a_lost_answer_signs_nobody_out() {
    let world = World::start(|_| {});
    let owner = founder(&world).await;
    let mut cookie_kept = owner.cookie.clone();
    for _ in 0..3 {
        world.clock.advance(Duration::minutes(16));
        // The answer never arrives: the browser still has the token before.
        refresh(&owner.caller, &cookie_kept).await.expect(200);
        world.clock.advance(Duration::seconds(20));
        refresh(&owner.caller, &cookie_kept).await.expect(200);
        world.clock.advance(Duration::seconds(20));
        let arrived = refresh(&owner.caller, &cookie_kept).await;
        person(&owner.caller, &arrived, 200).caller.get("me").await.expect(200);
        assert_ne!(cookie(&arrived).unwrap(), cookie_kept, "the next token comes once more");
        cookie_kept = cookie(&arrived).unwrap();
    }
    world.clock.advance(Duration::minutes(16));
    let last = person(&owner.caller, &refresh(&owner.caller, &cookie_kept).await, 200);
    assert!(!actions(&last).await.contains(&"session.refresh_reused".to_owned()), "no theft is told");
}

#[tokio::test]
async fn c_069_ten_tabs_at_once_stay_signed_in() {
    let world = World::start(|_| {});
    let owner = founder(&world).await;
    world.clock.advance(Duration::minutes(16));
    let answers = futures::future::join_all((0..10).map(|_| refresh(&owner.caller, &owner.cookie))).await;
    assert!(answers.iter().all(|a| a.status == 200));
    let cookies: BTreeSet<String> = answers.iter().filter_map(cookie).collect();
    assert_eq!(cookies.len(), 1, "one of them rotates, all get the same");
    assert!(!cookies.contains(&owner.cookie));
    world.clock.advance(Duration::minutes(16));
    refresh(&owner.caller, cookies.first().unwrap()).await.expect(200);
}

#[tokio::test]
async fn c_090_calls_by_cookie_need_our_own_page() {
    let owner = founder(world()).await;
    let call = |path: &str| owner.caller.with(None).request(Method::POST, path).header("cookie", &owner.cookie);
    for path in ["auth/refresh", "auth/logout"] {
        assert_eq!(code(&owner.caller.send(call(path)).await, 403), "client_header_missing");
        let foreign = call(path).header("X-Tarun-Client", "web").header("origin", "https://evil.example");
        assert_eq!(code(&owner.caller.send(foreign).await, 403), "foreign_origin");
    }
    let own = call("auth/refresh").header("X-Tarun-Client", "web").header("origin", &world().url);
    let answer = owner.caller.send(own).await;
    answer.expect(200);
    assert!(
        !answer.headers.keys().any(|name| name.as_str().starts_with("access-control-")),
        "no other origin is let in"
    );
}

#[tokio::test]
async fn c_079_fields_that_are_not_theirs_to_set_are_refused() {
    let owner = founder(world()).await;
    let signup = json!({ "business_name": "B", "name": "N", "email": "x@house.example", "password": PASSWORD });
    let calls = [
        (Method::POST, "auth/signup".to_owned(), signup),
        (Method::PATCH, "tenant".to_owned(), json!({ "name": "B" })),
        (Method::PATCH, format!("users/{}", owner.id), json!({ "name": "N" })),
        (Method::POST, "invitations".to_owned(), json!({ "email": "y@house.example", "role": "AGENT" })),
        (Method::POST, "api-keys".to_owned(), json!({ "name": "k", "scope": "READ" })),
    ];
    for (method, path, body) in calls {
        for field in ["tenant_id", "id", "created_at", "password_hash", "email_hash", "key_wrapped"] {
            let mut body = body.clone();
            body[field] = json!("00000000-0000-0000-0000-000000000000");
            let answer = owner.caller.send(owner.caller.request(method.clone(), &path).json(&body)).await;
            assert_eq!(code(&answer, 400), "unknown_field", "{method} {path} {field}");
            assert_eq!(answer.json()["errors"][0]["pointer"], format!("/{field}"));
        }
    }
}
