//! From what events show of people to contacts.

use super::identity::{Claim, Found, Identity, Key, PHONE};
use super::identity::{claim, close, find, held_ids, holder, identities, note_scopes};
use super::{Seen, forget_phone, insert, learn, seen_hash};
use crate::error::StoreError;
use crate::tx::TenantTx;
use std::collections::{BTreeMap, HashMap};
use tarun_core::contact::{Doubt, HeldId, is_another};
use tarun_core::ids::{ContactId, NumberId};
use time::OffsetDateTime;
use uuid::Uuid;

/// A person as an event of one of our numbers shows him.
#[derive(Debug, Clone, Copy)]
pub struct Sighting<'a> {
    pub seen: &'a Seen,
    pub number: NumberId,
}

/// A contact about whose number people had better know something.
#[derive(Debug, Clone)]
pub struct Doubtful {
    pub contact: ContactId,
    pub doubt: Doubt,
    /// Where it showed; `None`: it concerns all of the contact's conversations.
    pub number: Option<NumberId>,
    /// The same for the same doubt, so that it is told once.
    pub about: Uuid,
}

/// The contacts, in the order given, and what is to be told about them.
#[derive(Debug)]
pub struct Resolved {
    pub contacts: Vec<ContactId>,
    pub doubtful: Vec<Doubtful>,
}

