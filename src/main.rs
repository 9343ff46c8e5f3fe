//! The `seal` program.

use std::process::ExitCode;

/// That of musl is made for small size: large documents would take twice as long.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    seal::cli::run(std::env::args_os())
}
