//! Random files: what `seal` takes, every reader of the dialect sees alike.
//!
//! `SEAL_TEST_SEED` sets the seed.

use super::read;
use super::readers::Reader;
use crate::bed::Bed;
use crate::generate::Random;
use seal::doc::Dialect;
use std::collections::BTreeMap;

/// Files of each dialect. A shell is started for each of them.
const FILES: u64 = 4000;
const SHELL_FILES: u64 = 1500;
const SEED: u64 = 20_261_121;

const NAMES: &[&str] = &["A", "b_2", "C.d", "E-f", "_", "export", "G ", " H", "UID", "é", "1x", ""];
const BEFORE: &[&str] = &["", "export ", "export\t", "  ", "\t", "export"];
const EQUALS: &[&str] = &["=", " = ", "= ", " =", ":", ""];
const BETWEEN: &[&str] =
    &["", "\n", "# c\n", "  \n", "  # c\n", "; c\n", "# it's\n", "# a \\\n", "\r\n", "\t\n", "#\"\n", ";\n"];
const BEHIND: &[&str] = &["", " ", " # c", "# c", "\t#c", " # it's", "  # \"", " x", ";", "\r"];
const PIECES: &[&str] = &[
    "a", "bc", "0", " ", "  ", "\t", "\n", "\\", "\\\n", "\\n", "\\t", "\\r", "\\\\", "\\\"", "\\'", "\\$",
    "\\a", "\\ ", "'", "'", "\"", "\"", "`", "$", "${A}", "$A", "$(id)", "~", "*", "?", "{a,b}", "#", " #",
    "=", ":", ";", "&", "|", "<", ">", "(", "!", "[", "é", "\u{a0}", "\u{85}", "\u{2028}", "\u{feff}",
    "\u{ffff}", "\r", "\u{b}", "\u{c}", "\u{1b}", "\u{7f}", "%", "^", ",", "]", "}",
];

/// A value as it may be spelled: mostly in quotes that end.
fn value(random: &mut Random) -> String {
    let inside = |random: &mut Random, most: usize| -> String {
        (0..random.below(most + 1)).map(|_| random.one_of(PIECES).to_owned()).collect()
    };
    match random.below(10) {
        0..=2 => format!("'{}'", inside(random, 4).replace('\'', "")),
        3..=5 => format!("\"{}\"", inside(random, 4).replace('"', "")),
        6 => random
            .one_of(&["a", "a b", "/usr/bin:~", "postgres://u:p@h/d?x=y", "a'b'\"c\"", "it's", ""])
            .to_owned(),
        7 => format!("'{}'\"{}\"", inside(random, 2).replace('\'', ""), inside(random, 2).replace('"', "")),
        _ => inside(random, 4),
    }
}

fn file(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..=random.below(3) {
        if random.chance(30) {
            text.push_str(random.one_of(BETWEEN));
        }
        text.push_str(if random.chance(70) { "" } else { random.one_of(BEFORE) });
        text.push_str(if random.chance(85) {
            random.one_of(&["A", "B", "C", "D_E"])
        } else {
            random.one_of(NAMES)
        });
        text.push_str(if random.chance(85) { "=" } else { random.one_of(EQUALS) });
        text.push_str(&value(random));
        text.push_str(if random.chance(75) { "" } else { random.one_of(BEHIND) });
        text.push_str(if random.chance(8) { "\r\n" } else { "\n" });
    }
    if random.chance(20) {
        text.push_str(random.one_of(BETWEEN));
    }
    if random.chance(30) {
        text.truncate(text.trim_end_matches('\n').len());
    }
    text
}

/// The random files that `seal` takes, with what it reads in them.
pub(crate) fn taken(dialect: Dialect) -> Vec<(String, BTreeMap<String, String>)> {
    let seed = std::env::var("SEAL_TEST_SEED").map_or(SEED, |text| text.parse().unwrap());
    let count = if dialect == Dialect::Shell { SHELL_FILES } else { FILES };
    let texts = (0..count).map(|number| file(&mut Random::new(seed, number)));
    let taken: Vec<_> =
        texts.filter_map(|text| read(dialect, text.as_bytes()).ok().map(|pairs| (text, pairs))).collect();
    assert!(taken.len() as u64 > count / 8, "{dialect}: {} of {count}", taken.len());
    taken
}

#[test]
fn readers_agree_on_random_files() {
    for dialect in Dialect::ALL {
        let bed = Bed::new();
        let taken = taken(dialect);
        let write = |(number, (text, _)): (usize, &(String, _))| bed.write(&format!("{number}.env"), text);
        let files: Vec<_> = taken.iter().enumerate().map(write).collect();
        let mut wrong = Vec::new();
        for reader in Reader::of(dialect) {
            for ((text, ours), theirs) in taken.iter().zip(reader.read(&bed, &files)) {
                if theirs.as_ref() != Some(ours) {
                    wrong.push(format!("{reader:?} reads {text:?} as {theirs:?}, and not {ours:?}"));
                }
            }
        }
        wrong.truncate(10);
        assert!(wrong.is_empty(), "{dialect}:\n{}", wrong.join("\n"));
    }
}
