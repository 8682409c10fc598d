//! Signing up, in and out; who is asking.
//!
//! A person proves himself with a password, then with an access token of 15 minutes, renewed by a refresh token that is
//! replaced at each use. A program proves itself with an API key. What a role may do is never read from a token.

mod access_token;
pub mod attempt;
mod authenticate;
mod device;
mod entry;
pub mod link;
mod log_in;
pub mod password;
mod password_change;
mod refresh;
pub mod session;
mod sign_up;
pub mod token;

pub use authenticate::{Auth, authenticate};
pub use entry::{Client, Entered};
pub use log_in::log_in;
pub use password_change::change_password;
pub use refresh::refresh;
pub use session::sign_out;
pub use sign_up::{SignUp, SignUpPolicy, sign_up};

/// Seconds for which an access token is good.
pub const ACCESS_TOKEN_SECONDS: u32 = access_token::LIFE_SECONDS;
