//! Blocks of lines in files of others: put in, changed, taken out, and every other byte left alone.

/// What a block begins with; the rest of the line is free.
const BEGIN: &str = "# >>> seal >>>";
const BEGIN_LINE: &str = "# >>> seal >>> managed by `seal git install`; edits inside are lost";
const END: &str = "# <<< seal <<<";

/// Notes of what the file was like, so that it can be like that again.
const NO_LINE_END: &str = "# before this block stood no line end";
const WAS_EMPTY: &str = "# this file was here, with nothing in it";

/// Where a block goes in a file that has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands::git) enum Place {
    /// At the end.
    End,
    /// After the first line.
    SecondLine,
}

/// A file without its block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands::git) struct Without {
    pub(in crate::commands::git) text: Vec<u8>,
    /// Whether a note says that the file was there before the block.
    pub(in crate::commands::git) was_there: bool,
}

/// The markers are not there in pairs, at this line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands::git) struct Damaged {
    pub(in crate::commands::git) line: usize,
}

/// A file, and where its block is.
pub(in crate::commands::git) struct Text<'t> {
    text: &'t [u8],
    block: Option<std::ops::Range<usize>>,
    crlf: bool,
}

impl<'t> Text<'t> {
    pub(in crate::commands::git) fn read(text: &'t [u8]) -> Result<Self, Damaged> {
        let (mut start, mut block, mut at, mut crlf, mut lines) = (None, None, 0, 0_usize, 0);
        for line in text.split_inclusive(|b| *b == b'\n') {
            lines += 1;
            let next = at + line.len();
            crlf += usize::from(line.ends_with(b"\r\n"));
            if line.starts_with(BEGIN.as_bytes()) {
                if start.is_some() || block.is_some() {
                    return Err(Damaged { line: lines });
                }
                start = Some((at, lines));
            } else if line.trim_ascii_end() == END.as_bytes() {
                let Some((begin, _)) = start.take() else { return Err(Damaged { line: lines }) };
                block = Some(begin..next);
            }
            at = next;
        }
        match start {
            Some((_, line)) => Err(Damaged { line }),
            None => Ok(Self { text, block, crlf: crlf * 2 > lines }),
        }
    }

    /// The lines of the block.
    pub(in crate::commands::git) fn lines(&self) -> Option<Vec<&'t [u8]>> {
        let block = &self.text[self.block.clone()?];
        let lines: Vec<_> = block.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end).collect();
        Some(lines.into_iter().filter(|line| !line.is_empty() && !is_frame(line)).collect())
    }

    /// The file with these lines in the block.
    pub(in crate::commands::git) fn with(&self, lines: &[String], place: Place) -> Vec<u8> {
        if let Some(range) = &self.block {
            let old = self.text[range.clone()].split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end);
            let note = old.filter(|line| is_note(line)).find_map(|line| std::str::from_utf8(line).ok());
            let block = self.block(lines, note);
            return [&self.text[..range.start], &block, &self.text[range.end..]].concat();
        }
        let at = match place {
            Place::End => self.text.len(),
            Place::SecondLine => {
                self.text.iter().position(|b| *b == b'\n').map_or(self.text.len(), |end| end + 1)
            }
        };
        let (before, after) = self.text.split_at(at);
        let note = match before.last() {
            None => Some(WAS_EMPTY),
            Some(b'\n') if place == Place::SecondLine && after.is_empty() => Some(WAS_EMPTY),
            Some(b'\n') => None,
            Some(_) => Some(NO_LINE_END),
        };
        let line_end = if note == Some(NO_LINE_END) { self.line_end().as_bytes() } else { b"" };
        [before, line_end, &self.block(lines, note), after].concat()
    }

    /// The file without the block.
    pub(in crate::commands::git) fn without(&self) -> Option<Without> {
        let range = self.block.clone()?;
        let (mut before, after) = (&self.text[..range.start], &self.text[range.end..]);
        let has = |note: &str| {
            let mut lines = self.text[range.clone()].split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end);
            lines.any(|line| line == note.as_bytes())
        };
        if has(NO_LINE_END) && after.is_empty() {
            before = before.strip_suffix(b"\n").unwrap_or(before);
            before = before.strip_suffix(b"\r").unwrap_or(before);
        }
        Some(Without { text: [before, after].concat(), was_there: has(WAS_EMPTY) || has(NO_LINE_END) })
    }

    fn block(&self, lines: &[String], note: Option<&str>) -> Vec<u8> {
        let all = [BEGIN_LINE].into_iter().chain(note).chain(lines.iter().map(String::as_str)).chain([END]);
        all.flat_map(|line| [line, self.line_end()]).collect::<String>().into_bytes()
    }

    fn line_end(&self) -> &'static str {
        if self.crlf { "\r\n" } else { "\n" }
    }
}

