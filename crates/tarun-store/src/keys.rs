//! Encryption of columns, and the keyed hashes by which encrypted values are found.
//!
//! A master key, outside the database, wraps one data key per tenant and one for the installation. From a data key are
//! derived (HKDF-SHA-256, RFC 5869) a cipher key, a key for look-up hashes and a key for search tokens. Values are sealed
//! with AES-256-GCM-SIV (RFC 8452), which survives a repeated nonce; the associated data binds a ciphertext to its tenant,
//! column and row, so that one moved elsewhere does not open.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::{digest, hmac, rand};
use std::fmt;
use tarun_core::ids::TenantId;
use uuid::Uuid;
use zeroize::Zeroizing;

const KEY: usize = 32;
const FORMAT: u8 = 1;
/// Format byte, nonce and tag.
const OVERHEAD: usize = 1 + NONCE_LEN + 16;
/// Names the master key that wrapped a data key: the start of its SHA-256.
const KEY_ID: usize = 8;

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("a master key must be 32 bytes, written as 64 hexadecimal digits or as base64")]
    NotAKey,
    #[error("the data was wrapped by another master key; give that one too (TARUN_MASTER_KEY_PREVIOUS) or restore it")]
    UnknownMasterKey,
    #[error("a stored value does not open: wrong key, damaged, or moved from another row ({0})")]
    DoesNotOpen(&'static str),
    #[error("the operating system gives no random numbers")]
    NoRandom,
}

/// One master key, known by its id.
#[derive(Clone)]
pub struct MasterKey {
    id: [u8; KEY_ID],
    bytes: Zeroizing<[u8; KEY]>,
}

