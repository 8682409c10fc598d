//! Opaque tokens: refresh tokens, API keys, and the tokens of invitation and reset links.
//!
//! Prefix, then base64url (RFC 4648, 5) of tenant id, row id and a secret. The secret is half random and half a keyed hash
//! of the rest: a token that nobody issued is turned away without a look into the database, and an old refresh token is
//! told from a guessed one. Whether a token is still good, its row says, which holds the SHA-256 of the secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tarun_core::ids::TenantId;
use tarun_core::secret::Secret;
use tarun_store::Store;
use tarun_store::keys::{KeyError, random, same, sha256};
use uuid::Uuid;

const HALF: usize = 16;
const LENGTH: usize = 16 + 16 + 2 * HALF;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Refresh,
    ApiKey,
    Link,
}

impl Kind {
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Refresh => "tr_",
            Self::ApiKey => "tk_",
            Self::Link => "tl_",
        }
    }

    fn place(self) -> &'static str {
        match self {
            Self::Refresh => "token.refresh",
            Self::ApiKey => "token.api_key",
            Self::Link => "token.link",
        }
    }
}

/// A token that this installation issued; its row decides what it is worth.
pub struct Token {
    pub tenant: TenantId,
    pub row: Uuid,
    secret: [u8; 2 * HALF],
}

impl Token {
    /// Whether a row holds this token, compared in constant time.
    #[must_use]
    pub fn matches(&self, stored_hash: &[u8]) -> bool {
        same(&sha256(&self.secret), stored_hash)
    }
}

/// A new token for a row, and the hash that the row is to hold.
pub fn issue(store: &Store, kind: Kind, tenant: TenantId, row: Uuid) -> Result<(Secret, [u8; 32]), KeyError> {
    let random = random::<HALF>()?;
    Ok(write_with(|tagged| store.installation().lookup(kind.place(), tagged), kind, tenant, row, random))
}

/// The token that takes this one's place, and its hash: always the same, so that an answer which got lost can be given
/// again. Only this installation can tell it from the one before.
#[must_use]
pub fn successor(store: &Store, kind: Kind, token: &Token) -> (Secret, [u8; 32]) {
    let next = store.installation().lookup("token.successor", &token.secret);
    write_with(|tagged| store.installation().lookup(kind.place(), tagged), kind, token.tenant, token.row, next)
}

fn write_with(
    tag: impl Fn(&[u8]) -> [u8; HALF],
    kind: Kind,
    tenant: TenantId,
    row: Uuid,
    half: [u8; HALF],
) -> (Secret, [u8; 32]) {
    let mut bytes = [tenant.0.as_bytes().as_slice(), row.as_bytes(), &half].concat();
    bytes.extend_from_slice(&tag(&bytes));
    let hash = sha256(&bytes[LENGTH - 2 * HALF..]);
    (Secret::new(format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(&bytes))), hash)
}

/// Reads a token; `None` for what this installation never issued.
#[must_use]
pub fn read(store: &Store, kind: Kind, text: &str) -> Option<Token> {
    read_with(|tagged| store.installation().lookup(kind.place(), tagged), kind, text)
}

fn read_with(tag: impl Fn(&[u8]) -> [u8; HALF], kind: Kind, text: &str) -> Option<Token> {
    let encoded = text.strip_prefix(kind.prefix()).filter(|e| e.len() == LENGTH.div_ceil(3) * 4 - 2)?;
    let bytes = URL_SAFE_NO_PAD.decode(encoded).ok().filter(|b| b.len() == LENGTH)?;
    if !same(&tag(&bytes[..LENGTH - HALF]), &bytes[LENGTH - HALF..]) {
        return None;
    }
    let tenant = TenantId(Uuid::from_slice(&bytes[..16]).ok()?);
    let row = Uuid::from_slice(&bytes[16..32]).ok()?;
    Some(Token { tenant, row, secret: bytes[LENGTH - 2 * HALF..].try_into().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tarun_store::keys::DataKeys;

    fn make(keys: &DataKeys, kind: Kind, tenant: TenantId, row: Uuid) -> String {
        let (made, _) = write_with(|b| keys.lookup(kind.place(), b), kind, tenant, row, random().unwrap());
        made.reveal().to_owned()
    }

    #[test]
    fn only_tokens_of_this_installation_and_kind_are_read() {
        let (keys, others) = (DataKeys::of(&random().unwrap()), DataKeys::of(&random().unwrap()));
        let (tenant, row) = (TenantId::fresh(), Uuid::now_v7());
        let text = make(&keys, Kind::ApiKey, tenant, row);
        let tag = |bytes: &[u8]| keys.lookup(Kind::ApiKey.place(), bytes);
        let token = read_with(tag, Kind::ApiKey, &text).unwrap();
        assert_eq!((token.tenant, token.row), (tenant, row));
        assert!(!token.matches(&[0; 32]) && !token.matches(&[]));
        assert!(
            read_with(|b| keys.lookup(Kind::Refresh.place(), b), Kind::Refresh, &text.replace("tk_", "tr_")).is_none(),
            "an API key is no refresh token"
        );
        assert!(read_with(|b| others.lookup(Kind::ApiKey.place(), b), Kind::ApiKey, &text).is_none());
        for at in 3..text.len() {
            let mut edited = text.clone().into_bytes();
            edited[at] = if edited[at] == b'A' { b'B' } else { b'A' };
            let edited = String::from_utf8(edited).unwrap();
            assert!(read_with(tag, Kind::ApiKey, &edited).is_none(), "character {at}");
        }
        for bad in ["", "tk_", "tk_नमस्ते", &text[..text.len() - 1], &format!("{text}A")] {
            assert!(read_with(tag, Kind::ApiKey, bad).is_none(), "{bad:?}");
        }
    }
}
