//! A bed for one test without a container: a folder in memory, an encrypted file, and the program in the background.

use super::until;
use crate::bed::{Bed, Done, Run, testdata};
use crate::cli::RECIPIENT;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What `app.yaml` holds. `SECRETS` are in it.
pub(crate) const APP: &str = "\
db:
  password: hunter2-db
  user: app-user-name
list:
  - first-item
  - second-item
";

/// Values that no message and no event may show.
pub(crate) const SECRETS: [&str; 5] =
    ["hunter2-db", "app-user-name", "first-item", "second-item", "AGE-SECRET-KEY"];

/// A folder in memory, and files beside it that are not.
pub(crate) struct Memory {
    pub(crate) bed: Bed,
    folder: PathBuf,
}

impl Memory {
    /// With the encrypted `app.yaml` and the identity `key`, which only its owner can read.
    pub(crate) fn new() -> Self {
        let memory = Self::empty();
        memory.seal_file("app.yaml", APP);
        memory
    }

    /// With the identity alone.
    pub(crate) fn empty() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = PathBuf::from(format!("/dev/shm/seal-it-{}-{number}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
        let memory = Self { bed: Bed::new(), folder };
        memory.key("key", "a");
        memory
    }

    /// Writes the identity `name` of the test data to the file `file`.
    pub(crate) fn key(&self, file: &str, name: &str) -> PathBuf {
        let text = fs::read(testdata().join("vectors/keys").join(format!("{name}.txt"))).unwrap();
        let path = self.bed.write(file, text);
        fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
        path
    }

    /// Encrypts `plain` as `name`, in one step as Git would bring it.
    pub(crate) fn seal_file(&self, name: &str, plain: impl AsRef<[u8]>) {
        self.seal_file_with(name, plain, &[]);
    }

    /// The same with more flags of `seal encrypt`.
    pub(crate) fn seal_file_with(&self, name: &str, plain: impl AsRef<[u8]>, flags: &[&str]) {
        // The new file has the same ending, as it tells the format.
        let new = format!("new/{name}");
        self.bed.write(&new, plain);
        let args = [&["encrypt", "-i", "--age", RECIPIENT], flags, &[&new]].concat();
        self.bed.seal(&args).ok();
        fs::create_dir_all(self.bed.path(name).parent().unwrap()).unwrap();
        fs::rename(self.bed.path(&new), self.bed.path(name)).unwrap();
    }

    /// The folder for the secrets.
    pub(crate) fn target(&self) -> &Path {
        &self.folder
    }

    /// Its name.
    pub(crate) fn dir(&self) -> &str {
        self.folder.to_str().unwrap()
    }

    /// A run with the identity of the bed.
    pub(crate) fn seal(&self, args: &[&str]) -> Run<'_> {
        self.bed.seal(args).env("SEAL_KEY_FILE", self.bed.path("key"))
    }

