//! What `seal` does inside of Git.

pub mod difftool;
pub mod merge;
pub mod resolve;
pub mod scan;
pub mod textconv;
pub mod viewing;
