//! Looking after an installation, at its machine.

use crate::config::{Config, MasterSource, Servers, new_key, write_key_file};
use crate::server::Backing;
use clap::Subcommand as ClapSubcommand;
use tarun_core::clock::Clock;
use tarun_store::keys::MasterKeys;
use tarun_store::{Store, event};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

#[derive(ClapSubcommand)]
pub enum Command {
    /// Encrypt the data keys with a new master key; nothing has to stop
    RotateMasterKey,
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

async fn rotate(config: &Config) -> anyhow::Result<()> {
    let backing = running(config)?;
    let keys = match &config.master {
        // The new key and the old one were given by the operator, to every process.
        MasterSource::Given(keys) => keys.clone(),
        MasterSource::File(path) => {
            let old = config.master.keys()?;
            let keys = MasterKeys {
                current: new_key()?,
                previous: std::iter::once(old.current).chain(old.previous).collect(),
            };
            // Before anything is wrapped with it: a running server follows the file.
            write_key_file(path, &keys)?;
            // It looks every five seconds; a key that it does not know yet would stop it from opening a business.
            tokio::time::sleep(std::time::Duration::from_secs(7)).await;
            keys
        }
    };
    let store = Store::open(&backing.app_url, keys.clone(), 2).await?;
    let changed = store.rewrap_keys().await?;
    if let MasterSource::File(path) = &config.master {
        write_key_file(path, &MasterKeys { current: keys.current, previous: vec![] })?;
        println!(
            "{changed} keys are encrypted with a new master key. The key file {} holds only the new one: back it up.",
            path.display()
        );
    } else {
        println!("{changed} keys are encrypted with TARUN_MASTER_KEY. You can remove TARUN_MASTER_KEY_PREVIOUS.");
    }
    Ok(())
}

async fn replay(config: &Config, tenant: Uuid, from: OffsetDateTime, to: OffsetDateTime) -> anyhow::Result<()> {
    let backing = running(config)?;
    let store = Store::open(&backing.app_url, config.master.keys()?, 2).await?;
    let ctx = store.tenant(tarun_core::ids::TenantId(tenant)).await?;
    let mut tx = store.begin(&ctx).await?;
    // Due at once: the sweep of the running workers hands them out.
    let keys = event::replay(&mut tx, from, to, Clock::system().now()).await?;
    tx.commit().await?;
    println!("{} events are handled again.", keys.len());
    Ok(())
}
