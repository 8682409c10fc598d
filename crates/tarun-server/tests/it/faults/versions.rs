//! An older and a newer version at work over the same tables and streams, as while an upgrade goes round.

use super::workers::state;
use super::{body, entries, owner, reply, shown_once, stage, thread, until};
use serde_json::Value;
use tarun_testkit::{Business, World};
use uuid::Uuid;

/// What a newer version's migration may do beside us: further columns, further kinds of work.
const NEWER: &str = "
    alter table jobs drop constraint jobs_kind_check;
    alter table jobs add column urgency smallint not null default 0;
    alter table inbound_events add column source text;
    alter table messages add column mood text not null default 'calm';";

/// From now on new work is not due, and no sweep finds it: nothing but a hint makes it known once it is.
const HELD: &str = "
    create function held() returns trigger language plpgsql as $$
        begin new.sweep_at := '2100-01-01'; new.not_before := '2100-01-01'; return new; end $$;
    create trigger held before insert on jobs for each row when (new.kind = 'INBOUND') execute function held();";

#[tokio::test]
async fn c_035_work_of_another_version_is_read_as_far_as_it_is_known_and_otherwise_left_alone() {
    let (stage, shop) = stage(1).await;
    let mut sql = owner(&stage).await;
    sqlx::raw_sql(NEWER).execute(&mut sql).await.unwrap();
    let tenant: Uuid = sqlx::query_scalar("select id from tenants").fetch_one(&mut sql).await.unwrap();

    // Rows of a kind that only the newer version knows, more of them than a sweep hands out in one look, and all due first.
    sqlx::query(
        "insert into jobs (tenant_id, ordering_key, kind, ref_id, sweep_at, created_at)
         select $1, n, 'FUTURE', gen_random_uuid(), '2020-01-01', '2020-01-01' from generate_series(1, 700) as n",
    )
    .bind(tenant)
    .execute(&mut sql)
    .await
    .unwrap();
    until("the sweep has met all of them", || async {
        let met = "select count(*) from jobs where kind = 'FUTURE' and sweep_at > '2021-01-01'";
        let met: i64 = sqlx::query_scalar(met).fetch_one(&mut owner(&stage).await).await.unwrap();
        (met == 700).then_some(())
    })
    .await;
    // And a stream of that kind.
    let mut valkey = stage.valkey().await.unwrap();
    let () =
        redis::cmd("XADD").arg("tarun:future:0").arg("*").arg("z").arg("?").query_async(&mut valkey).await.unwrap();

    // Known work goes on over the newer tables.
    let customer = "919810000035";
    let conversation = thread(&shop, customer).await;
    let made = reply(&shop, &conversation, "haan").await;
    state(&shop, &made, "DELIVERED").await;

    // Hints as another version may write them.
    until("the entries are done", || async { (entries(&stage).await == 0).then_some(()) }).await;
    sqlx::raw_sql(HELD).execute(&mut sql).await.unwrap();
    assert_eq!(shop.post(&body(&shop, customer, "held")).await.unwrap(), 200);
    let waits = "select ordering_key from jobs where kind = 'INBOUND' and sweep_at > '2099-01-01'";
    let key: i64 = sqlx::query_scalar(waits).fetch_one(&mut sql).await.unwrap();
    let stream = format!("tarun:inbound:{}", key.rem_euclid(8));
    until("its own hint is done", || async { (entries(&stage).await == 0).then_some(()) }).await;
    sqlx::query("update jobs set not_before = null where kind = 'INBOUND'").execute(&mut sql).await.unwrap();
    // One that can't be read is taken away; the row that it may have been about stays.
    let () = redis::cmd("XADD").arg(&stream).arg("*").arg("v2").arg("?").query_async(&mut valkey).await.unwrap();
    until("it is taken away", || async { (entries(&stage).await == 0).then_some(()) }).await;
    assert_eq!(sqlx::query_scalar::<_, i64>(waits).fetch_one(&mut sql).await.unwrap(), key);
    // One that says more than is known here is read.
    let () = redis::cmd("XADD")
        .arg(&stream)
        .arg("*")
        .arg("urgency")
        .arg("9")
        .arg("t")
        .arg(tenant.as_bytes().as_slice())
        .arg("k")
        .arg(key.to_be_bytes().as_slice())
        .query_async(&mut valkey)
        .await
        .unwrap();
    shown_once(&shop, &["held".to_owned()]).await;

    // What only the other version knows is as it was.
    let untouched = "select count(*) from jobs where kind = 'FUTURE' and state = 'PENDING' and attempts = 0 and lease_until is null";
    let untouched: i64 = sqlx::query_scalar(untouched).fetch_one(&mut sql).await.unwrap();
    let foreign: u64 = redis::cmd("XLEN").arg("tarun:future:0").query_async(&mut valkey).await.unwrap();
    assert_eq!((untouched, foreign), (700, 1));
    stage.stop().await.unwrap();
}

#[tokio::test]
async fn c_035_a_dead_letter_of_another_version_hides_no_others() {
    let world: &'static World = Box::leak(Box::new(World::start(|_| {})));
    let shop = Business::in_world(world).await;
    let mut sql = world.owner().await;
    sqlx::raw_sql(NEWER).execute(&mut sql).await.unwrap();
    sqlx::query(
        "insert into jobs (tenant_id, ordering_key, kind, ref_id, state, sweep_at, created_at, failed_at, error)
         select $1, 1, kind, gen_random_uuid(), 'DEAD', now(), now(), now(), 'x' from unnest(array['FUTURE', 'INBOUND']) as kind",
    )
    .bind(Uuid::parse_str(&shop.tenant_id).unwrap())
    .execute(&mut sql)
    .await
    .unwrap();
    let letters = shop.owner.get("failures").await.expect(200);
    let kinds: Vec<&Value> = letters["data"].as_array().unwrap().iter().map(|l| &l["kind"]).collect();
    assert_eq!(kinds, ["INBOUND"]);
}
