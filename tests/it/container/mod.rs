//! `seal` in containers, with a real engine and with `runc` alone.
//!
//! `testdata/test.sh` starts an engine for these tests. Where none answers, they say on standard error that they are
//! left out; with `SEAL_REQUIRE_DOCKER=1` or `CI=true` they fail.

#[allow(dead_code, reason = "a toolbox: what no test needs yet is needed by the next one")]
pub(crate) mod engine;
mod handover;
mod readme;
#[allow(dead_code, reason = "a toolbox: what no test needs yet is needed by the next one")]
mod runc;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// The program as it goes into images: `$SEAL_TEST_STATIC`, or what `testdata/static.sh` made.
///
/// # Panics
/// If there is none, or if it is older than the source: a test of another program must not look like one that passed.
pub(crate) fn static_program() -> PathBuf {
    if let Some(path) = std::env::var_os("SEAL_TEST_STATIC") {
        let path = PathBuf::from(path);
        assert!(path.is_file(), "SEAL_TEST_STATIC: there is no {}", path.display());
        return path.canonicalize().unwrap();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("target/static/seal");
    assert!(path.is_file(), "no {}: run testdata/static.sh first", path.display());
    let built = path.metadata().unwrap().modified().unwrap();
    let source = newest(&root.join("src"));
    assert!(source <= built, "{} is older than src/: run testdata/static.sh", path.display());
    path
}

fn newest(folder: &Path) -> SystemTime {
    let mut found = SystemTime::UNIX_EPOCH;
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let meta = entry.metadata().unwrap();
        found = found.max(if meta.is_dir() { newest(&entry.path()) } else { meta.modified().unwrap() });
    }
    found
}

/// `busybox`, the shell and the tools inside of the containers: one static program.
pub(crate) fn busybox() -> PathBuf {
    let path = Path::new("/bin/busybox");
    assert!(path.is_file(), "no {}: apt-get install busybox-static", path.display());
    path.to_owned()
}

/// Whether tests that need `what` are left out, as it `is_there` or not.
///
/// # Panics
/// If it has to be there.
fn left_out(what: &str, is_there: bool) -> bool {
    if is_there {
        return false;
    }
    let set = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    let required = set("SEAL_REQUIRE_DOCKER", "1") || set("CI", "true");
    assert!(
        !required,
        "needs {what}: testdata/test.sh run by root starts an engine (apt-get install docker.io)"
    );
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    // Not by eprintln!, which is kept back while tests pass.
    let _ = writeln!(std::io::stderr(), "\n{test}: LEFT OUT, needs {what}");
    true
}

/// Waits until `look` finds something, and gives it back.
///
/// # Panics
/// If that takes more than 20 seconds.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{what}: not within 20 seconds");
        std::thread::sleep(Duration::from_millis(10));
    }
}
