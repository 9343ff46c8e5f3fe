//! Folders in memory for tests, and tests that run in a process of their own.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder of its own, removed on drop.
pub(super) struct Place(pub(super) PathBuf);

impl Place {
    /// On a tmpfs.
    pub(super) fn in_memory() -> Self {
        Self::inside(Path::new("/dev/shm"))
    }

    /// Anywhere else.
    pub(super) fn on_disk() -> Self {
        let program = std::env::current_exe().unwrap();
        let on_disk = |path: &&Path| rustix::fs::statfs(*path).unwrap().f_type != 0x0102_1994;
        Self::inside([&std::env::temp_dir(), program.parent().unwrap()].into_iter().find(on_disk).unwrap())
    }

    fn inside(parent: &Path) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("seal-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = parent.join(name);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
        Self(path)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Names of everything inside, sorted.
    pub(super) fn list(&self) -> Vec<String> {
        list(&self.0)
    }
}

/// Names of everything in a folder, sorted.
pub(super) fn list(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

impl Drop for Place {
    fn drop(&mut self) {
        open_all(&self.0);
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Folders of generations forbid their owner to remove what is in them, unless that is root.
fn open_all(folder: &Path) {
    let _ = fs::set_permissions(folder, Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_all(&entry.path());
        }
    }
}

/// The folder that a test was started with, if [`this_test`] started it.
pub(super) fn folder_of_child() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "how a test tells its own child")]
    std::env::var_os(CHILD).map(PathBuf::from)
}

const CHILD: &str = "SEAL_TEST_CHILD";

/// The running test, `module::name` as the harness has it, once more in a process of its own.
pub(super) fn this_test(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]).env(CHILD, folder);
    command
}

/// Runs a test in a mount namespace of its own, in which `script`, for a shell, has prepared the folder
/// `$DIR`; it may end with words that are put before the program, such as `exec setpriv …`. Without the right
/// to make namespaces, an ordinary user is told that nothing was tested; root fails.
pub(super) fn in_namespace(name: &str, script: &str, body: impl FnOnce(&Path)) {
    if let Some(folder) = folder_of_child() {
        body(&folder);
        println!("{DONE}");
        return;
    }
    let place = Place::in_memory();
    let test = this_test(name, &place.0);
    let mut unshare = Command::new("unshare");
    let root = rustix::process::geteuid().is_root();
    unshare.arg("--mount").args((!root).then_some("--map-root-user"));
    unshare
        .args(["sh", "-euc", &format!("{script} \"$@\""), "sh"])
        .arg(test.get_program())
        .args(test.get_args());
    let output = unshare.env(CHILD, &place.0).env("DIR", &place.0).output().unwrap();
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !root && told.contains("unshare") && told.contains("not permitted") {
        println!("{name}: not tested, as this user may not make namespaces");
        return;
    }
    assert!(output.status.success() && told.contains(DONE), "{told}");
}

const DONE: &str = "the test in the namespace is done";
