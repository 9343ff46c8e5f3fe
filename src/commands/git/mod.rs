//! What `seal` does inside of Git.

pub mod merge;
pub mod resolve;
