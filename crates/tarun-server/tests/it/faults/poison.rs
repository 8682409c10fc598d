//! An event that can't be handled: tried three times, then a dead letter; its neighbours go on.

use super::until;
use serde_json::Value;
use sqlx::PgConnection;
use tarun_testkit::{Business, SECRET, World, eventually, text_webhook};
use time::{Duration, OffsetDateTime};

/// Damages the ciphertext of the next event that is kept, as a failing disk would, and notes which one it was. What it means
/// is not stored while it is kept, so that somebody has to read it.
const DAMAGE: &str = "
    create table damaged (id uuid, armed boolean);
    insert into damaged values (null, false);
    create function damage() returns trigger language plpgsql security definer set search_path = public as $$
        begin
            if (select armed from damaged) then
                new.payload_enc := set_byte(new.payload_enc, length(new.payload_enc) - 1, get_byte(new.payload_enc, length(new.payload_enc) - 1) # 1);
                update damaged set armed = false, id = new.id;
            end if;
            return new;
        end $$;
    create trigger damage before insert on inbound_events for each row execute function damage();
    create function not_at_once() returns trigger language plpgsql security definer set search_path = public as $$
        begin
            if exists (select 1 from damaged where id is not null and xmin = pg_current_xact_id()::xid) then
                raise exception 'not in the transaction that keeps it';
            end if;
            return new;
        end $$;
    create trigger not_at_once before insert on messages for each row execute function not_at_once();";

const REPAIR: &str = "update inbound_events set payload_enc = set_byte(payload_enc, length(payload_enc) - 1,
    get_byte(payload_enc, length(payload_enc) - 1) # 1) where id = (select id from damaged)";

async fn say(shop: &Business, from: &str, id: &str, text: &str) {
    let body = text_webhook(shop, &[(from, id, OffsetDateTime::now_utc().unix_timestamp(), text)]);
    shop.webhook(&body, SECRET).await.expect(200);
}

/// A message whose event is damaged, and one more by the same person behind it.
async fn poison(shop: &Business, sql: &mut PgConnection, from: &str, id: &str) {
    sqlx::query("update damaged set armed = true").execute(sql).await.unwrap();
    say(shop, from, id, "spoilt text").await;
    say(shop, from, &format!("{id}-next"), "behind it").await;
}

/// Waits for the dead letter while the waits between its tries pass.
async fn letter(shop: &Business) -> Value {
    eventually("the dead letter", || async {
        shop.world.clock.advance(Duration::seconds(1));
        shop.owner.get("failures").await.json()["data"].as_array()?.first().cloned()
    })
    .await
}

async fn bodies(shop: &Business, from: &str) -> Vec<String> {
    let phone = format!("+{from}");
    let Some(thread) = shop.conversations().await.into_iter().find(|c| c["contact"]["phone"] == phone.as_str()) else {
        return vec![];
    };
    let messages = shop.messages(thread["id"].as_str().unwrap()).await;
    messages.iter().filter_map(|m| m["content"]["body"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn c_025_c_027_c_028_c_029_poison_becomes_a_dead_letter_its_neighbours_go_on_and_a_replay_counts_once() {
    let world: &'static World = Box::leak(Box::new(World::start(|_| {})));
    let shop = Business::in_world(world).await;
    let mut sql = world.owner().await;
    sqlx::raw_sql(DAMAGE).execute(&mut sql).await.unwrap();
    let (poisoned, neighbour) = ("919810000025", "919810000026");

    poison(&shop, &mut sql, poisoned, "wamid.POISON1").await;
    // C-027: others go on while it waits for its next try.
    say(&shop, neighbour, "wamid.NEIGHBOUR", "from next door").await;
    eventually("the neighbour's message", || async {
        (bodies(&shop, neighbour).await == ["from next door"]).then_some(())
    })
    .await;
    let dead = letter(&shop).await;
    assert_eq!((&dead["kind"], &dead["attempts"]), (&"INBOUND".into(), &3.into()), "C-028");
    assert!(
        dead["cause"].as_str().is_some_and(|c| !c.is_empty() && !c.contains("spoilt")),
        "a cause, and nobody's text: {dead}"
    );
    // What waited behind it was not lost.
    eventually("the message behind it", || async {
        world.clock.advance(Duration::seconds(1));
        (bodies(&shop, poisoned).await == ["behind it"]).then_some(())
    })
    .await;

    // C-029: replayed without a repair it dies again; repaired it is handled, once.
    let id = dead["id"].to_string();
    assert_eq!(shop.owner.post(&format!("failures/{id}/retry"), Value::Null).await.status, 204);
    let id = letter(&shop).await["id"].to_string();
    sqlx::query(REPAIR).execute(&mut sql).await.unwrap();
    let path = format!("failures/{id}/retry");
    let (one, two) = tokio::join!(shop.owner.post(&path, Value::Null), shop.owner.post(&path, Value::Null));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404], "of two replays one counts");
    eventually("the repaired message", || async { (bodies(&shop, poisoned).await.len() == 2).then_some(()) }).await;
    assert_eq!(shop.owner.post(&path, Value::Null).await.status, 404);

    // Given up for good.
    poison(&shop, &mut sql, poisoned, "wamid.POISON2").await;
    let id = letter(&shop).await["id"].to_string();
    assert_eq!(shop.owner.post(&format!("failures/{id}/discard"), Value::Null).await.status, 204);
    assert_eq!(shop.owner.post(&format!("failures/{id}/discard"), Value::Null).await.status, 404);
    eventually("the last message", || async { (bodies(&shop, poisoned).await.len() == 3).then_some(()) }).await;
    assert_eq!(bodies(&shop, poisoned).await.iter().filter(|b| *b == "spoilt text").count(), 1);
}

/// Handling hangs in the database for what was said in this year, which nobody says by himself.
const HANG: &str = "
    create function hang() returns trigger language plpgsql as $$ begin perform pg_sleep(600); return new; end $$;
    create trigger hang before insert on messages for each row when (new.said_at < '2002-01-01') execute function hang();";

#[tokio::test]
async fn c_026_an_event_that_hangs_is_ended_by_a_time_limit_and_given_up() {
    let world: &'static World = Box::leak(Box::new(World::start(|_| {})));
    let shop = Business::in_world(world).await;
    sqlx::raw_sql(HANG).execute(&mut world.owner().await).await.unwrap();
    let (poisoned, neighbour) = ("919810000126", "919810000127");
    let year_2001 = 1_000_000_000;
    shop.webhook(&text_webhook(&shop, &[(poisoned, "wamid.HANG", year_2001, "hangs")]), SECRET).await.expect(200);
    say(&shop, poisoned, "wamid.HANG-next", "behind it").await;
    say(&shop, neighbour, "wamid.HANG-door", "from next door").await;
    let dead = until("the dead letter", || async {
        shop.world.clock.advance(Duration::milliseconds(200));
        shop.owner.get("failures").await.json()["data"].as_array()?.first().cloned()
    })
    .await;
    assert_eq!((&dead["kind"], &dead["attempts"]), (&"INBOUND".into(), &3.into()));
    until("what waited", || async {
        let all = (bodies(&shop, poisoned).await, bodies(&shop, neighbour).await);
        (all == (vec!["behind it".to_owned()], vec!["from next door".to_owned()])).then_some(())
    })
    .await;
}