    /// `seal mount --into` this folder, and more.
    pub(crate) fn mount(&self, args: &[&str]) -> Run<'_> {
        self.seal(&[&["mount", "--into", self.dir()], args].concat())
    }

    /// `seal run --into` this folder, and more.
    pub(crate) fn run(&self, args: &[&str]) -> Run<'_> {
        self.seal(&[&["run", "--into", self.dir()], args].concat())
    }

    /// Starts a run in the background.
    pub(crate) fn start(&self, run: Run<'_>) -> Background {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let [stdout, stderr] = ["out", "err"].map(|what| self.bed.path(&format!(".{what}-{number}")));
        let mut command = run.command();
        command.stdin(Stdio::null());
        command.stdout(File::create(&stdout).unwrap()).stderr(File::create(&stderr).unwrap());
        Background { child: command.spawn().unwrap(), stdout, stderr }
    }

    /// What a reader finds by the visible names. Links that lead nowhere are not there for one.
    pub(crate) fn seen(&self) -> BTreeMap<String, Vec<u8>> {
        let names = self.names().into_iter().filter(|name| !name.starts_with(".."));
        names.filter_map(|name| fs::read(self.folder.join(&name)).ok().map(|bytes| (name, bytes))).collect()
    }

    /// The same, as text.
    pub(crate) fn texts(&self) -> BTreeMap<String, String> {
        self.seen().into_iter().map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap())).collect()
    }

    /// The file `name`, as text.
    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// All names in the folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The names of all generations, sorted.
    pub(crate) fn generations(&self) -> Vec<String> {
        self.names().into_iter().filter(|name| name.starts_with("..gen-")).collect()
    }

    /// The name of the current generation.
    pub(crate) fn current(&self) -> Option<String> {
        let link = fs::read_link(self.folder.join("..data")).ok()?;
        Some(link.into_os_string().into_string().unwrap())
    }

    /// Asserts that nothing at all is in the folder.
    pub(crate) fn assert_empty(&self, done: &Done) {
        assert!(self.names().is_empty(), "{:?} in the folder: {done}", self.names());
    }

    /// Asserts that no secret was said.
    pub(crate) fn assert_silent(&self, done: &Done) {
        for secret in SECRETS {
            assert!(!done.stderr.contains(secret), "{secret} was said: {done}");
            assert!(!String::from_utf8_lossy(&done.stdout).contains(secret), "{secret} was said: {done}");
        }
    }

    /// Runs and expects exit `code`, an event and a message with `name`, no secret said, and an empty folder.
    pub(crate) fn refuses(&self, run: Run<'_>, code: i32, name: &str) -> Done {
        let done = run.fails(code);
        assert!(done.stderr.contains(&format!("error[{name}]: ")), "no {name}: {done}");
        self.assert_silent(&done);
        self.assert_empty(&done);
        done
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        open_all(&self.folder);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Generations forbid their owner to remove what is in them, unless that is root.
fn open_all(folder: &Path) {
    let _ = fs::set_permissions(folder, Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_all(&entry.path());
        }
    }
}

/// The program at work.
pub(crate) struct Background {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Background {
    /// What it said on standard error so far.
    pub(crate) fn stderr(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap()
    }

    /// What came on standard output so far.
    pub(crate) fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).unwrap()
    }

    /// Its events so far.
    pub(crate) fn events(&self) -> Vec<Value> {
        events(&self.stderr())
    }

    /// How many events `name` there were so far.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.events().iter().filter(|event| event["event"] == name).count()
    }

    /// Waits for the event `name`, `count` times in all, and gives the last one.
    pub(crate) fn tells(&self, name: &str, count: usize) -> Value {
        until(&format!("event {name} no. {count} of {:?}", self.stderr), || {
            let found = self.events().into_iter().filter(|event| event["event"] == name);
            found.collect::<Vec<_>>().into_iter().nth(count - 1)
        })
    }

    /// Waits for a text on standard output, `count` times in all.
    pub(crate) fn prints(&self, text: &str, count: usize) {
        until(&format!("{text} no. {count} of {:?}", self.stdout), || {
            (self.stdout().matches(text).count() >= count).then_some(())
        });
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Kills it at once.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Whether it has not ended.
    pub(crate) fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end: the exit code, or 128 and the number of the signal, and standard error.
    pub(crate) fn end(mut self) -> (i32, String) {
        let status = until("the end of the program", || self.child.try_wait().unwrap());
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap());
        let stderr = self.stderr();
        assert!(!stderr.contains("panicked at"), "a panic: {stderr}");
        (code, stderr)
    }

    /// Asks it to stop by TERM, and waits for its end.
    pub(crate) fn stop(self) -> (i32, String) {
        self.signal(Signal::TERM);
        self.end()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The events among the lines of a text.
pub(crate) fn events(text: &str) -> Vec<Value> {
    // The last line may be on its way.
    let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
    let lines = whole.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}
