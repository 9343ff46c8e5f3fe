//! Text that does nothing to the terminal it is shown on.

use zeroize::Zeroizing;

/// `text` with its control characters as `\u{…}`, those that turn the direction of writing too, and bytes
/// that are not UTF-8 as `\x{…}`. Tabs and line ends, LF and CR LF, stay.
#[must_use]
pub fn escape(text: &[u8]) -> Zeroizing<Vec<u8>> {
    escaped(text, |rest| rest.starts_with('\t') || rest.starts_with('\n') || rest.starts_with("\r\n"))
}

/// As [`escape`], and on one line.
#[must_use]
pub fn one_line(text: &[u8]) -> Zeroizing<Vec<u8>> {
    escaped(text, |_| false)
}

fn escaped(text: &[u8], stays: impl Fn(&str) -> bool) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len() + text.len() / 16 + 16));
    for chunk in text.utf8_chunks() {
        let valid = chunk.valid();
        let mut done = 0;
        for (at, c) in valid.char_indices() {
            if is_control(c) && !stays(&valid[at..]) {
                push(&mut out, &valid.as_bytes()[done..at]);
                push(&mut out, format!("\\u{{{:x}}}", u32::from(c)).as_bytes());
                done = at + c.len_utf8();
            }
        }
        push(&mut out, &valid.as_bytes()[done..]);
        for byte in chunk.invalid() {
            push(&mut out, format!("\\x{{{byte:x}}}").as_bytes());
        }
    }
    out
}

/// Appends, and wipes a buffer that was too small.
pub(super) fn push(out: &mut Zeroizing<Vec<u8>>, bytes: &[u8]) {
    if out.capacity() - out.len() < bytes.len() {
        let mut larger = Zeroizing::new(Vec::with_capacity((out.len() + bytes.len()) * 2));
        larger.extend_from_slice(out);
        *out = larger;
    }
    out.extend_from_slice(bytes);
}

fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{escape, one_line};

    fn shown(text: &[u8]) -> String {
        String::from_utf8(escape(text).to_vec()).unwrap()
    }

    #[test]
    fn terminals_are_told_nothing() {
        assert_eq!(shown(b"a\x1b[31m\x07\tb\n"), "a\\u{1b}[31m\\u{7}\tb\n");
        assert_eq!(shown("\u{202e}\u{2067}\u{9b}\u{7f}ä".as_bytes()), "\\u{202e}\\u{2067}\\u{9b}\\u{7f}ä");
        assert_eq!(shown(b"a\r\nb\rc\r"), "a\r\nb\\u{d}c\\u{d}");
        assert_eq!(shown(b"a\xffb\xc3"), "a\\x{ff}b\\x{c3}");
        assert_eq!(&**one_line(b"a\r\n\tb"), b"a\\u{d}\\u{a}\\u{9}b");
    }

    #[test]
    fn long_texts_are_whole() {
        let text = "\u{1}x".repeat(10_000);
        assert_eq!(shown(text.as_bytes()), "\\u{1}x".repeat(10_000));
    }
}
