//! A key service for a run where nobody is to be asked and nothing started.

use super::error::KeyError;
use super::kind::KeyKind;
use super::master_key::MasterKey;
use super::service::{Effort, KeyService};
use crate::secret::Secret;

/// A service that only tries what [`Effort::Quiet`] allows, whatever is asked of it.
pub struct Unattended<S>(pub S);

impl<S: KeyService> KeyService for Unattended<S> {
    fn handles(&self, kind: KeyKind) -> bool {
        self.0.handles(kind)
    }

    fn wrap(&self, key: &MasterKey, secret: &[u8]) -> Result<String, KeyError> {
        self.0.wrap(key, secret)
    }

    fn unwrap(&self, key: &MasterKey, _: Effort) -> Result<Secret, KeyError> {
        self.0.unwrap(key, Effort::Quiet)
    }
}
