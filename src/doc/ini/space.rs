//! White space and lines as the reader of SOPS sees them: Unicode's, in text that need not be UTF-8.

/// The bytes of white space at the beginning.
pub(super) fn trim_start(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(first) = text.get(at) {
        let length = match first {
            b if b.is_ascii_graphic() => break,
            b if b.is_ascii() => 1,
            0xc2 => 2,
            0xe1..=0xe3 => 3,
            _ => break,
        };
        if !text.get(at..at + length).is_some_and(is_space) {
            break;
        }
        at += length;
    }
    at
}

/// The bytes up to the white space at the end.
pub(super) fn trim_end(text: &[u8]) -> usize {
    let mut end = text.len();
    while end > 0 && !text[end - 1].is_ascii_graphic() {
        let space = (1..=3.min(end)).find(|length| is_space(&text[end - length..end]));
        let Some(length) = space else { break };
        end -= length;
    }
    end
}

/// The text without white space around it.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    let text = &text[..trim_end(text)];
    &text[trim_start(text)..]
}

/// Whether the bytes are one character of white space.
fn is_space(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut characters = text.chars();
    characters.next().is_some_and(char::is_whitespace) && characters.next().is_none()
}

/// Where the line that begins at `at` ends, its line end included.
pub(super) fn line_end(source: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &source[at..]).map_or(source.len(), |n| at + n + 1)
}

/// Where `wanted` occurs last.
pub(super) fn rfind(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).rposition(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_unicodes() {
        let text = "\u{a0}\u{3000}\t\u{2003}a b\u{85}\r\n".as_bytes();
        assert_eq!(trim(text), b"a b");
        assert_eq!(trim(b"\x85a\xa0"), b"\x85a\xa0");
        assert_eq!(trim("\u{a0} ".as_bytes()), b"");
        assert_eq!(rfind(b"a\"\"\"\"", b"\"\"\""), Some(2));
    }
}
