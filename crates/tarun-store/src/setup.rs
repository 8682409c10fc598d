//! Bringing a database to this version: its roles, then its migrations; and the check of its durability settings.

use crate::error::StoreError;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use std::str::FromStr;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// The role as which the server works: it owns nothing and can't bypass row-level security.
pub const APP_ROLE: &str = "tarun_app";

/// Makes the roles where they are missing and runs the migrations, as the database's owner.
///
/// `app_password` is set for the app role where it is given (a server reached over a network); the embedded database
/// knows people by their operating-system user and needs none.
pub async fn migrate(owner_url: &str, app_password: Option<&str>) -> Result<(), StoreError> {
    // One of the statements below holds the password, so none is logged.
    let mut connection = PgConnection::connect_with(&options(owner_url)?.disable_statement_logging()).await?;
    // One process at a time: several may start together.
    sqlx::query("select pg_advisory_lock(7226154831)").execute(&mut connection).await?;
    roles(&mut connection, app_password).await?;
    MIGRATIONS.run(&mut connection).await.map_err(|e| {
        StoreError::Setup(format!(
            "the database could not be brought to this version: {e}. If it was made by a newer Tarun, start that one"
        ))
    })?;
    connection.close().await?;
    Ok(())
}

async fn roles(connection: &mut PgConnection, app_password: Option<&str>) -> Result<(), StoreError> {
    for (name, options) in [(APP_ROLE, "login"), ("tarun_definer", "nologin")] {
        let known: bool = sqlx::query_scalar("select exists (select 1 from pg_roles where rolname = $1)")
            .bind(name)
            .fetch_one(&mut *connection)
            .await?;
        if !known {
            // Names and options are the constants above.
            let sql = format!("create role {name} {options} nosuperuser nobypassrls nocreatedb nocreaterole");
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await.map_err(|e| {
                StoreError::Setup(format!(
                    "the role {name} is missing and could not be made ({e}). Give DATABASE_URL a role that may create roles, \
                     or let the database's administrator run: create role {name} {options} nosuperuser nobypassrls;"
                ))
            })?;
        }
    }
    let bypasses: bool =
        sqlx::query_scalar("select exists (select 1 from pg_roles where rolname = $1 and (rolsuper or rolbypassrls))")
            .bind(APP_ROLE)
            .fetch_one(&mut *connection)
            .await?;
    if bypasses {
        return Err(StoreError::Setup(format!(
            "the role {APP_ROLE} may bypass row-level security, which would open every business's data to every other. Run: \
             alter role {APP_ROLE} nosuperuser nobypassrls;"
        )));
    }
    if let Some(password) = app_password {
        let quoted: String =
            sqlx::query_scalar("select quote_literal($1)").bind(password).fetch_one(&mut *connection).await?;
        sqlx::query(AssertSqlSafe(format!("alter role {APP_ROLE} password {quoted}")))
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query(
        "do $$ begin
            if not (select rolsuper from pg_roles where rolname = current_user) then
                execute format('grant tarun_definer to %I with set true', current_user);
            end if;
            execute format('grant connect on database %I to tarun_app', current_database());
            grant usage on schema public to tarun_app, tarun_definer;
        end $$",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Settings that would let an acknowledged message be lost (C-039); empty when all is well.
pub async fn durability_warnings(connection: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')",
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .iter()
        .map(|row| (row.get::<String, _>(0), row.get::<String, _>(1)))
        .filter(|(_, setting)| setting == "off")
        .map(|(name, _)| {
            format!("PostgreSQL runs with {name} = off: acknowledged messages can be lost. Set {name} = on")
        })
        .collect())
}

pub(crate) fn options(url: &str) -> Result<PgConnectOptions, StoreError> {
    PgConnectOptions::from_str(url).map_err(|_| {
        StoreError::Setup("DATABASE_URL is not a PostgreSQL address: postgres://user@host/database".into())
    })
}
