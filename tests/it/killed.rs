//! Commands that are killed at any moment: each file is the old one or the new one, whole, and nothing is
//! left that Git would add.
//!
//! `SEAL_TEST_KILLS` sets how often each command is killed, `SEAL_TEST_SEED` when.

use crate::bed::{Bed, program, testdata};
use crate::generate::Random;
use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const A: &str = "age1rh8vkdkhqetmk6qs8v8jxuxlky0c9s2c8aeflydjyv87cs5tgaqq9ynmu3";
const B: &str = "age1jhtfnxg0f4pn5v2kh2yy7k8k5ct406ckxxqcnmg8me2k9akelplqlslnvp";

/// Files of the tree.
const FILES: usize = 20;

/// A command that writes files of the tree, which may be one of them alone, and what it makes of a value
/// of the first.
struct Writer {
    args: &'static [&'static str],
    password: &'static str,
}

const WRITERS: &[Writer] = &[
    Writer { args: &["rotate", "-i", "t"], password: "hunter0" },
    Writer { args: &["updatekeys", "-y", "t"], password: "hunter0" },
    Writer { args: &["set", "t/0/0.yaml", "password", "other"], password: "other" },
    Writer { args: &["edit", "t/0/0.yaml"], password: "other" },
];

/// What `seal edit` starts.
const EDITOR: &str = "sed -i s/hunter0/other/";

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|e| panic!("{name}: {e}")))
}

fn file(number: usize) -> String {
    format!("t/{}/{number}.yaml", number % 3)
}

/// A repository with encrypted files, committed; their rule has one recipient more than they have.
fn tree() -> Bed {
    let bed = Bed::new();
    bed.write(".sops.yaml", format!("creation_rules:\n  - age: {A}\n"));
    for number in 0..FILES {
        let name = file(number);
        let list: String = (0..30).map(|n| format!("  - item {n}\n")).collect();
        bed.write(&name, format!("# no. {number}\npassword: hunter{number}\nlist:\n{list}"));
        bed.seal(&["encrypt", "-i", &name]).ok();
    }
    bed.write(".sops.yaml", format!("creation_rules:\n  - age: {A},{B}\n"));
    git(&bed, &["init", "-q"]);
    git(&bed, &["add", "-A"]);
    git(&bed, &["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "files"]);
    bed
}

fn git(bed: &Bed, args: &[&str]) -> String {
    bed.run("git", args).ok().text()
}

/// Puts the files back as they were committed.
fn reset(bed: &Bed) {
    git(bed, &["checkout", "-q", "-f", "HEAD", "--", "."]);
}

fn start(bed: &Bed, writer: &Writer) -> Command {
    let mut command = Command::new(program());
    command.args(writer.args).current_dir(bed.path("")).env_clear();
    command.env("HOME", bed.home()).env("SOPS_AGE_KEY_FILE", testdata().join("vectors/keys/a.txt"));
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("SEAL_EDITOR", EDITOR);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Checks every file; gives how many are new.
fn check(bed: &Bed, writer: &Writer, old: &[Vec<u8>], what: &str) -> usize {
    let status = git(bed, &["status", "--porcelain"]);
    for line in status.lines() {
        assert!(line.starts_with(" M t/"), "{what}: Git would take along\n{status}");
    }
    // Beside the files there may be the folder that the next write removes.
    let known: BTreeSet<String> = (0..FILES).map(file).collect();
    for path in bed.snapshot().into_keys() {
        let Ok(path) = path.strip_prefix(bed.path("t")) else { continue };
        let name = format!("t/{}", path.display());
        let is_known = known.contains(&name) || ["t/", "t/0", "t/1", "t/2"].contains(&name.as_str());
        assert!(is_known || name.contains("/.seal.tmp"), "{what}: {name} is left");
    }
    let mut new = 0;
    for (number, old) in old.iter().enumerate() {
        let name = file(number);
        if bed.read(&name) == *old {
            continue;
        }
        new += 1;
        let done = bed.seal(&["get", "--require-strict", &name, "password"]).identity("a").ok();
        let password = if number == 0 { writer.password.to_owned() } else { format!("hunter{number}") };
        assert!(done.stderr.is_empty() && done.text() == password, "{what}: {done}");
    }
    new
}

#[test]
fn a_killed_command_leaves_old_or_new_files_and_nothing_else() {
    let kills = setting("SEAL_TEST_KILLS", 50);
    let seed = setting("SEAL_TEST_SEED", 20_261_122) as u64;
    let bed = tree();
    let old: Vec<Vec<u8>> = (0..FILES).map(|number| bed.read(&file(number))).collect();
    for writer in WRITERS {
        let mut took: Vec<Duration> = (0..5)
            .map(|_| {
                reset(&bed);
                let begin = Instant::now();
                assert!(start(&bed, writer).status().unwrap().success(), "{:?}", writer.args);
                begin.elapsed()
            })
            .collect();
        took.sort();
        let whole = took[2].as_micros() as usize;
        check(&bed, writer, &old, "after a whole run");
        let (mut partly, mut sheltered) = (0, 0);
        for number in 0..kills {
            reset(&bed);
            let mut random = Random::new(seed, number as u64);
            let moment = Duration::from_micros(random.below(whole + whole / 10) as u64);
            let mut child = start(&bed, writer).spawn().unwrap();
            std::thread::sleep(moment);
            child.kill().unwrap();
            child.wait().unwrap();
            let what = format!("{:?} killed after {moment:?} of {whole} µs", writer.args);
            let new = check(&bed, writer, &old, &what);
            partly += usize::from(new > 0 && new < FILES);
            sheltered += usize::from((0..3).any(|n| bed.path(&format!("t/{n}/.seal.tmp")).exists()));
        }
        println!(
            "{:?}: {kills} kills within {whole} µs, {partly} amid the files, {sheltered} before a rename",
            writer.args
        );
        assert!(kills < 50 || partly > 0, "{:?}: no kill hit the files", writer.args);
        // The next run removes what was left, and all is well.
        reset(&bed);
        assert!(start(&bed, writer).status().unwrap().success());
        check(&bed, writer, &old, "after the next run");
        for folder in ["t/0", "t/1", "t/2"] {
            assert!(!bed.path(folder).join(".seal.tmp").exists(), "{folder} is swept");
        }
    }
}

/// The kill at the worst moment, on purpose: strace stops the process between its name and its rename.
#[test]
fn a_kill_right_before_the_rename_leaves_nothing_for_git() {
    let bed = tree();
    let program = program().into_os_string().into_string().unwrap();
    let name = file(0);
    let calls = "rename,renameat,renameat2";
    let (trace, inject) = (format!("trace={calls}"), format!("inject={calls}:signal=KILL:when=1"));
    let args = ["-f", "-e", &trace, "-e", &inject, "-o", "/dev/null", &program, "rotate", "-i", &name];
    assert_ne!(bed.run("strace", &args).identity("a").done().code, Some(0));
    git(&bed, &["diff", "--quiet"]);
    assert!(bed.path("t/0/.seal.tmp/new").exists(), "the kill came at the worst moment");
    assert_eq!(git(&bed, &["status", "--porcelain"]), "");
    git(&bed, &["add", "-A"]);
    assert_eq!(git(&bed, &["status", "--porcelain"]), "");
    bed.seal(&["rotate", "-i", "."]).identity("a").ok();
    assert!(!bed.path("t/0/.seal.tmp").exists(), "the next write removes it");
}
