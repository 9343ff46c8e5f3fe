//! Comments while they are scanned: head, line or foot.

use super::{Kind, Line, Mark, Remark, Role, Scanner, Token};

/// How far blanks are looked through at once.
const LOOK: usize = 512;

impl Scanner<'_> {
    /// A comment on the line of a token, if there is one.
    pub(super) fn line_comment(&mut self, token: i64) {
        let blanks =
            self.source[self.at..].iter().take(LOOK).take_while(|b| matches!(b, b' ' | b'\t')).count();
        if self.newlines > 0 || blanks == LOOK || self.byte(blanks) != Some(b'#') {
            return;
        }
        let at = self.at + blanks;
        self.skip_to_comment_end(at);
        let lines = vec![Line { at, gap: false }];
        let start = Mark { index: at as i64, ..self.mark() };
        self.remarks.push(Remark { role: Role::Line, lines, token, scan: 0, end: 0, start });
    }

    /// Comments on lines of their own.
    pub(super) fn comments(&mut self, mut scan: Mark) {
        let token = match self.tokens.as_slice() {
            [.., last, Token { kind: Kind::Comma, .. }] | [.., last] => *last,
            [] => return,
        };
        let mut token_mark = token.start;
        let mut start = Mark::default();
        let mut next_indent = self.indent.max(0);
        let (mut recent_empty, mut first_empty) = (false, self.newlines <= 1);
        let (mut line, mut column) = (self.line, self.column());
        let mut lines: Vec<Line> = Vec::new();
        let mut foot_line = -1;
        if scan.line > 0 {
            foot_line = self.line - self.newlines + 1 + i64::from(self.newlines == 0 && self.column() > 1);
        }
        let mut peek = 0;
        while peek < LOOK {
            column += 1;
            let byte = self.byte(peek);
            if matches!(byte, Some(b' ' | b'\t')) {
                peek += 1;
                continue;
            }
            let here = Mark { index: (self.at + peek) as i64, line, column };
            let closes = self.flow > 0 && matches!(byte, Some(b']' | b'}'));
            let breaks = matches!(byte, Some(b'\n' | b'\r'));
            if closes || breaks || byte.is_none() {
                let dedented = start.column - 1 < next_indent;
                let foot =
                    first_empty && ((start.line == foot_line && token.kind != Kind::Value) || dedented);
                if !lines.is_empty() && closes | (!recent_empty && foot) {
                    if dedented {
                        token_mark = start.index;
                    }
                    self.foot(&mut lines, &mut scan, &mut token_mark, start, here);
                } else if !recent_empty
                    && !foot
                    && byte.is_some()
                    && let Some(last) = lines.last_mut()
                {
                    last.gap = true;
                }
                if !breaks {
                    break;
                }
                (first_empty, recent_empty) = (false, true);
                (line, column) = (line + 1, 0);
                peek += 1;
                continue;
            }
            if !lines.is_empty() && column - 1 < next_indent && column != start.column {
                self.foot(&mut lines, &mut scan, &mut token_mark, start, here);
            }
            if byte != Some(b'#') {
                break;
            }
            if lines.is_empty() {
                start = here;
            }
            recent_empty = false;
            let at = self.at + peek;
            self.skip_to_comment_end(at);
            lines.push(Line { at, gap: false });
            (peek, line, column) = (1, self.line, 0);
            next_indent = self.indent.max(0);
        }
        if !lines.is_empty() {
            let end = (self.at + peek) as i64 - 1;
            self.remarks.push(Remark {
                role: Role::Head,
                lines,
                token: start.index,
                scan: scan.index,
                end,
                start,
            });
        }
    }

    /// Ends a foot of what came before at `here`.
    fn foot(&mut self, lines: &mut Vec<Line>, scan: &mut Mark, token: &mut i64, start: Mark, here: Mark) {
        self.remarks.push(Remark {
            role: Role::Foot,
            lines: std::mem::take(lines),
            token: *token,
            scan: scan.index,
            end: here.index,
            start,
        });
        *scan = here;
        *token = here.index;
    }

    /// Moves to the comment at `at` and to its end.
    fn skip_to_comment_end(&mut self, at: usize) {
        loop {
            self.skip_run(|byte| matches!(byte, b'\n' | b'\r'));
            if self.byte(0).is_none() || self.at >= at {
                return;
            }
            self.skip_line();
        }
    }
}
