//! A signal at any moment: what was made is gone, and nothing more is made.

use super::super::sys::faults::{Fault, under};
use super::{dump, install, new, old, open, view, view_of};
use crate::container::generation::Undo;
use crate::container::testing::Place;
use std::sync::{Arc, mpsc};
use std::thread;

/// Installs the new set in a thread, and aborts when that comes to the call of a number. Gives whether it came
/// there.
///
/// The thread waits for good, as it is to: the process that runs the tests ends with it.
fn abort_at(first: bool, at: usize) -> bool {
    let place = Place::in_memory();
    if first {
        install(&place.0, &old()).unwrap();
    }
    let before = dump(&place.0);
    let (undo, target) = (Undo::new(), open(&place.0));
    let (tell, told) = mpsc::channel();
    let done = tell.clone();
    let theirs = Arc::clone(&undo);
    thread::spawn(move || {
        let reached = move || tell.send(true).unwrap();
        let (installed, _) =
            under(Some(Fault::Tell(at, Box::new(reached))), || target.install(&new(), &theirs));
        installed.unwrap();
        done.send(false).unwrap();
    });
    let reached = told.recv().unwrap();
    undo.abort();
    let after = dump(&place.0);
    if after != before {
        // The switch was the last step before the abort.
        assert_eq!(view(&place.0), view_of(&new()), "call {at}");
    }
    for _ in 0..100 {
        thread::yield_now();
        assert_eq!(dump(&place.0), after, "something was made after the abort at call {at}");
    }
    reached
}

#[test]
fn at_any_call() {
    for first in [false, true] {
        let mut at = 0;
        while abort_at(first, at) {
            at += 1;
        }
        assert!(at > 15, "{at}");
    }
}

#[test]
fn links_of_a_killed_first_run_go_too() {
    let place = Place::in_memory();
    let target = open(&place.0);
    let (undo, next) = (Undo::new(), new());
    // Died before the switch, with all links made.
    let calls = under(None, || open(&Place::in_memory().0).install(&next, &Undo::new())).1;
    let (died, _) = under(Some(Fault::Death(calls - 1)), || target.install(&next, &undo));
    died.unwrap_err();
    assert!(place.list().contains(&"comes".to_owned()));
    let calls = under(None, || ()).1;
    assert_eq!(calls, 0);
    let (failed, _) =
        under(Some(Fault::Error(8, rustix::io::Errno::IO)), || target.install(&next, &Undo::new()));
    failed.unwrap_err();
    assert_eq!(place.list(), [""; 0]);
}

#[test]
fn without_an_installation_nothing_is_removed() {
    let place = Place::in_memory();
    let undo = Undo::new();
    open(&place.0).install(&old(), &undo).unwrap();
    let before = dump(&place.0);
    undo.abort();
    assert_eq!(dump(&place.0), before);
}
