//! ENV files at random.

use super::Random;

const KEYS: &[&str] = &[
    "DB_URL",
    "PASSWORD",
    "api.key",
    "export TOKEN",
    " LEADING",
    "TRAILING ",
    "ÜNÏ",
    "a-b",
    "lower",
    "X",
    "PORT_unencrypted",
    "secret_one",
    "KEY_enc",
    "WITH:COLON",
    "SOPS",
    "sops",
    "Q\"UOTE",
    "TAB\tKEY",
];

const VALUES: &[&str] = &[
    "",
    "\"double\"",
    "'single'",
    "\"a # b\"",
    "plain # not a comment",
    "a=b=c",
    "$HOME/${X}",
    " spaces ",
    "\ttab",
    "line\\nline",
    "\\n",
    "trailing\\",
    "\\t\\\\",
    "ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]",
    "1",
    "true",
    "0.10",
    "postgres://u:p@h:5432/d?x=y",
    "{\"a\": 1}",
    "日本語 😀",
    "`back`",
    "a;b",
    "\u{feff}",
    "\"open",
];

/// A file. A line of white space only is an error for sops, so there is none.
pub(super) fn document(random: &mut Random) -> Vec<u8> {
    let carriage = random.chance(8);
    let end: &[u8] = if carriage { b"\r\n" } else { b"\n" };
    let mut out = Vec::new();
    if random.chance(4) {
        // A byte order mark is part of the first key.
        out.extend_from_slice("\u{feff}FIRST=1".as_bytes());
        out.extend_from_slice(end);
    }
    let lines = random.below(20);
    for number in 0..lines {
        match random.below(10) {
            0 if !carriage => {}
            1 | 2 => {
                out.push(b'#');
                out.extend_from_slice(random.one_of(&["", " ", "#", " sops:enc", " A=b"]).as_bytes());
                out.extend_from_slice(random.words().as_bytes());
            }
            _ => {
                out.extend_from_slice(key(random, number).as_bytes());
                out.push(b'=');
                value(random, &mut out);
            }
        }
        out.extend_from_slice(end);
    }
    if random.chance(15) {
        out.truncate(out.len().saturating_sub(end.len()));
    }
    out
}

/// A key, mostly one that the file does not have yet.
fn key(random: &mut Random, number: usize) -> String {
    let name = random.one_of(KEYS);
    if random.chance(5) { name.to_owned() } else { format!("{name}{number}") }
}

fn value(random: &mut Random, out: &mut Vec<u8>) {
    match random.below(10) {
        0 => out.extend((0..random.below(20)).map(|_| (random.next() as u8).max(b' '))),
        1..=3 => out.extend_from_slice(random.words().as_bytes()),
        _ => out.extend_from_slice(random.one_of(VALUES).as_bytes()),
    }
}
