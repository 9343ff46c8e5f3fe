//! The questions that unwrapping may put to a person. The terminal side implements them.

use thiserror::Error;
use zeroize::Zeroizing;

/// Why a question got no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AskError {
    /// There is nobody to ask.
    #[error("there is no terminal to ask on")]
    NoTerminal,
    /// The person refused.
    #[error("the question was cancelled")]
    Cancelled,
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Failed(String),
}

/// Somebody who can be asked.
pub trait Ask: Send + Sync {
    /// Asks for a passphrase, without showing it. `prompt` is a whole question without a colon.
    ///
    /// # Errors
    /// There is no answer.
    fn passphrase(&self, prompt: &str) -> Result<Zeroizing<String>, AskError>;

    /// Asks for a text that is no secret.
    ///
    /// # Errors
    /// There is no answer.
    fn text(&self, prompt: &str) -> Result<String, AskError>;

    /// Asks to choose `yes` or `no`, which are the words for the two answers.
    ///
    /// # Errors
    /// There is no answer.
    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Result<bool, AskError>;

    /// Says something that needs no answer, such as "touch your key".
    fn message(&self, message: &str);
}

/// Nobody: every question goes unanswered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Ask for Nobody {
    fn passphrase(&self, _: &str) -> Result<Zeroizing<String>, AskError> {
        Err(AskError::NoTerminal)
    }

    fn text(&self, _: &str) -> Result<String, AskError> {
        Err(AskError::NoTerminal)
    }

    fn confirm(&self, _: &str, _: &str, _: Option<&str>) -> Result<bool, AskError> {
        Err(AskError::NoTerminal)
    }

    fn message(&self, _: &str) {}
}
