//! Random documents against the real sops, both ways, and there and back.
//!
//! `SEAL_TEST_SEED` sets the seed and `SEAL_TEST_DOCUMENTS` the number of documents of each format.

use crate::bed::{Bed, Done, Run, testdata};
use crate::datum::{Datum, difference};
use crate::generate::{self, Random};
use crate::peers::sops;
use crate::read::{self, Format};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Documents of each format.
const DOCUMENTS: u64 = 500;
const SEED: u64 = 20_261_121;
/// How many in a hundred must be documents that sops itself gives back.
const ENOUGH: usize = 80;

const A: &str = "age1rh8vkdkhqetmk6qs8v8jxuxlky0c9s2c8aeflydjyv87cs5tgaqq9ynmu3";
const A_AND_B: &str = "age1rh8vkdkhqetmk6qs8v8jxuxlky0c9s2c8aeflydjyv87cs5tgaqq9ynmu3,age1jhtfnxg0f4pn5v2kh2yy7k8k5ct406ckxxqcnmg8me2k9akelplqlslnvp";
const B: &str = "age1jhtfnxg0f4pn5v2kh2yy7k8k5ct406ckxxqcnmg8me2k9akelplqlslnvp";
const C: &str = "age12emss458rkzan5e26umy9flrv0752322ys0fpst2alfl000505vs4yyzvh";

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|e| panic!("{name}: {e}")))
}

/// How a document is encrypted, the same for both programs.
struct Manner {
    /// What stands in `.sops.yaml`: key groups, which no flag can name.
    rules: Option<String>,
    flags: Vec<&'static str>,
}

impl Manner {
    fn random(format: Format, random: &mut Random) -> Self {
        let rules = random.chance(10).then(|| {
            let groups = format!("      - age: [{A}]\n      - age: [{B}]\n      - age: [{C}]\n");
            format!("creation_rules:\n  - shamir_threshold: 2\n    key_groups:\n{groups}")
        });
        let both = random.chance(10);
        let mut flags: Vec<&str> = match random.below(12) {
            0 => vec!["--encrypted-regex", "^(password|secret)"],
            1 => vec!["--unencrypted-regex", "(user|key)"],
            2 => vec!["--encrypted-suffix", "1"],
            3 => vec!["--unencrypted-suffix", "2"],
            4 if format == Format::Yaml => vec!["--encrypted-comment-regex", "sops:enc"],
            5 if format == Format::Yaml => vec!["--unencrypted-comment-regex", "sops:enc"],
            _ => vec![],
        };
        if random.chance(8) {
            flags.push("--mac-only-encrypted");
        }
        if format == Format::Binary {
            flags.clear();
        }
        if rules.is_none() {
            flags.extend(["--age", if both { A_AND_B } else { A }]);
        }
        Self { rules, flags }
    }
}

/// The bed of one format: runs both programs on `x.EXT`.
struct Pair<'b> {
    bed: &'b Bed,
    format: Format,
    file: String,
}

