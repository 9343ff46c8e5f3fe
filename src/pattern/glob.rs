//! Patterns as globs of `.gitattributes`, where these match the same paths and no others.
//!
//! A glob matches bytes, a pattern characters: what would differ for other letters than those of ASCII is
//! not translated. Neither knows of paths that hold line ends.

use super::go;
use regex_syntax::hir::{Class, Hir, HirKind, Look};
use std::collections::BTreeSet;

/// More alternatives than this are not written out.
const MOST: usize = 64;
/// Longer globs than this are nobody's.
const LONGEST: usize = 1024;

/// A piece of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Atom {
    /// This byte.
    Byte(u8),
    /// One of these bytes, of which none is a slash.
    OneOf(BTreeSet<u8>),
    /// Any text.
    Any,
    /// Any text of at least one character.
    Some,
    /// Any text without a slash.
    Part,
    /// Such a text of at least one character.
    SomePart,
    /// The beginning of the path.
    Start,
    /// Its end.
    End,
}

type Sequence = Vec<Atom>;

/// The globs that match the paths, from `folder`, in which the pattern `text` is found, and only these;
/// none if there are none that do.
///
/// They hold no blanks of their own making, but what the pattern and the folder hold.
#[must_use]
pub fn globs(text: &str, folder: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::parse(&go::translate(text).ok()?).ok()?;
    let mut globs = Vec::new();
    for sequence in sequences(&hir)? {
        let sequence = anchored(&sequence)?;
        let below = folder.bytes().map(Atom::Byte);
        let slash = (!folder.is_empty()).then_some(Atom::Byte(b'/'));
        let sequence: Sequence = below.chain(slash).chain(sequence).collect();
        for parts in split(&sequence)? {
            let glob = written(&parts)?;
            if !globs.contains(&glob) {
                globs.push(glob);
            }
        }
    }
    (globs.len() <= MOST && globs.iter().all(|glob| glob.len() <= LONGEST)).then_some(globs)
}

/// All sequences that the pattern stands for.
fn sequences(hir: &Hir) -> Option<Vec<Sequence>> {
    match hir.kind() {
        HirKind::Empty => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => Some(vec![literal.0.iter().map(|b| Atom::Byte(*b)).collect()]),
        HirKind::Look(Look::Start) => Some(vec![vec![Atom::Start]]),
        HirKind::Look(Look::End) => Some(vec![vec![Atom::End]]),
        HirKind::Look(_) => None,
        HirKind::Capture(capture) => sequences(&capture.sub),
        HirKind::Class(class) => of_class(class),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(sequences(part)?);
            }
            (all.len() <= MOST).then_some(all)
        }
        HirKind::Concat(parts) => {
            let mut all = vec![Vec::new()];
            for part in parts {
                all = product(&all, &sequences(part)?)?;
            }
            Some(all)
        }
        HirKind::Repetition(repetition) => {
            let (min, max) = (repetition.min, repetition.max);
            if let Some(any) = wildcard(&repetition.sub) {
                return match (any, min, max) {
                    (true, 0, None) => Some(vec![vec![Atom::Any]]),
                    (true, 1, None) => Some(vec![vec![Atom::Some]]),
                    (false, 0, None) => Some(vec![vec![Atom::Part]]),
                    (false, 1, None) => Some(vec![vec![Atom::SomePart]]),
                    _ => None,
                };
            }
            let once = sequences(&repetition.sub)?;
            let max = max.filter(|max| *max <= 16)?;
            let (mut all, mut so_far) = (Vec::new(), vec![Vec::new()]);
            for count in 0..=max {
                if count >= min {
                    all.extend(so_far.clone());
                }
                so_far = product(&so_far, &once)?;
            }
            (all.len() <= MOST).then_some(all)
        }
    }
}

fn product(left: &[Sequence], right: &[Sequence]) -> Option<Vec<Sequence>> {
    if left.len() * right.len() > MOST {
        return None;
    }
    let pairs = left.iter().flat_map(|left| right.iter().map(move |right| [&left[..], right].concat()));
    let all: Vec<Sequence> = pairs.collect();
    all.iter().all(|sequence| sequence.len() <= LONGEST).then_some(all)
}

/// Whether it is one character of any kind, with the slash (true) or without.
fn wildcard(hir: &Hir) -> Option<bool> {
    let HirKind::Class(Class::Unicode(class)) = hir.kind() else { return None };
    let mut rest = class.clone();
    rest.negate();
    let missing: Vec<_> = rest.ranges().iter().map(|range| (range.start(), range.end())).collect();
    match missing.as_slice() {
        [] | [('\n', '\n')] => Some(true),
        [('/', '/')] | [('\n', '\n'), ('/', '/')] => Some(false),
        _ => None,
    }
}

