//! Three-way merge of sequences.

use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::hash::Hash;
use std::ops::Range;

/// Elements beyond which no differences are looked for: hostile input would cost their square.
const MOST_ELEMENTS: usize = 20_000;

/// A run of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Run {
    /// Elements of ours that are in the base, and in theirs.
    Same { base: Range<usize>, ours: Range<usize>, theirs: Range<usize> },
    /// Elements that only ours has, or both have; none if they are gone.
    Ours(Range<usize>),
    /// Elements that only theirs has; none if they are gone.
    Theirs(Range<usize>),
    /// Both changed the same place in other ways.
    Conflict { base: Range<usize>, ours: Range<usize>, theirs: Range<usize> },
}

/// Whether changes that touch each other contradict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touching {
    /// Each element is for itself.
    Agrees,
    /// As with the lines of a text, which have a meaning together.
    Contradicts,
}

/// A changed place: elements of the base, and what stands there instead.
#[derive(Debug, Clone)]
struct Hunk {
    base: Range<usize>,
    side: Range<usize>,
}

/// Merges what `ours` and `theirs` made of `base`.
pub(super) fn merge<T: Hash + Eq>(base: &[T], ours: &[T], theirs: &[T], touching: Touching) -> Vec<Run> {
    let hunks = [hunks(base, ours), hunks(base, theirs)];
    let mut next = [0, 0];
    // How many elements a side has up to a place of the base, less those of the base.
    let mut shift = [0_isize, 0];
    let mut at = 0;
    let mut runs = Vec::new();
    loop {
        let firsts = [hunks[0].get(next[0]), hunks[1].get(next[1])];
        let Some(start) = firsts.iter().flatten().map(|hunk| hunk.base.start).min() else { break };
        let mut end = start;
        let mut parts = [next[0]..next[0], next[1]..next[1]];
        // All hunks that belong to this place.
        loop {
            let grows = (0..2).find(|side| {
                let Some(hunk) = hunks[*side].get(parts[*side].end) else { return false };
                let (empty, other) = (parts.iter().all(Range::is_empty), &parts[1 - *side]);
                let fits = overlaps(&hunk.base, &(start..end), touching);
                // The hunk at the very place begins it, those of the other side join if they overlap.
                (empty && hunk.base.start == start && is_first(hunk, firsts, *side))
                    || (!empty && fits && !(other.is_empty() && parts[*side].is_empty()))
            });
            let Some(side) = grows else { break };
            end = end.max(hunks[side][parts[side].end].base.end);
            parts[side].end += 1;
        }
        if at < start {
            let of = |side: usize| moved(at, shift[side])..moved(start, shift[side]);
            runs.push(Run::Same { base: at..start, ours: of(0), theirs: of(1) });
        }
        let mut ranges = [0..0, 0..0];
        for side in 0..2 {
            let from = moved(start, shift[side]);
            for hunk in &hunks[side][parts[side].clone()] {
                shift[side] += hunk.side.len() as isize - hunk.base.len() as isize;
            }
            ranges[side] = from..moved(end, shift[side]);
            next[side] = parts[side].end;
        }
        let [in_ours, in_theirs] = ranges;
        runs.push(match (parts[0].is_empty(), parts[1].is_empty()) {
            (_, true) => Run::Ours(in_ours),
            (true, false) => Run::Theirs(in_theirs),
            _ if ours[in_ours.clone()] == theirs[in_theirs.clone()] => Run::Ours(in_ours),
            _ => Run::Conflict { base: start..end, ours: in_ours, theirs: in_theirs },
        });
        at = end;
    }
    if at < base.len() {
        let of = |side: usize| moved(at, shift[side])..moved(base.len(), shift[side]);
        runs.push(Run::Same { base: at..base.len(), ours: of(0), theirs: of(1) });
    }
    runs
}

fn moved(at: usize, shift: isize) -> usize {
    at.saturating_add_signed(shift)
}

/// Whether `hunk` comes first of the two: new elements come before changes of the element there, ours first.
fn is_first(hunk: &Hunk, firsts: [Option<&Hunk>; 2], side: usize) -> bool {
    firsts[1 - side].is_none_or(|other| {
        let rank = |hunk: &Hunk| (hunk.base.start, !hunk.base.is_empty());
        (rank(hunk), side) < (rank(other), 1 - side)
    })
}

/// Whether a hunk is about the same place as others.
fn overlaps(hunk: &Range<usize>, place: &Range<usize>, touching: Touching) -> bool {
    if touching == Touching::Contradicts {
        return hunk.start <= place.end;
    }
    match (hunk.is_empty(), place.is_empty()) {
        (true, true) => hunk.start == place.start,
        (true, false) => hunk.start > place.start && hunk.start < place.end,
        (false, true) => false,
        (false, false) => hunk.start < place.end,
    }
}

