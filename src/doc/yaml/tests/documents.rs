//! Random documents.

use super::check_round_trip;
use proptest::prelude::*;

/// Draws from a list of numbers; zeros when it is used up, so that every list makes a document.
struct Dice<'d>(std::slice::Iter<'d, u8>);

impl Dice<'_> {
    fn below(&mut self, sides: u8) -> u8 {
        self.0.next().copied().unwrap_or_default() % sides
    }

    fn pick<'t>(&mut self, faces: &[&'t str]) -> &'t str {
        faces[usize::from(self.below(faces.len() as u8))]
    }
}

const LEAVES: &[&str] = &[
    "x",
    "some text",
    "12",
    "0x1F",
    "017",
    "1_000",
    "1.50",
    "1e3",
    ".inf",
    "-0.0",
    "true",
    "Yes",
    "yes",
    "~",
    "",
    "null",
    "2001-12-14",
    "2001-12-14 1:2:3.50",
    "12:30",
    "'single'",
    "'it''s'",
    "''",
    "'12'",
    "\"double\"",
    "\"a\\tb\\n\"",
    "\"\\u00e4\\x41\"",
    "\"12\"",
    "!!str 12",
    "!!int '3'",
    "!!float 3",
    "!custom 12",
    "!Ref &r x",
    "&b !!binary aGVsbG8=",
    "!!binary /w==",
    "x#y",
    "äö €",
    "😀",
    "a, b",
    "[",
    "-1",
    "<<",
];

const FLOW_LEAVES: &[&str] = &[
    "x",
    "two words",
    "12",
    "1.0",
    "true",
    "'single'",
    "\"double\"",
    "\"\"",
    "null",
    "!!int 3",
    "-1",
    "http://x",
];

const BLOCKS: &[&str] = &["|", "|-", "|+", ">", ">-", ">+", "|  # c", "!!binary |", "!t |"];

struct Writer<'d> {
    dice: Dice<'d>,
    out: String,
    count: usize,
}

