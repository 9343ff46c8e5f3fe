//! `seal edit`, with editors that are scripts and with real ones.

mod failures;
mod kills;
mod sessions;
mod signals;
mod terminal;
mod traces;

use crate::bed::{Bed, Done, Run, program, testdata};
use crate::cli::{PLAIN, sealed};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// An editor's work that changes one value.
const CHANGE: &str = r#"sed -i s/hunter2-db/changed-db/ "$1""#;

/// `PLAIN` after `CHANGE`.
fn changed() -> String {
    PLAIN.replace("hunter2-db", "changed-db")
}

/// A bed with the encrypted file `x.yaml`, and a folder in memory of its own.
struct Desk {
    bed: Bed,
    memory: PathBuf,
    sealed: String,
    modified: (i64, i64),
}

impl Desk {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let bed = Bed::new();
        let sealed = sealed(&bed, "x.yaml");
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let memory = Path::new("/dev/shm").join(format!("seal-test-{}-{number}", std::process::id()));
        fs::create_dir(&memory).unwrap();
        let modified = modified(&bed.path("x.yaml"));
        Self { bed, memory, sealed, modified }
    }

    /// The same with another file.
    fn with(mut self, text: &str) -> Self {
        self.bed.write("x.yaml", text);
        text.clone_into(&mut self.sealed);
        self.modified = modified(&self.bed.path("x.yaml"));
        self
    }

    /// An editor that runs a script, the file being `$1`.
    fn editor(&self, script: &str) -> String {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("editor-{}.sh", COUNT.fetch_add(1, Ordering::Relaxed));
        let path = self.bed.home().join(name);
        fs::write(&path, script).unwrap();
        format!("sh '{}'", path.display())
    }

    /// `seal edit` with these arguments and an editor that is a script; without a terminal.
    fn edit(&self, script: &str, args: &[&str]) -> Run<'_> {
        let program = program();
        let mut all = vec!["--wait", program.to_str().unwrap(), "edit"];
        all.extend(args);
        self.ready(self.bed.run("setsid", &all), script)
    }

    /// The same below another command line, a script of the shell in which `"$@"` is `seal`.
    fn edit_below(&self, outer: &str, script: &str, args: &[&str]) -> Run<'_> {
        let program = program();
        let mut all = vec!["--wait", "unshare"];
        // A name space of mounts needs root, or to be root in a name space of users.
        all.extend(if is_root() { &["-m"][..] } else { &["-rm"] });
        all.extend(["sh", "-c", outer, "sh", program.to_str().unwrap(), "edit"]);
        all.extend(args);
        self.ready(self.bed.run("setsid", &all), script)
    }

    /// The same on a terminal, with the steps of `testdata/typist.py`.
    fn edit_at(&self, steps: &[&str], script: &str, args: &[&str]) -> Run<'_> {
        let (program, typist) = (program(), testdata().join("typist.py"));
        let mut all = vec![typist.to_str().unwrap()];
        all.extend(steps);
        all.extend(["--", program.to_str().unwrap(), "edit"]);
        all.extend(args);
        self.ready(self.bed.run("python3", &all), script)
    }

    fn ready<'b>(&self, run: Run<'b>, script: &str) -> Run<'b> {
        let run = if script.is_empty() { run } else { run.env("SEAL_EDITOR", self.editor(script)) };
        run.identity("a").env("XDG_RUNTIME_DIR", &self.memory).env("TERM", "xterm").env("NO_COLOR", "1")
    }

    /// Runs and expects exit `code`, no plaintext in a message, and nothing left behind.
    fn ends(&self, run: Run<'_>, code: i32) -> Done {
        let done = run.done();
        assert_eq!(done.code, Some(code), "should end with {code}: {done}");
        assert!(!done.stderr.contains("hunter2") && !done.stderr.contains("changed-db"), "{done}");
        self.nothing_in_memory();
        done
    }

    /// Runs, expects exit `code`, and that neither the file nor anything beside it changed.
    fn fails(&self, run: Run<'_>, code: i32) -> Done {
        let before = names(&self.bed.path(""));
        let done = self.ends(run, code);
        assert!(!done.stderr.trim().is_empty(), "a failure must say why: {done}");
        assert_eq!(names(&self.bed.path("")), before, "{done}");
        self.file_is_as_it_was();
        done
    }

    /// As [`Self::ends`], where the terminal shows the text and messages alike.
    fn ends_at(&self, run: Run<'_>, code: i32) -> Done {
        let done = run.done();
        assert_eq!(done.code, Some(code), "should end with {code}: {done}");
        self.nothing_in_memory();
        done
    }

    /// As [`Self::ends_at`], and the file did not change.
    fn fails_at(&self, run: Run<'_>, code: i32) -> Done {
        let done = self.ends_at(run, code);
        self.file_is_as_it_was();
        done
    }

    fn file_is_as_it_was(&self) {
        assert_eq!(self.bed.text("x.yaml"), self.sealed);
        assert_eq!(modified(&self.bed.path("x.yaml")), self.modified);
    }

    fn nothing_in_memory(&self) {
        assert!(names(&self.memory).is_empty(), "left in memory: {:?}", names(&self.memory));
    }

    /// What `--resume` brings back: exactly the text that was edited.
    fn draft_is(&self, args: &[&str], text: impl AsRef<[u8]>) {
        let all: Vec<&str> = ["--resume"].iter().chain(args).copied().collect();
        let done = self.ends(self.edit(r#"cp "$1" "$HOME/seen"; exit 1"#, &all), 201);
        let seen = fs::read(self.bed.home().join("seen")).unwrap();
        assert_eq!(String::from_utf8_lossy(&seen), String::from_utf8_lossy(text.as_ref()), "{done}");
    }

    fn has_no_draft(&self) {
        let done = self.ends(self.edit("exit 1", &["--resume", "x.yaml"]), 100);
        assert!(done.stderr.contains("no draft"), "{done}");
    }

    /// The plain text of a file.
    fn plain(&self, name: &str) -> String {
        self.bed.seal(&["decrypt", name]).identity("a").ok().text()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.memory);
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

fn modified(path: &Path) -> (i64, i64) {
    let metadata = fs::metadata(path).unwrap();
    (metadata.mtime(), metadata.mtime_nsec())
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Waits until something is so.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !so() {
        assert!(Instant::now() < deadline, "waited too long: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
