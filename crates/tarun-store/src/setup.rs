//! Bringing a database to this version: its roles, then its migrations; and the check of its durability settings.

use crate::error::StoreError;
use crate::keys::{MasterKeys, sha256};
use crate::tx::installation_key;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use std::str::FromStr;
use tarun_core::secret::Secret;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// The role with whose rights the server works: it owns nothing and can't bypass row-level security.
pub const APP_ROLE: &str = "tarun_app";

/// How often a statement on roles is tried: they belong to the whole server, and another database's set-up may be at them.
const TRIES: usize = 20;

/// What a server reached over a network lets the program in with.
#[derive(Debug)]
pub struct Login {
    /// A role of this database alone, member of [`APP_ROLE`]: two installations on one server must not share a password.
    pub role: String,
    /// Follows from the installation's own key, which stays the same when the master key changes.
    pub password: Secret,
}

/// Makes the roles where they are missing and runs the migrations, as the database's owner.
///
/// `keys` are given for a server reached over a network, for which a [`Login`] is made; the embedded database knows people by
/// their operating-system user and needs none.
pub async fn migrate(owner_url: &str, keys: Option<&MasterKeys>) -> Result<(), StoreError> {
    // One of the statements below holds the password, so none is logged.
    let mut connection = PgConnection::connect_with(&options(owner_url)?.disable_statement_logging()).await?;
    // One process at a time: several may start together.
    sqlx::query("select pg_advisory_lock(7226154831)").execute(&mut connection).await?;
    roles(&mut connection).await?;
    MIGRATIONS.run(&mut connection).await.map_err(|e| {
        StoreError::Setup(format!(
            "the database could not be brought to this version: {e}. If it was made by a newer Tarun, start that one"
        ))
    })?;
    match keys {
        Some(keys) => {
            let login = find_login(&mut connection, keys).await?;
            make_login(&mut connection, &login).await?;
        }
        None => again(&mut connection, &connect_grant(APP_ROLE)).await?,
    }
    connection.close().await?;
    Ok(())
}

/// The [`Login`] of a database that was migrated.
pub async fn login(owner_url: &str, keys: &MasterKeys) -> Result<Login, StoreError> {
    let mut connection = PgConnection::connect_with(&options(owner_url)?).await?;
    let login = find_login(&mut connection, keys).await?;
    connection.close().await?;
    Ok(login)
}

async fn find_login(connection: &mut PgConnection, keys: &MasterKeys) -> Result<Login, StoreError> {
    let database: String = sqlx::query_scalar("select current_database()").fetch_one(&mut *connection).await?;
    let installation = installation_key(connection, keys).await?;
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let name = format!("{APP_ROLE}_{database}");
    let fits = name.len() <= LONGEST_NAME;
    let role = if fits { name } else { format!("{APP_ROLE}_{}", hex(&sha256(database.as_bytes())[..16])) };
    Ok(Login { role, password: Secret::new(hex(&*installation.derived(b"database role"))) })
}

/// Bytes of the longest name of a role.
const LONGEST_NAME: usize = 63;

async fn roles(connection: &mut PgConnection) -> Result<(), StoreError> {
    for (name, options) in [(APP_ROLE, "login"), ("tarun_definer", "nologin")] {
        make_role(connection, name, options).await?;
    }
    refuse_bypassing(connection, APP_ROLE).await?;
    again(
        connection,
        "do $$ begin
            if not (select rolsuper from pg_roles where rolname = current_user) then
                execute format('grant tarun_definer to %I with set true', current_user);
            end if;
            grant usage on schema public to tarun_app, tarun_definer;
        end $$",
    )
    .await
}

async fn make_role(connection: &mut PgConnection, name: &str, options: &str) -> Result<(), StoreError> {
    let known: bool = sqlx::query_scalar("select exists (select 1 from pg_roles where rolname = $1)")
        .bind(name)
        .fetch_one(&mut *connection)
        .await?;
    if known {
        return Ok(());
    }
    let options = format!("{options} nosuperuser nobypassrls nocreatedb nocreaterole");
    let sql = format!(
        "do $$ begin
            create role {} {options};
        exception when duplicate_object or unique_violation then
            -- Another database's set-up was faster.
            null;
        end $$",
        identifier(name)
    );
    again(connection, &sql).await.map_err(|e| {
        StoreError::Setup(format!(
            "the role {name} is missing and could not be made ({e}). Give DATABASE_URL a role that may create roles, or let the \
             database's administrator run: create role {} {options};",
            identifier(name)
        ))
    })
}

async fn refuse_bypassing(connection: &mut PgConnection, name: &str) -> Result<(), StoreError> {
    let bypasses: bool =
        sqlx::query_scalar("select exists (select 1 from pg_roles where rolname = $1 and (rolsuper or rolbypassrls))")
            .bind(name)
            .fetch_one(&mut *connection)
            .await?;
    if !bypasses {
        return Ok(());
    }
    Err(StoreError::Setup(format!(
        "the role {name} may bypass row-level security, which would open every business's data to every other. Run: \
         alter role {} nosuperuser nobypassrls;",
        identifier(name)
    )))
}

async fn make_login(connection: &mut PgConnection, login: &Login) -> Result<(), StoreError> {
    let role = identifier(&login.role);
    make_role(connection, &login.role, "login").await?;
    refuse_bypassing(connection, &login.role).await?;
    let member: bool = sqlx::query_scalar("select pg_has_role($1, $2, 'member')")
        .bind(&login.role)
        .bind(APP_ROLE)
        .fetch_one(&mut *connection)
        .await?;
    let refused = |e: StoreError| {
        StoreError::Setup(format!(
            "the role {} could not be given its rights ({e}). The role of DATABASE_URL must have made {APP_ROLE} itself or be a \
             superuser: give each installation a PostgreSQL of its own, or let the administrator run: grant {APP_ROLE} to {role};",
            login.role
        ))
    };
    if !member {
        again(connection, &format!("grant {APP_ROLE} to {role}")).await.map_err(refused)?;
    }
    // Hexadecimal digits.
    again(connection, &format!("alter role {role} login password '{}'", login.password.reveal()))
        .await
        .map_err(refused)?;
    again(connection, &connect_grant(&login.role)).await
}

fn connect_grant(role: &str) -> String {
    let role = role.replace('\'', "''");
    format!("do $$ begin execute format('grant connect on database %I to %I', current_database(), '{role}'); end $$")
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Runs a statement on what all databases of the server share, again when another one's set-up got in between.
async fn again(connection: &mut PgConnection, sql: &str) -> Result<(), StoreError> {
    for attempt in 1.. {
        match sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut *connection).await {
            // internal_error "tuple concurrently updated", unique_violation, deadlock_detected
            Err(error)
                if attempt < TRIES
                    && error
                        .as_database_error()
                        .and_then(|e| e.code())
                        .is_some_and(|code| matches!(&*code, "XX000" | "23505" | "40P01")) =>
            {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            other => return Ok(other.map(drop)?),
        }
    }
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