/// A new file with a block, perhaps after a first line.
pub(in crate::commands::git) fn new_file(first: Option<&str>, lines: &[String]) -> Vec<u8> {
    let all = first.into_iter().chain([BEGIN_LINE]).chain(lines.iter().map(String::as_str)).chain([END]);
    all.flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()
}

fn is_note(line: &[u8]) -> bool {
    line == NO_LINE_END.as_bytes() || line == WAS_EMPTY.as_bytes()
}

fn is_frame(line: &[u8]) -> bool {
    line.starts_with(BEGIN.as_bytes()) || line == END.as_bytes() || is_note(line)
}

#[cfg(test)]
mod tests {
    use super::{Place, Text, Without, new_file};

    fn lines(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn what_is_put_in_comes_out_to_the_byte() {
        for before in ["", "a\n", "a", "a\r\nb\r\n", "a\r\nb", "\n", "#!/bin/sh", "#!/bin/sh\necho\n"] {
            for place in [Place::End, Place::SecondLine] {
                let with = Text::read(before.as_bytes()).unwrap().with(&lines(&["x", "y"]), place);
                let read = Text::read(&with).unwrap();
                assert_eq!(read.lines().unwrap(), [b"x", b"y"], "{before:?}");
                assert_eq!(read.with(&lines(&["x", "y"]), place), with, "{before:?}");
                let other = read.with(&lines(&["z"]), place);
                let after = Text::read(&other).unwrap().without().unwrap();
                assert_eq!(after.text, before.as_bytes(), "{before:?}");
                assert!(after.was_there || !matches!(before, "" | "#!/bin/sh" | "a"), "{before:?}");
            }
        }
    }

    #[test]
    fn a_file_of_the_block_alone_is_nobodys() {
        for (first, rest) in [(None, ""), (Some("#!/bin/sh"), "#!/bin/sh\n")] {
            let text = new_file(first, &lines(&["x"]));
            let without = Text::read(&text).unwrap().without().unwrap();
            assert_eq!(without, Without { text: rest.into(), was_there: false });
        }
    }

    #[test]
    fn lines_of_others_after_the_block_stay() {
        let with = Text::read(b"a").unwrap().with(&lines(&["x"]), Place::End);
        let more = [&with[..], b"b\n"].concat();
        assert_eq!(Text::read(&more).unwrap().without().unwrap().text, b"a\nb\n");
    }

    #[test]
    fn line_ends_are_those_of_the_file() {
        let with = Text::read(b"a\r\nb\r\n").unwrap().with(&lines(&["x"]), Place::End);
        assert!(with.ends_with(b"\r\nx\r\n# <<< seal <<<\r\n"));
    }

    #[test]
    fn markers_without_their_partner_are_told() {
        for (text, line) in [
            ("a\n# >>> seal >>>\n", 2),
            ("# <<< seal <<<\n", 1),
            ("# >>> seal >>>\n# >>> seal >>>\n# <<< seal <<<\n", 2),
            ("# >>> seal >>>\n# <<< seal <<<\n# >>> seal >>>\n# <<< seal <<<\n", 3),
        ] {
            assert_eq!(Text::read(text.as_bytes()).err().map(|damaged| damaged.line), Some(line), "{text}");
        }
    }
}
