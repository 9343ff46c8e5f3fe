//! Every system call of an installation fails, or is the last one: readers find none, the old set or the new
//! one, and the next installation leaves one generation.

use super::super::sys::faults::{Fault, under};
use super::{View, assert_clean, dump, install, new, old, open, view, view_of};
use crate::container::generation::{InstallError, Undo};
use crate::container::testing::Place;
use crate::render::Bundle;
use rustix::io::Errno;

/// A target before the installation, with what a reader finds there.
struct Start {
    place: Place,
    seen: View,
    dump: Vec<String>,
}

fn start(first: Option<&Bundle>) -> Start {
    let place = Place::in_memory();
    if let Some(bundle) = first {
        install(&place.0, bundle).unwrap();
    }
    Start { seen: view(&place.0), dump: dump(&place.0), place }
}

/// The number of calls that can fail from `first` to `next`.
fn calls(first: Option<&Bundle>, next: &Bundle) -> usize {
    let start = start(first);
    let target = open(&start.place.0);
    let (done, calls) = under(None, || target.install(next, &Undo::new()));
    assert!(done.unwrap().changed);
    calls
}

fn for_each_call(mut check: impl FnMut(Option<&Bundle>, &Bundle, usize)) {
    let (old, mut new) = (old(), new());
    new.expires = Some("2999-01-01T00:00:00Z".to_owned());
    for first in [None, Some(&old)] {
        let calls = calls(first, &new);
        assert!(calls > 15, "{calls}");
        for at in 0..calls {
            check(first, &new, at);
        }
    }
}

#[test]
fn killed_at_any_call() {
    let mut finished = 0;
    for_each_call(|first, next, at| {
        let start = start(first);
        let target = open(&start.place.0);
        let (done, _) = under(Some(Fault::Death(at)), || target.install(next, &Undo::new()));
        drop(target);
        let seen = view(&start.place.0);
        if done.is_ok() {
            finished += 1;
            assert_eq!(seen, view_of(next), "call {at}");
        } else {
            assert_eq!(seen, start.seen, "call {at}");
        }
        install(&start.place.0, next).unwrap();
        assert_clean(&start.place.0, next);
    });
    assert!(finished > 0);
}

#[test]
fn killed_twice() {
    for_each_call(|first, next, at| {
        let start = start(first);
        for at in [at, at / 2] {
            let target = open(&start.place.0);
            let (done, _) = under(Some(Fault::Death(at)), || target.install(next, &Undo::new()));
            let seen = view(&start.place.0);
            assert!(seen == start.seen || seen == view_of(next), "call {at}: {done:?}");
        }
        install(&start.place.0, &old()).unwrap();
        assert_clean(&start.place.0, &old());
    });
}

#[test]
fn a_failure_at_any_call_leaves_nothing_behind() {
    for errno in [Errno::IO, Errno::NOSPC] {
        for_each_call(|first, next, at| {
            let start = start(first);
            let target = open(&start.place.0);
            let (done, _) = under(Some(Fault::Error(at, errno)), || target.install(next, &Undo::new()));
            match done {
                Ok(_) => assert_eq!(view(&start.place.0), view_of(next), "call {at}"),
                Err(error) => {
                    assert_eq!(dump(&start.place.0), start.dump, "call {at}: {error}");
                    let full = matches!(error, InstallError::NoSpace { .. });
                    assert_eq!(full, errno == Errno::NOSPC, "call {at}: {error}");
                }
            }
            // The same process tries again.
            target.install(next, &Undo::new()).unwrap();
            assert_clean(&start.place.0, next);
        });
    }
}