/// Finds the contact of each person, making those who are new and learning what changed. In the order given.
///
/// Concurrent first messages of one person meet at the identity's primary key: one makes the contact, the others find it (C-042).
pub async fn resolve(tx: &mut TenantTx, people: &[Sighting<'_>], now: OffsetDateTime) -> Result<Resolved, StoreError> {
    let wanted: Vec<Vec<Identity>> = people.iter().map(|p| identities(tx.ctx(), p.seen)).collect();
    let mut known = find(tx, &wanted).await?;
    let mut doubtful = part_from_former_holders(tx, people, &wanted, &mut known, now).await?;
    if make(tx, people, &wanted, &known, now).await? {
        known = find(tx, &wanted).await?;
    }

    // Learn second identities and changed profiles.
    let mut contacts = Vec::with_capacity(people.len());
    let mut second: BTreeMap<Key, Claim<'_>> = BTreeMap::new();
    let mut unscoped: BTreeMap<Key, NumberId> = BTreeMap::new();
    let mut changed: BTreeMap<ContactId, (Seen, Vec<u8>)> = BTreeMap::new();
    for (person, ids) in people.iter().zip(&wanted) {
        let contact = holder(&known, ids).ok_or_else(|| StoreError::Inconsistent {
            table: "contact_identities",
            reason: "a person without identity".into(),
        })?;
        for identity in ids {
            match known.get(&identity.key) {
                Some(found) if found.unscoped => drop(unscoped.insert(identity.key, person.number)),
                Some(_) => {}
                None => drop(second.entry(identity.key).or_insert(Claim { identity, contact, number: person.number })),
            }
        }
        let hash = seen_hash(tx.ctx(), person.seen);
        if known.values().any(|f| f.contact == contact && f.seen_hash != hash) {
            let mut seen = person.seen.clone();
            if let Some(phone) = ids.iter().find(|i| i.key.0 == PHONE)
                && known.get(&phone.key).is_some_and(|f| f.contact != contact)
            {
                // It is another contact's: whoever writes to this one must not reach that one.
                seen.phone = None;
                doubtful.push(Doubtful {
                    contact,
                    doubt: Doubt::NumberOfAnother,
                    number: Some(person.number),
                    about: Uuid::from_bytes(phone.key.1),
                });
            }
            changed.insert(contact, (seen, hash));
        }
        contacts.push(contact);
    }
    if !second.is_empty() {
        claim(tx, &second.into_values().collect::<Vec<_>>(), now).await?;
    }
    if !unscoped.is_empty() {
        note_scopes(tx, &unscoped.into_iter().collect::<Vec<_>>()).await?;
    }
    for (contact, (seen, hash)) in changed {
        learn(tx, contact, &seen, hash).await?;
    }
    Ok(Resolved { contacts, doubtful })
}

/// The contact of somebody of whom no identity is known, made where he is new.
pub async fn one(tx: &mut TenantTx, person: Sighting<'_>, now: OffsetDateTime) -> Result<ContactId, StoreError> {
    let Resolved { contacts, .. } = resolve(tx, &[person], now).await?;
    contacts
        .first()
        .copied()
        .ok_or_else(|| StoreError::Inconsistent { table: "contacts", reason: "a person without contact".into() })
}

/// Takes phone numbers from contacts where another person shows with them: the numbers were given to new people, whose
/// messages must not stand in the thread of the former holder, nor what is said to him reach them.
async fn part_from_former_holders(
    tx: &mut TenantTx,
    people: &[Sighting<'_>],
    wanted: &[Vec<Identity>],
    known: &mut HashMap<Key, Found>,
    now: OffsetDateTime,
) -> Result<Vec<Doubtful>, StoreError> {
    // Whoever shows a new user id with a known number: as a rule the holder, of whom no id was known.
    let mut suspects = vec![];
    for (n, ids) in wanted.iter().enumerate() {
        if let [bsuid, phone] = ids.as_slice()
            && !known.contains_key(&bsuid.key)
            && let Some(held) = known.get(&phone.key)
        {
            suspects.push((n, bsuid.key, phone.key, held.contact));
        }
    }
    if suspects.is_empty() {
        return Ok(vec![]);
    }
    let pairs: Vec<(ContactId, NumberId)> =
        suspects.iter().map(|(n, .., contact)| (*contact, people[*n].number)).collect();
    let held = held_ids(tx, &pairs).await?;
    let mut parted = BTreeMap::new();
    for (place, (n, bsuid, phone, contact)) in suspects.into_iter().enumerate() {
        let here: Vec<_> = held.iter().filter(|h| h.place == place).collect();
        let ids: Vec<_> = here.iter().map(|h| HeldId { id: &h.hash, scope: h.scope.as_deref() }).collect();
        if here.first().is_some_and(|h| is_another(&ids, &bsuid.1, &h.account)) {
            parted.entry(phone).or_insert((n, bsuid, contact));
        }
    }
    if parted.is_empty() {
        return Ok(vec![]);
    }
    close(tx, &parted.iter().map(|(phone, (.., contact))| (*phone, *contact)).collect::<Vec<_>>(), now).await?;
    let mut doubtful = vec![];
    for (phone, (n, bsuid, contact)) in parted {
        known.remove(&phone);
        if let Some(number) = &people[n].seen.phone {
            forget_phone(tx, contact, number).await?;
        }
        let about = Uuid::from_bytes(bsuid.1);
        doubtful.push(Doubtful { contact, doubt: Doubt::NumberReassigned, number: None, about });
    }
    Ok(doubtful)
}

/// Makes contacts for people of whom no identity is known; one per person, though he may have written often, also where he
/// is seen now with one identity and now with two. Says whether there were any.
async fn make(
    tx: &mut TenantTx,
    people: &[Sighting<'_>],
    wanted: &[Vec<Identity>],
    known: &HashMap<Key, Found>,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let mut named: HashMap<Key, ContactId> = HashMap::new();
    let mut fresh: BTreeMap<Key, (usize, Claim<'_>)> = BTreeMap::new();
    for (n, ids) in wanted.iter().enumerate() {
        if let (None, Some(identity)) = (holder(known, ids), ids.first()) {
            let before = ids.iter().find_map(|id| named.get(&id.key).copied());
            let contact = before.unwrap_or_else(ContactId::fresh);
            if before.is_none() {
                fresh.insert(identity.key, (n, Claim { identity, contact, number: people[n].number }));
            }
            named.extend(ids.iter().map(|id| (id.key, contact)));
        }
    }
    if fresh.is_empty() {
        return Ok(false);
    }
    let (places, claims): (Vec<usize>, Vec<Claim<'_>>) = fresh.into_values().unzip();
    let won = claim(tx, &claims, now).await?;
    let made: Vec<(ContactId, &Seen)> = places
        .iter()
        .zip(&claims)
        .filter(|(_, c)| won.contains(&c.contact))
        .map(|(n, c)| (c.contact, people[*n].seen))
        .collect();
    insert(tx, &made, now).await?;
    // Their other identities, so that an event which shows only one of those finds them too.
    let first: Vec<Key> = claims.iter().map(|c| c.identity.key).collect();
    let mut others: BTreeMap<Key, Claim<'_>> = BTreeMap::new();
    for (person, ids) in people.iter().zip(wanted) {
        for identity in ids.iter().filter(|id| first.binary_search(&id.key).is_err()) {
            if let Some(contact) = named.get(&identity.key).filter(|contact| won.contains(contact)) {
                others.insert(identity.key, Claim { identity, contact: *contact, number: person.number });
            }
        }
    }
    if !others.is_empty() {
        claim(tx, &others.into_values().collect::<Vec<_>>(), now).await?;
    }
    Ok(true)
}
