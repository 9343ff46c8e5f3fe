//! INI files at random.

use super::Random;

const SECTIONS: &[&str] =
    &["db", "DEFAULT", "a b", "secret", "x:y", "Ünï", "key_unencrypted", "sops_2", "q]", "1"];

const KEYS: &[&str] = &[
    "user",
    "password",
    "api.key",
    "two words",
    "ÜNÏ",
    "a-b",
    "PORT_unencrypted",
    "secret_one",
    "`back=tick`",
    "\"colon:key\"",
    "sops",
    "x",
    "list[]",
];

const VALUES: &[&str] = &[
    "",
    "\"double\"",
    "'single'",
    "\" spaces \"",
    "'",
    "\"open",
    "it's",
    "\"a\"b\"",
    "`back; quoted`",
    "`sp `",
    "\"\"\"triple # quoted\"\"\"",
    "\"\"\"two\nlines\"\"\"",
    "`three\n[x]\n; y`",
    "plain # comment",
    "plain ;comment",
    "\"cut ; here\"",
    "; all comment",
    "go \\\n   on",
    "go \\\n on \\\n  and on",
    "a=b=c",
    "%(user)s",
    "\\t\\n",
    "C:\\dir",
    "1",
    "true",
    "0.10",
    "postgres://u:p@h:5432/d?x=y",
    "{\"a\": 1}",
    "日本語 😀",
    "ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]",
];

const COMMENTS: &[&str] = &["", " ", "#", " sops:enc", " a = b", "\tx", ";", " [x]"];

/// A file of what INI readers agree on and of what they do not.
pub(super) fn document(random: &mut Random) -> Vec<u8> {
    let carriage = random.chance(8);
    let mut out = String::new();
    if random.chance(5) {
        out.push('\u{feff}');
    }
    for number in 0..random.below(20) {
        match random.below(12) {
            0 => out.push('\n'),
            1 | 2 => comment(random, &mut out),
            3 | 4 => {
                out.push_str(&format!("[{}]\n", random.one_of(SECTIONS)));
            }
            _ => {
                out.push_str(random.one_of(&["", "", "", "  ", "\t"]));
                out.push_str(&key(random, number));
                out.push_str(random.one_of(&["=", " = ", " = ", ": ", ":", "   =   "]));
                match random.below(3) {
                    0 => out.push_str(&random.words().replace('\\', "/")),
                    _ => out.push_str(random.one_of(VALUES)),
                }
                out.push('\n');
            }
        }
    }
    if random.chance(15) {
        out.pop();
    }
    if carriage {
        out = out.replace('\n', "\r\n");
    }
    out.into_bytes()
}

fn comment(random: &mut Random, out: &mut String) {
    for _ in 0..=random.below(3) {
        out.push_str(random.one_of(&["#", ";", "; ", "  # "]));
        out.push_str(random.one_of(COMMENTS));
        // SOPS crashes where the first line says nothing, so most say something.
        if !random.chance(6) {
            out.push_str(&random.words());
        }
        out.push('\n');
        if random.chance(10) {
            out.push_str(random.one_of(&["\n", "  \n"]));
        }
    }
}

/// A key that the section does not have yet.
fn key(random: &mut Random, number: usize) -> String {
    let name = random.one_of(KEYS);
    match name.chars().next_back() {
        Some(quote @ ('`' | '"')) => format!("{}{number}{quote}", &name[..name.len() - 1]),
        _ => format!("{name}{number}"),
    }
}
