//! Encrypted files in real repositories.

mod bed;
mod merge;
mod resolve;
