//! What `seal` does inside of Git.

pub mod difftool;
pub mod doctor;
pub mod guard;
pub mod install;
pub mod merge;
pub mod resolve;
pub mod scan;
mod setup;
pub mod textconv;
pub mod uninstall;
pub mod viewing;

pub use setup::Attributes;
pub use setup::hooks::HookName;
pub use setup::keys::Show;
