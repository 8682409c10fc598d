//! Passwords: which are accepted, and how they are kept (Argon2id with OWASP's parameters: 19 MiB, two passes, one lane).

use crate::acting::ActError;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use tarun_core::secret::Secret;
use tarun_store::StoreError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization;

const MIN_CHARS: usize = 8;
const MAX_CHARS: usize = 200;
/// At once: each takes 19 MiB and a core for some 20 ms.
const AT_ONCE: usize = 2;
/// How many may wait for their turn.
const MAX_WAITING: usize = 256;
/// Of sign-ups: one at a time and few behind it, so that a flood of them leaves sign-ins a turn and a place.
const NEWCOMERS_AT_ONCE: usize = 1;
const MAX_NEWCOMERS_WAITING: usize = 64;

/// Checked against where there is nobody, so that both cost the same. No password is known to make it.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Lower case, one a line.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("password/common.txt").lines().filter(|l| !l.is_empty()).collect());

/// Refuses passwords that are too short, too long, common, or what everybody would guess of this person.
///
/// `about` are texts that people know of him: e-mail, names.
pub fn check_new(pointer: &'static str, password: &Secret, about: &[&str]) -> Result<(), ActError> {
    let refuse = |code, detail: &str| Err(ActError::Field { pointer, code, detail: detail.into() });
    let chars = password.reveal().chars().count();
    if chars < MIN_CHARS {
        return refuse("too_short", "At least 8 characters, please.");
    }
    if chars > MAX_CHARS {
        return refuse("too_long", "At most 200 characters.");
    }
    let folded = fold(password.reveal());
    let distinct = folded.chars().collect::<HashSet<_>>().len();
    let known = about.iter().flat_map(|text| {
        let text = fold(text);
        let local = text.split('@').next().unwrap_or_default().to_owned();
        [local, text]
    });
    if COMMON.contains(folded.as_str()) || distinct < 4 {
        return refuse(
            "too_common",
            "This password is among the first that others would try. Take three or four words.",
        );
    }
    if known.into_iter().any(|text| text == folded) {
        return refuse("too_common", "A password must not be the e-mail address or a name. Take three or four words.");
    }
    Ok(())
}

/// For comparison only: without case, without spaces.
fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()).collect()
}

/// Hashes few passwords at once, so that sign-ins can't take the machine's memory.
pub struct Hashing {
    turns: Line,
    newcomers: Line,
}

/// Who may go on, and who waits.
struct Line {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    max_waiting: usize,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { turns: Line::new(AT_ONCE, MAX_WAITING), newcomers: Line::new(NEWCOMERS_AT_ONCE, MAX_NEWCOMERS_WAITING) }
    }
}

impl Line {
    fn new(at_once: usize, max_waiting: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(at_once)), waiting: AtomicUsize::new(0), max_waiting }
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, ActError> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.max_waiting {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(busy());
        }
        let _counted = Waiting(&self.waiting);
        self.turns.clone().acquire_owned().await.map_err(|_| busy())
    }
}

impl Hashing {
    /// Waits for a turn. Hold it from the look at the failures so far to the note of this one: then a burst of tries can't
    /// slip past the count.
    pub async fn turn(&self) -> Result<Turn, ActError> {
        Ok(Turn { _newcomer: None, _permit: self.turns.turn().await? })
    }

    /// A turn for somebody who is new here. Hold it until the new business is counted.
    pub async fn newcomers_turn(&self) -> Result<Turn, ActError> {
        let newcomer = self.newcomers.turn().await?;
        Ok(Turn { _newcomer: Some(newcomer), _permit: self.turns.turn().await? })
    }
}

/// Counts down also when the caller goes away while it waits.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The right to hash.
pub struct Turn {
    _newcomer: Option<OwnedSemaphorePermit>,
    _permit: OwnedSemaphorePermit,
}

