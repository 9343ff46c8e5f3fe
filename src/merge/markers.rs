//! Conflict markers.

use super::lines::split;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use zeroize::Zeroizing;

/// What the sides are called behind the markers, and how long the markers are.
#[derive(Debug, Clone, Copy)]
pub struct Markers<'a> {
    /// Characters of a marker.
    pub size: usize,
    /// Ours.
    pub ours: &'a str,
    /// Theirs.
    pub theirs: &'a str,
}

/// `ours` and `theirs` in one text, with markers around the lines that differ.
#[must_use]
pub fn around(ours: &[u8], theirs: &[u8], markers: Markers<'_>) -> Zeroizing<Vec<u8>> {
    let (ours, theirs): (Vec<&[u8]>, Vec<&[u8]>) = (split(ours).collect(), split(theirs).collect());
    let end: &[u8] = if ours.first().is_some_and(|line| line.ends_with(b"\r\n")) { b"\r\n" } else { b"\n" };
    let mut out = Zeroizing::new(Vec::new());
    for op in capture_diff_slices(Algorithm::Myers, &ours, &theirs) {
        if matches!(op, DiffOp::Equal { .. }) {
            ours[op.old_range()].iter().for_each(|line| out.extend_from_slice(line));
        } else {
            put(&mut out, &ours[op.old_range()], &theirs[op.new_range()], markers, end);
        }
    }
    out
}

/// Both texts whole, between markers.
#[must_use]
pub fn between(ours: &[u8], theirs: &[u8], markers: Markers<'_>) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::new());
    put(&mut out, &[ours], &[theirs], markers, b"\n");
    out
}

fn put(out: &mut Vec<u8>, ours: &[&[u8]], theirs: &[&[u8]], markers: Markers<'_>, end: &[u8]) {
    let marker = |out: &mut Vec<u8>, sign: u8, label: &str| {
        if !out.is_empty() && !out.ends_with(b"\n") {
            out.extend_from_slice(end);
        }
        out.extend(std::iter::repeat_n(sign, markers.size));
        if !label.is_empty() {
            out.push(b' ');
            out.extend_from_slice(label.as_bytes());
        }
        out.extend_from_slice(end);
    };
    marker(out, b'<', markers.ours);
    ours.iter().for_each(|line| out.extend_from_slice(line));
    marker(out, b'=', "");
    theirs.iter().for_each(|line| out.extend_from_slice(line));
    marker(out, b'>', markers.theirs);
}

/// Whether there is a line that is a conflict marker.
#[must_use]
pub fn are_in(text: &[u8]) -> bool {
    split(text).any(|line| is_marker(line, b'<').is_some() || is_marker(line, b'>').is_some())
}

/// How long the marker is that the line is; at least the usual seven characters.
fn is_marker(line: &[u8], sign: u8) -> Option<usize> {
    let size = line.iter().take_while(|b| **b == sign).count();
    let ends = matches!(line.get(size), None | Some(b' ' | b'\n' | b'\r'));
    (size >= 7 && ends).then_some(size)
}

/// The texts that a text with conflict markers stands for.
pub struct Sides {
    /// With the upper part of each conflict.
    pub ours: Zeroizing<Vec<u8>>,
    /// With the lower part.
    pub theirs: Zeroizing<Vec<u8>>,
    /// With the part between, of the style `diff3`; that of ours where there is none. None if no conflict
    /// has one.
    pub base: Option<Zeroizing<Vec<u8>>>,
}

/// Takes a text with conflict markers apart; `None` if they make no sense.
#[must_use]
pub fn sides(text: &[u8]) -> Option<Sides> {
    #[derive(Clone, Copy, PartialEq)]
    enum At {
        Outside,
        Ours,
        Base,
        Theirs,
    }
    let buffer = || Zeroizing::new(Vec::with_capacity(text.len()));
    let (mut ours, mut base, mut theirs) = (buffer(), buffer(), buffer());
    let (mut at, mut size, mut start, mut has_base) = (At::Outside, 0, 0, false);
    for line in split(text) {
        let is = |sign| is_marker(line, sign).is_some_and(|found| found == size);
        match at {
            At::Outside => match is_marker(line, b'<') {
                Some(found) => (at, size, start) = (At::Ours, found, ours.len()),
                None => [&mut ours, &mut base, &mut theirs]
                    .iter_mut()
                    .for_each(|side| side.extend_from_slice(line)),
            },
            At::Ours if is(b'|') => (at, has_base) = (At::Base, true),
            At::Ours if is(b'=') => {
                base.extend_from_slice(&ours[start..]);
                at = At::Theirs;
            }
            At::Base if is(b'=') => at = At::Theirs,
            At::Theirs if is(b'>') => at = At::Outside,
            At::Ours => ours.extend_from_slice(line),
            At::Base => base.extend_from_slice(line),
            At::Theirs => theirs.extend_from_slice(line),
        }
    }
    (at == At::Outside).then(|| Sides { ours, theirs, base: has_base.then_some(base) })
}

#[cfg(test)]
mod tests {
    use super::{Markers, are_in, around, sides};

    #[test]
    fn sides_come_back_from_what_stands_between_markers() {
        let markers = Markers { size: 7, ours: "HEAD", theirs: "x" };
        let (ours, theirs) = (b"a\nb\nc", b"a\nB\nc");
        let text = around(ours, theirs, markers);
        assert_eq!(&*text, b"a\n<<<<<<< HEAD\nb\n=======\nB\n>>>>>>> x\nc");
        assert!(are_in(&text) && !are_in(ours));
        let read = sides(&text).unwrap();
        assert_eq!((&**read.ours, &**read.theirs), (&ours[..], &theirs[..]));
        assert!(read.base.is_none() && sides(b"<<<<<<< a\nx\n").is_none());
        let read = sides(b"<<<<<<< a\nx\n||||||| b\ny\n=======\nz\n>>>>>>> c\n").unwrap();
        assert_eq!([&**read.ours, &**read.base.unwrap(), &**read.theirs], [b"x\n", b"y\n", b"z\n"]);
    }
}
