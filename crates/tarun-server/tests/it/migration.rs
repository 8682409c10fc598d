//! A database of the first version brought to this one, while that version still works on it.

use crate::own_servers::Fresh;
use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection, Row};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tarun_store::setup;
use tarun_testkit::eventually;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// What the set-up does before the first migration.
const ROLES: &str = "grant usage on schema public to tarun_app, tarun_definer";

/// A business with a thousand conversations of twenty messages each, as the first version would have left it, and work to do.
const CONTENTS: &str = "
    insert into tenants (id, name, key_wrapped, created_at) values (md5('t')::uuid, 'Noor & Neem', 'k', now());
    insert into users (tenant_id, id, email_hash, email_enc, name_enc, password_hash, role, created_at)
        values (md5('t')::uuid, md5('u')::uuid, 'h', 'e', 'n', 'p', 'OWNER', now());
    insert into whatsapp_numbers (tenant_id, id, phone_number_id, waba_id, display_phone_number, access_token_enc, access_token_hint,
            app_secret_enc, app_secret_hint, verify_token_enc, created_at)
        values (md5('t')::uuid, md5('n')::uuid, '1', '2', '+15550001111', 'a', 'a', 's', 's', 'v', now());
    insert into contacts (tenant_id, id, profile_enc, seen_hash, source, created_at)
        select md5('t')::uuid, md5('p' || n)::uuid, 'p', 'h', 'INBOUND', now() from generate_series(1, 1000) n;
    insert into contact_identities (tenant_id, kind, value_hash, value_enc, contact_id, created_at)
        select md5('t')::uuid, 'PHONE', sha256(n::text::bytea), 'v', md5('p' || n)::uuid, now() from generate_series(1, 1000) n;
    insert into conversations (tenant_id, id, contact_id, number_id, status, last_message_at, created_at)
        select md5('t')::uuid, md5('c' || n)::uuid, md5('p' || n)::uuid, md5('n')::uuid, 'OPEN', now(), now()
        from generate_series(1, 1000) n;
    insert into messages (tenant_id, id, conversation_id, direction, kind, body_enc, status, sent_by, wamid_hash, said_at, created_at)
        select md5('t')::uuid, md5('m' || n || '-' || k)::uuid, md5('c' || n)::uuid, 'INBOUND', 'TEXT', sha256((n * k)::text::bytea),
               'DELIVERED', 'CUSTOMER', sha256((n || '-' || k)::bytea), now(), now()
        from generate_series(1, 1000) n, generate_series(1, 20) k;
    insert into inbound_events (tenant_id, id, number_id, field, kind, payload_enc, received_at)
        select md5('t')::uuid, md5('e' || n)::uuid, md5('n')::uuid, 'messages', 'MESSAGE', 'x', now() from generate_series(1, 1000) n;
    insert into jobs (tenant_id, ordering_key, kind, ref_id, sweep_at, created_at)
        select md5('t')::uuid, n, 'SEND', md5('j' || n)::uuid, now(), now() from generate_series(1, 1000) n;
    insert into audit_log (tenant_id, id, at, actor_kind, action)
        select md5('t')::uuid, md5('a' || n)::uuid, now(), 'SYSTEM', 'x' from generate_series(1, 1000) n;";

/// Statements of the first version, in its words: none names a column that came later.
const WORK: [&str; 8] = [
    "insert into messages (tenant_id, id, conversation_id, direction, kind, body_enc, status, sent_by, said_at, created_at)
     values (md5('t')::uuid, $1, md5('c' || $2)::uuid, 'OUTBOUND', 'TEXT', 'new', 'QUEUED', 'USER', now(), now())",
    "insert into jobs (tenant_id, ordering_key, kind, ref_id, sweep_at, created_at)
     values (md5('t')::uuid, 100000 + $2, 'SEND', $1, now(), now())",
    "update jobs set attempts = attempts + 1, lease_until = now() where tenant_id = md5('t')::uuid and ref_id = $1 and $2 > 0",
    "update messages set status = 'SENT', sent_at = now() where tenant_id = md5('t')::uuid and id = $1 and $2 > 0",
    "delete from jobs where tenant_id = md5('t')::uuid and kind = 'SEND' and ordering_key = 100000 + $2 and ref_id = $1",
    "update conversations set last_message_id = $1, last_message_at = now(), version = version + 1
     where tenant_id = md5('t')::uuid and id = md5('c' || $2)::uuid",
    "insert into conversation_reads (tenant_id, conversation_id, user_id, read_count, read_at)
     select md5('t')::uuid, md5('c' || $2)::uuid, md5('u')::uuid, 1, now() where $1::uuid is not null
     on conflict (tenant_id, conversation_id, user_id) do update set read_at = excluded.read_at",
    "insert into audit_log (tenant_id, id, at, actor_kind, action, detail)
     select md5('t')::uuid, $1, now(), 'SYSTEM', 'x', to_jsonb($2)",
];

