//! PostgreSQL is there and has no time: all connections hang, or it ends transactions that are in each other's way.

use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tarun_testkit::{Answer, Business, SECRET, World, eventually, text_webhook};
use time::{Duration, OffsetDateTime};

/// People who look at their inbox at the same time; more than there are connections (24).
const PEOPLE: usize = 40;

#[tokio::test]
async fn c_040_with_all_connections_taken_callers_are_told_to_come_again_and_nothing_is_lost() {
    let world: &'static World = Box::leak(Box::new(World::start(|_| {})));
    let shop = Business::in_world(world).await;
    let mut lock = world.owner().await;
    sqlx::raw_sql("begin; lock table conversations in access exclusive mode").execute(&mut lock).await.unwrap();
    let stop: Arc<AtomicBool> = Arc::default();
    let people = (0..PEOPLE).map(|_| {
        let (stop, caller) = (stop.clone(), shop.owner.clone());
        tokio::spawn(async move {
            let mut answers = vec![];
            while !stop.load(Ordering::Relaxed) {
                answers.push(caller.get("conversations").await);
            }
            answers
        })
    });
    let people: Vec<_> = people.collect();
    eventually("all connections hang", || async {
        let hang = "select count(*) from pg_stat_activity where datname = current_database() and usename = 'tarun_app' and wait_event_type = 'Lock'";
        let hang: i64 = sqlx::query_scalar(hang).fetch_one(&mut world.owner().await).await.unwrap();
        (hang >= 20).then_some(())
    })
    .await;
    // A webhook that finds no connection is refused in time; others may be kept when one is free for a moment.
    let mut bodies = vec![];
    loop {
        let n = bodies.len();
        let body = text_webhook(&shop, &[("919810000040", &format!("wamid.BUSY{n}"), now(), &format!("busy-{n}"))]);
        let answer = shop.webhook(&body, SECRET).await;
        bodies.push(body);
        assert!(answer.status == 200 || come_again(&answer), "{answer:?}");
        if answer.status == 503 {
            break;
        }
        assert!(n < 1_000, "no webhook ever met a full pool");
    }
    sqlx::raw_sql("rollback").execute(&mut lock).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let mut answers = vec![];
    for person in people {
        answers.extend(person.await.unwrap());
    }
    assert!(answers.iter().all(|a| a.status == 200 || come_again(a)), "{answers:?}");
    assert!(answers.iter().any(|a| a.status == 503), "somebody waited in vain for a connection");

    // It recovers by itself, and what Meta sends again is there once.
    for body in &bodies {
        shop.webhook(body, SECRET).await.expect(200);
    }
    let id = shop.conversation_of("919810000040").await["id"].as_str().unwrap().to_owned();
    let shown = eventually("all of it", || async {
        world.clock.advance(Duration::seconds(1));
        let all = shop.messages(&id).await;
        (all.len() >= bodies.len()).then_some(all)
    })
    .await;
    let texts: Vec<&str> = shown.iter().map(|m| m["content"]["body"].as_str().unwrap()).collect();
    let said: Vec<String> = (0..bodies.len()).map(|n| format!("busy-{n}")).collect();
    assert_eq!(texts, said);
}

/// 503 with the time after which to ask again.
fn come_again(answer: &Answer) -> bool {
    let after = answer.headers.get("retry-after").and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    answer.status == 503 && after.is_some_and(|seconds| seconds > 0)
}

fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// PostgreSQL ends the first transaction that comes by as one of a deadlock, the second as one that can't be put in order.
/// A sequence counts, since it is not rolled back with them.
const PROVOKE: &str = "
    create sequence provoked;
    create function provoke() returns trigger language plpgsql security definer set search_path = public as $$
        declare n bigint;
        begin
            n := nextval('provoked');
            if n = 1 then raise exception 'provoked' using errcode = '40P01'; end if;
            if n = 2 then raise exception 'provoked' using errcode = '40001'; end if;
            return new;
        end $$;";