impl MasterKey {
    /// From 64 hexadecimal digits or base64 of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        use base64::Engine as _;
        let text = text.trim();
        let bytes = Zeroizing::new(if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            (0..64).step_by(2).filter_map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
        } else {
            base64::engine::general_purpose::STANDARD.decode(text).map_err(|_| KeyError::NotAKey)?
        });
        let bytes: [u8; KEY] = bytes.as_slice().try_into().map_err(|_| KeyError::NotAKey)?;
        Ok(Self::of(bytes))
    }

    /// A new one from the operating system.
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self::of(random()?))
    }

    /// By which wrapped keys name it: no secret.
    #[must_use]
    pub fn id(&self) -> String {
        self.id.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// As 64 hexadecimal digits, for the key file.
    #[must_use]
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(self.bytes.iter().map(|b| format!("{b:02x}")).collect())
    }

    /// A password that follows from the key, for one named purpose.
    #[must_use]
    pub fn password(&self, name: &[u8]) -> String {
        derive(&self.bytes, name).iter().map(|b| format!("{b:02x}")).collect()
    }

    fn of(bytes: [u8; KEY]) -> Self {
        let mut id = [0; KEY_ID];
        id.copy_from_slice(&digest::digest(&digest::SHA256, &bytes).as_ref()[..KEY_ID]);
        Self { id, bytes: Zeroizing::new(bytes) }
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The master key in use, and those before it that may still wrap something.
#[derive(Debug, Clone)]
pub struct MasterKeys {
    pub current: MasterKey,
    pub previous: Vec<MasterKey>,
}

impl MasterKeys {
    /// Wraps a data key with the current master key.
    pub fn wrap(&self, data_key: &[u8; KEY], whose: Uuid) -> Result<Vec<u8>, KeyError> {
        let mut wrapped = self.current.id.to_vec();
        wrapped.extend(seal(&cipher(&self.current.bytes), whose.as_bytes(), data_key)?);
        Ok(wrapped)
    }

    pub fn unwrap(&self, wrapped: &[u8], whose: Uuid) -> Result<Zeroizing<[u8; KEY]>, KeyError> {
        let (id, sealed) = wrapped.split_at_checked(KEY_ID).ok_or(KeyError::DoesNotOpen("key_wrapped"))?;
        let master = std::iter::once(&self.current)
            .chain(&self.previous)
            .find(|k| k.id == id)
            .ok_or(KeyError::UnknownMasterKey)?;
        let opened = Zeroizing::new(open(&cipher(&master.bytes), whose.as_bytes(), sealed, "key_wrapped")?);
        Ok(Zeroizing::new(opened.as_slice().try_into().map_err(|_| KeyError::DoesNotOpen("key_wrapped"))?))
    }

    /// Whether the current master key wrapped it, so that nothing is left to rotate.
    #[must_use]
    pub fn is_current(&self, wrapped: &[u8]) -> bool {
        wrapped.starts_with(&self.current.id)
    }
}

/// What a data key is used for: sealing columns, hashing for look-up, hashing search tokens.
pub struct DataKeys {
    cipher: LessSafeKey,
    lookup: hmac::Key,
    search: hmac::Key,
    secret: Zeroizing<[u8; KEY]>,
}

impl fmt::Debug for DataKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl DataKeys {
    #[must_use]
    pub fn of(data_key: &[u8; KEY]) -> Self {
        let derive = |name| derive(data_key, name);
        Self {
            cipher: cipher(&derive(b"tarun column")),
            lookup: hmac::Key::new(hmac::HMAC_SHA256, derive(b"tarun look-up").as_slice()),
            search: hmac::Key::new(hmac::HMAC_SHA256, derive(b"tarun search").as_slice()),
            secret: Zeroizing::new(*data_key),
        }
    }

    /// A further key for one named purpose.
    #[must_use]
    pub fn derived(&self, name: &[u8]) -> Zeroizing<[u8; KEY]> {
        derive(&self.secret, name)
    }

    /// Seals a value of a column of a row.
    pub fn seal(&self, place: Place<'_>, value: &[u8]) -> Result<Vec<u8>, KeyError> {
        seal(&self.cipher, &place.bytes(), value)
    }

    /// Opens what [`Self::seal`] made for the same place.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        open(&self.cipher, &place.bytes(), sealed, place.column)
    }

    /// A hash of 128 bits by which an encrypted value of a column is found.
    #[must_use]
    pub fn lookup(&self, column: &'static str, value: &[u8]) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.lookup);
        context.update(column.as_bytes());
        context.update(&[0]);
        context.update(value);
        first(context.sign().as_ref())
    }

    /// A hash of 64 bits of a search token.
    #[must_use]
    pub fn token(&self, token: &str) -> i64 {
        i64::from_be_bytes(first(hmac::sign(&self.search, token.as_bytes()).as_ref()))
    }

    /// Hashes of all tokens.
    #[must_use]
    pub fn tokens(&self, tokens: &[String]) -> Vec<i64> {
        tokens.iter().map(|t| self.token(t)).collect()
    }
}

/// To which column of which row a ciphertext belongs.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub tenant: TenantId,
    /// `table.column`.
    pub column: &'static str,
    pub row: &'a [u8],
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        [self.tenant.0.as_bytes().as_slice(), self.column.as_bytes(), &[0], self.row].concat()
    }
}

/// A random data key.
pub fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| KeyError::NoRandom)?;
    Ok(bytes)
}

/// SHA-256, for secrets that are long and random themselves (refresh tokens, API keys).
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    first(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Compares without telling by its time where two values differ.
#[must_use]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut head = [0; N];
    head.copy_from_slice(&bytes[..N]);
    head
}

#[expect(clippy::expect_used, reason = "32 bytes are this cipher's key length, which the type guarantees")]
fn cipher(key: &[u8; KEY]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM_SIV, key).expect("a key of 32 bytes"))
}

struct Length;
impl KeyType for Length {
    fn len(&self) -> usize {
        KEY
    }
}

#[expect(clippy::expect_used, reason = "HKDF-SHA-256 gives up to 8,160 bytes (RFC 5869, 2.3); 32 are asked for")]
fn derive(key: &[u8; KEY], name: &[u8]) -> Zeroizing<[u8; KEY]> {
    let mut derived = Zeroizing::new([0; KEY]);
    Salt::new(HKDF_SHA256, b"tarun v1")
        .extract(key)
        .expand(&[name], Length)
        .and_then(|okm| okm.fill(derived.as_mut()))
        .expect("a derived key of 32 bytes");
    derived
}

