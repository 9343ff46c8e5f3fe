//! What `seal` does inside of Git.

pub mod merge;
