//! Plaintext outside the process, and programs that see it: a private folder in memory, and a child that
//! is waited for while signals are held.
//!
//! Nothing here knows of documents or keys.

pub mod child;
pub mod signals;
pub mod tmpfs;

pub use child::{Ended, give_back_core, run};
pub use signals::Signals;
pub use tmpfs::{PrivateFolder, TmpfsError};
