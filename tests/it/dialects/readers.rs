//! The programs that read ENV files, to compare with.

use crate::bed::{Bed, testdata};
use seal::doc::Dialect;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Variables by name; none if the reader refuses the file.
pub(crate) type Seen = Option<BTreeMap<String, String>>;

/// Reads files as dotenv of Node does.
const NODE: &str = "const fs = require('fs'); const dotenv = require(process.argv[1]); \
    for (const f of fs.readFileSync(0, 'utf8').split('\\n').filter(Boolean)) \
    console.log(JSON.stringify(Object.entries(dotenv.parse(fs.readFileSync(f)))));";

/// A reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    Python,
    Node,
    Dotenvy,
    Compose,
    Systemd,
    Dash,
    Bash,
}

impl Reader {
    /// Those of a dialect that run without an engine, and that are here.
    pub(crate) fn of(dialect: Dialect) -> Vec<Reader> {
        let all: &[Reader] = match dialect {
            Dialect::Dotenv => &[Reader::Python, Reader::Node, Reader::Dotenvy],
            Dialect::Docker => &[],
            Dialect::Compose => &[Reader::Compose],
            Dialect::Systemd => &[Reader::Systemd],
            Dialect::Shell => &[Reader::Dash, Reader::Bash],
        };
        all.iter().copied().filter(|reader| reader.is_here()).collect()
    }

    /// Whether the reader is installed.
    ///
    /// # Panics
    /// If it is not under `CI=true`: a comparison that does not happen must not look like one that passed.
    pub(crate) fn is_here(self) -> bool {
        let (here, package) = match self {
            Reader::Python | Reader::Node | Reader::Dotenvy => (true, ""),
            Reader::Compose => (Path::new("/usr/bin/docker-compose").exists(), "docker-compose"),
            Reader::Systemd => (has_systemd(), "systemd"),
            Reader::Dash => (Path::new("/bin/dash").exists(), "dash"),
            Reader::Bash => (Path::new("/bin/bash").exists(), "bash"),
        };
        let required = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(here || !required, "needs {self:?}: apt-get install {package}");
        if !here {
            // Not by eprintln!, which is kept back while tests pass.
            let _ = writeln!(std::io::stderr(), "\n{self:?}: LEFT OUT, needs {package}");
        }
        here
    }

    /// What it sees in each of the files.
    pub(crate) fn read(self, bed: &Bed, files: &[PathBuf]) -> Vec<Seen> {
        let script = testdata().join("env-readers.py");
        let script = script.to_str().unwrap();
        let names: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
        let run = match self {
            Reader::Dotenvy => return files.iter().map(|file| dotenvy(file)).collect(),
            Reader::Node => bed.run("node", &["-e", NODE, fetched("node/package").to_str().unwrap()]),
            Reader::Python => bed.run("python3", &[script, "python"]).env("PYTHONPATH", fetched("python")),
            // The interpreter that docker-compose itself runs with.
            Reader::Compose => bed.run("/usr/bin/python3", &[script, "compose"]),
            Reader::Systemd => bed.run("python3", &[script, "systemd"]),
            Reader::Dash => bed.run("python3", &[script, "/bin/dash"]),
            Reader::Bash => bed.run("python3", &[script, "/bin/bash"]),
        };
        let done = run.stdin(names.join("\n")).ok();
        let seen: Vec<Seen> = done.text().lines().map(seen).collect();
        assert_eq!(seen.len(), files.len(), "{self:?}");
        seen
    }
}

/// A line that names a variable without a value says nothing of it.
fn seen(line: &str) -> Seen {
    let pairs: Option<Vec<(String, Option<String>)>> = serde_json::from_str(line).unwrap();
    Some(pairs?.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

/// Whether the library of systemd is here that reads its files.
fn has_systemd() -> bool {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders
        .filter_map(|folder| std::fs::read_dir(folder.path().join("systemd")).ok())
        .flatten()
        .flatten()
        .any(|file| file.file_name().to_string_lossy().starts_with("libsystemd-shared-"))
}

fn dotenvy(file: &Path) -> Seen {
    dotenvy::from_path_iter(file).unwrap().collect::<Result<_, _>>().ok()
}

/// A reader that `testdata/get-dotenv.sh` fetched. A comparison that does not happen must not look like one
/// that passed.
pub(crate) fn fetched(part: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers/dotenv").join(part);
    assert!(path.exists(), "no {}: run testdata/get-dotenv.sh first", path.display());
    path
}
