//! The check of a target without a key.

use super::{install, new, old};
use crate::container::generation::{CheckError, Checked, check};
use crate::container::target::TargetError;
use crate::container::testing::Place;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

#[test]
fn a_complete_set_is_good() {
    let place = Place::in_memory();
    let mut bundle = old();
    bundle.expires = Some("2999-01-01T00:00:00Z".to_owned());
    let done = install(&place.0, &bundle).unwrap();
    let names = ["changes", "goes", "stays"].map(String::from).to_vec();
    let checked = Checked { generation: done.generation, names, expires: bundle.expires };
    assert_eq!(check(&place.0).unwrap(), checked);
    // What is not ours does not matter.
    fs::create_dir(place.path("folder")).unwrap();
    symlink("nowhere", place.path("link")).unwrap();
    assert_eq!(check(&place.0).unwrap(), checked);
}

#[test]
fn nothing_is_not_good() {
    let place = Place::in_memory();
    assert!(matches!(check(&place.0), Err(CheckError::Nothing)));
    assert!(matches!(check(&place.path("missing")), Err(CheckError::Target(TargetError::Missing))));
    symlink("..gen-1-0123456789abcdef", place.path("..data")).unwrap();
    assert!(matches!(check(&place.0), Err(CheckError::Incomplete(name)) if name == "..data"));
}

#[test]
fn what_is_missing_is_named() {
    type Break = fn(&Place);
    let break_it: [(&str, Break); 5] = [
        ("goes", |place| fs::remove_file(place.path("goes")).unwrap()),
        ("goes", |place| fs::remove_file(place.path("..data/goes")).unwrap()),
        ("other", |place| symlink("..data/other", place.path("other")).unwrap()),
        ("goes", |place| {
            fs::remove_file(place.path("..data/goes")).unwrap();
            fs::create_dir(place.path("..data/goes")).unwrap();
        }),
        ("..data", |place| {
            fs::remove_file(place.path("..data")).unwrap();
            symlink("/etc", place.path("..data")).unwrap();
        }),
    ];
    for (name, break_it) in break_it {
        let place = Place::in_memory();
        install(&place.0, &old()).unwrap();
        fs::set_permissions(place.path("..data"), fs::Permissions::from_mode(0o700)).unwrap();
        break_it(&place);
        let error = check(&place.0).unwrap_err();
        assert!(matches!(&error, CheckError::Incomplete(told) if told == name), "{name}: {error}");
    }
}

#[test]
fn the_time_of_the_set_ends() {
    let place = Place::in_memory();
    let mut bundle = new();
    bundle.expires = Some("2020-01-01T00:00:00Z".to_owned());
    install(&place.0, &bundle).unwrap();
    let error = check(&place.0).unwrap_err();
    assert_eq!(error.to_string(), "its files expired at 2020-01-01T00:00:00Z");
    bundle.expires = Some("some day".to_owned());
    install(&place.0, &bundle).unwrap();
    assert!(matches!(check(&place.0), Err(CheckError::Incomplete(name)) if name == "..expires"));
    bundle.expires = None;
    install(&place.0, &bundle).unwrap();
    assert_eq!(check(&place.0).unwrap().expires, None);
}