impl Turn {
    /// A PHC string with a salt of its own.
    pub async fn hash(&self, password: &Secret) -> Result<String, ActError> {
        let password = normal(password);
        off_thread(move || {
            let hash = argon2().hash_password(password.reveal().as_bytes()).map_err(|e| unusable(&e))?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether it is the password; `None`: nobody's, which takes as long.
    pub async fn verify(&self, password: &Secret, phc: Option<String>) -> Result<bool, ActError> {
        let password = normal(password);
        off_thread(move || {
            let hash = PasswordHash::new(phc.as_deref().unwrap_or(NOBODYS)).map_err(|e| unusable(&e))?;
            let right = argon2().verify_password(password.reveal().as_bytes(), &hash).is_ok();
            Ok(right && phc.is_some())
        })
        .await
    }
}

/// The same password typed on two keyboards may come in two Unicode forms (NIST SP 800-63B, 3.1.1.2). A longer one than
/// can be set is nobody's: its beginning stands for it.
fn normal(password: &Secret) -> Secret {
    Secret::new(password.reveal().chars().take(MAX_CHARS + 1).nfkc().collect::<String>())
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ActError> + Send + 'static,
) -> Result<T, ActError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| Err(unusable(&e)))
}

fn unusable(error: &dyn std::fmt::Display) -> ActError {
    StoreError::Inconsistent { table: "users", reason: format!("password_hash: {error}") }.into()
}

fn busy() -> ActError {
    ActError::TooMany {
        retry_after_seconds: 5,
        detail: "Too many people are signing in. Try again in a moment.".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_065_short_long_common_and_own_passwords_are_refused() {
        let about = ["asha@chaipoint.in", "Asha Rao", "Chai Point"];
        for (password, code) in [
            ("seven77", Some("too_short")),
            ("चायपानी", Some("too_short")),
            ("password", Some("too_common")),
            ("Password@123", Some("too_common")),
            ("india123", Some("too_common")),
            ("INDIA@123", Some("too_common")),
            ("jaishreeram", Some("too_common")),
            ("12345678", Some("too_common")),
            ("qwertyuiop", Some("too_common")),
            ("aaaaaaaaaaaa", Some("too_common")),
            ("1212121212", Some("too_common")),
            ("asha@chaipoint.in", Some("too_common")),
            ("CHAIPOINT", Some("too_common")),
            ("Chai Point", Some("too_common")),
            ("asha rao", Some("too_common")),
            ("masala chai twice daily", None),
            ("मसाला चाय रोज़ दो बार", None),
            ("kX9#mQ2!", None),
        ] {
            let refused = check_new("/password", &Secret::new(password), &about).err();
            let found = refused.map(|e| match e {
                ActError::Field { code, .. } => code,
                other => panic!("{other}"),
            });
            assert_eq!(found, code, "{password}");
        }
        assert!(
            check_new("/password", &Secret::new("long enough ".repeat(16)), &about).is_ok(),
            "64 and more are allowed"
        );
        assert!(check_new("/password", &Secret::new("x1y2z3".repeat(40)), &about).is_err());
    }

    #[test]
    fn the_list_is_written_as_it_is_compared() {
        assert!(COMMON.len() > 300, "{}", COMMON.len());
        for line in COMMON.iter() {
            assert_eq!(*line, fold(line));
            assert!(line.chars().count() >= MIN_CHARS, "{line} is too short to be chosen anyway");
        }
    }

    #[tokio::test]
    async fn c_065_hashes_are_argon2id_of_full_strength() {
        let hashing = Hashing::default();
        let turn = hashing.turn().await.unwrap();
        let phc = turn.hash(&Secret::new("मसाला chai é")).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert_eq!(phc.len(), NOBODYS.len(), "nobody's costs the same");
        assert!(turn.verify(&Secret::new("मसाला chai é"), Some(phc.clone())).await.unwrap());
        assert!(
            turn.verify(&Secret::new("मसाला chai e\u{301}"), Some(phc.clone())).await.unwrap(),
            "the other Unicode form"
        );
        assert!(!turn.verify(&Secret::new("masala chai"), Some(phc.clone())).await.unwrap());
        assert!(!turn.verify(&Secret::new("मसाला chai é"), None).await.unwrap());
        assert_ne!(phc, turn.hash(&Secret::new("मसाला chai é")).await.unwrap(), "a salt each");
    }
}
