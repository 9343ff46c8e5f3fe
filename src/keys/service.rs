//! The joint between the data key and every kind of master key.

use super::error::KeyError;
use super::kind::KeyKind;
use super::master_key::MasterKey;
use crate::secret::Secret;

/// How far unwrapping may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// With what is at hand: no question, no program, no network.
    Quiet,
    /// With everything.
    Full,
}

/// Wraps and unwraps data keys and shares for some kinds of master keys.
pub trait KeyService: Send + Sync {
    /// Whether it handles keys of this kind.
    fn handles(&self, kind: KeyKind) -> bool;

    /// Wraps `secret`, a data key or a share, for the recipient of `key`; the result is what the field
    /// `enc` holds.
    ///
    /// # Errors
    /// The recipient or the service does not allow it.
    fn wrap(&self, key: &MasterKey, secret: &[u8]) -> Result<String, KeyError>;

    /// Unwraps what `key` holds.
    ///
    /// # Errors
    /// It does not open; [`KeyError::Postponed`] if it might with [`Effort::Full`].
    fn unwrap(&self, key: &MasterKey, effort: Effort) -> Result<Secret, KeyError>;
}

/// The services of a run. For a key of some kind those that handle it are asked in their order.
#[derive(Default)]
pub struct Services(Vec<Box<dyn KeyService>>);

impl Services {
    /// No services.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a service behind the others.
    #[must_use]
    pub fn with(mut self, service: impl KeyService + 'static) -> Self {
        self.0.push(Box::new(service));
        self
    }

    /// The services that handle `kind`.
    pub fn of(&self, kind: KeyKind) -> impl Iterator<Item = &dyn KeyService> {
        self.0.iter().map(|service| &**service).filter(move |service| service.handles(kind))
    }

    /// Wraps `secret` for `key` with the first service that can.
    ///
    /// # Errors
    /// The errors of the services that were asked, or that there is none.
    pub fn wrap(&self, key: &MasterKey, secret: &[u8]) -> Result<String, KeyError> {
        self.first(self.of(key.kind).map(|service| service.wrap(key, secret)), key.kind)
    }

    /// Unwraps `key` with the first service that can.
    ///
    /// # Errors
    /// The errors of the services that were asked, or that there is none; [`KeyError::Postponed`] if any
    /// service might do more with [`Effort::Full`].
    pub fn unwrap(&self, key: &MasterKey, effort: Effort) -> Result<Secret, KeyError> {
        let mut postponed = false;
        let results = self.of(key.kind).map(|service| service.unwrap(key, effort));
        let watched = results.inspect(|result| postponed |= matches!(result, Err(KeyError::Postponed)));
        let result = self.first(watched, key.kind);
        if result.is_err() && postponed { Err(KeyError::Postponed) } else { result }
    }

    /// The first success, else all errors.
    fn first<T>(
        &self,
        results: impl Iterator<Item = Result<T, KeyError>>,
        kind: KeyKind,
    ) -> Result<T, KeyError> {
        let mut errors = Vec::new();
        for result in results {
            match result {
                Ok(value) => return Ok(value),
                Err(error) => errors.push(error),
            }
        }
        match (errors.is_empty(), self.0.is_empty()) {
            (false, _) => Err(KeyError::of(errors)),
            (true, false) => Err(KeyError::NotSupported(kind)),
            (true, true) => Err(KeyError::NoService),
        }
    }
}
