//! Every file of `testdata/vectors` against the program: what sops wrote is read, what it refuses is refused.

use crate::bed::{Bed, Done, Run, testdata};
use crate::datum::difference;
use crate::pgp::Ring;
use crate::read::{self, Format};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

#[derive(Deserialize)]
struct Manifest {
    vectors: Vec<Entry>,
}

/// One entry of the manifest. Paths are relative to the folder of the vectors.
#[derive(Deserialize, Clone)]
struct Entry {
    name: String,
    kind: String,
    format: Option<String>,
    key: String,
    exit: i32,
    plain: Option<String>,
    enc: Option<String>,
    dec: Option<String>,
    before: Option<String>,
    file: Option<String>,
    command: Option<String>,
    dec_json: Option<String>,
    dec_yaml: Option<String>,
    dec_dotenv: Option<String>,
    /// The folder of gpg that has the key of entries for PGP.
    #[serde(skip)]
    gpg: Option<PathBuf>,
}

/// Where the program's exit code differs from sops's, and why.
const DIFFERENCES: &[(&str, i32, &str)] = &[
    ("invalid/clear-int-in-encrypted-slot", 25, "sops crashes; a value does not decrypt"),
    ("invalid/type-bytes", 25, "sops crashes; a value does not decrypt"),
    ("invalid/no-metadata", 204, "a plain file has a code of its own"),
    ("invalid/no-metadata-json", 204, "a plain file has a code of its own"),
    ("invalid/no-metadata-env", 204, "a plain file has a code of its own"),
    ("invalid/no-metadata-ini", 204, "a plain file has a code of its own"),
    ("invalid/truncated-early", 204, "what is left has no metadata: a plain file"),
    ("invalid/bom-json", 0, "a byte order mark says nothing about the content"),
    ("invalid/crlf-env", 0, "line ends changed in transport are not an alteration of values"),
];

/// Files whose content sops itself does not give back as it was, and why.
const NOT_LIKE_PLAIN: &[(&str, &str)] = &[
    ("json/trailing-garbage", "sops ignores what follows the object"),
    ("json/types", "sops 3.11 reads JSON integers as doubles"),
    ("json/numbers-unencrypted", "sops 3.11 reads JSON integers as doubles"),
];

fn vectors() -> PathBuf {
    testdata().join("vectors")
}

fn manifest() -> Vec<Entry> {
    let text = fs::read(vectors().join("manifest.json")).unwrap();
    serde_json::from_slice::<Manifest>(&text).unwrap().vectors
}

impl Entry {
    /// The format of the encrypted file: `Err` with the extension if it is not one of ours.
    fn format(&self) -> Result<Format, String> {
        if let Some(name) = &self.format {
            return Format::named(name).map_err(str::to_owned);
        }
        let extension = self.source().rsplit('.').next().unwrap();
        let found = Format::ALL.into_iter().find(|f| f.extension() == extension);
        found.ok_or_else(|| extension.to_owned())
    }

    fn source(&self) -> &str {
        self.enc.as_deref().or(self.file.as_deref()).unwrap()
    }

    /// A run of `seal ARGS FILE` on a copy of `file`, with the identity of the entry.
    fn run<'b>(&self, bed: &'b Bed, args: &[&str], file: &str) -> Run<'b> {
        let name = file.rsplit('/').next().unwrap();
        bed.write(name, fs::read(vectors().join(file)).unwrap());
        let mut all = args.to_vec();
        all.push(name);
        let run = bed.seal(&all);
        let keys = vectors().join("keys");
        match self.key.as_str() {
            "none" => run,
            "pgp" => run.env("GNUPGHOME", self.gpg.as_ref().expect("a test that imports the key")),
            "keys.txt" => run.env("SOPS_AGE_KEY_FILE", vectors().join("keys.txt")),
            "ed25519" | "rsa" => {
                run.env("SOPS_AGE_SSH_PRIVATE_KEY_FILE", keys.join(format!("id_{}", self.key)))
            }
            age => run.identity(age),
        }
    }
}

/// Counts by kind and outcome, printed at the end.
#[derive(Default)]
struct Tally {
    counts: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, what: &str) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
    }

    fn judge(&mut self, entry: &Entry, what: &str, outcome: Result<(), String>) {
        self.add(what);
        if let Err(why) = outcome {
            self.wrong.push(format!("{} ({what}): {why}", entry.name));
        }
    }
}

#[test]
fn every_vector_is_read_as_sops_reads_it() {
    let ring = Ring::new();
    ring.import(&vectors().join("keys/pgp-private.asc"));
    let mut entries = manifest();
    for entry in entries.iter_mut().filter(|entry| entry.key == "pgp") {
        entry.gpg = Some(ring.path().to_owned());
    }
    let mut tally = Tally::default();
    for entry in &entries {
        match (entry.kind.as_str(), entry.format()) {
            (_, Err(format)) => panic!("{}: unknown format {format}", entry.name),
            ("valid" | "crafted" | "operation", Ok(format)) => {
                let what = format!("{} {}", entry.kind, format.name());
                tally.judge(entry, &what, reads(entry, format));
            }
            ("invalid" | "accepted-though-altered", Ok(format)) => {
                tally.judge(entry, &entry.kind, fails_alike(entry, format));
            }
            (kind, Ok(_)) => panic!("{}: unknown kind {kind}", entry.name),
        }
    }
    for (what, count) in &tally.counts {
        println!("{count:4}  {what}");
    }
    let looked_at: usize = tally.counts.values().sum();
    println!("{looked_at:4}  of {} entries", entries.len());
    assert_eq!(looked_at, entries.len(), "an entry of the manifest was not looked at");
    assert!(tally.wrong.is_empty(), "{} wrong:\n{}", tally.wrong.len(), tally.wrong.join("\n"));
}