/// Provokes anew, at this moment of a message's life.
async fn provoke(world: &World, when: &'static str) {
    let anew = format!(
        "drop trigger if exists provoke on messages; alter sequence provoked restart;
         create trigger provoke before {when} execute function provoke();"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(anew)).execute(&mut world.owner().await).await.unwrap();
}

async fn provoked(world: &World) -> i64 {
    let count = "select last_value from provoked";
    sqlx::query_scalar(count).fetch_one(&mut world.owner().await).await.unwrap()
}

#[tokio::test]
async fn c_041_deadlocks_and_serialisation_errors_lose_nothing_and_double_nothing() {
    let world: &'static World = Box::leak(Box::new(World::start(|_| {})));
    let shop = Business::in_world(world).await;
    // The simulator did not hear what these customers say, so it knows of no open window.
    let window = json!({ "settings": { "limits": { "window": false } } });
    shop.sim().post("/_sim/behaviour", window).await.expect(200);
    sqlx::raw_sql(PROVOKE).execute(&mut world.owner().await).await.unwrap();

    // Handling what customers wrote: tried again from its rows, in order, without an attempt being counted.
    provoke(world, "insert on messages for each row").await;
    for n in 0..5 {
        let body = text_webhook(&shop, &[("919810000041", &format!("wamid.DEAD{n}"), now(), &format!("lock-{n}"))]);
        shop.webhook(&body, SECRET).await.expect(200);
    }
    let thread = eventually("the conversation", || async {
        world.clock.advance(Duration::seconds(1));
        shop.conversations().await.into_iter().next()
    })
    .await;
    let id = thread["id"].as_str().unwrap().to_owned();
    let shown = eventually("all five", || async {
        world.clock.advance(Duration::seconds(1));
        let all = shop.messages(&id).await;
        (all.len() >= 5).then_some(all)
    })
    .await;
    let texts: Vec<&str> = shown.iter().map(|m| m["content"]["body"].as_str().unwrap()).collect();
    assert_eq!(texts, ["lock-0", "lock-1", "lock-2", "lock-3", "lock-4"]);
    let thread = shop.owner.get(&format!("conversations/{id}")).await.expect(200);
    assert_eq!((&thread["unread_count"], shop.conversations().await.len()), (&json!(5), 1));
    assert_eq!(shop.owner.get("failures").await.expect(200)["data"], json!([]), "no dead letter");
    assert!(provoked(world).await > 2);

    // An agent's reply: never a mistake of ours; the caller is told to ask again, and the same key makes one message.
    provoke(world, "insert on messages for each row").await;
    let path = format!("conversations/{id}/messages");
    let made = loop {
        let message = json!({ "type": "TEXT", "content": { "body": "haan" } });
        let request = shop.owner.request(reqwest::Method::POST, &path).header("idempotency-key", "lock").json(&message);
        let answer = shop.owner.send(request).await;
        if !come_again(&answer) {
            break answer.expect(201);
        }
    };
    until(&shop, &id, &made["id"], "DELIVERED").await;
    assert_eq!(accepted(&shop, &made["id"]).await, 1);

    // Writing down what the provider answered: tried again at once, the call is not made twice.
    provoke(world, "update on messages for each row when (new.status = 'SENT' and old.status = 'QUEUED')").await;
    let message = json!({ "type": "TEXT", "content": { "body": "ek aur" } });
    let made = shop.owner.post(&path, message).await.expect(201);
    until(&shop, &id, &made["id"], "DELIVERED").await;
    assert_eq!(accepted(&shop, &made["id"]).await, 1);
    assert!(provoked(world).await >= 2);
    assert_eq!(shop.messages(&id).await.len(), 7);
}

async fn until(shop: &Business, conversation: &str, id: &Value, status: &str) {
    eventually(status, || async {
        shop.world.clock.advance(Duration::seconds(1));
        shop.messages(conversation).await.into_iter().find(|m| &m["id"] == id && m["status"] == status)
    })
    .await;
}

/// How often the provider accepted a message.
async fn accepted(shop: &Business, id: &Value) -> usize {
    let calls = shop.sim().get("/_sim/calls?limit=1000").await.expect(200);
    let own = format!("tarun:{}", id.as_str().unwrap());
    let accepted = |c: &&Value| c["callback"] == own.as_str() && c["accepted"] == true;
    calls["calls"].as_array().unwrap().iter().filter(accepted).count()
}
