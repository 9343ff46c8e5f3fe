//! Texts that are not encrypted, or not parsed.

use super::catalogue::Check;
use super::expected::{Expected, Wish};
use super::finding::Findings;
use super::{Subject, secrets, tokens};
use crate::doc::tree::Step;
use crate::doc::{KeyPath, Kind, Limits, Tree, Value};

/// A plain file: should it be, and what is in it.
pub(super) fn check(subject: Subject<'_>, expected: &Expected<'_>, findings: &mut Findings<'_>) {
    match expected.wish {
        Wish::Nothing => return,
        Wish::Perhaps if subject.whole => return,
        Wish::Perhaps => {}
        Wish::Encrypted => not_encrypted(expected, findings),
    }
    match subject.store.parse(subject.bytes, &Limits::default()) {
        Ok(tree) if !subject.whole => known_secrets(&tree, findings),
        _ => {
            let mut at = 0;
            for line in subject.bytes.split_inclusive(|b| *b == b'\n') {
                if let Some(kind) = secrets::known(line) {
                    findings.add(Check::KnownSecret, at, message(kind));
                }
                at += line.len();
            }
        }
    }
}

fn not_encrypted(expected: &Expected<'_>, findings: &mut Findings<'_>) {
    let number = expected.rule.map_or(0, |rule| rule.index + 1);
    findings.add(Check::NotEncrypted, 0, format!("not encrypted, though creation rule {number} is for it"));
}

/// What is said of a secret of a known kind.
pub(super) fn message(kind: &str) -> String {
    format!("{kind} is in clear")
}

fn known_secrets(tree: &Tree<'_>, findings: &mut Findings<'_>) {
    let walked: Result<(), std::convert::Infallible> = tree.walk(|step| {
        match step {
            Step::Leaf(id) => {
                if let Kind::Leaf(Value::Str(text)) = &tree.node(id).kind
                    && let Some(kind) = secrets::known(text)
                {
                    let at = tree.node(id).span.start as usize;
                    findings.add_value(Check::KnownSecret, at, || KeyPath::of(tree, id), message(kind));
                }
            }
            Step::Comment(index) => {
                let span = tree.comments[index].span;
                if let Some(kind) = secrets::known(tree.text(span)) {
                    findings.add(Check::KnownSecret, span.start as usize, message(kind));
                }
            }
            Step::Enter(_) | Step::Leave(_) => {}
        }
        Ok(())
    });
    match walked {
        Ok(()) => {}
    }
}

/// Where conflicts begin: lines of `<<<<<<< `, if a `=======` and a `>>>>>>> ` follow.
pub(super) fn conflict_markers(text: &[u8]) -> Vec<usize> {
    let (mut found, mut open, mut divided, mut at) = (Vec::new(), None, false, 0);
    for line in text.split_inclusive(|b| *b == b'\n') {
        if line.starts_with(b"<<<<<<< ") {
            (open, divided) = (Some(at), false);
        } else if open.is_some() && line.trim_ascii_end() == b"=======" {
            divided = true;
        } else if divided && line.starts_with(b">>>>>>> ") {
            found.extend(open.take());
            divided = false;
        }
        at += line.len();
    }
    found
}

/// Whether a text that does not parse has what looks like SOPS metadata.
pub(super) fn has_metadata(text: &[u8]) -> bool {
    text.split(|b| *b == b'\n').any(|line| {
        line.starts_with(b"sops:")
            || line.starts_with(b"sops_")
            || line.starts_with(b"[sops]")
            || tokens::find(line, b"\"sops\"").is_some()
            || line.starts_with(b"'sops'")
    })
}

/// Whether a value of a file without metadata is an encrypted one.
pub(super) fn holds_tokens(subject: Subject<'_>) -> bool {
    let Ok(tree) = subject.store.parse(subject.bytes, &Limits::default()) else { return false };
    tree.nodes.iter().any(|node| matches!(&node.kind, Kind::Leaf(Value::Str(text)) if tokens::begins(text)))
}

#[cfg(test)]
mod tests {
    use super::conflict_markers;

    #[test]
    fn only_whole_conflicts_count() {
        let text = b"a\n<<<<<<< ours\nb\n=======\nc\n>>>>>>> theirs\n";
        assert_eq!(conflict_markers(text), [2]);
        assert_eq!(conflict_markers(&text.repeat(2)), [2, 2 + text.len()]);
        let with_base = b"<<<<<<< a\r\n||||||| b\r\n=======\r\n>>>>>>> c\r\n";
        assert_eq!(conflict_markers(with_base), [0]);
        for text in
            ["Title\n=======\n", "<<<<<<< a\n", "<<<<<<< a\n=======\n", "x <<<<<<< a\n=======\n>>>>>>> b\n"]
        {
            assert!(conflict_markers(text.as_bytes()).is_empty(), "{text}");
        }
    }
}
