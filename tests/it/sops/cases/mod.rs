//! The command lines, by command.

mod config;
mod decrypt;
mod edit;
mod encrypt;
mod errors;
mod exec;
mod flags;
mod flat;
mod groups;
mod keys;
mod rotate;
mod set;
mod status;
mod unset;
mod updatekeys;

use super::case::Case;

/// All of them.
pub(super) const ALL: &[&[Case]] = &[
    config::CASES,
    decrypt::CASES,
    edit::CASES,
    encrypt::CASES,
    errors::CASES,
    exec::CASES,
    flags::CASES,
    flat::CASES,
    groups::CASES,
    keys::CASES,
    rotate::CASES,
    set::CASES,
    status::CASES,
    unset::CASES,
    updatekeys::CASES,
];
