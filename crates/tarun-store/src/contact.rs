//! The people who write, and the identities by which they are found.

mod identity;
mod resolve;

pub use identity::{change_identity, find_by};
pub use resolve::{Doubtful, Resolved, Sighting, one, resolve};

use crate::error::StoreError;
use crate::keys::KeyError;
use crate::tx::{TenantCtx, TenantTx};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use tarun_core::contact::{Marketing, Wish};
use tarun_core::ids::ContactId;
use tarun_core::phone::Phone;
use tarun_matching::tokens;
use time::OffsetDateTime;
use uuid::Uuid;

/// A person as WhatsApp shows him in one event. At least one of phone and BSUID is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    pub phone: Option<Phone>,
    /// Business-scoped user id.
    pub bsuid: Option<String>,
    pub username: Option<String>,
    pub profile_name: Option<String>,
}

/// What is known of a contact, sealed in one column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bsuid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// By the customer, in WhatsApp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_name: Option<String>,
    /// By somebody of the business.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl Profile {
    /// What to call the person.
    #[must_use]
    pub fn name(&self) -> String {
        let given = self.own_name.as_ref().or(self.profile_name.as_ref()).filter(|n| !n.trim().is_empty());
        given
            .cloned()
            .or_else(|| self.username.as_ref().map(|u| format!("@{u}")))
            .or_else(|| self.phone.clone())
            .unwrap_or_else(|| {
                let id = self.bsuid.as_deref().unwrap_or_default();
                let tail: String = id.chars().skip(id.chars().count().saturating_sub(4)).collect();
                format!("WhatsApp user {}…{tail}", id.get(..2).unwrap_or_default())
            })
    }

    /// Takes over what an event shows. Says nothing of what it leaves out.
    fn learn(&mut self, seen: &Seen) {
        let take = |field: &mut Option<String>, value: Option<&str>| {
            if let Some(value) = value {
                *field = Some(value.to_owned());
            }
        };
        take(&mut self.phone, seen.phone.as_ref().map(Phone::e164));
        take(&mut self.bsuid, seen.bsuid.as_deref());
        take(&mut self.username, seen.username.as_deref());
        take(&mut self.profile_name, seen.profile_name.as_deref());
    }

    fn search(&self, ctx: &TenantCtx) -> Vec<i64> {
        let mut found = Vec::new();
        for name in [&self.own_name, &self.profile_name, &self.username].into_iter().flatten() {
            found.extend(tokens::name_tokens(name));
        }
        if let Some(phone) = &self.phone {
            found.extend(tokens::phone_tokens(phone));
        }
        found.sort_unstable();
        found.dedup();
        ctx.keys.tokens(&found)
    }

    fn seal(&self, ctx: &TenantCtx, id: Uuid) -> Result<Vec<u8>, StoreError> {
        let json = serde_json::to_string(self)
            .map_err(|e| StoreError::Inconsistent { table: "contacts", reason: e.to_string() })?;
        Ok(ctx.seal("contacts.profile", id, &json)?)
    }

    pub(crate) fn open(ctx: &TenantCtx, id: Uuid, sealed: &[u8]) -> Result<Self, StoreError> {
        let json = ctx.open("contacts.profile", id, sealed)?;
        serde_json::from_str(&json).map_err(|_| StoreError::Key(KeyError::DoesNotOpen("contacts.profile")))
    }
}

#[derive(Debug, Clone)]
pub struct Contact {
    pub id: ContactId,
    pub profile: Profile,
    pub source: String,
    pub created_at: OffsetDateTime,
    pub version: i32,
    /// What he last told WhatsApp about marketing messages.
    pub marketing: Option<Marketing>,
}

fn seen_hash(ctx: &TenantCtx, seen: &Seen) -> Vec<u8> {
    let parts = [
        seen.phone.as_ref().map(Phone::e164),
        seen.bsuid.as_deref(),
        seen.username.as_deref(),
        seen.profile_name.as_deref(),
    ];
    let joined: Vec<u8> = parts.iter().flat_map(|p| [p.unwrap_or("\u{1}").as_bytes(), &[0]].concat()).collect();
    ctx.keys.lookup("contacts.seen", &joined).to_vec()
}

async fn insert(tx: &mut TenantTx, made: &[(ContactId, &Seen)], now: OffsetDateTime) -> Result<(), StoreError> {
    let (sql, ctx) = tx.parts();
    let (mut ids, mut profiles, mut hashes, mut searches) = (vec![], vec![], vec![], vec![]);
    for (id, seen) in made {
        let mut profile = Profile::default();
        profile.learn(seen);
        ids.push(id.0);
        profiles.push(profile.seal(ctx, id.0)?);
        hashes.push(seen_hash(ctx, seen));
        searches.push(array_literal(&profile.search(ctx)));
    }
    sqlx::query(
        "insert into contacts (tenant_id, id, profile_enc, seen_hash, search, source, created_at)
         select $1, id, profile_enc, seen_hash, search::bigint[], 'INBOUND', $6
         from unnest($2::uuid[], $3::bytea[], $4::bytea[], $5::text[]) as c(id, profile_enc, seen_hash, search)",
    )
    .bind(ctx.tenant.0)
    .bind(&ids)
    .bind(&profiles)
    .bind(&hashes)
    .bind(&searches)
    .bind(now)
    .execute(sql)
    .await?;
    Ok(())
}

