//! Tests of the modes: the table of docs/containers.md, and files with modes of their own.

use super::{Modes, Perm};
use crate::container::generation::InstallError;
use crate::container::generation::tests::bundle;
use crate::container::target::{Reader, Rules, Us};
use crate::render::{Access, Bundle};

const US: Us = Us { uid: 10, gid: 20 };
const ROOT: Us = Us { uid: 0, gid: 0 };

fn rules(reader: Reader) -> Rules {
    Rules { reader, ..Rules::default() }
}

fn access(mode: u32, uid: u32, gid: u32) -> Access {
    // 0 stands for "as usual".
    let given = |number: u32| (number != 0).then_some(number);
    Access { mode: given(mode), uid: given(uid), gid: given(gid) }
}

fn with(accesses: &[Access]) -> Bundle {
    let files: [(&str, &[u8]); 3] = [("a", b"1"), ("b", b"2"), ("c", b"3")];
    let mut bundle = bundle(&files[..accesses.len()]);
    for (entry, access) in bundle.entries.iter_mut().zip(accesses) {
        entry.access = *access;
    }
    bundle
}

/// Modes of target (made 0777 by somebody) and generation, and the group of both.
fn folders(modes: &Modes) -> (u32, u32, u32) {
    assert_eq!(modes.target_gid.unwrap_or(modes.generation.gid), modes.generation.gid);
    (modes.target(0o1777), modes.generation.mode, modes.generation.gid)
}

#[test]
fn the_table() {
    let usual = Access::default();
    let same = Modes::of(&with(&[usual]), &rules(Reader::Same), US).unwrap();
    assert_eq!(folders(&same), (0o700, 0o500, 20));
    assert_eq!(same.target_gid, None);
    assert_eq!(same.file(usual), Perm { mode: 0o400, uid: 10, gid: 20 });

    let user = Modes::of(&with(&[usual]), &rules(Reader::User { uid: 7, gid: 8 }), ROOT).unwrap();
    assert_eq!(folders(&user), (0o750, 0o550, 8));
    assert_eq!(user.target_gid, Some(8));
    assert_eq!(user.file(usual), Perm { mode: 0o440, uid: 0, gid: 8 });

    let group = Modes::of(&with(&[usual]), &rules(Reader::Group(9)), US).unwrap();
    assert_eq!(folders(&group), (0o750, 0o550, 9));
    assert_eq!(group.file(usual), Perm { mode: 0o440, uid: 10, gid: 9 });
}

#[test]
fn targets_get_tighter_only_but_for_what_is_asked() {
    let same = Modes::of(&bundle(&[]), &rules(Reader::Same), US).unwrap();
    assert_eq!(same.target(0o755), 0o700);
    assert_eq!(same.target(0o500), 0o500);
    let group = Modes::of(&bundle(&[]), &rules(Reader::Group(9)), US).unwrap();
    assert_eq!(group.target(0o700), 0o750);
    assert_eq!(group.target(0o500), 0o550);
    assert_eq!(group.target(0o2777), 0o750);
}

#[test]
fn a_file_for_another_lets_one_group_pass_and_not_list() {
    for given in [access(0o400, 7, 8), access(0o440, 7, 8), access(0o440, 0, 8)] {
        let modes = Modes::of(&with(&[given, Access::default()]), &rules(Reader::Same), ROOT).unwrap();
        assert_eq!(folders(&modes), (0o710, 0o510, 8), "{given:?}");
        assert_eq!(modes.target_gid, Some(8));
    }
    let alone = Modes::of(&with(&[access(0o440, 0, 0)]), &rules(Reader::Same), US).unwrap();
    assert_eq!(folders(&alone), (0o710, 0o510, 20), "its own group");
}

#[test]
fn files_that_nobody_else_reads_open_nothing() {
    for given in [access(0o400, 0, 8), access(0o400, 10, 8), access(0o040, 0, 0)] {
        let modes = Modes::of(&with(&[given]), &rules(Reader::Group(20)), US).unwrap();
        assert_eq!(folders(&modes), (0o750, 0o550, 20), "{given:?}");
    }
}

#[test]
fn the_user_of_the_app_reaches_what_is_theirs() {
    let user = rules(Reader::User { uid: 7, gid: 8 });
    let modes = Modes::of(&with(&[access(0o400, 7, 0), access(0o400, 7, 9)]), &user, ROOT).unwrap();
    assert_eq!(folders(&modes), (0o750, 0o550, 8));
}

#[test]
fn two_groups_are_one_too_many() {
    let two = with(&[access(0o440, 0, 8), access(0o440, 0, 9)]);
    let error = Modes::of(&two, &rules(Reader::Same), ROOT).unwrap_err();
    assert_eq!(error.to_string(), "`b`: its folder can be opened to one group, not to group 9 as well");
    let group = Modes::of(&two, &rules(Reader::Group(8)), ROOT).unwrap_err();
    assert!(matches!(group, InstallError::Unreachable { name, .. } if name == "b"));

    let world = Rules { allow_world: true, ..rules(Reader::Same) };
    assert_eq!(folders(&Modes::of(&two, &world, ROOT).unwrap()), (0o711, 0o511, 8));
    let world = Rules { allow_world: true, ..rules(Reader::Group(8)) };
    assert_eq!(folders(&Modes::of(&two, &world, ROOT).unwrap()), (0o751, 0o551, 8));
}

#[test]
fn a_user_without_a_group_is_not_reached() {
    let bundle = with(&[access(0o400, 7, 0)]);
    let error = Modes::of(&bundle, &rules(Reader::Same), ROOT).unwrap_err();
    assert!(error.to_string().ends_with("not to user 7 of an unknown group as well"), "{error}");
    let world = Rules { allow_world: true, ..rules(Reader::Same) };
    assert_eq!(folders(&Modes::of(&bundle, &world, ROOT).unwrap()), (0o711, 0o511, 0));
}

#[test]
fn open_modes_are_asked_for() {
    for mode in [0o404, 0o600, 0o420, 0o401, 0o777] {
        let bundle = with(&[access(mode, 0, 0)]);
        let error = Modes::of(&bundle, &rules(Reader::Same), US).unwrap_err();
        assert!(matches!(error, InstallError::TooOpen { mode: told, .. } if told == mode), "{mode:o}");
        let world = Rules { allow_world: true, ..rules(Reader::Same) };
        assert!(Modes::of(&bundle, &world, US).is_ok(), "{mode:o}");
    }
    let world = Rules { allow_world: true, ..rules(Reader::Same) };
    assert_eq!(folders(&Modes::of(&with(&[access(0o444, 0, 0)]), &world, US).unwrap()), (0o711, 0o511, 20));
    assert_eq!(folders(&Modes::of(&with(&[access(0o600, 0, 0)]), &world, US).unwrap()), (0o700, 0o500, 20));
    for mode in [0o4400, 0o2440, 0o1400] {
        let error = Modes::of(&with(&[access(mode, 0, 0)]), &world, US).unwrap_err();
        assert!(matches!(error, InstallError::TooOpen { .. }), "{mode:o}");
    }
}
