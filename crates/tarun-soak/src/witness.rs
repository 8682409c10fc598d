//! What the database itself saw. Triggers beside the product's tables note each step that a sample could miss: work that was
//! handed out again, and each change of a message's state.

use anyhow::Context;
use sqlx::{Connection, PgConnection, Row};
use std::collections::BTreeMap;

const TRIGGERS: &str = "
    create schema soak;
    create table soak.job_moves (at timestamptz not null default clock_timestamp(), kind text not null, move text not null);
    create table soak.states (n bigint generated always as identity, message uuid not null, before text not null, after text not null);
    create function soak.note_job() returns trigger language plpgsql security definer set search_path = soak as $$
        declare what text;
        begin
            what := case
                when new.state = 'DEAD' and old.state <> 'DEAD' then 'dead letter'
                when new.ordering_key <> old.ordering_key then 'parked'
                when new.attempts > 1 and new.attempts > old.attempts then 'tried again'
                when new.not_before is distinct from old.not_before and new.not_before is not null then 'put off'
                when new.sweep_at > old.sweep_at and new.attempts = old.attempts then 'swept'
            end;
            if what is not null then insert into job_moves (kind, move) values (new.kind, what); end if;
            return null;
        end $$;
    create trigger soak_jobs after update on public.jobs for each row execute function soak.note_job();
    create function soak.note_state() returns trigger language plpgsql security definer set search_path = soak as $$
        begin
            insert into states (message, before, after) values (new.id, old.status, new.status);
            return null;
        end $$;
    create trigger soak_states after update on public.messages for each row when (old.status is distinct from new.status)
        execute function soak.note_state();";

/// Breaks two promises of the product behind its back: the note that a call begins is forgotten, and one message in a hundred
/// is swallowed. A run on it must fail, or a run that passes would prove nothing.
const SABOTAGE: &str = "
    create function soak.forget_call() returns trigger language plpgsql as $$
        begin new.call_started_at := null; return new; end $$;
    create trigger soak_forget before update on public.messages for each row execute function soak.forget_call();
    create function soak.swallow() returns trigger language plpgsql as $$
        begin return case when new.direction = 'INBOUND' and random() < 0.01 then null else new end; end $$;
    create trigger soak_swallow before insert on public.messages for each row execute function soak.swallow();
    grant usage on schema soak to tarun_app;";

/// Work that waits, as the end of a run must not find it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Jobs that somebody must still do.
    pub open: i64,
    /// Of messages whose outcome is known or left to a person: their job only waits for its last look.
    pub parked: i64,
    /// Due more than a minute ago and not done.
    pub overdue: i64,
    pub dead: i64,
}

/// One change of a message's state.
#[derive(Debug, Clone)]
pub struct Change {
    pub message: String,
    pub before: String,
    pub after: String,
}

/// What the tables hold at the end.
#[derive(Debug, Default)]
pub struct Tables {
    pub contacts: i64,
    pub conversations: i64,
    pub sessions: i64,
    pub inbound: i64,
    pub outbound: i64,
    /// Causes of dead letters.
    pub dead: Vec<String>,
    pub moves: BTreeMap<String, i64>,
    pub changes: Vec<Change>,
}

/// Sets the witnesses; once, before the run.
pub async fn install(owner_url: &str) -> anyhow::Result<()> {
    let mut sql = PgConnection::connect(owner_url).await?;
    sqlx::raw_sql(TRIGGERS).execute(&mut sql).await.context("the witnesses' triggers")?;
    Ok(sql.close().await?)
}

/// Makes the product break its promises.
pub async fn sabotage(owner_url: &str) -> anyhow::Result<()> {
    let mut sql = PgConnection::connect(owner_url).await?;
    sqlx::raw_sql(SABOTAGE).execute(&mut sql).await.context("the sabotage's triggers")?;
    Ok(sql.close().await?)
}

/// Looks at the jobs over all tenants.
pub async fn waiting(owner_url: &str) -> anyhow::Result<Waiting> {
    let mut sql = PgConnection::connect(owner_url).await?;
    let row = sqlx::query(
        "select count(*) filter (where j.state = 'PENDING' and not parked) as open, count(*) filter (where j.state = 'PENDING' and parked) as parked,
                count(*) filter (where j.state = 'PENDING' and j.sweep_at < now() - interval '1 minute') as overdue,
                count(*) filter (where j.state = 'DEAD') as dead
         from jobs j left join messages m on m.tenant_id = j.tenant_id and m.id = j.ref_id,
              lateral (select j.kind = 'SEND' and j.ordering_key = -j.id and m.status is distinct from 'QUEUED' as parked) p",
    )
    .fetch_one(&mut sql)
    .await?;
    let waiting = Waiting {
        open: row.get("open"),
        parked: row.get("parked"),
        overdue: row.get("overdue"),
        dead: row.get("dead"),
    };
    sql.close().await?;
    Ok(waiting)
}

/// How many jobs are in somebody's hands or wait at this moment: what a fault can hit.
pub async fn in_hand(owner_url: &str) -> anyhow::Result<i64> {
    let mut sql = PgConnection::connect(owner_url).await?;
    let count = sqlx::query_scalar("select count(*) from jobs where state = 'PENDING' and ordering_key <> -id")
        .fetch_one(&mut sql)
        .await?;
    sql.close().await?;
    Ok(count)
}

/// Reads everything that the comparison needs from the tables.
pub async fn tables(owner_url: &str) -> anyhow::Result<Tables> {
    let mut sql = PgConnection::connect(owner_url).await?;
    let mut tables = Tables::default();
    let counts: [(&mut i64, &'static str); 5] = [
        (&mut tables.contacts, "select count(*) from contacts"),
        (&mut tables.conversations, "select count(*) from conversations"),
        (&mut tables.sessions, "select count(*) from conversation_sessions"),
        (&mut tables.inbound, "select count(*) from messages where direction = 'INBOUND'"),
        (&mut tables.outbound, "select count(*) from messages where direction = 'OUTBOUND'"),
    ];
    for (into, query) in counts {
        *into = sqlx::query_scalar(query).fetch_one(&mut sql).await?;
    }
    tables.dead =
        sqlx::query_scalar("select kind || ': ' || coalesce(error, '') from jobs where state = 'DEAD' order by id")
            .fetch_all(&mut sql)
            .await?;
    let moves: Vec<(String, i64)> =
        sqlx::query_as("select lower(kind) || ' ' || move, count(*) from soak.job_moves group by 1")
            .fetch_all(&mut sql)
            .await?;
    tables.moves = moves.into_iter().collect();
    let changes: Vec<(String, String, String)> =
        sqlx::query_as("select message::text, before, after from soak.states order by n").fetch_all(&mut sql).await?;
    tables.changes = changes.into_iter().map(|(message, before, after)| Change { message, before, after }).collect();
    sql.close().await?;
    Ok(tables)
}
