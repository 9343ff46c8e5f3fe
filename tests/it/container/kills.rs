//! Runs that are killed, steps that fail, and readers meanwhile: everybody sees nothing, the old set or the new one.
//!
//! `SEAL_TEST_KILLS` sets how often runs are killed, `SEAL_TEST_SEED` when.

use super::memory::Memory;
use crate::bed::{Run, program};
use crate::generate::Random;
use rustix::fs::{Mode, OFlags, openat};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::scope;
use std::time::{Duration, Instant};

/// What readers see: name and content.
type Seen = BTreeMap<String, String>;

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|e| panic!("{name}: {e}")))
}

/// A bed with the encrypted files `0.yaml` and `1.yaml`, which have some names in common, and what becomes of them.
fn versions() -> (Memory, [Seen; 2]) {
    let memory = Memory::empty();
    let seen = ["0", "1"].map(|version| {
        let fill = |name: &str| (name.to_owned(), format!("{name} of {version}: {}", version.repeat(9000)));
        let seen: Seen = ["a", "b", "c"]
            .map(fill)
            .into_iter()
            .chain([fill(["d", "e"][usize::from(version == "1")])])
            .collect();
        let plain: String = seen.iter().map(|(name, value)| format!("{name}: '{value}'\n")).collect();
        memory.seal_file(&format!("{version}.yaml"), plain);
        seen
    });
    (memory, seen)
}

fn mount<'m>(memory: &'m Memory, version: usize) -> Run<'m> {
    memory.mount(&["--as", "keys", ["0.yaml", "1.yaml"][version]])
}

/// What one set holds, read through one descriptor as a reader of pairs does it. Nothing if there is none.
fn set(memory: &Memory) -> Option<Seen> {
    let data = File::open(memory.target().join("..data")).ok()?;
    let names = rustix::fs::Dir::read_from(&data).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned());
    let names: Vec<_> = names.filter(|name| name != "." && name != "..").collect();
    let read = |name: String| {
        let file: OwnedFd = openat(&data, &name, OFlags::RDONLY, Mode::empty()).unwrap();
        let mut text = String::new();
        File::from(file).read_to_string(&mut text).unwrap();
        (name, text)
    };
    Some(names.into_iter().map(read).collect())
}

/// Asserts that nobody sees anything but one whole set of those, or none where that may be; which one it is.
fn assert_whole(memory: &Memory, versions: &[Seen; 2], what: &str) -> Option<usize> {
    let set = set(memory);
    let version = set.as_ref().map(|set| {
        let found = versions.iter().position(|version| version == set);
        found.unwrap_or_else(|| panic!("{what}: a set of {:?}", set.keys()))
    });
    // By the visible names there is nothing else, though links of names that are gone may wait for the next run.
    for (name, text) in memory.texts() {
        let version = version.unwrap_or_else(|| panic!("{what}: {name} without a set"));
        assert!(versions[version].get(&name) == Some(&text), "{what}: {name} is not of set {version}");
    }
    if let Some(version) = version {
        let seen = memory.texts();
        assert!(versions[version].keys().all(|name| seen.contains_key(name)), "{what}: {:?}", seen.keys());
    }
    assert!(memory.generations().len() <= 2, "{what}: {:?}", memory.names());
    version
}

#[test]
fn a1_runs_that_are_killed_at_any_moment() {
    let kills = setting("SEAL_TEST_KILLS", 500);
    let seed = setting("SEAL_TEST_SEED", 20_261_122) as u64;
    let (memory, versions) = versions();
    let mut took: Vec<Duration> = (0..7)
        .map(|number| {
            let begin = Instant::now();
            mount(&memory, number % 2).ok();
            begin.elapsed()
        })
        .collect();
    took.sort();
    let whole = took[3].as_micros() as usize;
    let (mut switched, mut left) = (0, 0);
    for number in 0..kills {
        let mut random = Random::new(seed, number as u64);
        if random.chance(10) {
            memory.seal(&["mount", "--clear", memory.dir()]).ok();
        }
        let what = format!("kill {number} of seed {seed}");
        let before = assert_whole(&memory, &versions, &what);
        let version = number % 2;
        let mut command = mount(&memory, version).command();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        // The steps are in the second half of a run.
        let first = if random.chance(80) { whole / 2 } else { 0 };
        std::thread::sleep(Duration::from_micros((first + random.below(whole + whole / 10 - first)) as u64));
        child.kill().unwrap();
        let ended = child.wait().unwrap();
        let after = assert_whole(&memory, &versions, &what);
        assert!(after == before || after == Some(version), "{what}: {before:?} became {after:?}");
        assert!(!ended.success() || after == Some(version), "{what}");
        switched += usize::from(after == Some(version) && before != after);
        left += usize::from(memory.generations().len() > usize::from(after.is_some()));
        if random.chance(20) {
            let version = random.below(2);
            mount(&memory, version).ok();
            assert_eq!(assert_whole(&memory, &versions, &what), Some(version), "{what}");
            assert_eq!(memory.generations().len(), 1, "{what}");
            assert_eq!(memory.seen().len() + 2, memory.names().len(), "{what}: {:?}", memory.names());
        }
    }
    println!("{kills} kills within {whole} µs: {switched} after the switch, {left} left a generation");
    assert!(kills < 500 || switched > 0, "no kill came after a switch");
}

