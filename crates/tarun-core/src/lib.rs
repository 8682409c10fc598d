
pub mod content;
