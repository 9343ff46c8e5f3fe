//! All vectors, whole and damaged, in both ways.

use super::{File, Reader, Show, format_of, has_tokens, render};
use crate::doc::{Kind, Limits, Name, Value};
use crate::keys::age::{AgeService, IdentitySources};
use crate::keys::{DecryptionOrder, Nobody, Services, recover};
use crate::sops::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files of the vectors.
fn vectors() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/vectors");
    let mut found = Vec::new();
    for folder in ["yaml", "json", "env", "ini", "binary", "crafted", "invalid"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            found.push(entry.unwrap().path());
        }
    }
    found.sort();
    found
}

/// Shows a file both ways; what is shown without a key.
fn shown(name: &str, bytes: &[u8], services: &Services) -> String {
    let file = File { format: format_of(name, bytes), bytes };
    let unlock = |metadata: &Metadata| {
        let order = DecryptionOrder::default().kinds;
        recover(&metadata.groups, metadata.threshold, services, &order).map_err(|error| error.to_string())
    };
    let name_of = |_: &_| None;
    let plain = render(file, Show::Plain, &Reader { unlock: &unlock, name_of: &name_of }).text();
    let unlock = |_: &Metadata| panic!("{name}: a key was asked for");
    let structure = render(file, Show::Structure, &Reader { unlock: &unlock, name_of: &name_of }).text();
    assert!(!has_tokens(&structure), "{name}: a ciphertext is shown");
    for text in [&plain, &structure] {
        let text = std::str::from_utf8(text).unwrap_or_else(|_| panic!("{name}: not UTF-8"));
        let hidden = text.replace("\r\n", "\n");
        assert!(
            !hidden.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')),
            "{name}: control characters are shown"
        );
        assert!(text.is_empty() || text.ends_with('\n') || bytes.is_empty(), "{name}: no end of line");
    }
    String::from_utf8(structure.to_vec()).unwrap()
}

fn services() -> Services {
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/vectors/keys.txt");
    let sources = IdentitySources { key_file: Some(keys), ..IdentitySources::default() };
    Services::new().with(AgeService::new(sources, Arc::new(Nobody)))
}

#[test]
fn vectors_are_shown_whole_and_damaged() {
    let services = services();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below.max(1) as u64).unwrap()
    };
    for path in vectors() {
        let name = path.to_str().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        shown(name, &bytes, &services);
        if bytes.is_empty() || bytes.len() > 100_000 {
            continue;
        }
        for round in 0..4 {
            let mut damaged = bytes.clone();
            match round {
                0 => damaged.truncate(next(bytes.len())),
                1 => damaged[next(bytes.len())] = b"\0\n\"\xff:{"[next(6)],
                2 => {
                    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
                    let at = next(lines.len());
                    let parts: [&[u8]; 5] =
                        [b"<<<<<<< a\n", lines[at], b"=======\n", lines[next(lines.len())], b">>>>>>> b\n"];
                    damaged = [&lines[..at], &parts, &lines[at + 1..]].concat().concat();
                }
                _ => {
                    let (from, to) = (next(bytes.len()), next(bytes.len()));
                    damaged.drain(from.min(to)..from.max(to));
                }
            }
            shown(name, &damaged, &services);
        }
    }
}

#[test]
fn plain_vectors_are_shown_without_their_values() {
    let services = services();
    let mut looked_at = 0;
    for path in vectors().iter().filter(|path| path.to_str().unwrap().contains(".plain.")) {
        let (name, bytes) = (path.to_str().unwrap(), std::fs::read(path).unwrap());
        let structure = shown(name, &bytes, &services).replace("PLAIN<comment>", "");
        let format = format_of(name, &bytes).plain();
        let Ok(tree) = format.parse(&bytes, &Limits::default()) else { continue };
        let keys: Vec<&[u8]> = tree
            .nodes
            .iter()
            .filter_map(|node| match &node.name {
                Name::Key(key) => Some(&**key),
                _ => None,
            })
            .collect();
        let values = tree.nodes.iter().filter_map(|node| match &node.kind {
            Kind::Leaf(Value::Str(text)) => std::str::from_utf8(text).ok(),
            _ => None,
        });
        let comments =
            tree.comments.iter().filter_map(|comment| std::str::from_utf8(tree.text(comment.span)).ok());
        for word in values.chain(comments).flat_map(str::split_whitespace).filter(|word| word.len() > 3) {
            let is_key = keys.iter().any(|key| key.windows(word.len()).any(|part| part == word.as_bytes()));
            if !is_key && !word.contains("PLAIN") && !has_tokens(word.as_bytes()) {
                assert!(!structure.contains(word), "{name}: {word}\n{structure}");
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 80, "{looked_at}");
}
