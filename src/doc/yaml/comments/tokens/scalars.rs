//! Scalars while they are scanned: where the scanner is behind them.

use super::super::super::block::Block;
use super::super::super::lines::{blank_or_end, eol_len, spaces};
use super::{Kind, Scanner};

impl Scanner<'_> {
    pub(super) fn block(&mut self) {
        self.forget_key();
        self.key_allowed = true;
        let start = self.at;
        let block = Block::scan(self.source, start, usize::try_from(self.indent).ok());
        while self.at < block.header.end as usize || matches!(self.byte(0), Some(b' ' | b'\t')) {
            self.skip();
        }
        if self.byte(0) == Some(b'#') {
            self.line_comment(start as i64);
        }
        let end = block.lines.end as usize;
        while self.at < end {
            if self.at_break() { self.skip_line() } else { self.skip() }
        }
        for _ in 0..spaces(self.source, self.at).min(block.indent) {
            self.skip();
        }
        self.push(Kind::Scalar, start as i64);
    }

    pub(super) fn quoted(&mut self, quote: u8) {
        self.save_key();
        self.key_allowed = false;
        self.push(Kind::Scalar, self.at as i64);
        self.skip();
        loop {
            self.skip_run(|byte| matches!(byte, b'"' | b'\'' | b'\\' | b'\n' | b'\r'));
            let Some(byte) = self.byte(0) else { return };
            if self.at_break() {
                self.skip_line();
                continue;
            }
            let escaped = match quote {
                b'"' => byte == b'\\' && eol_len(self.source, self.at + 1) == 0,
                _ => byte == quote && self.byte(1) == Some(quote),
            };
            if escaped {
                self.skip();
            }
            self.skip();
            if byte == quote && !escaped {
                return;
            }
        }
    }

    /// Skips the bytes of a ciphertext, which most of an encrypted text is made of.
    fn skip_ciphertext(&mut self) {
        let rest = &self.source[self.at..];
        if self.flow > 0 || !rest.starts_with(b"ENC[AES256_GCM,data:") {
            return;
        }
        let token = &rest[..memchr::memchr3(b' ', b'\n', b'\r', rest).unwrap_or(rest.len())];
        if token.ends_with(b"]") && !token.contains(&b'\t') {
            self.newlines = 0;
            self.at += token.len();
        }
    }

    pub(super) fn plain(&mut self) {
        self.save_key();
        self.key_allowed = false;
        self.push(Kind::Scalar, self.at as i64);
        let mut new_line = false;
        self.skip_ciphertext();
        loop {
            let marker = self.column() == 0
                && blank_or_end(self.source, self.at + 3)
                && matches!(self.source.get(self.at..self.at + 3), Some(b"---" | b"..."));
            if marker || self.byte(0) == Some(b'#') {
                break;
            }
            loop {
                let before = self.at;
                self.skip_run(|byte| {
                    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b':' | b',' | b'[' | b']' | b'{' | b'}')
                });
                new_line &= self.at == before;
                let Some(byte) = self.byte(0) else { break };
                let ends = match byte {
                    b' ' | b'\t' | b'\n' | b'\r' => true,
                    b':' if blank_or_end(self.source, self.at + 1) => true,
                    b':' if self.flow > 0 => matches!(self.byte(1), Some(b',' | b'[' | b']' | b'{' | b'}')),
                    b',' | b'[' | b']' | b'{' | b'}' => self.flow > 0,
                    _ => false,
                };
                if ends {
                    break;
                }
                new_line = false;
                self.skip();
            }
            if !matches!(self.byte(0), Some(b' ' | b'\t' | b'\n' | b'\r')) {
                break;
            }
            while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte(0) {
                if self.at_break() {
                    self.skip_line();
                    new_line = true;
                } else {
                    self.skip();
                }
            }
            if self.flow == 0 && self.column() <= self.indent {
                break;
            }
        }
        self.key_allowed |= new_line;
    }
}
