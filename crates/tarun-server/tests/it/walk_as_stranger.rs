//! C-076: every operation of the contract, called by those who may not, with real ids. A route without a line here fails.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use tarun_testkit::{Business, Caller, business};

/// What each caller gets: nobody, another business's owner, an agent, a switched-off person, a key of scope READ, all with
/// real ids; then an admin, a key of scope WRITE and one of scope ADMIN, with ids of nothing, so that the walk can go on.
type Expected = [u16; 8];

/// Callers from here on may do much: what they may is tried on what is not there.
const HIGHER: usize = 5;

/// No sign-in needed; what it does is tried elsewhere. Here: that it answers strangers without data.
const OPEN: &str = "open";
/// For everybody of the business.
const READ: Expected = [401, 200, 200, 401, 200, 200, 200, 200];
/// The same, by id.
const READ_ONE: Expected = [401, 404, 200, 401, 200, 404, 404, 404];
/// For those who write, by id.
const WRITE_ONE: Expected = [401, 404, 200, 401, 403, 404, 404, 404];
const WRITE_NEW: Expected = [401, 404, 201, 401, 403, 404, 404, 404];
/// For admins: the other business's owner acts on his own.
const ADMIN_READ: Expected = [401, 200, 403, 401, 403, 200, 403, 200];
const ADMIN_MAKE: Expected = [401, 201, 403, 401, 403, 201, 403, 201];
/// For admins, by id.
const ADMIN_ONE: Expected = [401, 404, 403, 401, 403, 404, 403, 404];
/// Read marks are people's: a key is refused as nobody who reads.
const READ_MARK: Expected = [401, 404, 204, 401, 422, 404, 422, 422];
/// About oneself: keys are nobody.
const OWN: Expected = [401, 200, 200, 401, 403, 200, 403, 403];

struct Line {
    operation: &'static str,
    body: Value,
    expected: Expected,
}

fn line(operation: &'static str, body: Value, expected: Expected) -> Line {
    Line { operation, body, expected }
}

fn table() -> Vec<Line> {
    let number = json!({ "phone_number_id": "300000000000001", "waba_id": "300000000000002", "display_phone_number": "+918000000001",
        "access_token": "token-of-a-walk", "app_secret": "secret-of-a-walk" });
    let text = json!({ "type": "TEXT", "content": { "body": "hello" } });
    vec![
        line("GET /api/v1/me", Value::Null, OWN),
        line(
            "POST /api/v1/auth/password",
            json!({ "current_password": "wrong", "new_password": "a new fine password" }),
            [401, 422, 422, 401, 403, 422, 403, 403],
        ),
        line("GET /api/v1/auth/sessions", Value::Null, OWN),
        line("DELETE /api/v1/auth/sessions", Value::Null, [401, 204, 204, 401, 403, 204, 403, 403]),
        line("DELETE /api/v1/auth/sessions/{session}", Value::Null, [401, 404, 404, 401, 403, 404, 403, 403]),
        line("PATCH /api/v1/tenant", json!({ "onboarded": true }), ADMIN_READ),
        line("GET /api/v1/users", Value::Null, READ),
        line("GET /api/v1/users/{user}", Value::Null, READ_ONE),
        line("PATCH /api/v1/users/{user}", json!({ "name": "Mallory" }), ADMIN_ONE),
        line("POST /api/v1/users/{user}/password-reset", Value::Null, ADMIN_ONE),
        line("GET /api/v1/invitations", Value::Null, ADMIN_READ),
        line("POST /api/v1/invitations", json!({ "email": "walk@walk.example", "role": "AGENT" }), ADMIN_MAKE),
        line("DELETE /api/v1/invitations/{invitation}", Value::Null, ADMIN_ONE),
        line("GET /api/v1/api-keys", Value::Null, ADMIN_READ),
        line("POST /api/v1/api-keys", json!({ "name": "walk", "scope": "ADMIN" }), ADMIN_MAKE),
        line("DELETE /api/v1/api-keys/{api_key}", Value::Null, ADMIN_ONE),
        line("GET /api/v1/audit", Value::Null, ADMIN_READ),
        line("GET /api/v1/whatsapp/numbers", Value::Null, READ),
        // The other business's owner has it by then.
        line("POST /api/v1/whatsapp/numbers", number, [401, 201, 403, 401, 403, 409, 403, 409]),
        line("GET /api/v1/whatsapp/numbers/{number}", Value::Null, READ_ONE),
        line("PATCH /api/v1/whatsapp/numbers/{number}", json!({ "display_phone_number": "+918000000002" }), ADMIN_ONE),
        line("POST /api/v1/whatsapp/numbers/{number}/check", Value::Null, ADMIN_ONE),
        line("DELETE /api/v1/whatsapp/numbers/{number}", Value::Null, ADMIN_ONE),
        line("GET /api/v1/conversations", Value::Null, READ),
        line("GET /api/v1/conversations/counts", Value::Null, READ),
        line("GET /api/v1/conversations/{conversation}", Value::Null, READ_ONE),
        line("PATCH /api/v1/conversations/{conversation}", json!({ "status": "PENDING" }), WRITE_ONE),
        line("POST /api/v1/conversations/{conversation}/read", Value::Null, READ_MARK),
        line("POST /api/v1/conversations/{conversation}/unread", Value::Null, READ_MARK),
        line("POST /api/v1/conversations/{conversation}/assign", json!({ "agent_id": null }), WRITE_ONE),
        line("GET /api/v1/conversations/{conversation}/messages", Value::Null, READ_ONE),
        line("POST /api/v1/conversations/{conversation}/messages", text, WRITE_NEW),
        line("POST /api/v1/conversations/{conversation}/notes", json!({ "body": "a note" }), WRITE_NEW),
        line(
            "POST /api/v1/conversations/{conversation}/messages/{message}/resolve",
            json!({ "resolution": "DISCARD" }),
            // The customer's own message has nothing to be settled.
            [401, 404, 409, 401, 403, 404, 404, 404],
        ),
        line("GET /api/v1/contacts/{contact}", Value::Null, READ_ONE),
        line("PATCH /api/v1/contacts/{contact}", json!({ "name": "Mallory" }), WRITE_ONE),
        line("GET /api/v1/failures", Value::Null, ADMIN_READ),
        line("GET /api/v1/failures/kept", Value::Null, ADMIN_READ),
        line("POST /api/v1/failures/{failure}/retry", Value::Null, ADMIN_ONE),
        line("POST /api/v1/failures/{failure}/discard", Value::Null, ADMIN_ONE),
    ]
}

