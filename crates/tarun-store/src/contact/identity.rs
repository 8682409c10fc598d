//! How contacts are found: by phone number and by business-scoped user id. Since 2026 either may be missing.

use super::{Seen, learn, seen_hash};
use crate::error::StoreError;
use crate::tx::{TenantCtx, TenantTx};
use sqlx::Row;
use std::collections::{HashMap, HashSet};
use tarun_core::ids::{ContactId, NumberId};
use time::OffsetDateTime;
use uuid::Uuid;

/// What an identity is looked up by: its kind and the keyed hash of its value.
pub(super) type Key = (&'static str, [u8; 16]);

pub(super) const PHONE: &str = "PHONE";
pub(super) const BSUID: &str = "BSUID";

#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub key: Key,
    pub value: String,
}

/// The identities that an event shows. The BSUID first: it wins where both point to different contacts, since phone numbers
/// are given to new people.
pub(super) fn identities(ctx: &TenantCtx, seen: &Seen) -> Vec<Identity> {
    let bsuid = seen.bsuid.as_ref().map(|v| (BSUID, "identity.bsuid", v.clone()));
    let phone = seen.phone.as_ref().map(|v| (PHONE, "identity.phone", v.e164().to_owned()));
    let identity = |(kind, place, value): (&'static str, &'static str, String)| Identity {
        key: (kind, ctx.keys.lookup(place, value.as_bytes())),
        value,
    };
    [bsuid, phone].into_iter().flatten().map(identity).collect()
}

/// Who holds an identity.
pub(super) struct Found {
    pub contact: ContactId,
    pub seen_hash: Vec<u8>,
    /// A user id of which nobody noted among whose numbers it was seen.
    pub unscoped: bool,
}

/// Who holds these identities now.
pub(super) async fn find(tx: &mut TenantTx, wanted: &[Vec<Identity>]) -> Result<HashMap<Key, Found>, StoreError> {
    let tenant = tx.tenant().0;
    let mut all: Vec<Key> = wanted.iter().flatten().map(|i| i.key).collect();
    all.sort_unstable();
    all.dedup();
    let rows = sqlx::query(
        // One look-up for each, whatever the planner believes of the tables' sizes: it can't join what is limited.
        "select w.n, i.contact_id, i.unscoped, c.seen_hash
         from unnest($2::text[], $3::bytea[]) with ordinality as w(kind, value_hash, n)
         cross join lateral (select i.contact_id, i.kind = 'BSUID' and i.scope is null as unscoped from contact_identities i
             where i.tenant_id = $1 and i.kind = w.kind and i.value_hash = w.value_hash and i.closed_at is null limit 1) i
         cross join lateral (select c.seen_hash from contacts c where c.tenant_id = $1 and c.id = i.contact_id limit 1) c",
    )
    .bind(tenant)
    .bind(all.iter().map(|key| key.0).collect::<Vec<_>>())
    .bind(all.iter().map(|key| key.1.as_slice()).collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let found = Found {
                contact: ContactId(row.get("contact_id")),
                seen_hash: row.get("seen_hash"),
                unscoped: row.get("unscoped"),
            };
            // Counted from one, by the database.
            let place = usize::try_from(row.get::<i64, _>("n") - 1).ok()?;
            Some((*all.get(place)?, found))
        })
        .collect())
}

/// The contact who holds one of these identities, in their order.
pub(super) fn holder(known: &HashMap<Key, Found>, ids: &[Identity]) -> Option<ContactId> {
    ids.iter().find_map(|id| known.get(&id.key).map(|f| f.contact))
}

/// An identity for a contact, and the number at which it was seen.
pub(super) struct Claim<'a> {
    pub identity: &'a Identity,
    pub contact: ContactId,
    pub number: NumberId,
}

