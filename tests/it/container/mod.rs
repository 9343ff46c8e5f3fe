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

mod actions;
mod audit;
mod codes;
mod environment;
mod expire;
mod images;
mod keys;
mod kills;
mod memory;
mod mistakes;
mod modes;
mod names;
mod places;
mod process;
mod recipes;
mod refused;
mod rotation;
mod sidecar;
mod swap;
pub(crate) mod swarm;
mod targets;
mod watch;

use crate::bed::{Bed, testdata};
use crate::cli::RECIPIENT;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
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

/// What stands in every secret of these tests, and nowhere else.
pub(crate) const MARK: &str = "7f3a9c";

/// A document, all of whose values are secrets.
pub(crate) const APP: &str = "\
# 7f3a9c
db:
  user: app-7f3a9c
  password: 'first-7f3a9c'   # 7f3a9c
list: [one-7f3a9c, two-7f3a9c]
note: |
  two
  lines-7f3a9c
";

/// `APP` with another password.
pub(crate) fn with_password(password: &str) -> String {
    APP.replace("first-", &format!("{password}-"))
}

/// `text` as the encrypted file `name` of the bed, for the identity of [`key`].
pub(crate) fn sealed(bed: &Bed, name: &str, text: &str) -> Vec<u8> {
    bed.write(name, text);
    bed.seal(&["encrypt", "--age", RECIPIENT, "-i", name]).ok();
    let sealed = bed.read(name);
    assert!(!String::from_utf8_lossy(&sealed).contains(MARK), "all of it is encrypted");
    sealed
}

/// The identity that opens what [`sealed`] makes.
pub(crate) fn key() -> Vec<u8> {
    fs::read(testdata().join("vectors/keys/a.txt")).unwrap()
}

/// The part of [`key`] that is secret.
pub(crate) fn secret_line() -> String {
    let text = String::from_utf8(key()).unwrap();
    text.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap().to_owned()
}

/// The identity as a file of the bed, with this owner and mode 0400.
pub(crate) fn key_file(bed: &Bed, name: &str, uid: u32) -> PathBuf {
    let path = bed.write(name, key());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    std::os::unix::fs::chown(&path, Some(uid), Some(uid)).unwrap();
    path
}

/// A file of docs/recipes with some texts in the place of others, each of which must be there.
pub(crate) fn recipe(name: &str, changes: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recipes").join(name);
    let mut text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    for (from, to) in changes {
        assert!(text.contains(from), "docs/recipes/{name} has no {from:?}");
        text = text.replace(from, to);
    }
    text
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
