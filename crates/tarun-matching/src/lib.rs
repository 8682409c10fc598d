//! Text as people write it, made comparable: normalisation and the words that search finds. Pure.

pub mod tokens;
