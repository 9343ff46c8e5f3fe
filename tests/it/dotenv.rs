//! Dotenv files against the readers that apps use: what they read is the value, or there is no file.

use crate::bed::Bed;
use crate::dialects::readers::fetched;
use crate::dialects::spelled::assert_same;
use seal::doc::json::{Json, push_string};
use seal::doc::{Dialect, FormatName, Layout, Limits, Timestamp};
use seal::keys::{DataKey, KeyGroup, MasterKey};
use seal::render::{Document, Wish, env_text, variables};
use seal::secret::Secret;
use seal::sops::encrypt::encrypt;
use seal::sops::{EncryptRequest, Sealed, Selection};
use std::collections::BTreeMap;

const PYTHON: &str = "import json, sys; from dotenv import dotenv_values; \
                      json.dump(dict(dotenv_values(sys.argv[1])), sys.stdout)";
const NODE: &str = "const fs = require('fs'); const dotenv = require(process.argv[1]); \
                    process.stdout.write(JSON.stringify(dotenv.parse(fs.readFileSync(process.argv[2]))))";
/// What the lines are for a shell: every variable, ended by a NUL.
const SHELL: &str =
    ". ./values.env; for name in $1; do eval \"printf '%s=%s\\0' $name \\\"\\$$name\\\"\"; done";

/// Pieces that one reader or another takes for something.
const PIECES: &[&str] = &[
    "a", "Z", "0", " ", "\t", "\n", "\\", "\\n", "\\r", "'", "\"", "`", "$", "${", "$A", "$(id)", "}", "{",
    "#", " #", "=", ":", "export ", "K1=", "é", "\u{2028}", "\u{85}", "\u{feff}", "\u{a0}", "\x0b", "\x0c",
    "\x1b", "\x7f", "\x1c", "\x01", "😀", "-", "!", "&", "|", ";", "(", "*", "~", "%", "^", "<", "?", ",",
    ".", "/", "@", "+", "[", "\r",
];

/// All sequences of up to two pieces, and of three and four pieces some.
pub(crate) fn values() -> Vec<String> {
    let mut values: Vec<String> = PIECES.iter().map(|piece| (*piece).to_owned()).collect();
    values.push(String::new());
    values.extend(PIECES.iter().flat_map(|a| PIECES.iter().map(move |b| format!("{a}{b}"))));
    // Steps that share no divisor with the number of pieces reach all neighbourhoods.
    let at = |n: usize| PIECES[n % PIECES.len()];
    for n in 0..3000 {
        let (a, b) = (n * 7 + n / 59, n * 31 + 5);
        values.push(format!("{}{}{}", at(a), at(b), at(a)));
        values.push(format!("{}{}{}{}", at(a), at(a), at(b), at(n * 13)));
        values.push(format!("x{}{}{}y", at(b), at(n), at(b)));
    }
    values
}

/// The values as an encrypted document that was opened.
fn document(values: &[String]) -> Document {
    let mut json = b"{".to_vec();
    for (n, value) in values.iter().enumerate() {
        json.extend_from_slice(format!("{}\"v{n}\": ", if n > 0 { "," } else { "" }).as_bytes());
        push_string(value.as_bytes(), &mut json);
    }
    json.push(b'}');
    let key = DataKey::from_secret(Secret::new((0..32).collect()));
    let mut master = MasterKey::age("age1test");
    master.set_enc("wrapped\n".to_owned());
    let selection = Selection::new(None).unwrap();
    let request = EncryptRequest {
        format: &Json,
        source: json.as_slice().into(),
        values: None,
        selection: &selection,
        selector: None,
        mac_only_encrypted: false,
        groups: vec![KeyGroup::new(vec![master])],
        threshold: 0,
        data_key: &key,
        now: Timestamp::parse_rfc3339("2026-11-21T20:59:26Z").unwrap(),
        record: true,
        expires: None,
        allow_nothing: false,
        layout: Layout::default(),
        limits: Limits::default(),
    };
    let text = encrypt(request).unwrap();
    let sealed = Sealed::load(&Json, &text, false, &Limits::default()).unwrap();
    Document::of("values.json", FormatName::Json, &sealed.open(&key, false).unwrap()).unwrap()
}

#[test]
fn readers_of_dotenv_files_agree() {
    let values = values();
    let documents = [document(&values)];
    let mut text = Vec::new();
    let mut expected = BTreeMap::new();
    for variable in variables(&documents, &Wish::default()).unwrap() {
        let value = String::from_utf8(variable.value.to_vec()).unwrap();
        let name = variable.name.clone();
        if let Ok(line) = env_text(&[variable], Dialect::Dotenv) {
            text.extend_from_slice(&line);
            expected.insert(name, value);
        }
    }
    assert!(expected.len() > values.len() * 3 / 4, "{} of {}", expected.len(), values.len());
    let bed = Bed::new();
    let file = bed.write("values.env", &text);
    let file = file.to_str().unwrap();
    let (python, node) = (fetched("python"), fetched("node/package"));
    let path = std::env::var("PATH").unwrap();
    let read = bed.run("python3", &["-c", PYTHON, file]).env("PATH", &path).env("PYTHONPATH", &python).ok();
    assert_same("python-dotenv", &expected, &serde_json::from_slice(&read.stdout).unwrap());
    let read = bed.run("node", &["-e", NODE, node.to_str().unwrap(), file]).env("PATH", &path).ok();
    assert_same("dotenv of Node", &expected, &serde_json::from_slice(&read.stdout).unwrap());
    let read = dotenvy::from_path_iter(file).unwrap().map(Result::unwrap).collect();
    assert_same("dotenvy", &expected, &read);
    let names: Vec<&str> = expected.keys().map(String::as_str).collect();
    let read = bed.run("/bin/sh", &["-c", SHELL, "sh", &names.join(" ")]).env("PATH", &path).ok();
    let read = String::from_utf8(read.stdout).unwrap();
    let read = read.split_terminator('\0').map(|line| line.split_once('=').unwrap());
    assert_same(
        "the shell",
        &expected,
        &read.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    );
}
