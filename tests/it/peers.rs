//! The real sops, to compare with.

use crate::bed::{Bed, Run};
use std::path::{Path, PathBuf};

/// The sops binary: `$SEAL_TEST_SOPS`, or what `testdata/get-sops.sh` fetched.
///
/// # Panics
/// If there is none: a comparison that does not happen must not look like one that passed.
pub(crate) fn sops_binary() -> PathBuf {
    let path = std::env::var_os("SEAL_TEST_SOPS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers/sops"), PathBuf::from);
    assert!(path.is_file(), "no sops at {}: run testdata/get-sops.sh first", path.display());
    path
}

/// A run of the real sops in `bed`.
pub(crate) fn sops<'b, S: AsRef<std::ffi::OsStr>>(bed: &'b Bed, args: &[S]) -> Run<'b> {
    bed.run(sops_binary(), args)
}