impl<'b> Pair<'b> {
    fn keyed(&self, run: Run<'b>) -> Run<'b> {
        run.env("SOPS_AGE_KEY_FILE", testdata().join("vectors/keys.txt"))
    }

    fn seal(&self, args: &[&str], content: &[u8]) -> Done {
        self.bed.write(&self.file, content);
        self.keyed(self.bed.seal(&[args, &[&self.file]].concat())).done()
    }

    fn sops(&self, args: &[&str], content: &[u8]) -> Done {
        self.bed.write(&self.file, content);
        self.keyed(sops(self.bed, &[args, &[&self.file]].concat())).done()
    }

    fn read(&self, text: &[u8]) -> Result<Vec<Datum>, String> {
        read::documents(self.format, text)
    }
}

/// What sops makes of a document: its encrypted file and what it decrypts that to; `Err` with the reason
/// if sops cannot express the document.
fn sops_view(pair: &Pair<'_>, manner: &Manner, plain: &[u8]) -> Result<(Vec<u8>, Vec<u8>), &'static str> {
    let encrypted = pair.sops(&[&["-e"], &manner.flags[..]].concat(), plain);
    if encrypted.code != Some(0) {
        return Err("sops does not encrypt it");
    }
    let decrypted = pair.sops(&["-d"], &encrypted.stdout);
    if decrypted.code != Some(0) {
        return Err("sops does not decrypt its own file");
    }
    let Ok(theirs) = pair.read(&decrypted.stdout) else { return Err("sops prints what does not parse") };
    match pair.read(plain).map(|ours| compare(&ours, &theirs)) {
        Ok(Ok(())) => Ok((encrypted.stdout, decrypted.stdout)),
        _ => Err("sops gives back other values"),
    }
}

fn compare(one: &[Datum], other: &[Datum]) -> Result<(), String> {
    if one.len() != other.len() {
        return Err(format!("{} documents against {}", one.len(), other.len()));
    }
    match one.iter().zip(other).find_map(|(a, b)| difference(a, b)) {
        Some(place) => Err(place),
        None => Ok(()),
    }
}

/// The types of all encrypted values in the order of the text; JSON of sops 3.11 has no integers.
fn labels(format: Format, encrypted: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(encrypted);
    let mut found = Vec::new();
    for (at, _) in text.match_indices("ENC[AES256_GCM,data:") {
        let before = text[..at].trim_end_matches(['"', ' ', ':', '=']);
        let is_metadata = before.ends_with("mac") || before.ends_with("seal");
        let label = text[at..].split(",type:").nth(1).and_then(|rest| rest.split(']').next());
        match label {
            Some("comment") | None => {}
            _ if is_metadata => {}
            Some("int") if format == Format::Json => found.push("float".to_owned()),
            Some(label) => found.push(label.to_owned()),
        }
    }
    found
}

/// One document; `Ok` says which comparison was possible.
fn check(pair: &Pair<'_>, manner: &Manner, plain: &[u8]) -> Result<&'static str, String> {
    let ours = pair.seal(&[&["encrypt", "--allow-nothing"], &manner.flags[..]].concat(), plain);
    if ours.code == Some(23) && ours.stderr.contains("alias") {
        return Ok("seal refuses an alias that would show an encrypted value");
    }
    if ours.code != Some(0) {
        return Err(format!("seal does not encrypt it: {}", said(&ours)));
    }
    let back = pair.seal(&["decrypt", "--require-strict"], &ours.stdout);
    if back.code != Some(0) {
        return Err(format!("seal does not decrypt its own file: {}", said(&back)));
    }
    if back.stdout != plain {
        return Err("there and back changes bytes".to_owned());
    }
    let (encrypted, expected) = match sops_view(pair, manner, plain) {
        Ok(view) => view,
        Err(why) => return Ok(why),
    };
    let expected_values = pair.read(&expected)?;

    let theirs = pair.sops(&["-d"], &ours.stdout);
    if theirs.code != Some(0) {
        return Err(format!("sops does not decrypt ours: {}", said(&theirs)));
    }
    compare(&expected_values, &pair.read(&theirs.stdout)?)
        .map_err(|e| format!("sops reads ours as other: {e}"))?;

    let from_theirs = pair.seal(&["decrypt"], &encrypted);
    if from_theirs.code != Some(0) {
        return Err(format!("seal does not decrypt a file of sops: {}", said(&from_theirs)));
    }
    let found = pair.read(&from_theirs.stdout)?;
    compare(&expected_values, &found).map_err(|e| format!("seal reads a file of sops as other: {e}"))?;

    let expected_comments = comments(pair.format, &expected)?;
    if sorted(&expected_comments) == sorted(&comments(pair.format, plain)?) {
        let expected = expected_comments;
        shown_by_sops(&expected, &comments(pair.format, &theirs.stdout)?)?;
        same("the comments of a file of sops", &expected, &comments(pair.format, &from_theirs.stdout)?)?;
    }
    same("types", &labels(pair.format, &encrypted), &labels(pair.format, &ours.stdout))?;
    Ok(if theirs.stdout == expected { "same to the byte for sops" } else { "same values for sops" })
}

/// The comments of YAML. Where sops itself loses one there is nothing to compare.
fn comments(format: Format, text: &[u8]) -> Result<Vec<String>, String> {
    if format == Format::Yaml { read::comments(text) } else { Ok(Vec::new()) }
}

/// The comments that sops shows of ours, in their order. It decrypts all of them, or it would show their
/// ciphertext; but its printer drops a comment above a list element whose first key has one of its own.
fn shown_by_sops(expected: &[String], found: &[String]) -> Result<(), String> {
    let mut rest = expected.iter();
    match found.iter().find(|text| !rest.any(|other| other == *text)) {
        None if found.len() + 4 >= expected.len() => Ok(()),
        _ => Err(format!("the comments that sops reads in ours: expected {expected:?}, found {found:?}")),
    }
}

fn sorted(texts: &[String]) -> Vec<&String> {
    let mut texts: Vec<_> = texts.iter().collect();
    texts.sort();
    texts
}

/// What a program said, on one line.
fn said(done: &Done) -> String {
    done.stderr.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn same(what: &str, expected: &[String], found: &[String]) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("{what}: expected {expected:?}, found {found:?}")) }
}

fn both_ways(format: Format) {
    let (seed, documents) = (setting("SEAL_TEST_SEED", SEED), setting("SEAL_TEST_DOCUMENTS", DOCUMENTS));
    println!("{}: {documents} documents, SEAL_TEST_SEED={seed}", format.name());
    let bed = Bed::new();
    let pair = Pair { bed: &bed, format, file: format!("x.{}", format.extension()) };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for index in 0..documents {
        let mut random = Random::new(seed ^ format as u64, index);
        let manner = Manner::random(format, &mut random);
        let plain = generate::document(format, &mut random);
        let _ = fs::remove_file(bed.path(".sops.yaml"));
        if let Some(rules) = &manner.rules {
            bed.write(".sops.yaml", rules);
        }
        match check(&pair, &manner, &plain) {
            Ok(what) => *counts.entry(what).or_default() += 1,
            Err(why) => {
                let kept = format!("interop-{}-{index}.{}", format.name(), format.extension());
                fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(&kept), &plain).unwrap();
                wrong.push(format!("target/tmp/{kept} {:?}: {why}", manner.flags));
            }
        }
    }
    for (what, count) in &counts {
        println!("{count:5}  {what}");
    }
    let shown = wrong.iter().take(100).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of {documents} wrong:\n{shown}", wrong.len());
    let compared: usize = counts.iter().filter(|(what, _)| what.starts_with("same")).map(|(_, n)| n).sum();
    let documents = documents as usize;
    assert!(compared * 100 >= documents * ENOUGH, "only {compared} of {documents} could be compared");
}

