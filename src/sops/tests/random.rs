//! Random documents under random edits: a file that is written anew is as good as a fresh one.

use super::changes::{load, resealed};
use super::{key, open, request};
use crate::doc::Format;
use crate::doc::dotenv::Dotenv;
use crate::doc::json::Json;
use crate::doc::yaml::Yaml;
use crate::doc::yaml::tests::documents::document;
use crate::sops::decrypt::{Opened, Slot, Strictness};
use crate::sops::encrypt::encrypt;
use crate::sops::{Selection, reseal};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Lines that come into a text.
const LINES: &[&str] = &[
    "new: value",
    "# remark",
    "",
    "  deep: 1",
    "- item",
    "a: x",
    "A=5",
    "B='q r'",
    "\"k\": 1.0,",
    "k_unencrypted: 7",
    "a: 12\r",
    "---",
];

/// Takes lines away, puts lines in, moves and doubles them, or changes a byte.
fn edited(text: &str, edits: &[(u8, u16, u16)]) -> String {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    for (what, from, to) in edits {
        let (from, to) = (usize::from(*from) % lines.len(), usize::from(*to) % lines.len());
        match what % 6 {
            0 if lines.len() > 1 => drop(lines.remove(from)),
            1 => lines.insert(from, LINES[to % LINES.len()].to_owned()),
            2 => {
                let line = lines.remove(from);
                lines.insert(to.min(lines.len()), line);
            }
            3 => lines.insert(to, lines[from].clone()),
            4 => {
                let line: String = lines[from].replacen(['x', '1', 'a'], ["z", "2"][to % 2], 1);
                lines[from] = line;
            }
            _ => lines.swap(from, to),
        }
    }
    lines.join("\n")
}

/// How often which ciphertext stands for which value at which path.
type Tokens = BTreeMap<(Vec<u8>, &'static str, Vec<u8>), BTreeMap<String, usize>>;

fn tokens(opened: &Opened<'_>) -> Tokens {
    let tree = &opened.sealed.tree;
    let mut tokens = Tokens::new();
    for (planned, slot) in opened.plan.steps.iter().zip(&opened.slots) {
        let (crate::doc::tree::Step::Leaf(id), Slot::Value(label, span)) = (planned.step, slot) else {
            continue;
        };
        let crate::doc::Kind::Leaf(crate::doc::Value::Str(text)) = &tree.node(id).kind else { continue };
        let content = (opened.plan.aad(planned).to_vec(), label.text(), opened.plain[span.range()].to_vec());
        let token = String::from_utf8_lossy(text).trim_end().to_owned();
        *tokens.entry(content).or_default().entry(token).or_default() += 1;
    }
    tokens
}

/// Encrypts `old`, gives the file the text `new`, and compares with a fresh encryption of `new`.
fn check(format: &dyn Format, old: &str, new: impl Fn(&str) -> String) -> Result<bool, TestCaseError> {
    let (selection, key) = (Selection::new(None).unwrap(), key());
    let Ok(first) = encrypt(request(format, old, &selection, &key)) else { return Ok(false) };
    let first = String::from_utf8(first.to_vec()).unwrap();
    let sealed = load(format, &first);
    let opened = sealed.open(&key, false).unwrap();
    let Ok(plain) = opened.text() else { return Ok(false) };
    let new = new(std::str::from_utf8(&plain).unwrap());
    let mut fresh = request(format, &new, &selection, &key);
    fresh.allow_nothing = true;
    let fresh = encrypt(fresh);
    let second = reseal(resealed(&opened, &key, &plain, new.as_bytes()));
    let (fresh, second) = match (fresh, second) {
        (Ok(fresh), Ok(second)) => (fresh, second),
        (Err(_), Err(_)) => return Ok(false),
        (fresh, second) => {
            return Err(TestCaseError::fail(format!(
                "{:?} {:?}\n{old}\n=>\n{new}",
                fresh.err(),
                second.err()
            )));
        }
    };
    let fresh = open(format, std::str::from_utf8(&fresh).unwrap()).unwrap();
    let second = String::from_utf8(second.to_vec()).unwrap();
    let again = load(format, &second);
    let again = again.open(&key, false);
    prop_assert!(again.is_ok(), "{:?}\n{old}\n=>\n{new}\n=>\n{second}", again.err());
    let again = again.unwrap();
    prop_assert_eq!(again.strictness, Strictness::Verified);
    let text = String::from_utf8(again.text().unwrap().to_vec()).unwrap();
    prop_assert_eq!(&text, &fresh.0, "{}\n=>\n{}", old, second);
    let (was, is) = (tokens(&opened), tokens(&again));
    for (content, before) in &was {
        let Some(after) = is.get(content) else { continue };
        let count = |tokens: &BTreeMap<String, usize>| tokens.values().sum::<usize>();
        let kept: usize =
            after.iter().map(|(token, n)| before.get(token).copied().unwrap_or(0).min(*n)).sum();
        prop_assert_eq!(kept, count(before).min(count(after)), "{:?}\n{}\n=>\n{}", content, first, second);
    }
    Ok(true)
}

fn edits() -> impl Strategy<Value = Vec<(u8, u16, u16)>> {
    prop::collection::vec((any::<u8>(), any::<u16>(), any::<u16>()), 1..6)
}

proptest! {
    #[test]
    fn edited_yaml_is_as_good_as_fresh(numbers in prop::collection::vec(any::<u8>(), 0..160), edits in edits()) {
        check(&Yaml, &document(&numbers), |text| edited(text, &edits))?;
    }

    #[test]
    fn edited_env_is_as_good_as_fresh(
        lines in prop::collection::vec("(#.{0,5}|(export )?[A-C]{1,2}=['\"]?[ -~]{0,4}['\"]?|)", 0..8), edits in edits(),
    ) {
        check(&Dotenv, &lines.join("\n"), |text| edited(text, &edits))?;
    }

    #[test]
    fn edited_json_is_as_good_as_fresh(
        lines in prop::collection::vec("\"[a-c]\": (1|1\\.0|-0|1e2|\"x\"|\"\\\\u0041\"|\\[1, \"x\",\r?\n1\\]|\\{\\}|true|null|9007199254740993)", 1..8),
        edits in edits(),
    ) {
        check(&Json, &format!("{{\n{}\n}}\n", lines.join(",\n")), |text| edited(text, &edits))?;
    }
}