/// A character of a few.
fn of_class(class: &Class) -> Option<Vec<Sequence>> {
    let mut bytes = BTreeSet::new();
    match class {
        Class::Unicode(class) => {
            for range in class.ranges().iter() {
                if !range.end().is_ascii() {
                    return None;
                }
                bytes.extend(range.start() as u8..=range.end() as u8);
            }
        }
        Class::Bytes(_) => return None,
    }
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'.';
    match bytes.len() {
        0 => Some(Vec::new()),
        1 => Some(vec![bytes.into_iter().map(Atom::Byte).collect()]),
        _ if bytes.iter().all(plain) => Some(vec![vec![Atom::OneOf(bytes)]]),
        2..=8 => Some(bytes.into_iter().map(|byte| vec![Atom::Byte(byte)]).collect()),
        _ => None,
    }
}

/// The sequence from the beginning to the end of the path, without marks of them and with runs of
/// wildcards as one.
fn anchored(sequence: &[Atom]) -> Option<Sequence> {
    let first = sequence.iter().position(|atom| *atom != Atom::Start).unwrap_or(sequence.len());
    let mut rest = &sequence[first..];
    let last = rest.iter().rposition(|atom| *atom != Atom::End).map_or(0, |last| last + 1);
    let at_end = last < rest.len();
    rest = &rest[..last];
    if rest.iter().any(|atom| matches!(atom, Atom::Start | Atom::End)) {
        // `a^b` is found nowhere, but `.*^b` is.
        return None;
    }
    let mut all: Sequence = Vec::with_capacity(rest.len() + 2);
    let before = (first == 0).then_some(Atom::Any);
    let after = (!at_end).then_some(Atom::Any);
    for atom in before.into_iter().chain(rest.iter().cloned()).chain(after) {
        let merged = match (all.last(), &atom) {
            (Some(Atom::Any | Atom::Part), Atom::Any) | (Some(Atom::Any), Atom::Part) => Atom::Any,
            (Some(Atom::Any | Atom::Part), Atom::Some) | (Some(Atom::Some), Atom::Any | Atom::Part) => {
                Atom::Some
            }
            (Some(Atom::Part), Atom::Part) => Atom::Part,
            (Some(Atom::Part), Atom::SomePart) | (Some(Atom::SomePart), Atom::Part) => Atom::SomePart,
            _ => {
                all.push(atom);
                continue;
            }
        };
        all.pop();
        all.push(merged);
    }
    Some(all)
}

/// A piece of a glob.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Byte(u8),
    OneOf(BTreeSet<u8>),
    Star,
    /// A star for at least one byte.
    Plus,
    Slash,
    /// Folders, any number of them, with their slashes.
    Folders,
    /// All that is in a folder.
    Inside,
}

/// The globs of a sequence, by where the slashes in its wildcards are.
fn split(sequence: &[Atom]) -> Option<Vec<Vec<Piece>>> {
    let mut all: Vec<Vec<Piece>> = vec![Vec::new()];
    for (index, atom) in sequence.iter().enumerate() {
        let next = sequence.get(index + 1);
        let before_slash = next == Some(&Atom::Byte(b'/'));
        let mut grown = Vec::new();
        for parts in all {
            let at_name = matches!(parts.last(), None | Some(Piece::Slash | Piece::Folders));
            let mut add = |more: &[Piece]| grown.push([&parts[..], more].concat());
            match atom {
                // No path begins with a slash or has two at once.
                Atom::Byte(b'/') if at_name => {}
                Atom::Byte(b'/') => add(&[Piece::Slash]),
                Atom::Byte(byte) => add(&[Piece::Byte(*byte)]),
                Atom::OneOf(bytes) => add(&[Piece::OneOf(bytes.clone())]),
                Atom::Part => add(&[Piece::Star]),
                Atom::SomePart => add(&[Piece::Plus]),
                Atom::Any if next.is_none() && at_name => add(&[Piece::Inside]),
                Atom::Any if next.is_none() => {
                    add(&[Piece::Star]);
                    add(&[Piece::Star, Piece::Slash, Piece::Inside]);
                }
                // A name must end before the slash.
                Atom::Any if before_slash && at_name => {
                    add(&[Piece::Folders, Piece::Plus]);
                }
                Atom::Any if at_name => add(&[Piece::Folders, Piece::Star]),
                Atom::Any => {
                    add(&[Piece::Star]);
                    if before_slash {
                        add(&[Piece::Star, Piece::Slash, Piece::Folders, Piece::Plus]);
                    } else {
                        add(&[Piece::Star, Piece::Slash, Piece::Folders, Piece::Star]);
                    }
                }
                Atom::Some if next.is_none() && at_name => add(&[Piece::Inside]),
                Atom::Some if next.is_none() => {
                    add(&[Piece::Plus]);
                    add(&[Piece::Star, Piece::Slash, Piece::Inside]);
                }
                // At least one character: in the name itself, or a folder with its slash.
                Atom::Some if at_name && before_slash => add(&[Piece::Folders, Piece::Plus]),
                Atom::Some if at_name => {
                    add(&[Piece::Folders, Piece::Plus]);
                    add(&[Piece::Plus, Piece::Slash, Piece::Folders]);
                }
                Atom::Some => {
                    add(&[Piece::Plus]);
                    let tail = if before_slash { Piece::Plus } else { Piece::Star };
                    add(&[Piece::Star, Piece::Slash, Piece::Folders, tail]);
                }
                Atom::Start | Atom::End => return None,
            }
        }
        all = grown;
        if all.len() > MOST {
            return None;
        }
    }
    // No path ends with a slash.
    all.retain(|parts| !matches!(parts.last(), None | Some(Piece::Slash | Piece::Folders)));
    Some(all)
}

