//! Opened documents as the files and variables that an app reads. Pure: nothing is written here.

pub mod bundle;

pub use bundle::{Access, Bundle, Entry};
