//! Black-box tests: they run the program as people do and look at files, output and exit codes.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test may panic and print, and lays out its own files"
)]

mod architecture;
mod bed;
mod check;
mod cli;
#[cfg(target_os = "linux")]
mod container;
mod corpus;
mod datum;
mod dialects;
mod dotenv;
mod edit;
#[cfg(target_os = "linux")]
mod exec;
mod expiry;
mod failures;
mod generate;
mod git;
mod help;
mod identities;
mod ini;
mod interop;
#[cfg(target_os = "linux")]
mod keyservice;
mod killed;
#[cfg(target_arch = "x86_64")]
mod memory;
mod peers;
mod pgp;
mod policy;
mod publish;
mod read;
mod recipients;
mod rekey;
mod revoke;
mod roles;
mod set;
#[cfg(target_os = "linux")]
mod sops;
#[cfg(target_os = "linux")]
mod staying;
mod strict;
mod toml;
mod trust;
mod vectors;
