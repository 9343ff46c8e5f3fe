//! YAML streams at random: styles, comments, anchors, several documents.

use super::Random;

const KEYS: &[&str] = &[
    "password",
    "user",
    "key",
    "a.b",
    "a-b",
    "with space",
    "ключ",
    "日本",
    "'it''s'",
    "\"a: b\"",
    "\"\\u00e9\"",
    "\"x\\ty\"",
    "yes",
    "off",
    "n",
    "\"1\"",
    "'true'",
    "\"~\"",
    "\"2001-01-01\"",
    "port_unencrypted",
    "secret_enc",
    "\"#k\"",
    "k#k",
    "\"\"",
    "sops",
    "\"new\\nline\"",
    "key:colon",
    "-dash",
    "?q",
    "\"[0]\"",
    "😀",
    "/a/b",
    "<",
    "=",
];

const PLAIN: &[&str] = &[
    "0",
    "42",
    "-7",
    "+5",
    "0x1F",
    "0o17",
    "0777",
    "0b101",
    "1_000",
    "9223372036854775807",
    "1.5",
    "1.10",
    "1e3",
    "1E-7",
    ".5",
    "100.0",
    "08",
    "12345678901234567890123",
    ".inf",
    "-.Inf",
    ".nan",
    "true",
    "False",
    "TRUE",
    "null",
    "~",
    "Null",
    "2001-12-14",
    "2001-12-14T21:59:43.10-05:00",
    "2001-12-14 21:59:43.10",
    "2001-1-2",
    "1:30",
    "0x",
    "1e400",
    "2001-13-01",
    "1.2.3",
    "=",
    "_1",
    "yes",
    "No",
    "on",
    "y",
    "alpha",
    "two words",
    "http://x/y#z",
    "a:b",
    "a#b",
    "-x",
    "it's",
    "\u{a0}",
    "C:\\dir",
    "日本語",
    "ünï",
    "?x",
    "x ? y",
    "ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]",
    "<<x",
];

/// Plain scalars that a flow collection cannot hold.
const NOT_IN_FLOW: &[char] = &[',', '[', ']', '{', '}', '?'];

const QUOTED: &[&str] = &[
    "\"\"",
    "''",
    "\" \"",
    "' lead'",
    "\"trail \"",
    "'it''s'",
    "\"a \\\"b\\\"\"",
    "\"\\n\"",
    "\"two\\nlines\"",
    "\"two\\nlines\\n\"",
    "\"tab\\there\"",
    "\"\\x41\\u00e9\\U0001F600\"",
    "'123'",
    "\"true\"",
    "'~'",
    "\"# no comment\"",
    "'a: b'",
    "\"\\\\\"",
    "'\\n'",
    "\"\\e\\0\"",
    "\"nbsp\\_\"",
    "'{}'",
    "\"ls\\L\"",
    "\"2001-12-14\"",
    "\"\\\"\"",
    "'\"'",
];

const TAGGED: &[&str] = &[
    "!!str 5",
    "!!str true",
    "!!int \"7\"",
    "!!float 5",
    "!!binary aGVsbG8=",
    "!custom x",
    "!!str",
    "!x 'y'",
    "!!null ''",
];

const BLOCK_LINES: &[&str] = &[
    "text",
    "more text",
    "",
    "  indented",
    "# no comment",
    "- no list",
    "a: b",
    "日本",
    "x  ",
    "\ttab",
    "'q'",
];

struct Writer<'r> {
    random: &'r mut Random,
    out: String,
    /// Columns of one level.
    step: usize,
    with_comments: bool,
    with_anchors: bool,
    anchors: Vec<String>,
    names: usize,
    keys: usize,
}

/// A stream of one or, now and then, more documents.
pub(super) fn document(random: &mut Random) -> Vec<u8> {
    let mut writer = Writer {
        step: [2, 2, 4, 4, 3, 8][random.below(6)],
        with_comments: random.chance(60),
        with_anchors: random.chance(12),
        random,
        out: String::new(),
        anchors: Vec::new(),
        names: 0,
        keys: 0,
    };
    let documents = if writer.random.chance(12) { 2 + writer.random.below(2) } else { 1 };
    let marked = documents > 1 || writer.random.chance(15);
    for number in 0..documents {
        writer.anchors.clear();
        if number > 0 || (marked && writer.random.chance(50)) {
            writer.out.push_str(writer.random.one_of(&["---\n", "---\n", "--- \n"]));
        }
        writer.map(0, 0, false);
        writer.gap(0);
        if marked && number + 1 < documents && writer.random.chance(10) {
            writer.out.push_str("...\n");
        }
    }
    finish(writer)
}

