//! `seal unset`: an entry of an encrypted file less.

use super::change::{self, Target};
use super::context::Context;
use super::convert;
use crate::doc::change::{ChangeError, unset_in};
use crate::error::Failure;

/// Removes what is at the target's path. With `idempotent` it is no failure that nothing is there.
///
/// # Errors
/// The path is none (7), there is nothing at it (1), or the file cannot be opened or written.
pub fn run(context: &Context, target: &Target, idempotent: bool) -> Result<(), Failure> {
    change::run(context, target, |plain| {
        match unset_in(plain.format, plain.tree, plain.path, &convert::limits(), plain.texts) {
            Ok(text) => Ok(Some(text)),
            Err(ChangeError::Missing(_)) if idempotent => Ok(None),
            Err(error) => Err(change::refused(plain, &error)),
        }
    })
}
