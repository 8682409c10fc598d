//! Looking after an installation, at its machine.

use crate::config::{Config, Servers};
use crate::master_key::{self, MasterSource, new_key};
use crate::note::Note;
use crate::server::{Backing, local_name};
use clap::Subcommand as ClapSubcommand;
use std::time::Duration;
use tarun_core::clock::Clock;
use tarun_store::keys::MasterKeys;
use tarun_store::{Cursor, Store, StoreError, event};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

#[derive(ClapSubcommand)]
pub enum Command {
    /// Encrypt the data keys with a new master key; nothing has to stop
    RotateMasterKey,
    /// Make a link with which somebody sets a new password, also an only owner; it works once, for an hour
    ResetPassword {
        /// With which the person signs in
        #[arg(long)]
        email: String,
    },
    /// Handle kept webhook events again; what was done before is not done twice
    Replay {
        /// The business, by its id
        #[arg(long)]
        tenant: Uuid,
        /// From this moment (2026-02-26T12:00:00Z)
        #[arg(long)]
        from: String,
        /// Until this moment; now unless given
        #[arg(long)]
        to: Option<String>,
    },
}

pub fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let runtime = super::tokio()?;
    match command {
        Command::RotateMasterKey => runtime.block_on(rotate(config)),
        Command::ResetPassword { email } => runtime.block_on(reset_password(config, &email)),
        Command::Replay { tenant, from, to } => {
            let moment = |text: &str| {
                OffsetDateTime::parse(text, &Rfc3339)
                    .map_err(|_| anyhow::anyhow!("{text} is not a moment like 2026-02-26T12:00:00Z"))
            };
            let from = moment(&from)?;
            let to = to.as_deref().map(moment).transpose()?.unwrap_or_else(|| Clock::system().now());
            runtime.block_on(replay(config, tenant, from, to))
        }
    }
}

/// The address of a database that runs already: an external one, or that of a `tarun up` on this data directory.
fn running(config: &Config) -> anyhow::Result<Backing> {
    match config.servers {
        Servers::External { .. } => Backing::start(config),
        Servers::Embedded => Backing::attach(config),
    }
}

async fn open(backing: &Backing, keys: MasterKeys) -> anyhow::Result<Store> {
    let opened = async { anyhow::Ok(Store::open(&backing.app_url(&keys).await?, keys, 2).await?) };
    opened.await.map_err(|error| match error.downcast_ref::<StoreError>() {
        Some(away) if away.is_passing() => error.context("no Tarun answers there. Start it first"),
        _ => error,
    })
}

/// How long a running server may take to use a new key; it looks every five seconds.
const TAKE_OVER: Duration = Duration::from_secs(60);
/// Longer than a sign-up that wrapped with the former key takes to commit.
const SETTLE: Duration = Duration::from_secs(5);
const MOST_ROUNDS: usize = 20;

async fn rotate(config: &Config) -> anyhow::Result<()> {
    let before = config.master.keys()?;
    let backing = running(config)?;
    // Nothing is changed before it is known that there is something to change.
    let store = open(&backing, before.clone()).await?;
    let MasterSource::File(path) = &config.master else {
        // The new key and the old one were given by the operator, to every process.
        let changed = wrap_anew(&store).await?;
        println!("{changed} keys are encrypted with TARUN_MASTER_KEY. You can remove TARUN_MASTER_KEY_PREVIOUS.");
        return Ok(());
    };
    let previous = std::iter::once(before.current.clone()).chain(before.previous.clone()).collect();
    let keys = MasterKeys { current: new_key()?, previous };
    master_key::write(path, &keys)?;
    if !taken_over(config, &keys.current.id()).await? {
        // Not taken away again: the server may read the file, and wrap with the new key, at any moment.
        let previous = before.previous.into_iter().chain([keys.current]).collect();
        master_key::write(path, &MasterKeys { current: before.current, previous })?;
        anyhow::bail!(
            "the running Tarun has not taken over the new key: can its user read {}? Its log says why. The old key stays in use",
            path.display()
        );
    }
    store.set_master_keys(keys.clone());
    let changed = wrap_anew(&store).await?;
    let old = path.with_extension("key.old");
    master_key::write_as(&old, &before, path)?;
    master_key::write(path, &MasterKeys { current: keys.current, previous: vec![] })?;
    println!(
        "{changed} keys are encrypted with a new master key. The key file {} holds only the new one: back it up.\n\
         The old one is in {}: backups from before need it. Move it to where you keep keys.",
        path.display(),
        old.display()
    );
    Ok(())
}

/// Waits until the server that runs on this data says that it uses a key.
async fn taken_over(config: &Config, id: &str) -> anyhow::Result<bool> {
    let limit = tokio::time::Instant::now() + TAKE_OVER;
    while tokio::time::Instant::now() < limit {
        if Note::read(&config.data_dir)?.is_some_and(|note| note.key.as_deref() == Some(id)) {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(false)
}

/// Wraps everything with the current key, until nothing is left that a sign-up under way wrapped with the former one.
async fn wrap_anew(store: &Store) -> anyhow::Result<u64> {
    let mut changed = store.rewrap_keys().await?;
    for _ in 0..MOST_ROUNDS {
        tokio::time::sleep(SETTLE).await;
        match store.rewrap_keys().await? {
            0 => return Ok(changed),
            more => changed += more,
        }
    }
    anyhow::bail!(
        "some process goes on encrypting with another master key. Give every process the new one, then run this again"
    )
}

async fn reset_password(config: &Config, email: &str) -> anyhow::Result<()> {
    let backing = running(config)?;
    let store = open(&backing, config.master.keys()?).await?;
    let made = tarun_app::user::make_reset_at_machine(&store, email, Clock::system().now()).await?;
    let made = made.ok_or_else(|| anyhow::anyhow!("nobody signs in with that e-mail address here"))?;
    println!("Open this link within an hour; it works once:\n{}/reset/{}", public_url(config)?, made.token().reveal());
    Ok(())
}

/// Events that one transaction puts back to work.
const REPLAYED_AT_ONCE: i64 = 20_000;

/// As browsers reach the server that runs, whose settings this command may not have been given; without a public address that
/// is this machine.
fn public_url(config: &Config) -> anyhow::Result<String> {
    let noted = match config.servers {
        Servers::Embedded => Note::read(&config.data_dir)?.and_then(|note| note.public_url),
        Servers::External { .. } => None,
    };
    let given = || config.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
    Ok(noted.or_else(given).unwrap_or_else(|| format!("http://{}", local_name(config.listen))))
}

async fn replay(config: &Config, tenant: Uuid, from: OffsetDateTime, to: OffsetDateTime) -> anyhow::Result<()> {
    let backing = running(config)?;
    let store = open(&backing, config.master.keys()?).await?;
    let ctx = store.tenant(tarun_core::ids::TenantId(tenant)).await?;
    let (mut count, mut next) = (0, Some(Cursor { at: from, id: Uuid::nil() }));
    while let Some(after) = next {
        let mut tx = store.begin(&ctx).await?;
        // Due at once: the sweep of the running workers hands them out.
        let part = event::replay(&mut tx, after, to, REPLAYED_AT_ONCE, Clock::system().now()).await?;
        tx.commit().await?;
        count += part.count;
        next = part.next;
    }
    println!("{count} events are handled again.");
    Ok(())
}