/// Line ends, byte order mark and the end of the file.
fn finish(writer: Writer<'_>) -> Vec<u8> {
    let Writer { random, mut out, .. } = writer;
    if random.chance(6) {
        out = out.replace('\n', "\r\n");
    }
    if random.chance(4) {
        out.insert(0, '\u{feff}');
    }
    if random.chance(8) && !out.ends_with("\n\n") && !out.ends_with("\n\r\n") {
        out.truncate(out.trim_end_matches(['\r', '\n']).len());
    }
    out.into_bytes()
}

impl Writer<'_> {
    fn spaces(&mut self, count: usize) {
        self.out.extend(std::iter::repeat_n(' ', count));
    }

    /// Blank lines and comment lines, or nothing.
    fn gap(&mut self, indent: usize) {
        if self.random.chance(12) {
            self.out.push('\n');
        }
        while self.with_comments && self.random.chance(18) {
            self.spaces(indent);
            let mark = self.random.one_of(&["# ", "# ", "#", "## ", "#!", "# sops:enc "]);
            let words = self.random.words();
            self.out.push_str(&format!("{mark}{words}\n"));
        }
    }

    /// The end of a line, with or without a comment on it.
    fn end_line(&mut self) {
        if self.with_comments && self.random.chance(10) {
            let space = self.random.one_of(&[" ", "  ", "\t"]);
            let words = self.random.words();
            self.out.push_str(&format!("{space}# {words}"));
        } else if self.random.chance(3) {
            self.out.push(' ');
        }
        self.out.push('\n');
    }

    /// A key, numbered where another like it may stand in the same map.
    fn key(&mut self) {
        self.keys += 1;
        let number = self.keys;
        let key = self.random.one_of(KEYS);
        if self.random.chance(4) && number == 1 {
            self.out.push_str(&format!("k{}", key.len()));
            return;
        }
        match key.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inside = &key[1..key.len() - 1];
                self.out.push_str(&format!("{quote}{inside}_{number}{quote}"));
            }
            _ => self.out.push_str(&format!("{key}_{number}")),
        }
    }

    /// A block map at column `indent`; `started` if its first line has been begun.
    fn map(&mut self, indent: usize, depth: usize, started: bool) {
        let count = 1 + self.random.below(6);
        for number in 0..count {
            if number > 0 || !started {
                self.gap(indent);
                self.spaces(indent);
            }
            self.key();
            self.out.push_str(if self.random.chance(3) { " :" } else { ":" });
            self.map_value(indent, depth);
        }
    }

    fn map_value(&mut self, indent: usize, depth: usize) {
        let deeper = depth < 4;
        match self.random.below(20) {
            0..=2 if deeper => {
                let anchor = self.anchor();
                self.end_line();
                self.map(indent + self.step, depth + 1, false);
                self.anchors.extend(anchor);
            }
            3..=5 if deeper => {
                self.end_line();
                let column = if self.random.chance(40) { indent } else { indent + self.step };
                self.list(column, depth + 1, false);
            }
            6 => {
                self.out.push_str(self.random.one_of(&[" ", "  "]));
                self.flow(0);
                self.end_line();
            }
            7 => self.end_line(),
            8 if self.with_anchors && !self.anchors.is_empty() => {
                let name = self.random.below(self.anchors.len());
                self.out.push_str(&format!(" *{}", self.anchors[name]));
                self.end_line();
            }
            _ => self.scalar(indent),
        }
    }

    /// A block list at column `indent`; `started` if its first line has been begun.
    fn list(&mut self, indent: usize, depth: usize, started: bool) {
        let count = 1 + self.random.below(4);
        for number in 0..count {
            if number > 0 || !started {
                self.gap(indent);
                self.spaces(indent);
            }
            self.out.push('-');
            match self.random.below(12) {
                0 | 1 if depth < 4 => {
                    self.out.push(' ');
                    self.map(indent + 2, depth + 1, true);
                }
                2 if depth < 4 => {
                    self.out.push(' ');
                    self.list(indent + 2, depth + 1, true);
                }
                3 => {
                    self.out.push(' ');
                    self.flow(0);
                    self.end_line();
                }
                _ => self.scalar(indent),
            }
        }
    }

    /// An anchor on what follows, now and then. The name may be used once what it stands for has ended.
    fn anchor(&mut self) -> Option<String> {
        self.names += 1;
        let name = format!("a{}", self.names);
        let placed = self.with_anchors && self.random.chance(30);
        placed.then(|| {
            self.out.push_str(&format!(" &{name}"));
            name
        })
    }

    /// A space, a scalar, and the end of its line; its parent stands at column `indent`.
    fn scalar(&mut self, indent: usize) {
        match self.random.below(20) {
            0..=2 => return self.block(indent),
            3 => {
                // Lines of a plain or quoted scalar fold into one.
                let inner = " ".repeat(indent + 1 + self.random.below(3));
                let text =
                    self.random.one_of(&["\"one\nI two\n\nI three\"", "'one\nI two'", "one\nI two\nI three"]);
                self.out.push(' ');
                self.out.push_str(&text.replace("I ", &inner));
                return self.end_line();
            }
            4 => {
                self.out.push(' ');
                self.out.push_str(self.random.one_of(TAGGED));
            }
            5..=8 => {
                self.out.push(' ');
                self.out.push_str(self.random.one_of(QUOTED));
            }
            9 => {
                let words = self.random.words();
                self.out.push_str(&format!(" '{}'", words.replace('\'', "''")));
            }
            10 => {
                let words = self.random.words();
                self.out.push_str(&format!(" \"{}\"", words.replace('\\', "\\\\")));
            }
            _ => {
                let anchor = self.anchor();
                self.anchors.extend(anchor);
                self.out.push(' ');
                self.out.push_str(self.random.one_of(PLAIN));
            }
        }
        self.end_line();
    }

    /// A literal or folded block scalar.
    fn block(&mut self, indent: usize) {
        let digit = 1 + self.random.below(4);
        let style = self.random.one_of(&["|", "|", ">"]);
        let chomp = self.random.one_of(&["", "", "-", "+"]);
        let count = 1 + self.random.below(4);
        let mut lines: Vec<&str> = (0..count).map(|_| self.random.one_of(BLOCK_LINES)).collect();
        if lines[0].starts_with('\t') && self.random.chance(90) {
            lines[0] = "text"; // sops loses a text that starts with a tab
        }
        let first_text = lines.iter().position(|line| !line.is_empty());
        let spaced = first_text.is_none_or(|at| lines[at].starts_with([' ', '\t']));
        let explicit = if spaced || self.random.chance(10) { digit.to_string() } else { String::new() };
        self.out.push_str(&format!(" {style}{explicit}{chomp}\n"));
        for line in lines {
            if !line.is_empty() {
                self.spaces(indent + digit);
            }
            self.out.push_str(line);
            self.out.push('\n');
        }
    }

    /// A flow list or map.
    fn flow(&mut self, depth: usize) {
        let is_map = self.random.chance(50);
        self.out.push(if is_map { '{' } else { '[' });
        let space = if self.random.chance(30) { " " } else { "" };
        self.out.push_str(space);
        let count = self.random.below(4);
        for number in 0..count {
            if number > 0 {
                self.out.push_str(self.random.one_of(&[", ", ", ", ","]));
            }
            if is_map {
                self.out.push_str(&format!("f{number}: "));
            }
            match self.random.below(5) {
                0 if depth < 2 => self.flow(depth + 1),
                1 | 2 => self.out.push_str(self.random.one_of(QUOTED)),
                _ => {
                    let text = self.random.one_of(PLAIN);
                    let fits = !text.contains(NOT_IN_FLOW);
                    self.out.push_str(if fits { text } else { "plain" });
                }
            }
        }
        self.out.push_str(space);
        self.out.push(if is_map { '}' } else { ']' });
    }
}