/// Takes over what an event shows of a contact; `hash` is of all that it shows.
async fn learn(tx: &mut TenantTx, id: ContactId, seen: &Seen, hash: Vec<u8>) -> Result<(), StoreError> {
    let Some(mut contact) = lock(tx, id).await? else { return Ok(()) };
    contact.profile.learn(seen);
    write(tx, &contact, Some(hash)).await
}

/// The number is another person's now: nothing more is sent to it, and nobody finds this contact by it.
async fn forget_phone(tx: &mut TenantTx, id: ContactId, phone: &Phone) -> Result<(), StoreError> {
    let Some(mut contact) = lock(tx, id).await? else { return Ok(()) };
    if contact.profile.phone.as_deref() != Some(phone.e164()) {
        return Ok(());
    }
    contact.profile.phone = None;
    write(tx, &contact, None).await
}

async fn write(tx: &mut TenantTx, contact: &Contact, seen_hash: Option<Vec<u8>>) -> Result<(), StoreError> {
    let (sql, ctx) = tx.parts();
    sqlx::query(
        "update contacts set profile_enc = $3, search = $4, seen_hash = coalesce($5, seen_hash), version = version + 1
         where tenant_id = $1 and id = $2",
    )
    .bind(ctx.tenant.0)
    .bind(contact.id.0)
    .bind(contact.profile.seal(ctx, contact.id.0)?)
    .bind(contact.profile.search(ctx))
    .bind(seen_hash)
    .execute(sql)
    .await?;
    Ok(())
}

/// Stores a changed profile.
pub async fn update(tx: &mut TenantTx, contact: &Contact) -> Result<(), StoreError> {
    write(tx, contact, None).await
}

pub async fn lock(tx: &mut TenantTx, id: ContactId) -> Result<Option<Contact>, StoreError> {
    let (sql, ctx) = tx.parts();
    let row = sqlx::query(
        "select id, profile_enc, source, created_at, version, marketing, marketing_at from contacts where tenant_id = $1 and id = $2 for update",
    )
    .bind(ctx.tenant.0)
    .bind(id.0)
    .fetch_optional(sql)
    .await?;
    row.map(|row| read(ctx, &row)).transpose()
}

pub async fn get(tx: &mut TenantTx, id: ContactId) -> Result<Option<Contact>, StoreError> {
    let (sql, ctx) = tx.parts();
    let row = sqlx::query(
        "select id, profile_enc, source, created_at, version, marketing, marketing_at from contacts where tenant_id = $1 and id = $2",
    )
    .bind(ctx.tenant.0)
    .bind(id.0)
    .fetch_optional(sql)
    .await?;
    row.map(|row| read(ctx, &row)).transpose()
}

fn read(ctx: &TenantCtx, row: &sqlx::postgres::PgRow) -> Result<Contact, StoreError> {
    let id: Uuid = row.get("id");
    Ok(Contact {
        id: ContactId(id),
        profile: Profile::open(ctx, id, row.get("profile_enc"))?,
        source: row.get("source"),
        created_at: row.get("created_at"),
        version: row.get("version"),
        marketing: marketing(row),
    })
}

/// A word that this version does not know is no wish that it could honour; so it is none.
pub(crate) fn marketing(row: &sqlx::postgres::PgRow) -> Option<Marketing> {
    let wish = row.get::<Option<&str>, _>("marketing").and_then(Wish::parse)?;
    Some(Marketing { wish, at: row.get::<Option<OffsetDateTime>, _>("marketing_at")? })
}

/// Notes what somebody told WhatsApp about marketing messages; the newest wish holds. Says whether it changed anything.
pub async fn wishes(tx: &mut TenantTx, id: ContactId, told: Marketing) -> Result<bool, StoreError> {
    let Some(contact) = lock(tx, id).await? else { return Ok(false) };
    let holds = contact.marketing.map_or(told, |known| known.newer(told));
    if contact.marketing == Some(holds) {
        return Ok(false);
    }
    let tenant = tx.tenant().0;
    sqlx::query("update contacts set marketing = $3, marketing_at = $4 where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.0)
        .bind(holds.wish.as_str())
        .bind(holds.at)
        .execute(tx.sql())
        .await?;
    Ok(true)
}

/// `{1,2,3}`: a row's own array inside an array of rows, which PostgreSQL can't take as two dimensions.
pub(crate) fn array_literal(values: &[i64]) -> String {
    let joined: Vec<String> = values.iter().map(i64::to_string).collect();
    format!("{{{}}}", joined.join(","))
}