/// What a side changed, in order.
fn hunks<T: Hash + Eq>(base: &[T], side: &[T]) -> Vec<Hunk> {
    let start = base.iter().zip(side).take_while(|(a, b)| a == b).count();
    let (base_rest, side_rest) = (&base[start..], &side[start..]);
    let tail = base_rest.iter().rev().zip(side_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (base_rest, side_rest) = (&base_rest[..base_rest.len() - tail], &side_rest[..side_rest.len() - tail]);
    if base_rest.is_empty() && side_rest.is_empty() {
        return Vec::new();
    }
    let whole = || Hunk { base: start..start + base_rest.len(), side: start..start + side_rest.len() };
    if base_rest.len() + side_rest.len() > MOST_ELEMENTS {
        return vec![whole()];
    }
    let mut hunks: Vec<Hunk> = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, base_rest, side_rest) {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        let place = |range: Range<usize>| range.start + start..range.end + start;
        let (base, side) = (place(op.old_range()), place(op.new_range()));
        match hunks.last_mut() {
            Some(last) if last.base.end == base.start && last.side.end == side.start => {
                (last.base.end, last.side.end) = (base.end, side.end);
            }
            _ => hunks.push(Hunk { base, side }),
        }
    }
    hunks
}

#[cfg(test)]
mod tests {
    use super::{Run, Touching, merge};
    use proptest::prelude::*;

    /// The result as text, conflicts as `<ours|theirs>`.
    fn merged(base: &str, ours: &str, theirs: &str, touching: Touching) -> String {
        let [base, ours, theirs] = [base, ours, theirs].map(|text| text.chars().collect::<Vec<char>>());
        let text = |chars: &[char]| chars.iter().collect::<String>();
        let runs = merge(&base, &ours, &theirs, touching);
        let run = |run: Run| match run {
            Run::Same { ours: range, .. } | Run::Ours(range) => text(&ours[range]),
            Run::Theirs(range) => text(&theirs[range]),
            Run::Conflict { ours: a, theirs: b, .. } => {
                format!("<{}|{}>", text(&ours[a]), text(&theirs[b]))
            }
        };
        runs.into_iter().map(run).collect()
    }

    #[test]
    fn changes_of_both_sides_come_together() {
        for (base, ours, theirs, wanted) in [
            ("abc", "abc", "abc", "abc"),
            ("abc", "Xabc", "abcY", "XabcY"),
            ("abc", "aXc", "abc", "aXc"),
            ("abc", "Xbc", "aYc", "XYc"),
            ("abc", "ac", "abYc", "aYc"),
            ("abc", "ac", "ac", "ac"),
            ("abc", "abcX", "abcX", "abcX"),
            ("abc", "abcX", "abcY", "abc<X|Y>"),
            ("abc", "aXc", "aYc", "a<X|Y>c"),
            ("abcd", "aXd", "abYd", "a<X|bY>d"),
            ("abc", "", "abc", ""),
            ("", "x", "y", "<x|y>"),
            ("abc", "aXbc", "aYc", "aXYc"),
            ("abcde", "bcde", "abcd", "bcd"),
        ] {
            assert_eq!(merged(base, ours, theirs, Touching::Agrees), wanted, "{base} {ours} {theirs}");
        }
        assert_eq!(merged("abc", "Xbc", "aYc", Touching::Contradicts), "<Xb|aY>c");
    }

    proptest! {
        #[test]
        fn one_changed_side_wins(base in "[a-d]{0,8}", side in "[a-d]{0,8}") {
            for touching in [Touching::Agrees, Touching::Contradicts] {
                prop_assert_eq!(merged(&base, &side, &base, touching), side.clone());
                prop_assert_eq!(merged(&base, &base, &side, touching), side.clone());
                prop_assert_eq!(merged(&base, &side, &side, touching), side.clone());
            }
        }

        #[test]
        fn without_conflicts_the_sides_may_change_places(
            base in "[a-d]{0,8}", ours in "[a-d]{0,8}", theirs in "[a-d]{0,8}",
        ) {
            let one = merged(&base, &ours, &theirs, Touching::Agrees);
            let other = merged(&base, &theirs, &ours, Touching::Agrees);
            prop_assert_eq!(one.contains('<'), other.contains('<'));
            if !one.contains('<') {
                prop_assert_eq!(one, other);
            }
        }
    }
}
