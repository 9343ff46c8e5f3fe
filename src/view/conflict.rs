//! Encrypted files in which a merge has left conflicts.
//!
//! Each side is read as the file it would be. If both are encrypted files, what is shown is the conflict
//! between the two as they are shown; else the text is shown line by line.

use super::token::{Shown, replace};
use super::{File, Reader, Show, View, escape, lines, load, sealed};
use crate::doc::{Kind, Value};
use crate::sops::Sealed;
use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Conflicts without an end after which no other is looked for: each is looked for in all of the text.
const MOST_UNFINISHED: usize = 8;
/// Characters of the shortest marker.
const LEAST: usize = 7;
/// How long sides are compared. What is not compared until then is a conflict.
const LONGEST: Duration = Duration::from_millis(300);

/// A text by its lines and conflicts.
pub(super) struct Conflicts<'t> {
    pub(super) pieces: Vec<Piece<'t>>,
}

/// Lines of a text, each with its end.
pub(super) enum Piece<'t> {
    /// Outside of conflicts.
    Common(&'t [u8]),
    /// A conflict: the marker before it, ours, the line between, theirs, the marker behind.
    Conflict([&'t [u8]; 5]),
}

/// One of the sides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Above the line.
    Ours,
    /// Below it.
    Theirs,
}

impl<'t> Conflicts<'t> {
    /// The conflicts of a text; `None` if there are none that are whole.
    pub(super) fn find(text: &'t [u8]) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        let mut common = 0;
        let mut at = 0;
        let mut attempts = 0;
        while at < rest.len() {
            if let Some(size) = marker(&rest[at..], b'<')
                && attempts < MOST_UNFINISHED
                && let Some((conflict, end)) = whole(&rest[at..], size).or_else(|| {
                    attempts += 1;
                    None
                })
            {
                pieces.push(Piece::Common(&rest[..at]));
                pieces.push(Piece::Conflict(conflict));
                rest = &rest[at + end..];
                (at, common) = (0, common + 1);
                continue;
            }
            at += line_end(&rest[at..]);
        }
        pieces.push(Piece::Common(rest));
        (common > 0).then_some(Self { pieces })
    }

    /// The file that a side is.
    pub(super) fn side(&self, side: Side) -> Vec<u8> {
        let mut text = Vec::new();
        for piece in &self.pieces {
            text.extend_from_slice(match piece {
                Piece::Common(lines) => lines,
                Piece::Conflict(parts) => parts[if side == Side::Ours { 1 } else { 3 }],
            });
        }
        text
    }
}

/// The size of a marker of these characters at the beginning of `text`.
fn marker(text: &[u8], character: u8) -> Option<usize> {
    let size = text.iter().take_while(|byte| **byte == character).count();
    let ends = matches!(text.get(size), None | Some(b' ' | b'\n' | b'\r'));
    (size >= LEAST && ends).then_some(size)
}

/// The length of the first line.
fn line_end(text: &[u8]) -> usize {
    text.iter().position(|byte| *byte == b'\n').map_or(text.len(), |end| end + 1)
}

/// The conflict at the beginning of `text`, and where it ends. The common ancestor is left out.
fn whole(text: &[u8], size: usize) -> Option<([&[u8]; 5], usize)> {
    let start = line_end(text);
    let (mut ours, mut divided) = (None, None);
    let mut at = start;
    while at < text.len() {
        let end = at + line_end(&text[at..]);
        let is = |character| marker(&text[at..], character) == Some(size);
        match divided {
            None if is(b'|') => ours = ours.or(Some(at)),
            None if is(b'=') => divided = Some((at, end)),
            Some((from, to)) if is(b'>') => {
                let ours = ours.unwrap_or(from);
                return Some((
                    [&text[..start], &text[start..ours], &text[from..to], &text[to..at], &text[at..end]],
                    end,
                ));
            }
            _ => {}
        }
        at = end;
    }
    None
}

/// A text with conflicts.
pub(super) fn view(file: File<'_>, conflicts: &Conflicts<'_>, show: Show, reader: &Reader<'_>) -> View {
    let texts = [Side::Ours, Side::Theirs].map(|side| conflicts.side(side));
    let sides = [&texts[0], &texts[1]].map(|bytes| load(File { bytes, ..file }).ok());
    match &sides {
        [Some(ours), Some(theirs)] => merged(file, conflicts, [ours, theirs], show, reader),
        _ => {
            let mut values = HashMap::new();
            if show == Show::Plain {
                sides.iter().flatten().for_each(|side| gather(side, reader, &mut values));
            }
            by_lines(file, conflicts, show, &values)
        }
    }
}

/// Both sides as they are shown, with markers where they differ.
fn merged(
    file: File<'_>,
    conflicts: &Conflicts<'_>,
    sides: [&Sealed<'_>; 2],
    show: Show,
    reader: &Reader<'_>,
) -> View {
    let shown = |show| sides.map(|side| sealed::view(side, file.format, show, reader));
    let mut views = shown(show);
    let closed = views.iter().find_map(|view| view.closed.clone());
    if closed.is_some() {
        // One way for both, so that they can be compared.
        views = shown(Show::Structure);
    }
    // MAC and record are those of one side at most, until the conflict is resolved.
    let usual = [sealed::MAC, sealed::RECORD].map(|text| super::footer::line(file.format, text));
    views.iter_mut().for_each(|view| view.footer.retain(|line| !usual.contains(line)));
    let texts = views.map(View::text);
    let [ours, theirs] = [&texts[0], &texts[1]].map(|text| split(text));
    let mut body: Zeroizing<Vec<u8>> = Zeroizing::default();
    let mut push = |bytes: &[u8]| escape::push(&mut body, bytes);
    let markers = conflicts.pieces.iter().find_map(|piece| match piece {
        Piece::Conflict(parts) => Some([0, 2, 4].map(|part| sealed::ended(escape::escape(parts[part])))),
        Piece::Common(_) => None,
    });
    let [first, middle, last] = markers.unwrap_or_default();
    let (mut mine, mut other) = (0, 0);
    let deadline = Instant::now() + LONGEST;
    let operations = capture_diff_slices_deadline(Algorithm::Myers, &ours, &theirs, Some(deadline));
    let equal = operations.iter().filter_map(|operation| match *operation {
        DiffOp::Equal { old_index, new_index, len } => Some((old_index, new_index, len)),
        _ => None,
    });
    // What stands before the end is a conflict, too.
    for (old, new, length) in equal.chain([(ours.len(), theirs.len(), 0)]) {
        if old > mine || new > other {
            push(&first);
            ours[mine..old].iter().for_each(|line| push(line));
            push(&middle);
            theirs[other..new].iter().for_each(|line| push(line));
            push(&last);
        }
        ours[old..old + length].iter().for_each(|line| push(line));
        (mine, other) = (old + length, new + length);
    }
    let footer =
        closed.iter().map(|reason| super::footer::line(file.format, &format!("not decrypted: {reason}")));
    View { body, footer: footer.collect(), closed }
}

fn split(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// The values of a side by their ciphertexts, each on one line.
fn gather(side: &Sealed<'_>, reader: &Reader<'_>, values: &mut HashMap<Vec<u8>, Zeroizing<Vec<u8>>>) {
    let Ok(key) = (reader.unlock)(&side.metadata) else { return };
    let Ok(inspected) = side.inspect(&key) else { return };
    for (id, encrypted) in inspected.opened.values() {
        if let (true, Kind::Leaf(Value::Str(token)), Some(value)) =
            (encrypted, &side.tree.node(id).kind, inspected.opened.value(id))
        {
            let mut text: Zeroizing<Vec<u8>> = Zeroizing::default();
            value.canonical(&mut text);
            values.insert(token.trim_ascii().to_vec(), escape::one_line(&text));
        }
    }
}

fn by_lines(
    file: File<'_>,
    conflicts: &Conflicts<'_>,
    show: Show,
    values: &HashMap<Vec<u8>, Zeroizing<Vec<u8>>>,
) -> View {
    let mut text: Zeroizing<Vec<u8>> = Zeroizing::default();
    for piece in &conflicts.pieces {
        match piece {
            Piece::Common(lines) => escape::push(&mut text, lines),
            Piece::Conflict(parts) => parts.iter().for_each(|part| escape::push(&mut text, part)),
        }
    }
    if show == Show::Structure {
        return View { body: lines::body(file.format, &text), ..View::default() };
    }
    let text = lines::without_metadata(file.format, &text);
    let text = replace(&text, |token| {
        Some(values.get(token).map_or(Shown::Digest, |value| Shown::Text(value.clone())))
    });
    View { body: sealed::ended(escape::escape(&text)), ..View::default() }
}

#[cfg(test)]
mod tests {
    use super::{Conflicts, Piece, Side};

    #[test]
    fn conflicts_are_taken_apart() {
        let text = b"a\n<<<<<<< ours\nb\n||||||| base\nc\n=======\nd\ne\n>>>>>>> theirs\nf\n<<<<<<<< x\n=======\n========\n>>>>>>>> y\ng";
        let conflicts = Conflicts::find(text).unwrap();
        assert_eq!(conflicts.side(Side::Ours), b"a\nb\nf\n=======\ng");
        assert_eq!(conflicts.side(Side::Theirs), b"a\nd\ne\nf\ng");
        assert_eq!(conflicts.pieces.iter().filter(|piece| matches!(piece, Piece::Conflict(_))).count(), 2);
        for text in [
            "",
            "a\n",
            "<<<<<<< a\nb\n=======\n",
            "<<<<<< a\n======\n>>>>>> b\n",
            "a <<<<<<< b\n=======\n>>>>>>> c\n",
        ] {
            assert!(Conflicts::find(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        let begun = std::time::Instant::now();
        assert!(Conflicts::find("<<<<<<< a\n".repeat(50_000).as_bytes()).is_none());
        let many: String = (7..2000).map(|size| format!("{}\n", "<".repeat(size))).collect();
        assert!(Conflicts::find(many.as_bytes()).is_none());
        let whole = "<<<<<<< a\n=======\n>>>>>>> b\n".repeat(30_000);
        assert!(Conflicts::find(whole.as_bytes()).is_some());
        assert!(begun.elapsed().as_secs() < 5);
    }
}