/// The glob as text.
fn written(parts: &[Piece]) -> Option<String> {
    let in_all_folders = parts.first() == Some(&Piece::Folders);
    let is_name = |parts: &[Piece]| {
        !parts.iter().any(|piece| matches!(piece, Piece::Slash | Piece::Folders | Piece::Inside))
    };
    let (mut out, rest) = match parts {
        // A glob without a slash is for names in all folders.
        [Piece::Folders, name @ ..] if is_name(name) => (Vec::new(), name),
        [Piece::Inside] => (b"*".to_vec(), &[][..]),
        _ if !in_all_folders && is_name(parts) => (b"/".to_vec(), parts),
        _ => (Vec::new(), parts),
    };
    let mut last: Option<&Piece> = None;
    for piece in rest {
        match piece {
            // A star and at least one byte are at least one byte.
            Piece::Star if matches!(last, Some(Piece::Star | Piece::Plus)) => continue,
            Piece::Plus if last == Some(&Piece::Star) => {
                out.pop();
                out.extend(b"?*");
            }
            Piece::Byte(byte) => {
                if b"*?[\\".contains(byte) {
                    out.push(b'\\');
                }
                out.push(*byte);
            }
            Piece::OneOf(bytes) => {
                out.push(b'[');
                out.extend(bytes);
                out.push(b']');
            }
            Piece::Star => out.push(b'*'),
            Piece::Plus => out.extend(b"?*"),
            Piece::Slash => out.push(b'/'),
            Piece::Folders => out.extend(b"**/"),
            Piece::Inside => out.extend(b"**"),
        }
        last = Some(piece);
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::globs;

    fn of(text: &str) -> Option<String> {
        globs(text, "").map(|globs| globs.join(" "))
    }

    #[test]
    fn what_rules_have_is_translated() {
        for (pattern, wanted) in [
            (r"\.enc\.yaml$", "*.enc.yaml"),
            (r"\.enc\.(yaml|json)$", "*.enc.yaml *.enc.json"),
            (r"\.ya?ml$", "*.yml *.yaml"),
            (r".*\.enc\.yaml$", "*.enc.yaml"),
            (r"^.*\.enc\.yaml$", "*.enc.yaml"),
            (r"^secrets\.yaml$", "/secrets.yaml"),
            (r"^secrets/", "secrets/**"),
            (r"^secrets/.*", "secrets/**"),
            (r"^secrets/.*\.yaml$", "secrets/**/*.yaml"),
            (r"^secrets/[^/]*\.yaml$", "secrets/*.yaml"),
            (r"^secrets/[^/]+\.yaml$", "secrets/?*.yaml"),
            (r"secrets/[^/]+\.yaml$", "**/*secrets/?*.yaml"),
            (r"/secrets\.yaml$", "**/?*/secrets.yaml"),
            (r"(^|/)secrets\.yaml$", "/secrets.yaml **/?*/secrets.yaml"),
            (r"^(dev|prod)/.+\.env$", "dev/**/?*.env dev/?*/**/.env prod/**/?*.env prod/?*/**/.env"),
            (r"^a[bc]\.yaml$", "/a[bc].yaml"),
            (r"(?i)\.enc$", "*.[Ee][Nn][Cc]"),
            (r"^a*b\[\*\].txt$", ""),
            (r"^a b\[\*\]\\$", r"/a b\[\*]\\"),
            ("", "*"),
            (".*", "*"),
        ] {
            match wanted {
                "" => assert_eq!(of(pattern), None, "{pattern}"),
                _ => assert_eq!(of(pattern).as_deref(), Some(wanted), "{pattern}"),
            }
        }
        assert_eq!(globs(r"\.yaml$", "a/b").unwrap(), ["a/b/**/*.yaml"]);
        assert_eq!(globs(r"^x$", "a").unwrap(), ["a/x"]);
    }

    #[test]
    fn what_would_match_otherwise_is_not() {
        for pattern in [
            "secrets.yaml$",
            r"\w+\.yaml$",
            "[a-z]+",
            r"\bsecret\b",
            "a^b",
            "(?m)^a$",
            "[éà]",
            ".",
            "a{9}{9}",
            "(",
            "(aa|bb|cc|dd|ee)(aa|bb|cc|dd|ee)(aa|bb|cc|dd|ee)",
        ] {
            assert_eq!(of(pattern), None, "{pattern}");
        }
    }
}