#[test]
fn a2_readers_during_switches() {
    let (memory, versions) = versions();
    mount(&memory, 0).ok();
    let stop = AtomicBool::new(false);
    let (switches, sets, files) = scope(|scope| {
        let by_set = scope.spawn(|| {
            let mut count = 0;
            while !stop.load(Ordering::Relaxed) {
                assert!(fs::read_link(memory.target().join("..data")).is_ok(), "there is always a set");
                // A set that is replaced is gone at once where nobody watches: a reader may find half of the names, or
                // none where it goes between the look at the link and the opening.
                let Ok(data) = File::open(memory.target().join("..data")) else { continue };
                let read = |name: &str| {
                    let file = openat(&data, name, OFlags::RDONLY, Mode::empty()).ok()?;
                    let mut text = String::new();
                    File::from(file).read_to_string(&mut text).unwrap();
                    Some(text)
                };
                let texts = ["a", "b", "c"].map(|name| (name, read(name)));
                let of = |version: &Seen| {
                    texts.iter().all(|(name, text)| text.is_none() || text.as_ref() == version.get(*name))
                };
                assert!(versions.iter().any(of), "a mixed set");
                count += 1;
            }
            count
        });
        let by_name = scope.spawn(|| {
            let mut count = 0;
            while !stop.load(Ordering::Relaxed) {
                for name in ["a", "b", "c"] {
                    // Between the look at the link and the opening the old set may go.
                    if let Ok(text) = fs::read_to_string(memory.target().join(name)) {
                        assert!(
                            versions.iter().any(|version| version.get(name) == Some(&text)),
                            "{name} is partial"
                        );
                        count += 1;
                    }
                }
            }
            count
        });
        let begin = Instant::now();
        let mut switches = 0;
        while begin.elapsed() < Duration::from_secs(5) {
            switches += 1;
            mount(&memory, switches % 2).ok();
        }
        stop.store(true, Ordering::Relaxed);
        (switches, by_set.join().unwrap(), by_name.join().unwrap())
    });
    println!("{switches} switches, {sets} sets and {files} files read");
    assert!(switches > 10 && sets > switches && files > switches);
}

