//! A process that stays beside an app: which signals reach the app, and what cannot stop them.

use crate::bed::{Bed, program, testdata};
use std::fs::{self, File};
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The recipient of `testdata/vectors/keys/a.txt`.
const RECIPIENT: &str = "age1rh8vkdkhqetmk6qs8v8jxuxlky0c9s2c8aeflydjyv87cs5tgaqq9ynmu3";

/// A folder in memory, removed at the end.
struct Memory(PathBuf);

impl Memory {
    fn new(bed: &Bed) -> Self {
        let name = bed.path("..").canonicalize().unwrap();
        let name = name.file_name().unwrap().to_str().unwrap().to_owned();
        Self(Path::new("/dev/shm").join(format!("seal-test-{name}")))
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let _ = Command::new(program()).arg("mount").arg("--clear").arg(&self.0).output();
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An encrypted file, replaced as a whole.
fn seal(bed: &Bed, value: &str) {
    bed.write("plain.yaml", format!("a: {value}\n"));
    bed.seal(&["encrypt", "--age", RECIPIENT, "-o", "next", "plain.yaml"]).ok();
    fs::rename(bed.path("next"), bed.path("app.enc.yaml")).unwrap();
}

/// A process that is ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn start(bed: &Bed, memory: &Memory, verb: &[&str], app: &[&str], stderr: impl Into<Stdio>) -> Self {
        let child = Command::new(program())
            .args(verb)
            .arg("--into")
            .arg(&memory.0)
            .arg("--key-file")
            .arg(testdata().join("vectors/keys/a.txt"))
            .arg("app.enc.yaml")
            .args(app)
            .current_dir(bed.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn();
        Self(child.unwrap())
    }

    fn kill(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// The exit code, which has to come soon.
    fn code(&mut self) -> Option<i32> {
        until("the end", || self.0.try_wait().unwrap()).code()
    }
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{what}: not within 20 seconds");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn until_in(bed: &Bed, file: &str, text: &str) {
    let path = bed.path(file);
    until(text, || fs::read_to_string(&path).is_ok_and(|all| all.contains(text)).then_some(()));
}

#[test]
fn an_app_that_is_told_to_end_while_it_restarts_does_not_start_again() {
    let (bed, log) = (Bed::new(), "log");
    let memory = Memory::new(&bed);
    seal(&bed, "one");
    let app = "trap 'echo asked >> log; until test -e go; do sleep 0.05; done; exit 7' TERM
        echo started >> log; while :; do sleep 0.05; done";
    let verb = ["run", "--watch=1", "--on-change", "restart:60"];
    let mut run = Running::start(&bed, &memory, &verb, &["--", "sh", "-c", app], Stdio::null());
    until_in(&bed, log, "started");
    seal(&bed, "two");
    until_in(&bed, log, "asked");
    run.kill("-TERM");
    bed.write("go", "");
    assert_eq!(run.code(), Some(7));
    assert_eq!(bed.text(log).matches("started").count(), 1);
}

#[test]
fn an_app_with_a_memory_file_restarts_for_other_values_only() {
    let bed = Bed::new();
    let memory = Memory::new(&bed);
    seal(&bed, "one");
    let app = "read value < \"$A\"; echo \"$value\" >> log; trap 'exit 7' TERM; while :; do sleep 0.05; done";
    let verb = ["run", "--watch=1", "--on-change", "restart", "--fd", "A=a"];
    let mut run = Running::start(&bed, &memory, &verb, &["--", "sh", "-c", app], Stdio::null());
    until_in(&bed, "log", "one\n");
    // Encrypted anew, it is another file with the same value; the one after it shows that it was seen.
    seal(&bed, "one");
    std::thread::sleep(Duration::from_secs(2));
    seal(&bed, "two");
    until_in(&bed, "log", "two\n");
    run.kill("-TERM");
    assert_eq!(run.code(), Some(7));
    assert_eq!(bed.text("log"), "one\ntwo\n");
}

#[test]
fn a_full_log_keeps_no_signal_from_the_app() {
    let bed = Bed::new();
    let memory = Memory::new(&bed);
    seal(&bed, "one");
    // The log is full once the app runs.
    let app = "trap 'echo heard > log' HUP; trap 'exit 7' TERM; echo started > log
        exec 2> /dev/null; while :; do sleep 0.05; done";
    let (reader, writer) = std::io::pipe().unwrap();
    let path = format!("/proc/self/fd/{}", writer.as_raw_fd());
    let flags = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK;
    let filler = rustix::fs::openat(rustix::fs::CWD, path, flags, rustix::fs::Mode::empty()).unwrap();
    let verb = ["run", "--supervise"];
    let mut run = Running::start(&bed, &memory, &verb, &["--", "sh", "-c", app], writer);
    until_in(&bed, "log", "started");
    let mut filler = File::from(filler);
    while filler.write(&[b'.'; 4096]).is_ok() {}
    run.kill("-HUP");
    until_in(&bed, "log", "heard");
    run.kill("-TERM");
    // The last events wait for a reader only so long.
    // The app's own code: it is not ended for a log.
    assert_eq!(run.code(), Some(7));
    drop(reader);
}

#[test]
fn a_pipe_in_the_place_of_a_source_is_not_waited_for() {
    let bed = Bed::new();
    let memory = Memory::new(&bed);
    seal(&bed, "one");
    let stderr = File::create(bed.path("log")).unwrap();
    let mut run = Running::start(&bed, &memory, &["mount", "--watch=1"], &[], stderr);
    until_in(&bed, "log", r#""event":"render""#);
    fs::remove_file(bed.path("app.enc.yaml")).unwrap();
    assert!(Command::new("mkfifo").arg(bed.path("app.enc.yaml")).status().unwrap().success());
    until_in(&bed, "log", "it is not a regular file");
    assert_eq!(fs::read_to_string(memory.0.join("app.yaml")).unwrap(), "a: one\n");
    run.kill("-TERM");
    assert_eq!(run.code(), Some(0));
}

#[test]
fn a_limit_for_files_leaves_nothing() {
    let bed = Bed::new();
    let memory = Memory::new(&bed);
    seal(&bed, &"long".repeat(300));
    // The limit counts blocks of 512 bytes.
    let script = "ulimit -f 1; exec \"$0\" mount --audit none --into \"$1\" --key-file \"$2\" app.enc.yaml";
    let key = testdata().join("vectors/keys/a.txt");
    let done = bed.run(
        "sh",
        &["-c".as_ref(), script.as_ref(), program().as_os_str(), memory.0.as_os_str(), key.as_os_str()],
    );
    let done = done.fails(74);
    assert!(done.stderr.contains("file too large"), "{done}");
    assert_eq!(fs::read_dir(&memory.0).unwrap().count(), 0);
}
