//! Block scalars: `|` and `>`.
//!
//! Their extent and value are found here, not taken from the parser: a block at the end of the text without
//! a line end has no final newline for SOPS.

use super::super::tree::Span;
use super::super::value::Text;
use super::lines::{eol_len, line_end, next_line, spaces};

/// What becomes of the line ends behind the last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chomp {
    /// `-`: none stays.
    Strip,
    /// One stays.
    Clip,
    /// `+`: all stay.
    Keep,
}

/// A block scalar in a source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    /// The header without blanks and comment: `|2-`.
    pub(super) header: Span,
    /// Where the text of the header's line ends.
    pub(super) head_end: usize,
    /// All lines of the block, blank ones at the end included.
    pub(super) lines: Span,
    /// From the first line to the end of the last line that is not blank; empty if all are.
    pub(super) content: Span,
    /// Columns of indentation.
    pub(super) indent: usize,
    /// Chomping.
    pub(super) chomp: Chomp,
    /// `>`.
    pub(super) folded: bool,
}

impl Block {
    /// The block whose header begins at `at`, inside a collection at column `parent`.
    pub(super) fn scan(source: &[u8], at: usize, parent: Option<usize>) -> Self {
        let (mut end, mut chomp, mut digit) = (at + 1, Chomp::Clip, None);
        while let Some(byte) = source.get(end) {
            match byte {
                b'-' => chomp = Chomp::Strip,
                b'+' => chomp = Chomp::Keep,
                b'1'..=b'9' => digit = Some(usize::from(byte - b'0')),
                _ => break,
            }
            end += 1;
        }
        let head_end = line_end(source, end);
        let first = head_end + eol_len(source, head_end);
        let indent = match digit {
            Some(digit) => parent.unwrap_or(0) + digit,
            None => detect(source, first).max(parent.map_or(1, |column| column + 1)),
        };
        let (content_end, lines_end) = extent(source, first, indent);
        Self {
            header: Span::new(at, end),
            head_end,
            lines: Span::new(first, lines_end),
            content: Span::new(first, content_end),
            indent,
            chomp,
            folded: source.get(at) == Some(&b'>'),
        }
    }

    /// The value, where `source` is the text that was scanned.
    pub(super) fn value<'s>(&self, source: &'s [u8]) -> Text<'s> {
        match self.one_line(source) {
            Some(line) => Text::Borrowed(line),
            None => Text::owned(self.cook(source)),
        }
    }

    /// The value, if it stands in the source as it is.
    fn one_line<'s>(&self, source: &'s [u8]) -> Option<&'s [u8]> {
        let end = self.content.end as usize;
        if self.content.is_empty() || line_end(source, self.content.start as usize) != end {
            return None;
        }
        let text = self.content.start as usize + self.indent;
        if source[end..self.lines.end as usize].contains(&b' ') || text >= end {
            return None;
        }
        match (self.chomp, eol_len(source, end)) {
            (Chomp::Strip, _) | (_, 0) => Some(&source[text..end]),
            (chomp, 1) if source[end] == b'\n' => {
                (chomp == Chomp::Clip || end + 1 == self.lines.end as usize).then(|| &source[text..=end])
            }
            _ => None,
        }
    }

    /// Joins the lines.
    fn cook(&self, source: &[u8]) -> Vec<u8> {
        let source = &source[..self.lines.end as usize];
        let mut out = Vec::with_capacity(self.lines.range().len());
        let (mut line_break, mut was_blank) = (false, false);
        let (mut at, mut breaks) = skip_breaks(source, self.lines.start as usize, self.indent);
        while at < source.len() {
            let blank = matches!(source[at], b' ' | b'\t');
            if self.folded && line_break && !was_blank && !blank {
                if breaks == 0 {
                    out.push(b' ');
                }
            } else if line_break {
                out.push(b'\n');
            }
            out.resize(out.len() + breaks, b'\n');
            was_blank = blank;
            let end = line_end(source, at);
            out.extend_from_slice(&source[at..end]);
            let eol = eol_len(source, end);
            line_break = eol > 0;
            (at, breaks) = skip_breaks(source, end + eol, self.indent);
        }
        if line_break && self.chomp != Chomp::Strip {
            out.push(b'\n');
        }
        if self.chomp == Chomp::Keep {
            out.resize(out.len() + breaks, b'\n');
        }
        out
    }
}

/// Skips indentation and blank lines from `at`; the place of the next text (or the end) and the number of
/// lines skipped.
fn skip_breaks(source: &[u8], mut at: usize, indent: usize) -> (usize, usize) {
    let mut breaks = 0;
    loop {
        at += spaces(source, at).min(indent);
        let eol = eol_len(source, at);
        if eol == 0 {
            return (at, breaks);
        }
        breaks += 1;
        at += eol;
    }
}

/// The indentation that the first lines show.
fn detect(source: &[u8], mut at: usize) -> usize {
    let mut most = 0;
    loop {
        let count = spaces(source, at);
        most = most.max(count);
        let eol = eol_len(source, at + count);
        if eol == 0 {
            return most;
        }
        at += count + eol;
    }
}

/// Ends of the content and of all lines of a block that begins at `first`.
fn extent(source: &[u8], first: usize, indent: usize) -> (usize, usize) {
    let (mut at, mut content) = (first, first);
    while at < source.len() {
        let count = spaces(source, at);
        let text = at + count;
        if text == source.len() || eol_len(source, text) > 0 {
            at = next_line(source, text);
        } else if count >= indent {
            content = line_end(source, text);
            at = content + eol_len(source, content);
        } else {
            break;
        }
    }
    (content, at)
}

#[cfg(test)]
mod tests {
    use super::Block;

    fn value(text: &str) -> String {
        String::from_utf8(Block::scan(text.as_bytes(), 0, Some(0)).value(text.as_bytes()).to_vec()).unwrap()
    }

    #[test]
    fn blocks_read_as_sops_reads_them() {
        for (text, wanted) in [
            ("|\n  x\n", "x\n"),
            ("|\n  x", "x"),
            ("|\r\n  x\r\n", "x\n"),
            ("|-\n  x\n\n\n", "x"),
            ("|+\n  x\n\n\nb: 1", "x\n\n\n"),
            ("|\n  x\n\n\n", "x\n"),
            ("|\n\n  x\n   y\n  z\nb: 1", "\nx\n y\nz\n"),
            (">\n  x\n  y\n\n  z\n   w\n  v\n", "x y\nz\n w\nv\n"),
            ("|2\n    x\n", "  x\n"),
            ("|2-\n   x\n", " x"),
            ("| # c\n  x\n", "x\n"),
            ("|\n", ""),
            ("|+\n\n\n", "\n\n"),
            ("|", ""),
            ("|\n  x\n     \n", "x\n   \n"),
        ] {
            assert_eq!(value(text), wanted, "{text:?}");
        }
    }
}
