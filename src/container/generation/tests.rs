//! Tests of generations, in folders on `/dev/shm`.

mod aborted;
mod check;
mod crashes;
mod foreign;
mod killed;
mod mounts;
mod readers;

use super::names::is_generation;
use super::{Cleared, InstallError, Installed, Undo, clear};
use crate::container::target::{Reader, Rules, Target, Us};
use crate::container::testing::{Place, list};
use crate::render::{Access, Bundle, Entry};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

/// A bundle of files, for their usual reader.
pub(in crate::container) fn bundle(files: &[(&str, &[u8])]) -> Bundle {
    let mut entries: Vec<Entry> = files
        .iter()
        .map(|(name, content)| Entry {
            name: (*name).to_owned(),
            content: Zeroizing::new(content.to_vec()),
            access: Access::default(),
        })
        .collect();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Bundle { entries, expires: None }
}

/// Two versions of a set: a file that stays, one that changes, one that goes, one that comes.
fn old() -> Bundle {
    bundle(&[("stays", b"same"), ("changes", b"before"), ("goes", b"old")])
}

fn new() -> Bundle {
    bundle(&[("stays", b"same"), ("changes", &[b'n'; 5000]), ("comes", b"")])
}

type View = BTreeMap<String, Vec<u8>>;

/// What a reader finds: the visible names that lead to a file, with what is in it.
fn view(folder: &Path) -> View {
    let visible = list(folder).into_iter().filter(|name| !name.starts_with(".."));
    visible.filter_map(|name| fs::read(folder.join(&name)).ok().map(|bytes| (name, bytes))).collect()
}

fn view_of(bundle: &Bundle) -> View {
    bundle.entries.iter().map(|entry| (entry.name.clone(), entry.content.to_vec())).collect()
}

/// Everything in a folder: names with kind, mode, owner, and content or where a link leads.
fn dump(folder: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for name in list(folder) {
        let path = folder.join(&name);
        let meta = fs::symlink_metadata(&path).unwrap();
        let what = if meta.is_symlink() {
            format!("-> {}", fs::read_link(&path).unwrap().display())
        } else if meta.is_dir() {
            format!("{:#?}", dump(&path))
        } else if meta.is_file() {
            format!("{:?}", fs::read(&path).unwrap())
        } else {
            String::new()
        };
        lines.push(format!("{name} {:o} {}:{} {what}", meta.mode(), meta.uid(), meta.gid()));
    }
    lines
}

fn generations(folder: &Path) -> Vec<String> {
    list(folder).into_iter().filter(|name| is_generation(name)).collect()
}

/// What must hold after an undisturbed installation: the set, one generation, and nothing besides.
fn assert_clean(folder: &Path, bundle: &Bundle) {
    assert_eq!(view(folder), view_of(bundle));
    let mut names: Vec<String> = bundle.entries.iter().map(|entry| entry.name.clone()).collect();
    names.push("..data".to_owned());
    let found = generations(folder);
    assert_eq!(found.len(), 1, "{found:?}");
    names.extend(found);
    names.sort();
    assert_eq!(list(folder), names);
}

fn open(folder: &Path) -> Target {
    Target::open(folder, &Rules::default()).unwrap()
}

