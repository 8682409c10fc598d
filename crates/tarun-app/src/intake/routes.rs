//! Which number a webhook is for, kept in memory and fetched again when it may be stale.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tarun_core::ids::TenantId;
use tarun_core::secret::Secret;
use tarun_providers::whatsapp::webhook::{Origins, signature};
use tarun_store::number::Route;
use tarun_store::{Store, StoreError, keys};
use tokio::sync::{Mutex, RwLock};

/// How old the table may grow.
const STALE: Duration = Duration::from_secs(5);
/// How soon after a fetch an unknown number or a bad signature may cause another.
const SOONEST: Duration = Duration::from_secs(1);
/// Secrets tried for a body that names no number of ours.
const MOST_SECRETS: usize = 16;

/// Cheap to clone.
#[derive(Clone)]
pub struct Routes {
    store: Store,
    table: Arc<RwLock<Arc<Table>>>,
    fetching: Arc<Mutex<()>>,
}

#[derive(Default)]
pub struct Table {
    by_number: HashMap<String, Arc<Route>>,
    /// All who say that the account is theirs: which of them is right, the signature tells. Of several of one business, the
    /// second stands behind the first of everybody else, so that nobody's rows push another's out of [`MOST_SECRETS`].
    by_account: HashMap<String, Vec<Arc<Route>>>,
    /// Each different secret once.
    secrets: Vec<Secret>,
    /// The secrets that a business gave for any of its numbers.
    of_business: HashMap<TenantId, Vec<Secret>>,
    fetched: Option<Instant>,
}

impl Routes {
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, table: Arc::default(), fetching: Arc::default() }
    }

    /// The table, fetched again if it is older than `at_most`. One request fetches; meanwhile, and where that fails, the
    /// others do with the one there is: it says enough to verify who is known, and the writer says whether rows can be kept.
    async fn table(&self, at_most: Duration) -> Result<Arc<Table>, StoreError> {
        let fresh = |t: &Table| t.fetched.is_some_and(|at| at.elapsed() < at_most);
        let now = self.table.read().await.clone();
        if fresh(&now) {
            return Ok(now);
        }
        let one = match self.fetching.try_lock() {
            Ok(one) => one,
            Err(_) if now.fetched.is_some() => return Ok(now),
            Err(_) => self.fetching.lock().await,
        };
        let now = self.table.read().await.clone();
        if fresh(&now) {
            return Ok(now);
        }
        let fetched = self.fetch().await;
        drop(one);
        match fetched {
            Ok(table) => Ok(table),
            Err(error) if now.fetched.is_some() => {
                tracing::warn!(%error, "the numbers can't be read anew; webhooks are verified by what was read before");
                Ok(now)
            }
            Err(error) => Err(error),
        }
    }

    async fn fetch(&self) -> Result<Arc<Table>, StoreError> {
        let mut table = Table { fetched: Some(Instant::now()), ..Table::default() };
        for route in self.store.routes().await? {
            let route = Arc::new(route);
            note(&mut table.secrets, &route.app_secret);
            note(table.of_business.entry(route.ctx.tenant).or_default(), &route.app_secret);
            table.by_account.entry(route.waba_id.clone()).or_default().push(route.clone());
            table.by_number.insert(route.phone_number_id.clone(), route);
        }
        for routes in table.by_account.values_mut() {
            let mut seen: HashMap<TenantId, usize> = HashMap::new();
            routes.sort_by_cached_key(|route| {
                let rank = seen.entry(route.ctx.tenant).or_default();
                *rank += 1;
                *rank
            });
        }
        let table = Arc::new(table);
        *self.table.write().await = table.clone();
        Ok(table)
    }

    /// Forgets the table: a number was added or changed here.
    pub async fn forget(&self) {
        *self.table.write().await = Arc::default();
    }

    /// Which secret signed the body. `None`: none of those that may speak for its numbers.
    pub async fn verify(
        &self,
        origins: &Origins,
        body: &[u8],
        header: Option<&str>,
    ) -> Result<Option<Verified>, StoreError> {
        let mut tried: Option<Arc<Table>> = None;
        for at_most in [STALE, SOONEST] {
            let table = self.table(at_most).await?;
            // The same table says the same.
            if tried.as_ref().is_some_and(|t| Arc::ptr_eq(t, &table)) {
                break;
            }
            tried = Some(table.clone());
            for secret in table.candidates(origins) {
                if signature::verify(secret.reveal().as_bytes(), body, header).is_ok() {
                    return Ok(Some(Verified { table, secret }));
                }
            }
        }
        Ok(None)
    }

    /// Whether a verify token is one of ours (Meta's handshake).
    pub async fn knows_token(&self, token: &str) -> Result<bool, StoreError> {
        let table = self.table(SOONEST).await?;
        // No early return: the time taken must not tell how many numbers were tried.
        Ok(table
            .by_number
            .values()
            .fold(false, |known, r| known | keys::same(r.verify_token.reveal().as_bytes(), token.as_bytes())))
    }
}

impl Table {
    fn candidates(&self, origins: &Origins) -> Vec<Secret> {
        let numbers = origins.phone_number_ids.iter().filter_map(|id| self.by_number.get(id));
        let accounts = origins.waba_ids.iter().filter_map(|id| self.by_account.get(id)).flatten();
        let mut found: Vec<Secret> = vec![];
        for route in numbers.chain(accounts) {
            note(&mut found, &route.app_secret);
        }
        if found.is_empty() {
            found.extend(self.secrets.iter().take(MOST_SECRETS).cloned());
        }
        found.truncate(MOST_SECRETS);
        found
    }
}

/// Adds a secret to different ones.
fn note(known: &mut Vec<Secret>, secret: &Secret) {
    if !known.iter().any(|s| s.reveal() == secret.reveal()) {
        known.push(secret.clone());
    }
}

/// A body whose signer is known; it speaks only for numbers of the same app, and of businesses that gave this secret for
/// another number: a secret that was reset is entered number by number, and messages come meanwhile.
pub struct Verified {
    table: Arc<Table>,
    secret: Secret,
}

impl Verified {
    /// The number of an event, or, for one without a number or with one that is not connected, its account. Nothing that
    /// another app's secret guards.
    #[must_use]
    pub fn route(&self, phone_number_id: Option<&str>, waba_id: &str) -> Option<(Arc<Route>, bool)> {
        let same_app = |r: &&Arc<Route>| r.app_secret.reveal() == self.secret.reveal();
        if let Some(known) = phone_number_id.and_then(|id| self.table.by_number.get(id)) {
            let given = self.table.of_business.get(&known.ctx.tenant).into_iter().flatten();
            let trusted = given.into_iter().any(|s| s.reveal() == self.secret.reveal());
            return trusted.then(|| (known.clone(), true));
        }
        let by_account = self.table.by_account.get(waba_id).and_then(|routes| routes.iter().find(same_app));
        // A WABA's subscription covers numbers that were never connected here: kept by whoever owns the app.
        let by_app = || self.table.by_number.values().filter(same_app).min_by_key(|r| r.id);
        by_account.or_else(by_app).map(|r| (r.clone(), false))
    }
}