/// In watch mode old sets stay for a while, so a reader finds every file of the set it has opened.
#[test]
fn a2_readers_of_a_watched_folder_lose_nothing() {
    let (memory, versions) = versions();
    let texts = ["0.yaml", "1.yaml"].map(|name| memory.bed.read(name));
    memory.bed.write("app.yaml", &texts[0]);
    let watch = memory.start(memory.mount(&["--watch=3600", "--as", "keys", "app.yaml"]));
    watch.tells("render", 1);
    let stop = AtomicBool::new(false);
    let sets = scope(|scope| {
        let reader = scope.spawn(|| {
            let mut count = 0;
            while !stop.load(Ordering::Relaxed) {
                let set = set(&memory).unwrap();
                assert!(versions.contains(&set), "a set of {:?}", set.keys());
                for name in ["a", "b", "c"] {
                    let text = memory.text(name);
                    assert!(
                        versions.iter().any(|version| version.get(name) == Some(&text)),
                        "{name} is partial"
                    );
                }
                count += 1;
            }
            count
        });
        for round in 1..=10 {
            memory.bed.write("next", &texts[round % 2]);
            fs::rename(memory.bed.path("next"), memory.bed.path("app.yaml")).unwrap();
            watch.tells("change", round);
        }
        stop.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    assert!(sets > 10, "{sets} sets read");
    assert_eq!(watch.stop().0, 0);
}

/// System calls of the steps, and what happens to each of them at each time it is called.
const FAULTS: [(&str, &[&str]); 9] = [
    ("mkdirat", &["error=ENOSPC", "error=EIO", "signal=KILL"]),
    ("openat,openat2", &["error=EIO", "signal=KILL"]),
    ("write", &["error=ENOSPC", "error=EIO", "signal=KILL"]),
    ("fchmod", &["error=EIO", "signal=KILL"]),
    ("fchown,fchownat", &["error=EPERM", "signal=KILL"]),
    ("symlinkat", &["error=ENOSPC", "error=EIO", "signal=KILL"]),
    ("rename,renameat,renameat2", &["error=EIO", "signal=KILL"]),
    ("unlinkat", &["error=EIO", "signal=KILL"]),
    ("fstat,newfstatat,statx,fstatfs", &["error=EIO", "signal=KILL"]),
];

/// The calls that change something: each is hit each time. Of others some are.
const STEPS: [&str; 5] = ["mkdirat", "fchmod", "symlinkat", "rename,renameat,renameat2", "unlinkat"];

fn strace(memory: &Memory, options: &[&str], version: usize) -> crate::bed::Done {
    let seal = program();
    let file = ["0.yaml", "1.yaml"][version];
    // Another group, which root alone can give, so that owners are set.
    let root = rustix::process::geteuid().is_root();
    let group = if root { "1".to_owned() } else { rustix::process::getegid().as_raw().to_string() };
    let mount =
        [seal.to_str().unwrap(), "mount", "--into", memory.dir(), "--as", "keys", "--group", &group, file];
    let all = [&["-f", "-o", "calls"], options, &mount].concat();
    memory.bed.run("strace", &all).env("SEAL_KEY_FILE", memory.bed.path("key")).done()
}

/// Lets every call fail from an empty folder, from the other set, and from what the fault before left.
fn every_fault(from: Option<usize>) {
    let (memory, versions) = versions();
    let reset = || match from {
        Some(version) => drop(mount(&memory, version).ok()),
        None => drop(memory.seal(&["mount", "--clear", memory.dir()]).ok()),
    };
    let (mut hit, mut killed) = (0, 0);
    for (calls, faults) in FAULTS {
        reset();
        let trace = format!("trace={calls}");
        let done = strace(&memory, &["-e", &trace], 1);
        assert_eq!(done.code, Some(0), "{done}");
        let log = memory.bed.text("calls");
        let count = log.lines().filter(|line| line.contains('(') && !line.contains("resumed>")).count();
        let is_root = rustix::process::geteuid().is_root();
        // At first there is nothing to remove; only root sets owners.
        let is_idle = calls == "unlinkat" && from.is_none() || calls.contains("chown") && !is_root;
        assert!(count > 0 || is_idle, "{calls} are not called");
        // Those of the start of the program do not touch the folder, and there are many.
        let step = if STEPS.contains(&calls) { 1 } else { 1 + count / 16 };
        for fault in faults {
            for at in (1..=count).rev().step_by(step) {
                reset();
                let before = assert_whole(&memory, &versions, "before");
                let inject = format!("inject={calls}:{fault}:when={at}");
                let done = strace(&memory, &["-e", &trace, "-e", &inject], 1);
                let what = format!("{inject} from {from:?}, {:?}: {done}", memory.names());
                let after = assert_whole(&memory, &versions, &what);
                match done.code {
                    Some(0) => assert_eq!(after, Some(1), "{what}"),
                    Some(code) => {
                        assert_eq!(after, before, "{what}");
                        assert!(code <= 128, "{what}");
                        memory.assert_silent(&done);
                        hit += 1;
                        let expected = usize::from(before.is_some());
                        assert_eq!(memory.generations().len(), expected, "nothing is left: {what}");
                        assert!(before.is_some() || memory.names().is_empty(), "nothing is left: {what}");
                    }
                    None => {
                        assert!(after == before || after == Some(1), "{what}");
                        killed += 1;
                    }
                }
                if at % 4 == 0 {
                    mount(&memory, 1).ok();
                    assert_eq!(assert_whole(&memory, &versions, &what), Some(1));
                    assert_eq!(memory.generations().len(), 1, "{what}");
                    assert_eq!(memory.names().len(), 4 + 2, "{what}");
                }
            }
        }
    }
    println!("from {from:?}: {hit} failures, {killed} kills");
    assert!(hit > 30 && killed > 30, "{hit} failures, {killed} kills");
}

#[test]
fn a3_every_step_fails_at_the_first_rendering() {
    every_fault(None);
}

#[test]
fn a3_every_step_fails_at_a_change() {
    every_fault(Some(0));
}
