//! The decisions as a text, put together from blocks of the versions.

use super::blocks::{Blocks, Part};
use super::decide::{Decision, Merge};
use super::{Choice, Side, lines};
use crate::doc::{FormatName, NodeId};
use zeroize::Zeroizing;

/// Writes the merged text; it may still say something else than was decided.
pub(super) fn text(
    merge: &Merge<'_>,
    format: FormatName,
    choice: &dyn Fn(usize) -> Choice,
) -> Zeroizing<Vec<u8>> {
    let blocks = merge
        .versions
        .map(|version| version.filter(|version| version.is_text).map(|version| Blocks::of(version, format)));
    let mut writer = Writer { merge, format, choice, blocks: &blocks, out: Zeroizing::default() };
    for document in &merge.documents {
        writer.write(document, None);
    }
    writer.out
}

struct Writer<'a, 'v> {
    merge: &'a Merge<'v>,
    format: FormatName,
    choice: &'a dyn Fn(usize) -> Choice,
    blocks: &'a [Option<Blocks<'v>>; 3],
    out: Zeroizing<Vec<u8>>,
}

impl Writer<'_, '_> {
    fn blocks(&self, side: Side) -> Option<&Blocks<'_>> {
        self.blocks[side as usize].as_ref()
    }

    /// Writes what was decided; `column` is where the first entry of a list's element has to begin, if it
    /// stands behind the dash.
    fn write(&mut self, decision: &Decision, behind_dash: Option<usize>) {
        match decision {
            Decision::Take(side, nodes) => self.take(*side, *nodes, behind_dash),
            Decision::Conflict(number) => {
                let choice = (self.choice)(*number);
                if let Some((side, id)) = self.merge.chosen(*number, choice) {
                    let mut nodes = [None; 3];
                    nodes[side as usize] = Some(id);
                    self.take(side, nodes, behind_dash);
                }
            }
            Decision::Map { nodes, entries } => {
                let entries: Vec<&Decision> = entries.iter().map(|(_, entry)| entry).collect();
                self.container(*nodes, &entries, behind_dash);
            }
            Decision::List { nodes, items } => {
                self.container(*nodes, &items.iter().collect::<Vec<_>>(), behind_dash);
            }
        }
    }

    /// Writes the block of a version, with the comments of all.
    fn take(&mut self, side: Side, nodes: [Option<NodeId>; 3], behind_dash: Option<usize>) {
        let Some(id) = nodes[side as usize] else { return };
        let gap = self.merged(nodes, side, Part::Gap);
        let body = self.merged(nodes, side, Part::Body);
        let column = self.blocks(side).map_or(0, |blocks| blocks.column(id));
        self.push(&gap, &body, column, behind_dash);
    }

    fn container(&mut self, nodes: [Option<NodeId>; 3], entries: &[&Decision], behind_dash: Option<usize>) {
        let is_open = |side: Side| {
            self.blocks(side).zip(nodes[side as usize]).is_some_and(|(blocks, id)| blocks.is_open(id))
        };
        let written: Vec<&Decision> = entries.iter().copied().filter(|entry| self.is_there(entry)).collect();
        if !is_open(Side::Ours) || !is_open(Side::Theirs) || written.is_empty() {
            // Made good afterwards, value by value.
            let side = if is_open(Side::Theirs) && !written.is_empty() { Side::Theirs } else { Side::Ours };
            return self.take(side, nodes, behind_dash);
        }
        let gap = self.merged(nodes, Side::Ours, Part::Gap);
        let head = self.merged(nodes, Side::Ours, Part::Head);
        let tail = self.merged(nodes, Side::Ours, Part::Tail);
        let column = nodes[1].zip(self.blocks(Side::Ours)).map_or(0, |(id, blocks)| blocks.column(id));
        self.push(&gap, &head, column, behind_dash);
        let dash = (!head.is_empty() && !head.ends_with(b"\n")).then(|| {
            let line = self.out.iter().rposition(|b| *b == b'\n').map_or(0, |newline| newline + 1);
            self.out.len() - line
        });
        for (number, entry) in written.iter().enumerate() {
            let start = self.out.len();
            self.write(entry, dash.filter(|_| number == 0));
            if self.format == FormatName::Json {
                self.separate(start, number + 1 == written.len());
            }
        }
        if !tail.is_empty() {
            self.end_line();
            self.out.extend_from_slice(&tail);
        }
    }

    /// Whether anything is left of an entry.
    fn is_there(&self, decision: &Decision) -> bool {
        match decision {
            Decision::Conflict(number) => self.merge.chosen(*number, (self.choice)(*number)).is_some(),
            _ => true,
        }
    }

    /// A part of a block: that of the side that changed it; if both did, that of `side`, and both comments.
    fn merged(&self, nodes: [Option<NodeId>; 3], side: Side, part: Part) -> Zeroizing<Vec<u8>> {
        let text = |side: Side| {
            self.blocks(side).zip(nodes[side as usize]).map(|(blocks, id)| {
                Zeroizing::new(lines::with_ends_of(self.ours_source(), blocks.part(id, part)))
            })
        };
        let [base, ours, theirs] = [Side::Base, Side::Ours, Side::Theirs].map(text);
        let (Some(ours), Some(theirs)) = (&ours, &theirs) else {
            return ours.or(theirs).or(base).unwrap_or_default();
        };
        match &base {
            _ if ours == theirs => ours.clone(),
            Some(base) if base == ours => theirs.clone(),
            Some(base) if base == theirs => ours.clone(),
            _ if ours.iter().all(|b| b.is_ascii_whitespace()) && lines::are_comments(theirs) => {
                theirs.clone()
            }
            base if lines::are_comments(ours) && lines::are_comments(theirs) => {
                lines::both(base.as_ref().map_or(&b""[..], |base| base.as_slice()), ours, theirs)
            }
            _ if side == Side::Theirs => theirs.clone(),
            _ => ours.clone(),
        }
    }

    fn ours_source(&self) -> &[u8] {
        self.merge.version(Side::Ours).map_or(b"", |version| version.tree.source)
    }

    /// Writes a block whose body begins in `column` of its line; `behind_dash` is where it has to begin.
    fn push(&mut self, gap: &[u8], body: &[u8], column: usize, behind_dash: Option<usize>) {
        match behind_dash {
            // No room for comments there, nor for indentation.
            Some(_) => self.out.extend_from_slice(body.trim_ascii_start()),
            None => {
                self.end_line();
                self.out.extend_from_slice(gap);
                self.end_line();
                self.out.extend(std::iter::repeat_n(b' ', column));
                self.out.extend_from_slice(body);
            }
        }
    }

    /// Ends the last line if it has no end.
    fn end_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with(b"\n") {
            let end: &[u8] = if lines::has_carriage_returns(self.ours_source()) { b"\r\n" } else { b"\n" };
            self.out.extend_from_slice(end);
        }
    }

    /// Puts a comma behind a JSON entry that was written from `start` on, or takes it away.
    fn separate(&mut self, start: usize, is_last: bool) {
        let text = &self.out[start..];
        let end = start + text.trim_ascii_end().len();
        match (self.out[..end].last(), is_last) {
            (Some(b','), true) => drop(self.out.drain(end - 1..end)),
            (Some(b','), false) | (None, _) | (Some(_), true) => {}
            (Some(_), false) => self.out.insert(end, b','),
        }
    }
}
