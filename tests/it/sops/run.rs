//! One case run by one program, in a bed of its own, and what came of it.

use super::case::Case;
use super::ground;
use crate::bed::{Bed, program, testdata};
use crate::peers::sops_binary;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Longer than any case takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The real sops.
    Theirs,
    /// This program, by the name of sops.
    Ours,
}

impl Side {
    /// The program to start.
    pub(super) fn program(self) -> PathBuf {
        link(self)
    }
}

/// A link called `sops` to the program of a side, in a folder of its own.
fn link(side: Side) -> PathBuf {
    static LINKS: [OnceLock<PathBuf>; 2] = [OnceLock::new(), OnceLock::new()];
    LINKS[side as usize]
        .get_or_init(|| {
            let name = format!("link-{side:?}-{}", std::process::id());
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
            fs::create_dir_all(&folder).unwrap();
            let link = folder.join("sops");
            let _ = fs::remove_file(&link);
            symlink(if side == Side::Theirs { sops_binary() } else { program() }, &link).unwrap();
            link
        })
        .clone()
}

/// A file or folder of a bed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Folder,
    /// Mode and content.
    File(u32, Vec<u8>),
    /// A link, a pipe and the like.
    Other(String),
}

/// What came of a run.
pub(super) struct Outcome {
    /// The exit code; none if a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: String,
    /// Everything in the bed before and after, by the path in it.
    pub(super) before: BTreeMap<String, Entry>,
    pub(super) after: BTreeMap<String, Entry>,
}

/// Runs a case.
pub(super) fn run(case: &Case, side: Side) -> Outcome {
    let bed = Bed::new();
    ground::lay(&bed, &format!("{case:?}"));
    let work = bed.path("");
    let fill = |text: &str| ground::fill(text, &work);
    for (name, content) in case.files {
        bed.write(name, fill(content));
    }
    let root = work.parent().unwrap().to_owned();
    let before = entries(&root);

    let mut run = bed.run(side.program(), &case.args(fill));
    if case.key {
        run = run.identity("a");
    }
    run = run.within(case.within);
    for (name, value) in case.env {
        run = run.env(name, fill(value));
    }
    let input = match case.stdin_of {
        "" => fill(case.stdin).into_bytes(),
        name => bed.read(name),
    };
    let (code, stdout, stderr) = wait(run.command(), input);
    assert!(side == Side::Theirs || !stderr.contains("panicked at"), "{}: a panic: {stderr}", case.id());
    outcome(&root, before, code, &stdout, &stderr)
}

/// Runs a script of `testdata/clients`, with the program of a side as the only `sops` on the path.
pub(super) fn client(script: &str, interpreter: &str, side: Side) -> Outcome {
    let bed = Bed::new();
    ground::lay_all(&bed);
    let root = bed.path("").parent().unwrap().to_owned();
    let before = entries(&root);
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let clients = project.join("target/peers/clients");
    assert!(clients.join("wanted").is_file(), "no clients: run testdata/get-clients.sh first");
    let scripts = testdata().join("clients");
    let path = format!("{}:{}", link(side).parent().unwrap().display(), std::env::var("PATH").unwrap());
    let run = bed
        .run(interpreter, &[scripts.join(script)])
        .identity("a")
        .env("PATH", path)
        .env("RECIPIENTS", format!("{},{}", ground::A, ground::B))
        .env("PYTHONPATH", clients.join("python"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("CLIENTS", clients)
        .env("SCRIPTS", scripts);
    let (code, stdout, stderr) = wait(run.command(), Vec::new());
    let mut outcome = outcome(&root, before, code, &stdout, &stderr);
    // What a client keeps for itself is its own business.
    outcome.after.retain(|name, _| name.starts_with("work/"));
    outcome.before.retain(|name, _| name.starts_with("work/"));
    outcome
}

fn outcome(
    root: &Path,
    before: BTreeMap<String, Entry>,
    code: Option<i32>,
    stdout: &[u8],
    stderr: &str,
) -> Outcome {
    // Paths of the bed differ in both runs.
    let name = root.to_str().unwrap();
    Outcome {
        code,
        stdout: replaced(stdout, name.as_bytes(), b"{bed}"),
        stderr: stderr.replace(name, "{bed}"),
        before,
        after: entries(root),
    }
}

/// Runs to the end, or for a minute.
fn wait(mut command: Command, input: Vec<u8>) -> (Option<i32>, Vec<u8>, String) {
    let shown = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{shown}: {e}"));
    let (mut stdin, mut stdout, mut stderr) =
        (child.stdin.take().unwrap(), child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let feeder = std::thread::spawn(move || {
        // A program that does not read its input closes the pipe: no error of this test.
        let _ = stdin.write_all(&input);
    });
    let out = std::thread::spawn(move || all(&mut stdout));
    let err = std::thread::spawn(move || all(&mut stderr));
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("still running after a minute: {shown}");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    feeder.join().unwrap();
    (status.code(), out.join().unwrap(), String::from_utf8_lossy(&err.join().unwrap()).into_owned())
}

fn all(from: &mut impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    bytes
}

/// Everything below `root`, by the path from there.
fn entries(root: &Path) -> BTreeMap<String, Entry> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            let what = if meta.is_dir() {
                open.push(path.clone());
                Entry::Folder
            } else if meta.is_file() {
                Entry::File(meta.permissions().mode() & 0o7777, fs::read(&path).unwrap_or_default())
            } else {
                Entry::Other(format!("{:?}", meta.file_type()))
            };
            found.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), what);
        }
    }
    found
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}
