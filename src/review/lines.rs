//! Unified diffs of texts.

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline, group_diff_ops};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Lines around a change.
const CONTEXT: usize = 3;
/// The time for two texts; beyond it the differences are coarser.
const LONGEST: Duration = Duration::from_secs(1);

/// The hunks of a unified diff from `old` to `new`; empty if they are equal.
#[must_use]
pub(super) fn hunks(old: &[u8], new: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::new());
    if old == new {
        return out;
    }
    let (old, new) = (lines(old), lines(new));
    let deadline = Some(Instant::now() + LONGEST);
    let ops = capture_diff_slices_deadline(Algorithm::Myers, &old, &new, deadline);
    // Enough for all of it: a buffer that grows leaves copies behind.
    let most: usize = old.iter().chain(&new).map(|line| line.len() + 2).sum();
    out.reserve(most + ops.len() * 64);
    for group in group_diff_ops(ops, CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let from = first.old_range().start..last.old_range().end;
        let to = first.new_range().start..last.new_range().end;
        out.extend_from_slice(format!("@@ -{} +{} @@\n", extent(&from), extent(&to)).as_bytes());
        for op in &group {
            if let DiffOp::Equal { .. } = op {
                put(&mut out, b' ', &old[op.old_range()]);
            } else {
                put(&mut out, b'-', &old[op.old_range()]);
                put(&mut out, b'+', &new[op.new_range()]);
            }
        }
    }
    out
}

fn put(out: &mut Vec<u8>, mark: u8, lines: &[&[u8]]) {
    for line in lines {
        out.push(mark);
        out.extend_from_slice(line);
        out.push(b'\n');
    }
}

/// The lines, without their ends. The texts that are compared end with one.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    if text.is_empty() { Vec::new() } else { text.split(|b| *b == b'\n').collect() }
}

/// `FIRST,COUNT`; of no line the one before it.
fn extent(range: &std::ops::Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        count => format!("{},{count}", range.start + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::hunks;

    fn shown(old: &str, new: &str) -> String {
        String::from_utf8(hunks(old.as_bytes(), new.as_bytes()).to_vec()).unwrap()
    }

    #[test]
    fn hunks_are_those_of_a_unified_diff() {
        assert_eq!(shown("a\n", "a\n"), "");
        assert_eq!(shown("", "a\nb\n"), "@@ -0,0 +1,2 @@\n+a\n+b\n");
        assert_eq!(shown("a\n", ""), "@@ -1 +0,0 @@\n-a\n");
        let old: String = (0..20).map(|n| format!("{n}\n")).collect();
        let new = old.replace("\n2\n", "\ntwo\n").replace("\n17\n", "\n17\nmore\n");
        assert_eq!(
            shown(&old, &new),
            "@@ -1,6 +1,6 @@\n 0\n 1\n-2\n+two\n 3\n 4\n 5\n@@ -16,5 +16,6 @@\n 15\n 16\n 17\n+more\n 18\n 19\n"
        );
    }
}