/// Writes identities that nobody holds (any more: a number that was given up goes to new people); returns the contacts that
/// won theirs. Sorted, so that two transactions which claim the same people wait for each other instead of locking each
/// other out.
pub(super) async fn claim(
    tx: &mut TenantTx,
    claims: &[Claim<'_>],
    now: OffsetDateTime,
) -> Result<HashSet<ContactId>, StoreError> {
    let (sql, ctx) = tx.parts();
    let mut sealed = Vec::with_capacity(claims.len());
    for Claim { identity, .. } in claims {
        sealed.push(ctx.seal("contact_identities.value", Uuid::from_bytes(identity.key.1), &identity.value)?);
    }
    let won: Vec<Uuid> = sqlx::query_scalar(
        "insert into contact_identities (tenant_id, kind, value_hash, value_enc, contact_id, created_at, scope)
         select $1, kind, value_hash, value_enc, contact_id, $7,
                case when kind = 'BSUID' then (select n.waba_id from whatsapp_numbers n where n.tenant_id = $1 and n.id = c.number_id) end
         from unnest($2::text[], $3::bytea[], $4::bytea[], $5::uuid[], $6::uuid[]) as c(kind, value_hash, value_enc, contact_id, number_id)
         order by kind, value_hash
         on conflict (tenant_id, kind, value_hash) do update
             set contact_id = excluded.contact_id, value_enc = excluded.value_enc, created_at = excluded.created_at,
                 scope = excluded.scope, closed_at = null
             where contact_identities.closed_at is not null
         returning contact_id",
    )
    .bind(ctx.tenant.0)
    .bind(claims.iter().map(|c| c.identity.key.0).collect::<Vec<_>>())
    .bind(claims.iter().map(|c| c.identity.key.1.as_slice()).collect::<Vec<_>>())
    .bind(&sealed)
    .bind(claims.iter().map(|c| c.contact.0).collect::<Vec<_>>())
    .bind(claims.iter().map(|c| c.number.0).collect::<Vec<_>>())
    .bind(now)
    .fetch_all(sql)
    .await?;
    Ok(won.into_iter().map(ContactId).collect())
}

/// A user id that a contact holds, and what is to be compared with it.
pub(super) struct Held {
    /// Of the pairs that were asked for.
    pub place: usize,
    pub hash: Vec<u8>,
    pub scope: Option<String>,
    /// The account of the number that was asked for.
    pub account: String,
}

/// The user ids that contacts hold, each beside a number's account.
pub(super) async fn held_ids(tx: &mut TenantTx, pairs: &[(ContactId, NumberId)]) -> Result<Vec<Held>, StoreError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query(
        "select w.n, i.value_hash, i.scope, a.waba_id
         from unnest($2::uuid[], $3::uuid[]) with ordinality as w(contact_id, number_id, n)
         join whatsapp_numbers a on a.tenant_id = $1 and a.id = w.number_id
         join contact_identities i on i.tenant_id = $1 and i.contact_id = w.contact_id and i.kind = 'BSUID' and i.closed_at is null",
    )
    .bind(tenant)
    .bind(pairs.iter().map(|p| p.0.0).collect::<Vec<_>>())
    .bind(pairs.iter().map(|p| p.1.0).collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?;
    let held = rows.into_iter().map(|row| Held {
        place: usize::try_from(row.get::<i64, _>("n") - 1).unwrap_or_default(),
        hash: row.get("value_hash"),
        scope: row.get("scope"),
        account: row.get("waba_id"),
    });
    Ok(held.collect())
}

/// Closes identities: nobody is found by them until somebody claims them anew.
pub(super) async fn close(tx: &mut TenantTx, keys: &[(Key, ContactId)], now: OffsetDateTime) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    sqlx::query(
        "update contact_identities i set closed_at = $5
         from unnest($2::text[], $3::bytea[], $4::uuid[]) as w(kind, value_hash, contact_id)
         where i.tenant_id = $1 and i.kind = w.kind and i.value_hash = w.value_hash and i.contact_id = w.contact_id and i.closed_at is null",
    )
    .bind(tenant)
    .bind(keys.iter().map(|(key, _)| key.0).collect::<Vec<_>>())
    .bind(keys.iter().map(|(key, _)| key.1.as_slice()).collect::<Vec<_>>())
    .bind(keys.iter().map(|(_, contact)| contact.0).collect::<Vec<_>>())
    .bind(now)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Notes among whose numbers user ids are seen, once for each.
pub(super) async fn note_scopes(tx: &mut TenantTx, ids: &[(Key, NumberId)]) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    sqlx::query(
        "update contact_identities i set scope = a.waba_id
         from unnest($2::bytea[], $3::uuid[]) as w(value_hash, number_id) join whatsapp_numbers a on a.tenant_id = $1 and a.id = w.number_id
         where i.tenant_id = $1 and i.kind = 'BSUID' and i.value_hash = w.value_hash and i.scope is null",
    )
    .bind(tenant)
    .bind(ids.iter().map(|(key, _)| key.1.as_slice()).collect::<Vec<_>>())
    .bind(ids.iter().map(|(_, number)| number.0).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// The contact who holds an identity now.
pub async fn find_by(tx: &mut TenantTx, seen: &Seen) -> Result<Option<ContactId>, StoreError> {
    let wanted = [identities(tx.ctx(), seen)];
    let known = find(tx, &wanted).await?;
    Ok(holder(&known, &wanted[0]))
}

/// Gives a contact a further identity (a new number or user id) and closes the old one. Says whether the new one was
/// free: if it belongs to another contact already, nothing changes and people decide about a merge.
pub async fn change_identity(
    tx: &mut TenantTx,
    id: ContactId,
    new: &Seen,
    number: NumberId,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let wanted = [identities(tx.ctx(), new)];
    let new_ids = &wanted[0];
    let before = find(tx, &wanted).await?;
    if before.values().any(|found| found.contact != id) {
        return Ok(false);
    }
    // Claimed before anything is closed: another transaction may have been told of the same number first.
    let claims: Vec<_> = new_ids.iter().map(|identity| Claim { identity, contact: id, number }).collect();
    claim(tx, &claims, now).await?;
    if find(tx, &wanted).await?.values().any(|found| found.contact != id) {
        let own: Vec<_> = new_ids.iter().filter(|i| !before.contains_key(&i.key)).map(|i| (i.key, id)).collect();
        close(tx, &own, now).await?;
        return Ok(false);
    }
    let tenant = tx.tenant().0;
    for Identity { key: (kind, hash), .. } in new_ids {
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
    if new.bsuid.is_none() {
        // With the number WhatsApp changes the user id too, but tells it apart. Until it does, the old one must not make the
        // same person look like another.
        sqlx::query(
            "update contact_identities set scope = '' where tenant_id = $1 and contact_id = $2 and kind = 'BSUID' and closed_at is null",
        )
        .bind(tenant)
        .bind(id.0)
        .execute(tx.sql())
        .await?;
    }
    let hash = seen_hash(tx.ctx(), new);
    learn(tx, id, new, hash).await?;
    Ok(true)
}
