//! Encrypted files in real repositories.

mod bed;
mod merge;
mod random;
mod resolve;