/// Every how many-th file of the corpus is compared.
const STRIDE: usize = 29;

#[test]
fn real_files_both_ways() {
    let bed = Bed::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for path in crate::corpus::corpus().iter().step_by(STRIDE) {
        let format = if path.extension().is_some_and(|e| e == "json") { Format::Json } else { Format::Yaml };
        let pair = Pair { bed: &bed, format, file: format!("x.{}", format.extension()) };
        let manner = Manner { rules: None, flags: vec!["--age", A] };
        match check(&pair, &manner, &fs::read(path).unwrap()) {
            Ok(what) => *counts.entry(what).or_default() += 1,
            // Top-level lists, templates: the corpus test looks at refusals.
            Err(why) if why.starts_with("seal does not encrypt it") => {
                *counts.entry("refused").or_default() += 1
            }
            Err(why) => wrong.push(format!("{}: {why}", path.display())),
        }
    }
    for (what, count) in &counts {
        println!("{count:5}  {what}");
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    let compared: usize = counts.iter().filter(|(what, _)| what.starts_with("same")).map(|(_, n)| n).sum();
    assert!(compared >= 150, "only {compared} compared");
}

#[test]
fn yaml_both_ways() {
    both_ways(Format::Yaml);
}

#[test]
fn json_both_ways() {
    both_ways(Format::Json);
}

#[test]
fn env_both_ways() {
    both_ways(Format::Dotenv);
}

#[test]
fn ini_both_ways() {
    both_ways(Format::Ini);
}

#[test]
fn binary_both_ways() {
    both_ways(Format::Binary);
}