/// The rows of the start, by columns that the first version knew.
const REMAINS: &str = "
    select (select count(*) from contacts) + (select count(*) from contact_identities) + (select count(*) from inbound_events)
         + (select count(*) from audit_log where detail = '{}') as others,
           (select count(*) from jobs where ordering_key <= 1000 and attempts = 0) as jobs,
           (select md5(string_agg(concat_ws(',', id, conversation_id, direction, kind, body_enc, status, sent_by, wamid_hash, said_at), ';' order by id))
            from messages where direction = 'INBOUND') as messages";

async fn first_version(connection: &mut PgConnection) {
    let all =
        Migrator::new(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tarun-store/migrations"))).await.unwrap();
    assert!(all.iter().count() > 1);
    let first = all.iter().filter(|m| m.version == 1).cloned().collect::<Vec<_>>();
    Migrator { migrations: first.into(), ..Migrator::DEFAULT }.run(connection).await.unwrap();
}

async fn remains(connection: &mut PgConnection) -> (i64, i64, String) {
    let row = sqlx::query(REMAINS).fetch_one(connection).await.unwrap();
    (row.get(0), row.get(1), row.get(2))
}

/// The first version at work, until told to stop. A lock that keeps it waiting for two seconds is an error, and so is
/// whatever a new column or rule refuses it.
fn at_work(url: String, worker: i64, rounds: Arc<AtomicUsize>, stop: Arc<AtomicBool>) -> JoinHandle<usize> {
    tokio::spawn(async move {
        let mut sql = PgConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(
            "set role tarun_app; set lock_timeout = '2s'; select set_config('tarun.tenant', md5('t')::uuid::text, false)",
        )
        .execute(&mut sql)
        .await
        .unwrap();
        let mut done = 0;
        while !stop.load(Ordering::Relaxed) {
            let id = Uuid::now_v7();
            let mut tx = sql.begin().await.unwrap();
            for statement in WORK {
                let changed = sqlx::query(statement).bind(id).bind(worker).execute(&mut *tx).await.unwrap();
                assert_eq!(changed.rows_affected(), 1, "{statement}");
            }
            tx.commit().await.unwrap();
            done += 1;
            rounds.fetch_add(1, Ordering::Relaxed);
        }
        done
    })
}

#[tokio::test]
async fn c_046_the_first_version_works_on_while_its_database_is_brought_to_this_one() {
    let fresh = Fresh::start();
    // Roles belong to the whole server: another database's set-up makes them.
    setup::migrate(&fresh.database("other").await, None).await.unwrap();
    let url = fresh.database("shop").await;
    let mut owner = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(ROLES).execute(&mut owner).await.unwrap();
    first_version(&mut owner).await;
    sqlx::raw_sql(CONTENTS).execute(&mut owner).await.unwrap();
    let before = remains(&mut owner).await;
    assert_eq!((before.0, before.1), (4000, 1000));

    let (rounds, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let workers: Vec<_> = (1..=4).map(|n| at_work(url.clone(), n, rounds.clone(), stop.clone())).collect();
    let fifty_more = async || {
        let goal = rounds.load(Ordering::Relaxed) + 50;
        let reached = || async {
            let failed = workers.iter().any(JoinHandle::is_finished);
            (failed || rounds.load(Ordering::Relaxed) >= goal).then_some(())
        };
        eventually("the first version works", reached).await;
    };
    fifty_more().await;
    setup::migrate(&url, None).await.unwrap();
    fifty_more().await;
    stop.store(true, Ordering::Relaxed);
    let mut done = 0;
    for worker in workers {
        done += worker.await.unwrap();
    }

    assert_eq!(remains(&mut owner).await, before, "what was there is there, unchanged");
    let made = "select count(*) from messages where direction = 'OUTBOUND' and status = 'SENT' and attempt = 1";
    let made: i64 = sqlx::query_scalar(made).fetch_one(&mut owner).await.unwrap();
    assert_eq!(usize::try_from(made).unwrap(), done, "what it wrote meanwhile is there too");
    let (versions, newest): (i64, i64) =
        sqlx::query_as("select count(*), max(version) from _sqlx_migrations where success")
            .fetch_one(&mut owner)
            .await
            .unwrap();
    assert!(versions > 1 && newest > 1);
    drop(owner);
}
