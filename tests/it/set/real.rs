//! Changes of real files: only what is meant changes.

use crate::corpus::corpus;
use crate::generate::Random;
use seal::doc::change::{ChangeError, set, unset};
use seal::doc::json::Json;
use seal::doc::path::Segment;
use seal::doc::yaml::Yaml;
use seal::doc::{Data, Flags, Format, KeyPath, Limits, NodeId};

/// Changes of each file, and the largest file.
const CHANGES: usize = 4;
const MAX_BYTES: usize = 50_000;

/// Lines of `old` that are not in `new`, as one run.
fn lost(old: &str, new: &str) -> usize {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    let before = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - before;
    let behind = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    old.len() - before - behind
}

#[test]
fn real_files_change_where_they_are_told() {
    let (mut changed, mut shared, mut refused) = (0, 0, Vec::new());
    for (number, file) in corpus().into_iter().enumerate() {
        let source = std::fs::read(&file).unwrap();
        let format: &dyn Format = if file.extension().is_some_and(|e| e == "json") { &Json } else { &Yaml };
        let limits = Limits::default();
        let Ok(tree) = format.parse(&source, &limits) else { continue };
        if source.len() > MAX_BYTES || tree.metadata().next().is_some() {
            continue;
        }
        let text = String::from_utf8_lossy(&source);
        let mut random = Random::new(7, number as u64);
        let root = tree.documents[0];
        for _ in 0..CHANGES {
            let id = root + random.below((tree.node(root).end - root) as usize) as NodeId;
            let node = tree.node(id);
            let mut path = KeyPath::of(&tree, id);
            let collection = !matches!(node.kind, seal::doc::Kind::Leaf(_));
            let new = collection && random.chance(70);
            if new {
                path.0.push(match node.kind {
                    seal::doc::Kind::List => Segment::Index(tree.children(id).count()),
                    _ => Segment::Key(b"a new key".to_vec()),
                });
            }
            if path.0.is_empty() || node.flags.has(Flags::COPY) {
                continue;
            }
            let data = if random.chance(50) {
                Data::str("a value: # of one")
            } else {
                Data::List(vec![Data::str("p\nq\n"), Data::map()])
            };
            let with = match set(format, &source, &path, &data, &limits) {
                Ok(Some(with)) => with,
                Ok(None) => continue,
                Err(ChangeError::Shared { .. }) => {
                    shared += 1;
                    continue;
                }
                Err(error) => {
                    refused.push(format!("{}: {path}: {error}", file.display()));
                    continue;
                }
            };
            changed += 1;
            // Without a final line end the last value may need another header.
            if new && tree.children(id).next().is_some() && source.ends_with(b"\n") {
                let place = format!("{}: {path}", file.display());
                assert!(lost(&text, &String::from_utf8_lossy(&with)) <= 2, "{place}");
                let without = unset(format, &with, &path, &limits).unwrap();
                assert_eq!(String::from_utf8_lossy(&without), text, "{place}");
            }
        }
    }
    println!("{changed} changes, {shared} refused for an alias, {} otherwise", refused.len());
    assert!(refused.len() * 1000 <= changed, "{}", refused.join("\n"));
    assert!(changed > 2000, "only {changed} changes");
}
