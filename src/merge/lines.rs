//! Lines of texts: their ends, comments of both sides, and texts that are merged as such.

use super::sequence::{self, Run, Touching};
use zeroize::Zeroizing;

/// Whether the first line ends with CR LF.
pub(super) fn has_carriage_returns(text: &[u8]) -> bool {
    let first = text.iter().position(|b| *b == b'\n');
    first.is_some_and(|at| at > 0 && text[at - 1] == b'\r')
}

/// `text` with the line ends that `model` has.
pub(super) fn with_ends_of(model: &[u8], text: &[u8]) -> Vec<u8> {
    let is_there = model.contains(&b'\n');
    match (is_there, has_carriage_returns(model), has_carriage_returns(text)) {
        (true, true, false) => {
            let mut out = Vec::with_capacity(text.len() + 16);
            for (at, byte) in text.iter().enumerate() {
                if *byte == b'\n' && (at == 0 || text[at - 1] != b'\r') {
                    out.push(b'\r');
                }
                out.push(*byte);
            }
            out
        }
        (true, false, true) => {
            let is_kept = |at: usize| text[at] != b'\r' || text.get(at + 1) != Some(&b'\n');
            (0..text.len()).filter(|at| is_kept(*at)).map(|at| text[at]).collect()
        }
        _ => text.to_vec(),
    }
}

/// Whether there is nothing but blank lines and comments.
pub(super) fn are_comments(text: &[u8]) -> bool {
    split(text).all(|line| {
        let line = line.trim_ascii();
        line.is_empty() || line.starts_with(b"#") || line.starts_with(b";") || line.starts_with(b"//")
    })
}

/// The comments of ours, then those that theirs has added.
pub(super) fn both(base: &[u8], ours: &[u8], theirs: &[u8]) -> Zeroizing<Vec<u8>> {
    let known: Vec<&[u8]> = split(base).chain(split(ours)).map(<[u8]>::trim_ascii).collect();
    let mut out = Zeroizing::new(ours.to_vec());
    for line in split(theirs).filter(|line| !known.contains(&line.trim_ascii())) {
        out.extend_from_slice(line);
    }
    out
}

/// The lines of a text, with their ends.
pub fn split(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|b| *b == b'\n')
}

/// A text that both sides changed, merged line by line; `None` if they contradict.
#[must_use]
pub fn merge(base: &[u8], ours: &[u8], theirs: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let [base, ours, theirs] = [base, ours, theirs].map(|text| split(text).collect::<Vec<_>>());
    let mut out = Zeroizing::new(Vec::new());
    for run in sequence::merge(&base, &ours, &theirs, Touching::Contradicts) {
        let part = match run {
            Run::Same { ours: range, .. } | Run::Ours(range) => &ours[range],
            Run::Theirs(range) => &theirs[range],
            Run::Conflict { .. } => return None,
        };
        part.iter().for_each(|line| out.extend_from_slice(line));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::{are_comments, both, merge, with_ends_of};

    #[test]
    fn line_ends_are_those_of_the_model() {
        assert_eq!(with_ends_of(b"a\r\n", b"x\ny\r\nz"), b"x\r\ny\r\nz");
        assert_eq!(with_ends_of(b"a\n", b"x\r\ny\r\n"), b"x\ny\n");
        assert_eq!(with_ends_of(b"a", b"x\r\n"), b"x\r\n");
    }

    #[test]
    fn comments_of_both_sides_stay() {
        assert!(are_comments(b"# a\n\n  ; b\n// c\n") && !are_comments(b"# a\nb: 1\n"));
        assert_eq!(&*both(b"# a\n", b"# a\n# o\n", b"# t\n# a\n"), b"# a\n# o\n# t\n");
    }

    #[test]
    fn texts_are_merged_by_lines() {
        assert_eq!(
            merge(b"a\nb\nc\n", b"A\nb\nc\n", b"a\nb\nC\n").as_deref().map(Vec::as_slice),
            Some(&b"A\nb\nC\n"[..])
        );
        assert_eq!(merge(b"a\n", b"b\n", b"c\n"), None);
    }
}
