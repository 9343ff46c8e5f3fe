//! Readers while sets are switched (A2).

use super::{Undo, bundle};
use crate::container::target::{Rules, Target};
use crate::container::testing::Place;
use rustix::fs::{Mode, OFlags, openat};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// More than a page, so that a file is not written at once.
const LENGTH: usize = 9000;

/// Which version a file is of: all its bytes say so.
fn version(bytes: &[u8]) -> u8 {
    assert_eq!(bytes.len(), LENGTH, "a part of a file");
    assert!(bytes.iter().all(|byte| *byte == bytes[0]), "a mixed file");
    bytes[0]
}

fn read_at(folder: &File, name: &str) -> Option<u8> {
    let mut bytes = Vec::new();
    let file = openat(folder, name, OFlags::RDONLY, Mode::empty()).ok()?;
    File::from(file).read_to_end(&mut bytes).unwrap();
    Some(version(&bytes))
}

/// Reads until told to stop. Gives how many single files and how many pairs were read, and how many were not
/// there.
fn read(folder: &Path, stop: &AtomicBool) -> [u32; 3] {
    let [mut files, mut pairs, mut missing] = [0; 3];
    while !stop.load(Ordering::Relaxed) {
        match fs::read(folder.join("a")) {
            Ok(bytes) => {
                version(&bytes);
                files += 1;
            }
            Err(_) => missing += 1,
        }
        let Ok(data) = File::open(folder.join("..data")) else {
            missing += 1;
            continue;
        };
        match (read_at(&data, "a"), read_at(&data, "b")) {
            (Some(a), Some(b)) => {
                assert_eq!(a, b, "a mixed set");
                pairs += 1;
            }
            _ => missing += 1,
        }
    }
    [files, pairs, missing]
}

fn switch(switches: u32, keep_previous: bool) -> [u32; 3] {
    let place = Place::in_memory();
    let target = Target::open(&place.0, &Rules { keep_previous, ..Rules::default() }).unwrap();
    let sets = [0_u8, 1, 2].map(|version| bundle(&[("a", &[version; LENGTH]), ("b", &[version; LENGTH])]));
    target.install(&sets[2], &Undo::new()).unwrap();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let readers = [(); 2].map(|()| scope.spawn(|| read(&place.0, &stop)));
        for set in sets.iter().cycle().take(switches as usize) {
            assert!(target.install(set, &Undo::new()).unwrap().changed);
        }
        stop.store(true, Ordering::Relaxed);
        readers
            .map(|reader| reader.join().unwrap())
            .into_iter()
            .fold([0; 3], |sum, one| [sum[0] + one[0], sum[1] + one[1], sum[2] + one[2]])
    })
}

#[test]
fn ten_thousand_switches_show_no_part_and_no_mixture() {
    let [files, pairs, missing] = switch(10_000, false);
    println!("{files} files, {pairs} pairs, {missing} just removed");
    assert!(files > 1000 && pairs > 100, "{files} {pairs} {missing}");
}

#[test]
fn with_a_grace_nothing_is_ever_missing() {
    let [files, pairs, missing] = switch(1000, true);
    assert!(files > 100 && pairs > 100, "{files} {pairs}");
    assert_eq!(missing, 0);
}