impl Writer<'_> {
    fn comment(&mut self) -> String {
        self.count += 1;
        format!("# c{}", self.count)
    }

    fn gap(&mut self, column: usize) {
        for _ in 0..self.dice.below(6).saturating_sub(3) {
            match self.dice.below(5) {
                0 => self.out.push('\n'),
                1 => self.line_of_comment(0),
                2 => self.line_of_comment(column.saturating_sub(2)),
                _ => self.line_of_comment(column),
            }
        }
    }

    fn line_of_comment(&mut self, column: usize) {
        let comment = self.comment();
        self.out.push_str(&format!("{:column$}{comment}\n", ""));
    }

    fn line_end(&mut self) {
        if self.dice.below(5) == 4 {
            let comment = self.comment();
            self.out.push_str(&format!(" {comment}"));
        }
        self.out.push('\n');
    }

    fn map(&mut self, column: usize, depth: u8, mut inline: bool) {
        for i in 0..=self.dice.below(4) {
            if !inline {
                self.gap(column);
                self.out.push_str(&format!("{:column$}", ""));
            }
            inline = false;
            match self.dice.below(9) {
                0..6 => self.out.push_str(&format!("k{i}:")),
                6 => self.out.push_str(&format!("\"q{i}\":")),
                7 => self.out.push_str(&format!("'s t{i}':")),
                _ => self.out.push_str(&format!("? e{i}\n{:column$}:", "")),
            }
            self.value(column, depth, false);
        }
    }

    fn list(&mut self, column: usize, depth: u8, mut inline: bool) {
        for _ in 0..=self.dice.below(3) {
            if !inline {
                self.gap(column);
                self.out.push_str(&format!("{:column$}", ""));
            }
            inline = false;
            self.out.push('-');
            self.value(column, depth, true);
        }
    }

    fn value(&mut self, column: usize, depth: u8, element: bool) {
        match self.dice.below(14) {
            0 | 1 if depth > 0 && element => {
                self.out.push(' ');
                self.map(column + 2, depth - 1, true);
            }
            2 if depth > 0 && element => {
                self.out.push(' ');
                self.list(column + 2, depth - 1, true);
            }
            0..=2 if depth > 0 => {
                self.line_end();
                let step = 2 + 2 * usize::from(self.dice.below(2));
                self.map(column + step, depth - 1, false);
            }
            3 | 4 if depth > 0 && !element => {
                self.line_end();
                let step = 2 * usize::from(self.dice.below(3));
                self.list(column + step, depth - 1, false);
            }
            5 => {
                self.out.push(' ');
                self.flow(2);
                self.line_end();
            }
            6 => self.block(column),
            7 => {
                let indent = column + 2;
                let text = self.dice.pick(&["a\n#b", "'a\n\n#b'", "\"a\n#b \\\n#c\"", "12\n#x"]);
                let text = text.replace('#', &" ".repeat(indent));
                self.out.push_str(&format!(" {text}"));
                self.line_end();
            }
            8 if self.out.contains("&b ") && !self.out.contains("\n---") => {
                self.out.push_str(" *b");
                self.line_end();
            }
            _ => {
                let leaf = match self.dice.pick(LEAVES) {
                    "[" => "[]",
                    leaf if leaf.contains("&b") && self.out.contains("&b ") => "again",
                    leaf => leaf,
                };
                if !leaf.is_empty() {
                    self.out.push_str(&format!(" {leaf}"));
                }
                self.line_end();
            }
        }
    }

    fn block(&mut self, column: usize) {
        let header = self.dice.pick(BLOCKS);
        self.out.push_str(&format!(" {header}\n"));
        let indent = column + 2 + usize::from(self.dice.below(3));
        if header == "!!binary |" {
            self.out.push_str(&format!("{:indent$}aGVs\n{:indent$}bG8=\n", "", ""));
            return;
        }
        let mut first = true;
        for _ in 0..self.dice.below(4) {
            let text =
                self.dice.pick(&["line", "  deeper", "", "# no comment", "trailing ", "ENC[", "tab\tinside"]);
            let text = if first { text.trim_start() } else { text };
            first &= text.is_empty();
            self.out.push_str(&match text {
                "" => "\n".to_owned(),
                _ => format!("{:indent$}{text}\n", ""),
            });
        }
        for _ in 0..self.dice.below(3) {
            self.out.push('\n');
        }
    }

    fn flow(&mut self, depth: u8) {
        match self.dice.below(5) {
            0 if depth > 0 => {
                self.out.push('[');
                for i in 0..self.dice.below(4) {
                    self.out.push_str(if i > 0 { ", " } else { "" });
                    self.flow(depth - 1);
                }
                self.out.push(']');
            }
            1 if depth > 0 => {
                self.out.push('{');
                for i in 0..self.dice.below(4) {
                    let comma = if i > 0 { ", " } else { "" };
                    self.out.push_str(&format!("{comma}f{i}: "));
                    self.flow(depth - 1);
                }
                self.out.push('}');
            }
            _ => {
                let leaf = self.dice.pick(FLOW_LEAVES);
                self.out.push_str(leaf);
            }
        }
    }

    fn stream(mut self) -> String {
        for i in 0..=self.dice.below(5) / 4 {
            if i > 0 || self.dice.below(4) == 3 {
                self.gap(0);
                self.out.push_str("---");
                self.line_end();
            }
            match self.dice.below(12) {
                0 => {
                    self.out.push('{');
                    for i in 0..self.dice.below(3) {
                        self.out.push_str(&format!("r{i}: "));
                        self.flow(2);
                        self.out.push_str(if self.dice.below(2) == 0 { ",\n " } else { " ," });
                    }
                    self.out.push('}');
                    self.line_end();
                }
                _ => {
                    let column = 2 * usize::from(self.dice.below(6) / 5);
                    self.map(column, 3, false);
                    self.gap(0);
                }
            }
            if self.dice.below(8) == 7 {
                self.out.push_str("...\n");
            }
        }
        match self.dice.below(8) {
            0 => self.out.replace('\n', "\r\n"),
            1 => self.out.replace('\n', "\r"),
            2 => self.out.trim_end_matches('\n').to_owned(),
            3 => format!("\u{feff}{}", self.out),
            _ => self.out,
        }
    }
}

/// The document that a list of numbers makes.
pub(crate) fn document(numbers: &[u8]) -> String {
    Writer { dice: Dice(numbers.iter()), out: String::new(), count: 0 }.stream()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn random_documents_come_back(numbers in prop::collection::vec(any::<u8>(), 0..220)) {
        check_round_trip(document(&numbers).as_bytes());
    }
}
