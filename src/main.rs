//! The `seal` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    seal::cli::run(std::env::args_os())
}
