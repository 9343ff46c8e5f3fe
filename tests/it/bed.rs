//! A bed for one test: a fresh folder, a scrubbed environment, and runs of the program in it.
//!
//! A run that is expected to fail also proves that it left the folder as it was.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The folder of the test data.
pub(crate) fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// The program under test: `$SEAL_TEST_BINARY`, for an installed or static one, or the one just built.
pub(crate) fn program() -> PathBuf {
    std::env::var_os("SEAL_TEST_BINARY").map_or_else(|| env!("CARGO_BIN_EXE_seal").into(), PathBuf::from)
}

/// A folder of its own for one test, removed if the test passes.
pub(crate) struct Bed {
    root: PathBuf,
}

impl Bed {
    /// An empty work folder beside an empty home.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("bed-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        for folder in ["work", "home", "tmp"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        Self { root }
    }

    /// The path of `name` in the work folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join("work").join(name)
    }

    /// The home of the person who runs the program here.
    pub(crate) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// The bytes of a file.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// The text of a file.
    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    /// A run of `seal`, in the work folder.
    pub(crate) fn seal<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Run<'_> {
        self.run(program(), args)
    }

    /// A run of another program, in the work folder.
    pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(
        &self,
        program: impl AsRef<std::ffi::OsStr>,
        args: &[S],
    ) -> Run<'_> {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.path("")).env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
            .env("HOME", self.home())
            .env("XDG_CONFIG_HOME", self.home().join(".config"))
            .env("GNUPGHOME", self.home().join(".gnupg"))
            .env("TMPDIR", self.root.join("tmp"))
            // The bed lies in the repository of the program itself.
            .env("GIT_CEILING_DIRECTORIES", &self.root)
            .env("SOPS_DISABLE_VERSION_CHECK", "1")
            .env("LC_ALL", "C.UTF-8");
        Run { bed: self, command, stdin: Vec::new() }
    }

    /// Everything in the bed: path → kind, mode and content.
    pub(crate) fn snapshot(&self) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.root.clone()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let meta = fs::symlink_metadata(&path).unwrap();
                let mode = meta.permissions().mode();
                let what = if meta.is_symlink() {
                    format!("link to {}", fs::read_link(&path).unwrap().display())
                } else if meta.is_dir() {
                    open.push(path.clone());
                    format!("folder {mode:o}")
                } else {
                    format!("file {mode:o} {:?}", fs::read(&path).map_err(|e| e.kind()))
                };
                found.insert(path, what);
            }
        }
        found
    }
}

impl Bed {
    /// Asserts that nothing in the bed differs from `before`.
    pub(crate) fn assert_unchanged(&self, before: &BTreeMap<PathBuf, String>, done: &Done) {
        let after = self.snapshot();
        let paths: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
        let changed: Vec<_> =
            paths.into_iter().filter(|path| before.get(*path) != after.get(*path)).collect();
        assert!(changed.is_empty(), "the folder must stay as it was, but {changed:?} changed: {done}");
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}

/// A command about to run.
pub(crate) struct Run<'b> {
    bed: &'b Bed,
    command: Command,
    stdin: Vec<u8>,
}

impl Run<'_> {
    /// Sets a variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs in `folder` of the work folder.
    pub(crate) fn within(mut self, folder: &str) -> Self {
        self.command.current_dir(self.bed.path(folder));
        self
    }

    /// Gives the throwaway identities of `testdata/vectors/keys/NAME.txt`.
    pub(crate) fn identity(self, name: &str) -> Self {
        let file = testdata().join("vectors/keys").join(format!("{name}.txt"));
        self.env("SOPS_AGE_KEY_FILE", file)
    }

    /// Gives `content` on standard input; nothing otherwise.
    pub(crate) fn stdin(mut self, content: impl Into<Vec<u8>>) -> Self {
        self.stdin = content.into();
        self
    }

    /// The command itself, for a test that does not wait for its end.
    #[cfg(target_os = "linux")]
    pub(crate) fn command(self) -> Command {
        self.command
    }

    /// Runs, whatever the outcome.
    pub(crate) fn done(mut self) -> Done {
        let shown = format!("{:?}", self.command);
        let command = self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{shown}: {e}"));
        let mut stdin = child.stdin.take().unwrap();
        let content = std::mem::take(&mut self.stdin);
        let feeder = std::thread::spawn(move || {
            // A program that does not read its input closes the pipe: no error of this test.
            let _ = stdin.write_all(&content);
        });
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        let done = Done {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            shown,
        };
        assert!(!done.stderr.contains("panicked at"), "a panic: {done}");
        done
    }

    /// Runs and expects success.
    pub(crate) fn ok(self) -> Done {
        let done = self.done();
        assert_eq!(done.code, Some(0), "should succeed: {done}");
        done
    }

    /// Runs and expects exit `code`, words on stderr, nothing on stdout and an untouched folder.
    pub(crate) fn fails(self, code: i32) -> Done {
        let bed = self.bed;
        let before = bed.snapshot();
        let done = self.done();
        assert_eq!(done.code, Some(code), "should fail with {code}: {done}");
        assert!(!done.stderr.trim().is_empty(), "a failure must say why: {done}");
        assert!(done.stdout.is_empty(), "a failure must not print data: {done}");
        bed.assert_unchanged(&before, &done);
        done
    }
}

/// What a command did.
pub(crate) struct Done {
    /// The exit code; none if a signal ended it.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: Vec<u8>,
    /// Standard error.
    pub(crate) stderr: String,
    shown: String,
}

impl Done {
    /// Standard output as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap_or_else(|_| panic!("not UTF-8: {self}"))
    }
}

impl std::fmt::Display for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stdout = String::from_utf8_lossy(&self.stdout);
        let shown: String = stdout.chars().take(2000).collect();
        write!(f, "{}\nexit {:?}\nstdout: {shown}\nstderr: {}", self.shown, self.code, self.stderr)
    }
}
