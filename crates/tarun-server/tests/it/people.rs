//! Signing up, in and out; who may do what; what is refused.

mod guessing;
mod invitations;
mod keys;
mod owners;
mod sessions;
mod tokens;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use tarun_testkit::{Answer, Caller, PASSWORD, World};

/// Somebody who is signed in, as his browser has it.
struct Person {
    caller: Caller,
    id: String,
    email: String,
    /// The refresh cookie as sent back: `tarun_refresh=…`.
    cookie: String,
}

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A caller with an address of its own: failures are counted by address, and tests run at the same time.
fn nobody(world: &World) -> Caller {
    let n = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let address = IpAddr::V4(Ipv4Addr::new(127, 1 + n[1], n[2], n[3]));
    let http = Client::builder().local_address(address).build().unwrap();
    Caller { base: world.url.clone(), token: None, http }
}

/// Founds a business; answers with its owner.
async fn founder(world: &World) -> Person {
    let email = format!("founder{}@house.example", NEXT.fetch_add(1, Ordering::Relaxed));
    let nobody = nobody(world);
    let given = json!({ "business_name": "House", "name": "Asha Rao", "email": email, "password": PASSWORD });
    person(&nobody, &nobody.post("auth/signup", given).await, 201)
}

fn person(nobody: &Caller, answer: &Answer, status: u16) -> Person {
    let session = answer.expect(status);
    Person {
        caller: nobody.with(session["access_token"].as_str()),
        id: text(&session["user"]["id"]),
        email: text(&session["user"]["email"]),
        cookie: cookie(answer).expect("a refresh cookie"),
    }
}

/// Invites somebody with a role, who accepts.
async fn colleague(owner: &Person, role: &str) -> Person {
    let email = format!("colleague{}@house.example", NEXT.fetch_add(1, Ordering::Relaxed));
    let invitation = owner.caller.post("invitations", json!({ "email": email, "role": role })).await.expect(201);
    let given = json!({ "token": link_token(&invitation["url"]), "name": "Ravi", "password": PASSWORD });
    let nobody = owner.caller.with(None);
    person(&nobody, &nobody.post("auth/invitations/accept", given).await, 201)
}

async fn log_in(nobody: &Caller, email: &str, password: &str) -> Answer {
    nobody.post("auth/login", json!({ "email": email, "password": password })).await
}

async fn refresh(nobody: &Caller, cookie: &str) -> Answer {
    let request = nobody
        .with(None)
        .request(Method::POST, "auth/refresh")
        .header("X-Tarun-Client", "web")
        .header("cookie", cookie);
    nobody.send(request).await
}

/// The refresh token's cookie.
fn cookie(answer: &Answer) -> Option<String> {
    cookie_named("tarun_refresh", answer)
}

/// A cookie that an answer sets, as sent back: `name=value`.
fn cookie_named(name: &str, answer: &Answer) -> Option<String> {
    Some(set_cookie(name, answer)?.split(';').next().unwrap().to_owned())
}

/// The whole header that sets a cookie.
fn set_cookie<'a>(name: &str, answer: &'a Answer) -> Option<&'a str> {
    let mut set = answer.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap());
    set.find(|c| c.starts_with(&format!("{name}=")))
}

fn link_token(url: &Value) -> String {
    url.as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The problem's code, of an answer with this status.
fn code(answer: &Answer, status: u16) -> String {
    let problem = answer.expect(status);
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{problem}");
    assert_eq!(answer.headers["x-request-id"].to_str().unwrap(), problem["request_id"], "{problem}");
    text(&problem["code"])
}

/// The actions in the business's log, newest first.
async fn actions(owner: &Person) -> Vec<String> {
    let page = owner.caller.get("audit?limit=200").await.expect(200);
    page["data"].as_array().unwrap().iter().map(|e| text(&e["action"])).collect()
}
