//! From what a request carries to who acts. Role and rights come from the database, at most 20 seconds old.

use super::access_token::{Bearer, Keys, invalid};
use super::password::Hashing;
use super::token::{self, Kind, Token};
use crate::App;
use crate::acting::{ActError, Acting};
use moka::future::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tarun_core::ids::{ApiKeyId, SessionId, TenantId, UserId};
use tarun_core::policy::Actor;
use tarun_core::secret::Secret;
use tarun_store::{Store, StoreError, TenantCtx, api_key, session, tenant, user};
use time::{Duration, OffsetDateTime};

/// How long a look into the database counts. With several servers, a change made on one holds on all after so long.
const PROOF_LIFE: Duration = Duration::seconds(20);
const MAX_PROOFS: u64 = 10_000;
/// How often "last seen" and "last used" are written.
const NOTE_EVERY: Duration = Duration::minutes(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    Session(TenantId, SessionId),
    ApiKey(TenantId, ApiKeyId),
}

#[derive(Clone)]
struct Proof {
    acting: Acting,
    made_at: OffsetDateTime,
    ends_at: Option<OffsetDateTime>,
    /// Of an API key: which secret was checked.
    secret_hash: Vec<u8>,
}

impl Proof {
    fn holds(&self, now: OffsetDateTime) -> bool {
        now - self.made_at < PROOF_LIFE && self.ends_at.is_none_or(|end| now < end)
    }
}

/// What signing in keeps between requests. Cheap to clone.
#[derive(Clone)]
pub struct Auth {
    keys: Arc<Keys>,
    hashing: Arc<Hashing>,
    proofs: Cache<Who, Proof>,
    /// Unix seconds: when old failures were last removed.
    swept: Arc<AtomicI64>,
}

impl Auth {
    #[must_use]
    pub fn new(store: &Store) -> Self {
        Self {
            keys: Arc::new(Keys::of(&store.installation().derived(b"access token"))),
            hashing: Arc::default(),
            proofs: Cache::builder().max_capacity(MAX_PROOFS).time_to_live(PROOF_LIFE.unsigned_abs()).build(),
            swept: Arc::default(),
        }
    }

    /// Whether an hour has passed since old failures were removed; says so once.
    pub(super) fn is_sweep_due(&self, now: OffsetDateTime) -> bool {
        let (now, last) = (now.unix_timestamp(), self.swept.load(Ordering::Relaxed));
        now - last >= 3600 && self.swept.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    pub(crate) fn hashing(&self) -> &Hashing {
        &self.hashing
    }

    pub(super) fn issue(&self, bearer: Bearer, now: OffsetDateTime) -> Result<Secret, ActError> {
        self.keys.issue(bearer, now)
    }

    /// A session has ended: its access tokens are worth nothing from now on.
    pub(crate) async fn forget_session(&self, tenant: TenantId, id: SessionId) {
        self.proofs.invalidate(&Who::Session(tenant, id)).await;
    }

    pub(crate) async fn forget_api_key(&self, tenant: TenantId, id: ApiKeyId) {
        self.proofs.invalidate(&Who::ApiKey(tenant, id)).await;
    }

    /// A person's role or right to sign in has changed.
    pub(crate) async fn forget_user(&self, tenant: TenantId, user: UserId) {
        self.forget_where(|p| p.acting.ctx.tenant == tenant && p.acting.actor.user_id() == Some(user)).await;
    }

    /// A business's settings have changed.
    pub(crate) async fn forget_tenant(&self, tenant: TenantId) {
        self.forget_where(|p| p.acting.ctx.tenant == tenant).await;
    }

    async fn forget_where(&self, gone: impl Fn(&Proof) -> bool) {
        for (who, _) in self.proofs.iter().filter(|(_, proof)| gone(proof)) {
            self.proofs.invalidate(&*who).await;
        }
    }
}

/// Who acts, from an access token or an API key.
pub async fn authenticate(app: &App, bearer: &str) -> Result<Acting, ActError> {
    if bearer.starts_with(Kind::ApiKey.prefix()) {
        let token = token::read(&app.store, Kind::ApiKey, bearer).ok_or_else(invalid)?;
        by_api_key(app, &token).await
    } else {
        let bearer = app.auth.keys.read(bearer, app.clock.now())?;
        by_session(app, bearer).await
    }
}

async fn by_session(app: &App, bearer: Bearer) -> Result<Acting, ActError> {
    let now = app.clock.now();
    let who = Who::Session(bearer.tenant, bearer.session);
    if let Some(proof) = app.auth.proofs.get(&who).await
        && proof.holds(now)
        && proof.acting.actor.user_id() == Some(bearer.user)
    {
        return Ok(proof.acting);
    }
    let ctx = context(app, bearer.tenant).await?;
    let mut tx = app.store.begin(&ctx).await?;
    let session = session::find(&mut tx, bearer.session).await?;
    let session = session.filter(|s| s.is_alive(now) && s.user_id == bearer.user.0).ok_or_else(ended)?;
    let person = user::find(&mut tx, bearer.user).await?.filter(|u| u.is_active).ok_or_else(ended)?;
    let agents_see_all = tenant::load(&mut tx).await?.agents_see_all;
    if person.last_seen_at.is_none_or(|at| now - at > NOTE_EVERY) {
        user::seen(&mut tx, person.id, now).await?;
    }
    tx.commit().await?;
    let actor = Actor::User { id: person.id, role: person.role, session: bearer.session };
    let acting = Acting { ctx, actor, agents_see_all };
    let proof =
        Proof { acting: acting.clone(), made_at: now, ends_at: Some(session.expires_at), secret_hash: Vec::new() };
    app.auth.proofs.insert(who, proof).await;
    Ok(acting)
}

async fn by_api_key(app: &App, token: &Token) -> Result<Acting, ActError> {
    let now = app.clock.now();
    let id = ApiKeyId(token.row);
    let who = Who::ApiKey(token.tenant, id);
    if let Some(proof) = app.auth.proofs.get(&who).await
        && proof.holds(now)
        && token.matches(&proof.secret_hash)
    {
        return Ok(proof.acting);
    }
    let ctx = context(app, token.tenant).await?;
    let mut tx = app.store.begin(&ctx).await?;
    let key = api_key::find(&mut tx, id).await?;
    let key = key.filter(|k| token.matches(&k.secret_hash) && k.is_alive(now)).ok_or_else(invalid)?;
    let agents_see_all = tenant::load(&mut tx).await?.agents_see_all;
    if key.last_used_at.is_none_or(|at| now - at > NOTE_EVERY) {
        api_key::used(&mut tx, id, now).await?;
    }
    tx.commit().await?;
    let acting = Acting { ctx, actor: Actor::ApiKey { id, scope: key.scope }, agents_see_all };
    let proof = Proof { acting: acting.clone(), made_at: now, ends_at: key.expires_at, secret_hash: key.secret_hash };
    app.auth.proofs.insert(who, proof).await;
    Ok(acting)
}

async fn context(app: &App, tenant: TenantId) -> Result<TenantCtx, ActError> {
    match app.store.tenant(tenant).await {
        Err(StoreError::NoSuchTenant) => Err(invalid()),
        other => Ok(other?),
    }
}

fn ended() -> ActError {
    ActError::Unauthenticated { code: "session_ended", detail: "This sign-in has ended: sign in again." }
}
