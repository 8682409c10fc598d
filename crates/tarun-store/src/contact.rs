//! The people who write, and the identities by which they are found.

use crate::error::StoreError;
use crate::keys::KeyError;
use crate::tx::{TenantCtx, TenantTx};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use std::collections::{BTreeMap, HashMap};
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
}

fn identities(ctx: &TenantCtx, seen: &Seen) -> Vec<(&'static str, [u8; 16], String)> {
    // The BSUID first: it wins where both point to different contacts, since phone numbers are given to new people.
    let bsuid = seen.bsuid.as_ref().map(|v| ("BSUID", v.clone()));
    let phone = seen.phone.as_ref().map(|v| ("PHONE", v.e164().to_owned()));
    [bsuid, phone].into_iter().flatten().map(|(kind, value)| (kind, identity_hash(ctx, kind, &value), value)).collect()
}

fn identity_hash(ctx: &TenantCtx, kind: &'static str, value: &str) -> [u8; 16] {
    ctx.keys.lookup(if kind == "PHONE" { "identity.phone" } else { "identity.bsuid" }, value.as_bytes())
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

/// Finds the contact of each person, making those who are new and learning what changed. In the order given.
///
/// Concurrent first messages of one person meet at the identity's primary key: one makes the contact, the others find it (C-042).
pub async fn resolve(tx: &mut TenantTx, people: &[Seen], now: OffsetDateTime) -> Result<Vec<ContactId>, StoreError> {
    let wanted: Vec<Vec<(&'static str, [u8; 16], String)>> = people.iter().map(|p| identities(tx.ctx(), p)).collect();
    let mut known = find(tx, &wanted).await?;
    let is_known = |known: &HashMap<(String, Vec<u8>), Found>, ids: &[(&'static str, [u8; 16], String)]| {
        ids.iter().find_map(|(kind, hash, _)| known.get(&((*kind).to_owned(), hash.to_vec())).map(|f| f.contact))
    };

    // Make contacts for people of whom no identity is known; one per person, though he may have written often, also where
    // he is seen now with one identity and now with two.
    let mut named: HashMap<(&'static str, [u8; 16]), ContactId> = HashMap::new();
    let mut fresh: BTreeMap<(&'static str, [u8; 16]), (usize, ContactId)> = BTreeMap::new();
    for (n, ids) in wanted.iter().enumerate() {
        if let (None, Some((kind, hash, _))) = (is_known(&known, ids), ids.first()) {
            let before = ids.iter().find_map(|(kind, hash, _)| named.get(&(*kind, *hash)).copied());
            let contact = before.unwrap_or_else(ContactId::fresh);
            if before.is_none() {
                fresh.insert((kind, *hash), (n, contact));
            }
            named.extend(ids.iter().map(|(kind, hash, _)| ((*kind, *hash), contact)));
        }
    }
    if !fresh.is_empty() {
        let claims: Vec<_> = fresh
            .iter()
            .map(|((kind, hash), (n, contact))| (*kind, *hash, value_of(&wanted[*n], kind), *contact))
            .collect();
        let won = claim(tx, &claims, now).await?;
        let made: Vec<(ContactId, &Seen)> =
            fresh.values().filter(|(_, c)| won.contains(c)).map(|(n, c)| (*c, &people[*n])).collect();
        insert(tx, &made, now).await?;
        // Their other identities, so that an event which shows only one of those finds them too.
        let others: Vec<_> = wanted
            .iter()
            .flatten()
            .filter(|(kind, hash, _)| !fresh.contains_key(&(*kind, *hash)))
            .filter_map(|(kind, hash, value)| Some((*kind, *hash, value.clone(), *named.get(&(*kind, *hash))?)))
            .filter(|(_, _, _, contact)| won.contains(contact))
            .map(|claim| ((claim.0, claim.1), claim))
            .collect::<BTreeMap<_, _>>()
            .into_values()
            .collect();
        if !others.is_empty() {
            claim(tx, &others, now).await?;
        }
        known = find(tx, &wanted).await?;
    }

    // Learn second identities and changed profiles.
    let mut found = Vec::with_capacity(people.len());
    let mut second = BTreeMap::new();
    let mut changed: BTreeMap<ContactId, &Seen> = BTreeMap::new();
    for (person, ids) in people.iter().zip(&wanted) {
        let contact = is_known(&known, ids).ok_or_else(|| StoreError::Inconsistent {
            table: "contact_identities",
            reason: "a person without identity".into(),
        })?;
        for (kind, hash, value) in ids {
            if !known.contains_key(&((*kind).to_owned(), hash.to_vec())) {
                second.entry((*kind, *hash)).or_insert((value.clone(), contact));
            }
        }
        let hash = seen_hash(tx.ctx(), person);
        if known.values().any(|f| f.contact == contact && f.seen_hash != hash) {
            changed.insert(contact, person);
        }
        found.push(contact);
    }
    if !second.is_empty() {
        let claims: Vec<_> =
            second.into_iter().map(|((kind, hash), (value, contact))| (kind, hash, value, contact)).collect();
        claim(tx, &claims, now).await?;
    }
    for (contact, seen) in changed {
        learn(tx, contact, seen).await?;
    }
    Ok(found)
}

fn value_of(ids: &[(&'static str, [u8; 16], String)], kind: &str) -> String {
    ids.iter().find(|(k, _, _)| *k == kind).map(|(_, _, v)| v.clone()).unwrap_or_default()
}

struct Found {
    contact: ContactId,
    seen_hash: Vec<u8>,
}

async fn find(
    tx: &mut TenantTx,
    wanted: &[Vec<(&'static str, [u8; 16], String)>],
) -> Result<HashMap<(String, Vec<u8>), Found>, StoreError> {
    let tenant = tx.tenant().0;
    let mut all: Vec<(&str, Vec<u8>)> = wanted.iter().flatten().map(|(k, h, _)| (*k, h.to_vec())).collect();
    all.sort_unstable();
    all.dedup();
    let rows = sqlx::query(
        // One look-up for each, whatever the planner believes of the tables' sizes: it can't join what is limited.
        "select w.kind, w.value_hash, i.contact_id, c.seen_hash
         from unnest($2::text[], $3::bytea[]) as w(kind, value_hash)
         cross join lateral (select i.contact_id from contact_identities i
             where i.tenant_id = $1 and i.kind = w.kind and i.value_hash = w.value_hash and i.closed_at is null limit 1) i
         cross join lateral (select c.seen_hash from contacts c where c.tenant_id = $1 and c.id = i.contact_id limit 1) c",
    )
    .bind(tenant)
    .bind(all.iter().map(|(k, _)| *k).collect::<Vec<_>>())
    .bind(all.iter().map(|(_, h)| h.as_slice()).collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let found = Found { contact: ContactId(row.get("contact_id")), seen_hash: row.get("seen_hash") };
            ((row.get("kind"), row.get("value_hash")), found)
        })
        .collect())
}

/// Writes identities that nobody holds (any more: a number that was given up goes to new people); returns the contacts that
/// won theirs. Sorted, so that two transactions which
/// claim the same people wait for each other instead of locking each other out.
async fn claim(
    tx: &mut TenantTx,
    claims: &[(&'static str, [u8; 16], String, ContactId)],
    now: OffsetDateTime,
) -> Result<Vec<ContactId>, StoreError> {
    let (sql, ctx) = tx.parts();
    let mut sealed = Vec::with_capacity(claims.len());
    for (_, hash, value, _) in claims {
        sealed.push(ctx.seal("contact_identities.value", Uuid::from_bytes(*hash), value)?);
    }
    let won: Vec<Uuid> = sqlx::query_scalar(
        "insert into contact_identities (tenant_id, kind, value_hash, value_enc, contact_id, created_at)
         select $1, kind, value_hash, value_enc, contact_id, $6
         from unnest($2::text[], $3::bytea[], $4::bytea[], $5::uuid[]) as c(kind, value_hash, value_enc, contact_id)
         order by kind, value_hash
         on conflict (tenant_id, kind, value_hash) do update
             set contact_id = excluded.contact_id, value_enc = excluded.value_enc, created_at = excluded.created_at, closed_at = null
             where contact_identities.closed_at is not null
         returning contact_id",
    )
    .bind(ctx.tenant.0)
    .bind(claims.iter().map(|c| c.0).collect::<Vec<_>>())
    .bind(claims.iter().map(|c| c.1.as_slice()).collect::<Vec<_>>())
    .bind(&sealed)
    .bind(claims.iter().map(|c| c.3.0).collect::<Vec<_>>())
    .bind(now)
    .fetch_all(sql)
    .await?;
    Ok(won.into_iter().map(ContactId).collect())
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

async fn learn(tx: &mut TenantTx, id: ContactId, seen: &Seen) -> Result<(), StoreError> {
    let Some(mut contact) = lock(tx, id).await? else { return Ok(()) };
    contact.profile.learn(seen);
    let hash = seen_hash(tx.ctx(), seen);
    write(tx, &contact, Some(hash)).await
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
        "select id, profile_enc, source, created_at, version from contacts where tenant_id = $1 and id = $2 for update",
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
        "select id, profile_enc, source, created_at, version from contacts where tenant_id = $1 and id = $2",
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
    })
}

/// The contact who holds an identity now.
pub async fn find_by(tx: &mut TenantTx, seen: &Seen) -> Result<Option<ContactId>, StoreError> {
    let wanted = vec![identities(tx.ctx(), seen)];
    let known = find(tx, &wanted).await?;
    Ok(wanted[0].iter().find_map(|(kind, hash, _)| known.get(&((*kind).to_owned(), hash.to_vec())).map(|f| f.contact)))
}

/// Gives a contact a further identity (a new number or user id) and closes the old one. Says whether the new one was
/// free: if it belongs to another contact already, nothing changes and people decide about a merge.
pub async fn change_identity(
    tx: &mut TenantTx,
    id: ContactId,
    new: &Seen,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let new_ids = identities(tx.ctx(), new);
    let claims: Vec<_> = new_ids.iter().map(|(k, h, v)| (*k, *h, v.clone(), id)).collect();
    let holder = find_by(tx, new).await?;
    if holder.is_some_and(|h| h != id) {
        return Ok(false);
    }
    let tenant = tx.tenant().0;
    for (kind, hash, _) in &new_ids {
        sqlx::query(
            "update contact_identities set closed_at = $5 where tenant_id = $1 and contact_id = $2 and kind = $3 and value_hash <> $4 and closed_at is null",
        )
        .bind(tenant)
        .bind(id.0)
        .bind(*kind)
        .bind(hash.as_slice())
        .bind(now)
        .execute(tx.sql())
        .await?;
    }
    claim(tx, &claims, now).await?;
    learn(tx, id, new).await?;
    Ok(true)
}

/// `{1,2,3}`: a row's own array inside an array of rows, which PostgreSQL can't take as two dimensions.
pub(crate) fn array_literal(values: &[i64]) -> String {
    let joined: Vec<String> = values.iter().map(i64::to_string).collect();
    format!("{{{}}}", joined.join(","))
}
