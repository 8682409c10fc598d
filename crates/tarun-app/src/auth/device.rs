//! Devices that an account knows: a mark that the device keeps after its first sign-in, also when it is signed out.
//!
//! Whoever shows one is counted by it instead of with all the world, so that strangers' guesses never keep the owner out
//! (OWASP Authentication Cheat Sheet, "device cookies"). It opens nothing by itself: the password is still asked for, with
//! as many tries as anybody has. It is half random and half a keyed hash with the account's e-mail, which it does not hold.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tarun_core::secret::Secret;
use tarun_store::Store;
use tarun_store::keys::{KeyError, random, same};

const PREFIX: &str = "td_";
const HALF: usize = 16;

/// A new mark for an account.
pub(super) fn mark(store: &Store, email: &str) -> Result<Secret, KeyError> {
    let random = random::<HALF>()?;
    let bytes = [random, tag(store, email, &random)].concat();
    Ok(Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
}

/// The mark's random half, where this installation gave the mark to this account.
pub(super) fn known(store: &Store, email: &str, mark: &Secret) -> Option<[u8; HALF]> {
    let bytes = URL_SAFE_NO_PAD.decode(mark.reveal().strip_prefix(PREFIX)?).ok()?;
    let (half, given) = bytes.split_first_chunk::<HALF>()?;
    same(&tag(store, email, half), given).then_some(*half)
}

fn tag(store: &Store, email: &str, random: &[u8; HALF]) -> [u8; HALF] {
    store.installation().lookup("token.device", &[random, email.as_bytes()].concat())
}
