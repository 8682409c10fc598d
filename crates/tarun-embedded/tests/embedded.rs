//! The servers as users meet them: real PostgreSQL, real Valkey, real kills. As root these run with `nobody` as the
//! service user, otherwise as oneself. The first run needs `pip` (or an unpacked runtime) and takes longer.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod embedded {
    mod crash;
    mod lifecycle;
    mod refusals;
    mod setup;
    pub mod support;
}
