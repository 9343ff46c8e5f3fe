//! Secrets handed to a container: the folder they go to, and the process that becomes the app.
//!
//! Nothing here knows documents or keys.

pub mod environ;
pub mod fds;
pub mod generation;
pub mod handover;
pub mod notify;
pub mod privileges;
pub mod program;
pub mod scrub;
pub mod signals;
pub mod supervise;
pub mod target;
pub mod users;
pub mod watch;

#[cfg(test)]
mod testing;