fn install(folder: &Path, bundle: &Bundle) -> Result<Installed, InstallError> {
    open(folder).install(bundle, &Undo::new())
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn a_set_is_installed_in_the_layout_of_kubernetes() {
    let place = Place::in_memory();
    let done = install(&place.0, &old()).unwrap();
    assert!(done.changed);
    assert_eq!(done.previous, None);
    assert_clean(&place.0, &old());
    assert_eq!(generations(&place.0), std::slice::from_ref(&done.generation));
    assert_eq!(fs::read_link(place.path("..data")).unwrap(), Path::new(&done.generation));
    assert_eq!(fs::read_link(place.path("goes")).unwrap(), Path::new("..data/goes"));
    assert_eq!(mode(&place.0), 0o700);
    assert_eq!(mode(&place.path(&done.generation)), 0o500);
    let us = Us::now();
    let meta = fs::metadata(place.path("stays")).unwrap();
    assert_eq!((meta.mode() & 0o7777, meta.uid(), meta.gid()), (0o400, us.uid, us.gid));
}

#[test]
fn the_next_set_takes_its_place() {
    let place = Place::in_memory();
    let first = install(&place.0, &old()).unwrap();
    let second = install(&place.0, &new()).unwrap();
    assert_ne!(first.generation, second.generation);
    assert_eq!(second.previous, None);
    assert_clean(&place.0, &new());
    install(&place.0, &bundle(&[])).unwrap();
    assert_clean(&place.0, &bundle(&[]));
}

#[test]
fn the_same_set_is_not_installed_twice() {
    let place = Place::in_memory();
    let target = open(&place.0);
    let first = target.install(&old(), &Undo::new()).unwrap();
    let before = dump(&place.0);
    let again = target.install(&old(), &Undo::new()).unwrap();
    assert_eq!(again, Installed { generation: first.generation, changed: false, previous: None });
    assert_eq!(dump(&place.0), before);
    // What somebody took away is put back.
    fs::remove_file(place.path("stays")).unwrap();
    std::os::unix::fs::symlink("..data/other", place.path("other")).unwrap();
    assert!(!target.install(&old(), &Undo::new()).unwrap().changed);
    assert_eq!(dump(&place.0), before);
}

#[test]
fn any_difference_makes_a_new_generation() {
    let place = Place::in_memory();
    let target = open(&place.0);
    let mut last = target.install(&old(), &Undo::new()).unwrap().generation;
    let mut other_mode = old();
    other_mode.entries[0].access.mode = Some(0o040);
    let mut expires = old();
    expires.expires = Some("2999-01-01T00:00:00Z".to_owned());
    let mut later = old();
    later.expires = Some("2999-01-01T00:00:01Z".to_owned());
    let content = bundle(&[("stays", b"sane"), ("changes", b"before"), ("goes", b"old")]);
    let fewer = bundle(&[("stays", b"same"), ("changes", b"before")]);
    let name = bundle(&[("stays", b"same"), ("changes", b"before"), ("gone", b"old")]);
    for changed in [other_mode, expires, later, content, fewer, name] {
        let done = target.install(&changed, &Undo::new()).unwrap();
        assert!(done.changed);
        assert_ne!(done.generation, last);
        last = done.generation;
    }
    // A current set that the app has changed is not the one that was installed.
    let file = place.path(&last).join("stays");
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let name = bundle(&[("stays", b"same"), ("changes", b"before"), ("gone", b"old")]);
    assert!(target.install(&name, &Undo::new()).unwrap().changed);
}

#[test]
fn names_that_mean_something_else_are_refused() {
    let place = Place::in_memory();
    for name in ["..data", "..", "a/b", "../x", ""] {
        let error = install(&place.0, &bundle(&[(name, b"x")])).unwrap_err();
        assert!(matches!(error, InstallError::BadName(told) if told == name));
    }
    assert_eq!(place.list(), [""; 0]);
}

#[test]
fn long_names_and_many_bytes_arrive() {
    let place = Place::in_memory();
    let (long, big) = ("Ä".repeat(127), vec![7; 3_000_000]);
    let bundle = bundle(&[(&long, b"x"), ("big", &big)]);
    install(&place.0, &bundle).unwrap();
    assert_clean(&place.0, &bundle);
    assert!(!install(&place.0, &bundle).unwrap().changed);
}

#[test]
fn a_group_reads_and_does_not_write() {
    let place = Place::in_memory();
    let gid = Us::now().gid;
    let rules = Rules { reader: Reader::Group(gid), ..Rules::default() };
    let done = Target::open(&place.0, &rules).unwrap().install(&old(), &Undo::new()).unwrap();
    assert_eq!(mode(&place.0), 0o750);
    assert_eq!(mode(&place.path(&done.generation)), 0o550);
    assert_eq!(mode(&place.path(&done.generation).join("goes")), 0o440);
    // Back to this user alone.
    install(&place.0, &old()).unwrap();
    assert_eq!(mode(&place.0), 0o700);
    assert_clean(&place.0, &old());
}

#[test]
fn root_gives_files_to_the_user_of_the_app() {
    if Us::now().uid != 0 {
        println!("not tested, as it needs root");
        return;
    }
    let place = Place::in_memory();
    let rules = Rules { reader: Reader::User { uid: 65_532, gid: 65_531 }, ..Rules::default() };
    let mut bundle = old();
    bundle.entries[0].access = Access { mode: Some(0o400), uid: Some(65_532), gid: None };
    let done = Target::open(&place.0, &rules).unwrap().install(&bundle, &Undo::new()).unwrap();
    let generation = place.path(&done.generation);
    let perm = |path: &Path| {
        let meta = fs::metadata(path).unwrap();
        (meta.mode() & 0o7777, meta.uid(), meta.gid())
    };
    assert_eq!(perm(&place.0), (0o750, 0, 65_531));
    assert_eq!(perm(&generation), (0o550, 0, 65_531));
    assert_eq!(perm(&generation.join("changes")), (0o400, 65_532, 65_531));
    assert_eq!(perm(&generation.join("stays")), (0o440, 0, 65_531));
    let as_app = |script: &str| {
        let mut command = std::process::Command::new("setpriv");
        command.args(["--reuid=65532", "--regid=65531", "--clear-groups", "sh", "-c", script]);
        command.current_dir(&place.0).output().unwrap().status.success()
    };
    assert!(as_app("cat changes stays goes"));
    for forbidden in [
        "echo >> stays",
        "rm stays",
        "mv stays x",
        "chmod 600 stays",
        "ln -s x y",
        "rm ..data/stays",
        "mkdir ..data/d",
    ] {
        assert!(!as_app(forbidden), "{forbidden}");
    }
    assert_clean(&place.0, &bundle);
}

#[test]
fn watching_keeps_what_was_replaced_until_it_is_swept() {
    let place = Place::in_memory();
    let rules = Rules { keep_previous: true, ..Rules::default() };
    let target = Target::open(&place.0, &rules).unwrap();
    let first = target.install(&old(), &Undo::new()).unwrap();
    let second = target.install(&new(), &Undo::new()).unwrap();
    assert_eq!(second.previous.as_ref(), Some(&first.generation));
    assert_eq!(fs::read(place.path(&first.generation).join("goes")).unwrap(), b"old");
    target.install(&old(), &Undo::new()).unwrap();
    assert_eq!(generations(&place.0).len(), 3);
    let next = target.sweep(Duration::from_secs(3600)).unwrap().unwrap();
    assert!(next > Duration::from_secs(3000));
    assert_eq!(generations(&place.0).len(), 3);
    assert_eq!(target.sweep(Duration::ZERO).unwrap(), None);
    assert_clean(&place.0, &old());
    target.install(&new(), &Undo::new()).unwrap();
    drop(target);
    // A process that comes after keeps nothing of it.
    install(&place.0, &new()).unwrap();
    assert_clean(&place.0, &new());
}

#[test]
fn clearing_removes_what_is_ours_and_nothing_else() {
    let place = Place::in_memory();
    install(&place.0, &old()).unwrap();
    fs::create_dir(place.path("..gen-1-0123456789abcdef")).unwrap();
    std::os::unix::fs::symlink("..gen-1-0123456789abcdef", place.path("..data_tmp")).unwrap();
    foreign::plant(&place.0);
    let foreign = foreign::NAMES;
    let cleared = clear(&place.0).unwrap();
    assert_eq!(
        cleared,
        Cleared {
            names: ["changes", "goes", "stays"].map(String::from).to_vec(),
            generations: 2,
            left: ["..gen-2-0123456789abcdef", "..gen-3-0123456789abcdef"].map(String::from).to_vec(),
        }
    );
    let mut names = foreign.map(String::from).to_vec();
    names.sort();
    assert_eq!(place.list(), names);
    assert_eq!(clear(&place.0).unwrap().generations, 0);
    assert_eq!(place.list(), names);
    assert_eq!(fs::read(place.path("victim")).unwrap(), b"precious");
}