fn seal(cipher: &LessSafeKey, aad: &[u8], value: &[u8]) -> Result<Vec<u8>, KeyError> {
    let nonce: [u8; NONCE_LEN] = random()?;
    let mut sealed = Vec::with_capacity(value.len() + OVERHEAD);
    sealed.push(FORMAT);
    sealed.extend_from_slice(&nonce);
    let mut body = value.to_vec();
    cipher
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut body)
        .map_err(|_| KeyError::DoesNotOpen("too long to seal"))?;
    sealed.append(&mut body);
    Ok(sealed)
}

fn open(cipher: &LessSafeKey, aad: &[u8], sealed: &[u8], column: &'static str) -> Result<Vec<u8>, KeyError> {
    let bad = || KeyError::DoesNotOpen(column);
    if sealed.len() < OVERHEAD || sealed[0] != FORMAT {
        return Err(bad());
    }
    let nonce = Nonce::try_assume_unique_for_key(&sealed[1..=NONCE_LEN]).map_err(|_| bad())?;
    let mut body = sealed[1 + NONCE_LEN..].to_vec();
    let plain = cipher.open_in_place(nonce, Aad::from(aad), &mut body).map_err(|_| bad())?.len();
    body.truncate(plain);
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(tenant: TenantId, row: &[u8]) -> Place<'_> {
        Place { tenant, column: "messages.body", row }
    }

    #[test]
    fn c_101_a_ciphertext_opens_only_in_its_own_place() {
        let keys = DataKeys::of(&random().unwrap());
        let other = DataKeys::of(&random().unwrap());
        let tenant = TenantId::fresh();
        let sealed = keys.seal(place(tenant, b"row"), "नमस्ते +919812345678".as_bytes()).unwrap();
        assert_eq!(keys.open(place(tenant, b"row"), &sealed).unwrap(), "नमस्ते +919812345678".as_bytes());
        assert_ne!(sealed, keys.seal(place(tenant, b"row"), "नमस्ते +919812345678".as_bytes()).unwrap());
        assert!(keys.open(place(tenant, b"another"), &sealed).is_err());
        assert!(keys.open(place(TenantId::fresh(), b"row"), &sealed).is_err());
        assert!(keys.open(Place { column: "users.email", ..place(tenant, b"row") }, &sealed).is_err());
        assert!(other.open(place(tenant, b"row"), &sealed).is_err());
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(keys.open(place(tenant, b"row"), &damaged).is_err(), "byte {at}");
        }
        assert_ne!(keys.lookup("phone", b"+91"), other.lookup("phone", b"+91"), "hashes differ by tenant");
        assert_ne!(keys.lookup("phone", b"+91"), keys.lookup("email", b"+91"), "and by column");
    }

    #[test]
    fn c_102_a_wrong_master_key_fails_closed_and_a_previous_one_still_opens() {
        let (old, new) = (MasterKey::generate().unwrap(), MasterKey::generate().unwrap());
        let whose = Uuid::now_v7();
        let data_key = random().unwrap();
        let before = MasterKeys { current: old.clone(), previous: vec![] };
        let wrapped = before.wrap(&data_key, whose).unwrap();
        let during = MasterKeys { current: new.clone(), previous: vec![old] };
        assert_eq!(*during.unwrap(&wrapped, whose).unwrap(), data_key);
        assert!(!during.is_current(&wrapped));
        let rewrapped = during.wrap(&data_key, whose).unwrap();
        let after = MasterKeys { current: new, previous: vec![] };
        assert_eq!(*after.unwrap(&rewrapped, whose).unwrap(), data_key);
        assert!(after.is_current(&rewrapped));
        assert!(matches!(after.unwrap(&wrapped, whose), Err(KeyError::UnknownMasterKey)));
        assert!(after.unwrap(&rewrapped, Uuid::now_v7()).is_err(), "of another tenant");
    }

    #[test]
    fn keys_are_read_from_hex_and_base64_and_never_printed() {
        let key = MasterKey::generate().unwrap();
        assert_eq!(MasterKey::parse(&key.to_hex()).unwrap().id, key.id);
        assert!(MasterKey::parse("changeme").is_err());
        assert_eq!(format!("{key:?}"), "***");
    }
}