#[test]
fn every_difference_names_a_vector() {
    let entries = manifest();
    for (name, code, why) in DIFFERENCES {
        let entry = entries.iter().find(|entry| entry.name == *name);
        let entry = entry.unwrap_or_else(|| panic!("{name} is not in the manifest"));
        assert_ne!(entry.exit, *code, "{name} is no difference ({why})");
    }
}

/// Judges the judge: what it reads in a plain file is what sops made of that file.
#[test]
fn the_readers_type_values_as_sops_does() {
    let mut compared = 0;
    for entry in manifest() {
        let (Ok(format), Some(plain), Some(dec)) = (entry.format(), &entry.plain, &entry.dec) else {
            continue;
        };
        if NOT_LIKE_PLAIN.iter().any(|(name, _)| *name == entry.name) {
            continue;
        }
        let [plain, dec] = [plain, dec].map(|name| fs::read(vectors().join(name)).unwrap());
        if let Err(why) = same_values(format, &dec, &plain) {
            panic!("{}: {why}", entry.name);
        }
        compared += 1;
    }
    assert!(compared > 60, "only {compared} compared");
}

/// The file decrypts to what sops decrypts it to, in its own format and in the others asked for.
fn reads(entry: &Entry, format: Format) -> Result<(), String> {
    let dec = fs::read(vectors().join(entry.dec.as_ref().unwrap())).unwrap();
    let bed = Bed::new();
    let done = entry.run(&bed, &["decrypt"], entry.source()).done();
    succeeded(&done)?;
    same_values(format, &dec, &done.stdout)?;
    if format == Format::Yaml {
        same_comments(&dec, &done.stdout)?;
    }
    for (other, expected) in [
        (Format::Json, &entry.dec_json),
        (Format::Yaml, &entry.dec_yaml),
        (Format::Dotenv, &entry.dec_dotenv),
    ] {
        let Some(expected) = expected else { continue };
        // sops writes null as `<nil>`, which is a text like any other for whoever reads it.
        let expected = String::from_utf8(fs::read(vectors().join(expected)).unwrap()).unwrap();
        let expected = expected.replace("=<nil>\n", "=\n").into_bytes();
        let done = entry.run(&bed, &["decrypt", "--output-type", other.name()], entry.source()).done();
        succeeded(&done)?;
        same_values(other, &expected, &done.stdout).map_err(|e| format!("as {other:?}: {e}"))?;
    }
    match &entry.before {
        Some(before) => succeeded(&entry_before(entry).run(&bed, &["decrypt"], before).done()),
        None => Ok(()),
    }
}

/// The entry as of before the operation: its key may have been another.
fn entry_before(entry: &Entry) -> Entry {
    Entry { key: "keys.txt".to_owned(), ..entry.clone() }
}

/// A file by sops has no strict record: it opens with a warning.
fn succeeded(done: &Done) -> Result<(), String> {
    if done.code != Some(0) {
        return Err(format!("exit {:?}: {}", done.code, done.stderr.trim()));
    }
    if !done.stderr.contains("warning:") {
        return Err(format!("no warning about the missing strict record: {:?}", done.stderr));
    }
    Ok(())
}

fn same_values(format: Format, expected: &[u8], found: &[u8]) -> Result<(), String> {
    let expected = read::documents(format, expected).map_err(|e| format!("the expectation: {e}"))?;
    let found = read::documents(format, found).map_err(|e| format!("the output does not parse: {e}"))?;
    if expected.len() != found.len() {
        return Err(format!("{} documents, not {}", found.len(), expected.len()));
    }
    match expected.iter().zip(&found).find_map(|(a, b)| difference(a, b)) {
        Some(place) => Err(format!("expected against found: {place}")),
        None => Ok(()),
    }
}

fn same_comments(expected: &[u8], found: &[u8]) -> Result<(), String> {
    let (expected, found) = (read::comments(expected)?, read::comments(found)?);
    if expected == found { Ok(()) } else { Err(format!("comments: expected {expected:?}, found {found:?}")) }
}

/// The exit code is sops's, or one of [`DIFFERENCES`]; nothing is printed on a failure.
fn fails_alike(entry: &Entry, format: Format) -> Result<(), String> {
    let command = entry.command.as_deref().unwrap();
    let args: Vec<&str> = command.split_ascii_whitespace().collect();
    let bed = Bed::new();
    let done = entry.run(&bed, &args, entry.source()).done();
    let known = DIFFERENCES.iter().find(|(name, ..)| *name == entry.name);
    let expected = known.map_or(entry.exit, |(_, code, _)| *code);
    if done.code != Some(expected) {
        let first = done.stderr.trim().lines().next().unwrap_or_default();
        return Err(format!("exit {:?}, expected {expected}: {first}", done.code));
    }
    if expected != 0 {
        return match (done.stdout.is_empty(), done.stderr.trim().is_empty()) {
            (true, false) => Ok(()),
            _ => Err(format!("a failure speaks on stderr only: {done}")),
        };
    }
    succeeded(&done)?;
    let text = done.stdout.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&done.stdout);
    read::documents(format, text).map(drop)
}
