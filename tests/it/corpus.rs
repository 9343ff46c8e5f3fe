//! Real files: encrypted and decrypted again, each of them is the same to the last byte.

use crate::bed::{Bed, Done};
use crate::cli::RECIPIENT;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many files must parse for the test to mean anything.
const ENOUGH: usize = 1000;

/// How many INI files must parse.
const ENOUGH_INI: usize = 200;

/// How many TOML files must parse.
const ENOUGH_TOML: usize = 200;

/// All YAML and JSON files of `target/corpus`.
///
/// # Panics
/// If there are none: `testdata/get-corpus.sh` fetches them.
pub(crate) fn corpus() -> Vec<PathBuf> {
    files(&["yml", "yaml", "json"], ENOUGH)
}

/// All files of `target/corpus` with one of the extensions.
fn files(extensions: &[&str], enough: usize) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/corpus");
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            if path.is_dir() {
                open.push(path);
            } else if path.is_file() && extension.is_some_and(|extension| extensions.contains(&extension)) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(
        found.len() >= enough,
        "{} files in target/corpus: run testdata/get-corpus.sh first",
        found.len()
    );
    found
}

/// What became of a file.
enum Outcome {
    /// The same bytes came back.
    Identical,
    /// It was refused, with a reason and a place.
    Refused(String),
    /// A defect.
    Wrong(String),
}

/// Encrypts and decrypts a copy of the file.
fn there_and_back(bed: &Bed, path: &Path) -> Outcome {
    let plain = fs::read(path).unwrap();
    // INI files have many endings.
    let name = match path.extension().unwrap().to_str().unwrap() {
        extension @ ("yml" | "yaml" | "json" | "toml") => format!("x.{extension}"),
        "orig" => "x.toml".to_owned(),
        _ => "x.ini".to_owned(),
    };
    bed.write(&name, &plain);
    let done = bed.seal(&["encrypt", "--allow-nothing", "--age", RECIPIENT, &name]).done();
    if done.code != Some(0) {
        return refused(&done, &name);
    }
    if !done.stdout.windows(6).any(|w| matches!(w, b"\nsops:" | b"\"sops\"" | b"[sops]")) {
        return Outcome::Wrong("no metadata in the encrypted file".to_owned());
    }
    bed.write(&name, &done.stdout);
    let done = bed.seal(&["decrypt", &name]).identity("a").done();
    if done.code != Some(0) {
        return Outcome::Wrong(format!("does not decrypt: {}", done.stderr.trim()));
    }
    if done.stdout == plain {
        return Outcome::Identical;
    }
    let same = done.stdout.iter().zip(&plain).take_while(|(a, b)| a == b).count();
    let line = plain[..same].iter().filter(|b| **b == b'\n').count() + 1;
    Outcome::Wrong(format!("differs from line {line}"))
}

/// A refusal: the code of a file that cannot be read or expressed, and where the reason stands.
fn refused(done: &Done, name: &str) -> Outcome {
    let first = done.stderr.trim().lines().next().unwrap_or_default().to_owned();
    match done.code {
        Some(92) => Outcome::Refused("the file is empty".to_owned()),
        Some(203) => Outcome::Refused("it has an entry called sops".to_owned()),
        Some(2 | 23) if has_place(&done.stderr, name) => Outcome::Refused(first),
        Some(2 | 23) => Outcome::Wrong(format!("refused without a place: {first}")),
        code => Outcome::Wrong(format!("exit {code:?}: {first}")),
    }
}

/// Whether `NAME:LINE:COLUMN` stands in `words`.
fn has_place(words: &str, name: &str) -> bool {
    words.match_indices(&format!("{name}:")).any(|(at, found)| {
        let mut numbers = words[at + found.len()..].splitn(3, |c: char| !c.is_ascii_digit());
        let mut number = || numbers.next().is_some_and(|digits| digits.parse::<usize>().is_ok_and(|n| n > 0));
        number() && number()
    })
}

#[test]
fn real_files_come_back_byte_for_byte() {
    come_back(&corpus(), ENOUGH);
}

#[test]
fn real_ini_files_come_back_byte_for_byte() {
    come_back(&files(&["ini", "cfg", "rc"], ENOUGH_INI), ENOUGH_INI);
}

/// The TOML files of the packages in `Cargo.lock` that Cargo has unpacked.
///
/// # Panics
/// If Cargo has too few: `cargo fetch --locked` gets them.
pub(crate) fn toml_corpus() -> Vec<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"))).unwrap();
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let field = |line: &str, name: &str| {
        Some(line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"')?.to_owned())
    };
    let names = lock.lines().filter_map(|line| field(line, "name"));
    // The version of the lock file itself has no quotes.
    let versions = lock.lines().filter_map(|line| field(line, "version"));
    let packages: Vec<String> =
        names.zip(versions).map(|(name, version)| format!("{name}-{version}")).collect();
    let registries = fs::read_dir(home.join("registry/src")).into_iter().flatten();
    let registries: Vec<PathBuf> = registries.map(|entry| entry.unwrap().path()).collect();
    let folders = registries.iter().flat_map(|registry| packages.iter().map(|name| registry.join(name)));
    let mut open: Vec<PathBuf> = folders.filter(|folder| folder.is_dir()).collect();
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let is_toml = path.extension().is_some_and(|extension| extension == "toml")
                || path.file_name().is_some_and(|name| name == "Cargo.toml.orig");
            if path.is_dir() {
                open.push(path);
            } else if is_toml {
                found.push(path);
            }
        }
    }
    found.sort();
    found.dedup();
    assert!(
        found.len() >= ENOUGH_TOML,
        "{} TOML files of packages: run cargo fetch --locked first",
        found.len()
    );
    found
}

#[test]
fn real_toml_files_come_back_byte_for_byte() {
    come_back(&toml_corpus(), ENOUGH_TOML);
}

fn come_back(files: &[PathBuf], enough: usize) {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let bed = Bed::new();
                while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = there_and_back(&bed, path);
                    outcomes.lock().unwrap().push((path, outcome));
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    assert_eq!(outcomes.len(), files.len(), "a file was not looked at");
    report(&outcomes, enough);
}

fn report(outcomes: &[(&PathBuf, Outcome)], enough: usize) {
    let (mut identical, mut wrong) = (0, Vec::new());
    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, outcome) in outcomes {
        match outcome {
            Outcome::Identical => identical += 1,
            Outcome::Refused(why) => *refused.entry(why).or_default() += 1,
            Outcome::Wrong(why) => wrong.push(format!("{}: {why}", path.display())),
        }
    }
    println!("{:5} files", outcomes.len());
    println!("{identical:5} identical of {} that parse", identical + wrong.len());
    println!("{:5} refused", refused.values().sum::<usize>());
    for (why, count) in refused {
        println!("      {count:5}  {why}");
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(identical >= enough, "only {identical} files parse");
}
