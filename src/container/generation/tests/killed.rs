//! Processes killed at random moments between two versions (A1).

use super::{Undo, assert_clean, install, new, old, open, view, view_of};
use crate::container::generation::{check, clear};
use crate::container::testing::{Place, folder_of_child, this_test};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

const ROUNDS: u32 = 500;
const NAME: &str = "container::generation::tests::killed::readers_find_none_the_old_set_or_the_new_one";
const READY: &str = "ready to be killed";

#[test]
fn readers_find_none_the_old_set_or_the_new_one() {
    if let Some(folder) = folder_of_child() {
        println!("\n{READY}");
        let target = open(&folder);
        for _ in 0..100_000 {
            target.install(&old(), &Undo::new()).unwrap();
            target.install(&new(), &Undo::new()).unwrap();
        }
        panic!("nobody killed this process");
    }
    let place = Place::in_memory();
    let (mut none, mut before, mut after, mut torn) = (0, 0, 0, 0);
    for round in 0..ROUNDS {
        let first = round % 3 == 0;
        if first {
            clear(&place.0).unwrap();
            assert_eq!(place.list(), [""; 0]);
        }
        let mut child = this_test(NAME, &place.0).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == READY));
        // The first render takes the first of the microseconds.
        let longest = if first { 400 } else { 4000 };
        sleep(Duration::from_micros(random() % longest));
        child.kill().unwrap();
        child.wait().unwrap();
        let seen = view(&place.0);
        match () {
            () if seen.is_empty() => {
                assert!(first, "the set is gone in round {round}");
                none += 1;
            }
            () if seen == view_of(&old()) => before += 1,
            () => {
                assert_eq!(seen, view_of(&new()), "a part in round {round}");
                after += 1;
            }
        }
        torn += u32::from(!place.list().is_empty() && check(&place.0).is_err());
        install(&place.0, &new()).unwrap();
        assert_clean(&place.0, &new());
    }
    println!("{none} none, {before} old, {after} new; {torn} with something left to remove");
    assert!(before > 0 && after > 0);
}

fn random() -> u64 {
    let mut bytes = [0; 8];
    getrandom::getrandom(&mut bytes).unwrap();
    u64::from_ne_bytes(bytes)
}
