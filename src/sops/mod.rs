//! The SOPS file format.

pub mod selector;
