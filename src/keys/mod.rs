//! The data key of a file and the master keys that wrap it.
//!
//! A [`MasterKey`] is an entry of the metadata; a [`KeyGroup`] holds alternatives; a [`KeyService`] wraps
//! and unwraps for some kinds of keys, [`age::AgeService`] for age,
//! [`pgp::PgpService`] for OpenPGP. [`recover`] leads from the groups of
//! a file to its [`DataKey`], [`wrap_all`] back. Nothing here reads the environment or prints: settings
//! come in as plain values ([`age::IdentitySources`]), questions go out through [`Ask`].

pub mod age;
pub mod pgp;

mod ask;
mod change;
mod data_key;
mod error;
mod group;
mod kind;
mod master_key;
mod program;
mod read;
mod recipient;
mod recover;
mod service;
#[cfg(test)]
mod tests;
mod unattended;
mod wrap;

pub use ask::{Ask, AskError, Nobody};
pub use change::{GroupDifference, Recipients, differences, wrap_change};
pub use data_key::DataKey;
pub use error::{KeyError, Tried};
pub use group::{KeyGroup, groups_needed};
pub use kind::{DecryptionOrder, DuplicateWord, KeyKind};
pub use master_key::MasterKey;
pub use recipient::RecipientError;
pub use recover::{Attempt, GroupReport, RecoverError, RecoverProblem, recover, reports};
pub use service::{Effort, KeyService, Services};
pub use unattended::Unattended;
pub use wrap::{MAX_GROUPS, WrapError, WrapFailure, wrap_all};
