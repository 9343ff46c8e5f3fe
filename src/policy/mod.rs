//! What the team decided: `.sops.yaml`, and the settings of a run.
//!
//! [`Settings`] is the only reader of the environment. [`find`] looks for the configuration file,
//! [`Config`] is the file read, [`Config::rule_for`] picks the creation rule of a file, and
//! [`Config::lint`] names everything that is wrong or useless in it, each with its place. A run that
//! needs no rule reads no configuration; places are looked up only when there is something to report.

mod config;
mod destination;
pub mod edit;
pub mod expiry;
mod find;
mod grants;
mod lint;
pub mod max_age;
mod names;
mod place;
mod problem;
mod reader;
mod recipients;
mod remarks;
mod rule;
mod seal;
mod settings;

pub use config::{Config, ConfigError, RuleError, Stores, absolute};
pub use destination::{Destination, DestinationRule};
pub use expiry::When;
pub use find::{Found, find};
pub use grants::Drift;
pub use names::Names;
pub use problem::{Problem, Severity};
pub use reader::nearest;
pub use recipients::{RecipientError, master_keys};
pub use remarks::RuleComment;
pub use rule::CreationRule;
pub use seal::{Grant, Recipient, Role, Seal, is_name};
pub use settings::{
    AgeSettings, ContainerSettings, EDITORS, GitSettings, KEY_PLACE_VARIABLES, KEY_VARIABLES,
    RecipientSettings, Settings, SettingsError, TransientDirs, environment, seal_variables, truth,
};
