//! More work than workers: it waits in the database, is seen from outside, and holds up nobody else's.

use super::{Load, in_order, memory, owner, shown_once, stage, texts, until};
use sqlx::AssertSqlSafe;
use tarun_soak::shop::{Shop, Text};
use tarun_soak::stage::Stage;
use time::OffsetDateTime;

/// Webhooks that wait until somebody works again.
const WAITING: usize = 400;
/// Texts of one webhook, and how many characters each has: a mebibyte in all.
const TEXTS: usize = 16;
const LONG: usize = 64 * 1024;
/// Mebibytes by which the server may grow while so many times as much waits.
const GROWTH: u64 = 12;
const TIMES: u64 = 4;

#[tokio::test]
async fn c_032_what_waits_is_counted_fills_no_memory_and_is_handled_in_order() {
    let (mut stage, shop) = stage(1).await;
    stage.workers[0].kill().await.unwrap();
    let load = Load::start(&shop, "wait", 8);
    load.more(WAITING).await;
    let accepted = load.end().await;
    assert_eq!(backlog(&stage).await, accepted.len(), "the metric counts what waits");

    let other = Shop::open(&stage, 1).await.unwrap();
    long_texts(&other, "first", GROWTH).await;
    let before = memory(&stage.server);
    long_texts(&other, "more", TIMES * GROWTH).await;
    let grown = memory(&stage.server).saturating_sub(before);
    eprintln!("the server grew by {} KiB while {} MiB waited", grown / 1024, TIMES * GROWTH);
    assert!(grown < GROWTH * 1024 * 1024, "{grown} bytes more");

    // Texts of this length are ballast; nobody has to understand them.
    let ballast =
        "delete from jobs where tenant_id = (select tenant_id from whatsapp_numbers where phone_number_id = $1)";
    sqlx::query(ballast).bind(&other.phone_number_id).execute(&mut owner(&stage).await).await.unwrap();
    stage.workers[0].start().await.unwrap();
    shown_once(&shop, &accepted).await;
    in_order(&shop, "wait").await;
    until("nothing waits", || async { (backlog(&stage).await == 0).then_some(()) }).await;
    stage.stop().await.unwrap();
}

/// Webhooks of a mebibyte each.
async fn long_texts(shop: &Shop, name: &str, mebibytes: u64) {
    let at = OffsetDateTime::now_utc().unix_timestamp();
    for n in 0..mebibytes {
        let ids: Vec<String> = (0..TEXTS).map(|m| format!("{name}-{n}-{m}")).collect();
        let bodies: Vec<String> = ids.iter().map(|id| format!("{id} {}", "x".repeat(LONG))).collect();
        let texts: Vec<Text<'_>> =
            ids.iter().zip(&bodies).map(|(wamid, body)| Text { from: "919830000032", wamid, at, body }).collect();
        assert_eq!(shop.post(&shop.webhook(&texts)).await.unwrap(), 200);
    }
}

/// Inbound events that wait, as the metrics tell it.
async fn backlog(stage: &Stage) -> usize {
    let text = stage.metrics().await.unwrap();
    let line = text.lines().find_map(|l| l.strip_prefix("tarun_jobs{kind=\"INBOUND\",state=\"PENDING\"} "));
    line.map_or(0, |count| count.parse().unwrap())
}

/// Events of the business that makes noise.
const NOISE: usize = 4_000;

#[tokio::test]
async fn c_033_a_businesss_message_does_not_wait_for_all_of_anothers() {
    let (mut stage, noisy) = stage(1).await;
    let quiet = Shop::open(&stage, 1).await.unwrap();
    stage.workers[0].kill().await.unwrap();
    note_turns(&stage, &noisy, &quiet).await;
    for n in 0..NOISE / 100 {
        noise(&noisy, n).await;
    }
    assert_eq!(quiet.post(&super::body(&quiet, "919810000033", "quiet")).await.unwrap(), 200);
    stage.workers[0].start().await.unwrap();
    until("the quiet one's message", || async { (texts(&quiet).await? == ["quiet"]).then_some(()) }).await;
    let waited: i64 =
        sqlx::query_scalar("select waiting from turns").fetch_one(&mut owner(&stage).await).await.unwrap();
    eprintln!("{waited} of {NOISE} of the other's events waited when it was stored");
    assert!(waited > i64::try_from(NOISE / 2).unwrap(), "it had to wait for most of the other's: {waited} were left");
    stage.stop().await.unwrap();
}

/// A hundred customers write at the same moment.
async fn noise(shop: &Shop, n: usize) {
    let at = OffsetDateTime::now_utc().unix_timestamp();
    let ids: Vec<(String, String)> =
        (0..100).map(|m| (format!("91984{:07}", n * 100 + m), format!("wamid.noise-{n}-{m}"))).collect();
    let texts: Vec<Text<'_>> = ids.iter().map(|(from, wamid)| Text { from, wamid, at, body: "noise" }).collect();
    assert_eq!(shop.post(&shop.webhook(&texts)).await.unwrap(), 200);
}

/// Notes, in the transaction that stores a message of the quiet business, how much of the noisy one's waits.
async fn note_turns(stage: &Stage, noisy: &Shop, quiet: &Shop) {
    let mut sql = owner(stage).await;
    let mut tenants = vec![];
    for shop in [noisy, quiet] {
        let of = "select tenant_id::text from whatsapp_numbers where phone_number_id = $1";
        tenants
            .push(sqlx::query_scalar::<_, String>(of).bind(&shop.phone_number_id).fetch_one(&mut sql).await.unwrap());
    }
    let (noisy, quiet) = (&tenants[0], &tenants[1]);
    let note = format!(
        "create table turns (waiting bigint not null);
         create function note_turn() returns trigger language plpgsql security definer set search_path = public as $$
             begin
                 insert into turns select count(*) from jobs where tenant_id = '{noisy}' and state = 'PENDING';
                 return null;
             end $$;
         create trigger note_turn after insert on messages for each row when (new.tenant_id = '{quiet}') execute function note_turn();"
    );
    sqlx::raw_sql(AssertSqlSafe(note)).execute(&mut sql).await.unwrap();
}