/// Open to strangers, with what each answers to a call without anything in it.
fn open() -> BTreeMap<&'static str, u16> {
    BTreeMap::from([
        ("POST /api/v1/auth/signup", 415),
        ("POST /api/v1/auth/login", 415),
        ("POST /api/v1/auth/refresh", 403),
        ("POST /api/v1/auth/logout", 403),
        ("GET /api/v1/auth/links/{id}", 404),
        ("POST /api/v1/auth/invitations/accept", 415),
        ("POST /api/v1/auth/password/reset", 415),
        ("GET /api/v1/openapi.json", 200),
        ("GET /api/v1/media/{id}", 400),
        ("GET /api/webhooks/whatsapp", 403),
        ("POST /api/webhooks/whatsapp", 401),
    ])
}

#[tokio::test]
async fn c_076_nobody_gets_more_from_any_route_than_his_role_or_scope() {
    let shop = business().await;
    let other = business().await;
    let real = ids(&shop).await;
    let missing: BTreeMap<&str, String> = real.keys().map(|kind| (*kind, missing_id(kind))).collect();
    let callers = callers(&shop, &other).await;

    let contract = shop.owner.get("openapi.json").await.expect(200);
    let mut left: Vec<String> = Vec::new();
    for (path, item) in contract["paths"].as_object().unwrap() {
        left.extend(item.as_object().unwrap().keys().map(|method| bare(&format!("{} {path}", method.to_uppercase()))));
    }
    let mut wrong = Vec::new();
    for Line { operation, body, expected } in table() {
        let described = bare(operation);
        let before = left.len();
        left.retain(|o| *o != described);
        assert!(left.len() < before, "{operation} is in the table and not in the contract, or twice");
        for (n, ((name, caller), status)) in callers.iter().zip(expected).enumerate() {
            let answer = call(caller, operation, &body, if n < HIGHER { &real } else { &missing }).await;
            if answer.0 != status {
                wrong.push(format!("{operation} as {name}: {} instead of {status} {}", answer.0, answer.1));
            }
            let tells = *name == "another business" && status == 404 || n >= HIGHER && status == 403;
            if tells {
                let other = call(caller, operation, &body, if n < HIGHER { &missing } else { &real }).await;
                if other != answer {
                    wrong.push(format!(
                        "{operation} as {name}: what is there and what is not differ: {answer:?} {other:?}"
                    ));
                }
            }
        }
    }
    for (operation, status) in open() {
        let before = left.len();
        left.retain(|o| *o != bare(operation));
        assert!(left.len() < before, "{operation} is {OPEN} in the table and not in the contract");
        let answer = call(&callers[0].1, operation, &Value::Null, &BTreeMap::from([("id", missing_id("id"))])).await;
        if answer.0 != status {
            wrong.push(format!("{operation}: {} instead of {status} {}", answer.0, answer.1));
        }
    }
    assert!(left.is_empty(), "routes without a line in this table: {left:#?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Above admins, and keys of their scope, there are owners: nobody makes one, or changes one, but another.
#[tokio::test]
async fn c_076_admins_and_their_keys_do_nothing_to_owners() {
    let shop = business().await;
    let invited = json!({ "email": "owner-to-be@walk.example", "role": "OWNER" });
    let waiting = shop.owner.post("invitations", invited.clone()).await.expect(201);
    let agent = shop.person("AGENT").await.get("me").await.expect(200)["user"]["id"].as_str().unwrap().to_owned();
    let key = shop.owner.post("api-keys", json!({ "name": "k", "scope": "ADMIN" })).await.expect(201);
    let admin = shop.person("ADMIN").await;
    let me = admin.get("me").await.expect(200)["user"]["id"].as_str().unwrap().to_owned();
    for caller in [admin, shop.owner.with(key["key"].as_str())] {
        caller.post("invitations", invited.clone()).await.expect(403);
        caller.delete(&format!("invitations/{}", waiting["id"].as_str().unwrap())).await.expect(403);
        caller.post(&format!("users/{}/password-reset", shop.owner_id), Value::Null).await.expect(403);
        for (id, change) in [
            (&shop.owner_id, json!({ "role": "AGENT" })),
            (&shop.owner_id, json!({ "is_active": false })),
            (&shop.owner_id, json!({ "name": "Mallory" })),
            (&agent, json!({ "role": "OWNER" })),
            (&me, json!({ "role": "OWNER" })),
        ] {
            caller.patch(&format!("users/{id}"), change.clone()).await.expect(403);
        }
    }
    let people = shop.owner.get("users").await.expect(200);
    let owners = people["data"].as_array().unwrap().iter().filter(|u| u["role"] == "OWNER").count();
    assert_eq!(owners, 1);
}

/// One real thing of each kind, of the first business.
async fn ids(shop: &Business) -> BTreeMap<&'static str, String> {
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let customer = shop.customer("Kavya").await;
    shop.says_text(&customer, "hello").await;
    let conversation = shop.conversation_of(&customer).await;
    let message = shop.messages(conversation["id"].as_str().unwrap()).await[0].clone();
    let invitation =
        shop.owner.post("invitations", json!({ "email": "waits@walk.example", "role": "AGENT" })).await.expect(201);
    let key = shop.owner.post("api-keys", json!({ "name": "walked", "scope": "READ" })).await.expect(201);
    let sessions = shop.owner.get("auth/sessions").await.expect(200);
    BTreeMap::from([
        ("user", shop.owner_id.clone()),
        ("session", id(&sessions["data"][0])),
        ("invitation", id(&invitation)),
        ("api_key", id(&key)),
        ("number", shop.number_id.clone()),
        ("conversation", id(&conversation)),
        ("message", id(&message)),
        ("contact", id(&conversation["contact"])),
        // No dead letter is there: its number is one that any business could have.
        ("failure", "1".to_owned()),
    ])
}

fn missing_id(kind: &str) -> String {
    if kind == "failure" { "999999999".to_owned() } else { uuid::Uuid::now_v7().to_string() }
}

async fn callers(shop: &Business, other: &Business) -> Vec<(&'static str, Caller)> {
    let agent = shop.person("AGENT").await;
    let disabled = shop.person("AGENT").await;
    disabled.get("me").await.expect(200);
    let me = disabled.get("me").await.expect(200);
    let path = format!("users/{}", me["user"]["id"].as_str().unwrap());
    shop.owner.patch(&path, json!({ "is_active": false })).await.expect(200);
    let key = async |scope: &str| {
        let made = shop.owner.post("api-keys", json!({ "name": "k", "scope": scope })).await.expect(201);
        shop.owner.with(made["key"].as_str())
    };
    vec![
        ("nobody", shop.owner.with(None)),
        ("another business", other.owner.clone()),
        ("an agent", agent),
        ("a switched-off person", disabled),
        ("a reading key", key("READ").await),
        ("an admin", shop.person("ADMIN").await),
        ("a writing key", key("WRITE").await),
        ("an admin's key", key("ADMIN").await),
    ]
}

/// Status and problem, without the request's id.
async fn call(caller: &Caller, operation: &str, body: &Value, ids: &BTreeMap<&str, String>) -> (u16, Value) {
    let (method, template) = operation.split_once(' ').unwrap();
    let mut path = template.to_owned();
    for (kind, id) in ids {
        path = path.replace(&format!("{{{kind}}}"), id);
    }
    let mut request = caller.request(method.parse().unwrap(), &path);
    if !body.is_null() {
        request = request.json(body);
    }
    let answer = caller.send(request).await;
    let mut problem = if answer.status >= 400 { answer.json() } else { Value::Null };
    if let Some(fields) = problem.as_object_mut() {
        fields.remove("request_id");
    }
    (answer.status, problem)
}

/// The operation with all its parameters named alike, since the table names them by kind.
fn bare(operation: &str) -> String {
    let mut inside = false;
    let mut bare = String::new();
    for c in operation.chars() {
        match c {
            '{' => bare.push_str("{}"),
            '}' => inside = false,
            _ if !inside => bare.push(c),
            _ => {}
        }
        inside = c == '{' || inside;
    }
    bare
}
