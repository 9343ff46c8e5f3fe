//! Tokens of a YAML text together with its comments, as the YAML library of SOPS scans them.
//!
//! That library decides while it scans whether a comment is the *head* of what follows, stands on the
//! *line* of a token, or is the *foot* of what came before, by columns and blank lines. Its decisions are
//! repeated here step by step, oddities included, since the place of a comment in the tree enters the
//! encryption (format description, sections 1.3 and 5.1.4). The text is known to be valid.

mod remarks;
mod scalars;

use super::super::lines::{blank_or_end, eol_len};

/// Kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    StreamStart,
    StreamEnd,
    Directive,
    DocumentStart,
    DocumentEnd,
    BlockListStart,
    BlockMapStart,
    BlockEnd,
    FlowListStart,
    FlowListEnd,
    FlowMapStart,
    FlowMapEnd,
    Dash,
    Comma,
    Key,
    Value,
    Alias,
    Property,
    Scalar,
}

/// A token and where it begins; -1 is before the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: i64,
}

/// What comments are to the tokens around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Head,
    Line,
    Foot,
}

/// A comment of a [`Remark`]: where its `#` stands, and whether a blank line follows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) at: usize,
    pub(super) gap: bool,
}

/// Comments that belong together.
#[derive(Debug)]
pub(super) struct Remark {
    pub(super) role: Role,
    pub(super) lines: Vec<Line>,
    /// The remark is taken with the first token that does not begin before.
    pub(super) token: i64,
    scan: i64,
    end: i64,
    start: Mark,
}

/// A place: byte, line from 0, column (from 0 for tokens, from 1 for comments).
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    index: i64,
    line: i64,
    column: i64,
}

/// Scans `source`.
pub(super) fn scan(source: &[u8], start: usize) -> (Vec<Token>, Vec<Remark>) {
    let mut scanner = Scanner {
        source,
        at: start,
        line: 0,
        line_at: start,
        newlines: 0,
        flow: 0,
        indent: -1,
        indents: Vec::new(),
        keys: vec![None],
        key_allowed: true,
        tokens: vec![Token { kind: Kind::StreamStart, start: start as i64 }],
        remarks: Vec::new(),
    };
    while scanner.fetch() {}
    (scanner.tokens, scanner.remarks)
}

/// A token that may turn out to be a key.
#[derive(Debug, Clone, Copy)]
struct SimpleKey {
    token: usize,
    mark: Mark,
}

struct Scanner<'s> {
    source: &'s [u8],
    at: usize,
    line: i64,
    line_at: usize,
    /// Line ends since the last character that is no blank.
    newlines: i64,
    flow: usize,
    indent: i64,
    indents: Vec<i64>,
    keys: Vec<Option<SimpleKey>>,
    key_allowed: bool,
    tokens: Vec<Token>,
    remarks: Vec<Remark>,
}

impl Scanner<'_> {
    /// Scans the next token; false behind the last.
    fn fetch(&mut self) -> bool {
        let before = self.mark();
        self.skip_to_token(before);
        self.unroll(self.column(), before);
        let Some(first) = self.byte(0) else {
            let mut mark = self.mark();
            (mark.line, mark.column) = (mark.line + i64::from(mark.column > 0), 0);
            self.unroll(-1, mark);
            self.push(Kind::StreamEnd, mark.index);
            return false;
        };
        if self.column() == 0 {
            let marker =
                self.source.get(self.at..self.at + 3).filter(|_| blank_or_end(self.source, self.at + 3));
            let kind = match (first, marker) {
                (b'%', _) => Some(Kind::Directive),
                (_, Some(b"---")) => Some(Kind::DocumentStart),
                (_, Some(b"...")) => Some(Kind::DocumentEnd),
                _ => None,
            };
            if let Some(kind) = kind {
                self.marker(kind);
                return true;
            }
        }
        let mut token = self.at as i64;
        if (self.flow == 0 && first == b':') || (self.flow > 0 && first == b',') {
            token = self.tokens[self.tokens.len() - 1].start;
        }
        self.token(first);
        if self.tokens.last().is_none_or(|token| token.kind != Kind::Dash) {
            self.line_comment(token);
        }
        true
    }

    /// Scans the token that begins with `first`.
    fn token(&mut self, first: u8) {
        let lone = blank_or_end(self.source, self.at + 1);
        match first {
            b'[' => self.open(Kind::FlowListStart),
            b'{' => self.open(Kind::FlowMapStart),
            b']' => self.close(Kind::FlowListEnd),
            b'}' => self.close(Kind::FlowMapEnd),
            b',' => {
                self.forget_key();
                self.key_allowed = true;
                self.indicator(Kind::Comma);
            }
            b'-' if lone => {
                self.roll(self.column(), self.tokens.len(), Kind::BlockListStart, self.at as i64);
                self.forget_key();
                self.key_allowed = true;
                self.indicator(Kind::Dash);
            }
            b'?' if lone => {
                self.roll(self.column(), self.tokens.len(), Kind::BlockMapStart, self.at as i64);
                self.forget_key();
                self.key_allowed = self.flow == 0;
                self.indicator(Kind::Key);
            }
            b':' if lone || self.flow > 0 => self.value(),
            b'*' => self.name(Kind::Alias),
            b'&' | b'!' => self.name(Kind::Property),
            b'|' | b'>' if self.flow == 0 => self.block(),
            b'\'' | b'"' => self.quoted(first),
            _ => self.plain(),
        }
    }

    fn marker(&mut self, kind: Kind) {
        self.unroll(-1, self.mark());
        self.forget_key();
        self.key_allowed = false;
        self.push(kind, self.at as i64);
        if kind == Kind::Directive {
            while self.byte(0).is_some() && !self.at_break() {
                self.skip();
            }
            self.skip_line();
        } else {
            for _ in 0..3 {
                self.skip();
            }
        }
    }

    fn indicator(&mut self, kind: Kind) {
        self.push(kind, self.at as i64);
        self.skip();
    }

    fn open(&mut self, kind: Kind) {
        self.save_key();
        self.keys.push(None);
        self.flow += 1;
        self.key_allowed = true;
        self.indicator(kind);
    }

    fn close(&mut self, kind: Kind) {
        self.forget_key();
        if self.flow > 0 {
            self.flow -= 1;
            self.keys.pop();
        }
        self.key_allowed = false;
        self.indicator(kind);
    }

    fn value(&mut self) {
        let key = self.keys.last_mut().and_then(Option::take).filter(|key| key.mark.line == self.line);
        match key {
            Some(key) => {
                self.tokens.insert(key.token, Token { kind: Kind::Key, start: key.mark.index });
                self.roll(key.mark.column, key.token, Kind::BlockMapStart, key.mark.index);
                self.key_allowed = false;
            }
            None => {
                self.roll(self.column(), self.tokens.len(), Kind::BlockMapStart, self.at as i64);
                self.key_allowed = self.flow == 0;
            }
        }
        self.indicator(Kind::Value);
    }

    fn name(&mut self, kind: Kind) {
        self.save_key();
        self.key_allowed = false;
        self.push(kind, self.at as i64);
        let verbatim = self.byte(1) == Some(b'<');
        while let Some(byte) = self.byte(0) {
            let ends = match byte {
                b' ' | b'\t' | b'\n' | b'\r' => true,
                b',' | b'[' | b']' | b'{' | b'}' => self.flow > 0 && !verbatim,
                _ => false,
            };
            if ends {
                return;
            }
            self.skip();
        }
    }

    /// Skips blanks, line ends and comments.
    fn skip_to_token(&mut self, before: Mark) {
        loop {
            while matches!(self.byte(0), Some(b' ' | b'\t')) {
                self.skip();
            }
            if self.byte(0) == Some(b'#') {
                self.comments(before);
            }
            if !self.at_break() {
                return;
            }
            self.skip_line();
            self.key_allowed |= self.flow == 0;
        }
    }

    /// Opens a block collection, if it is indented more than the last.
    fn roll(&mut self, column: i64, token: usize, kind: Kind, start: i64) {
        if self.flow == 0 && self.indent < column {
            self.indents.push(self.indent);
            self.indent = column;
            self.tokens.insert(token, Token { kind, start });
        }
    }

    /// Closes the block collections that are indented more than `column`. An end moves before the comments
    /// behind it that are indented as its collection is.
    fn unroll(&mut self, column: i64, before: Mark) {
        if self.flow > 0 {
            return;
        }
        let mut block = before.index - 1;
        while self.indent > column {
            let mut stop = block;
            for remark in self.remarks.iter().rev() {
                if remark.end < stop {
                    break;
                }
                if remark.start.column == self.indent + 1 {
                    block = remark.start.index;
                }
                stop = remark.scan;
            }
            self.push(Kind::BlockEnd, block);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn save_key(&mut self) {
        if self.key_allowed {
            let key = SimpleKey { token: self.tokens.len(), mark: self.mark() };
            if let Some(last) = self.keys.last_mut() {
                *last = Some(key);
            }
        }
    }

    fn forget_key(&mut self) {
        if let Some(last) = self.keys.last_mut() {
            *last = None;
        }
    }

    fn push(&mut self, kind: Kind, start: i64) {
        self.tokens.push(Token { kind, start });
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.source.get(self.at + ahead).copied()
    }

    fn at_break(&self) -> bool {
        eol_len(self.source, self.at) > 0
    }

    fn column(&self) -> i64 {
        (self.at - self.line_at) as i64
    }

    fn mark(&self) -> Mark {
        Mark { index: self.at as i64, line: self.line, column: self.column() }
    }

    fn skip(&mut self) {
        if !matches!(self.byte(0), Some(b' ' | b'\t')) {
            self.newlines = 0;
        }
        self.at += 1;
    }

    /// Skips the bytes before the next at which `stops` holds, none of which ends a line.
    fn skip_run(&mut self, stops: impl Fn(u8) -> bool) {
        let rest = self.source.get(self.at..).unwrap_or_default();
        let run = &rest[..rest.iter().position(|byte| stops(*byte)).unwrap_or(rest.len())];
        if run.iter().any(|byte| !matches!(byte, b' ' | b'\t')) {
            self.newlines = 0;
        }
        self.at += run.len();
    }

    fn skip_line(&mut self) {
        let eol = eol_len(self.source, self.at);
        if eol > 0 {
            self.at += eol;
            self.line += 1;
            self.line_at = self.at;
            self.newlines += 1;
        }
    }
}
