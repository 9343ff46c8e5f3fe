//! Colours of a diff, where a person looks at it.

use zeroize::Zeroizing;

/// The text with coloured lines: what came green, what went red, places blue.
pub(super) fn paint(text: &[u8], coloured: bool) -> Zeroizing<Vec<u8>> {
    let lines = text.split_inclusive(|b| *b == b'\n');
    let room = text.len() + lines.clone().count() * 12;
    let mut out = Zeroizing::new(Vec::with_capacity(room));
    if !coloured {
        out.extend_from_slice(text);
        return out;
    }
    for line in lines {
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        let word = bare.trim_ascii_start();
        let is_indented = word.len() < bare.len();
        let code: &[u8] = match bare.first() {
            _ if bare.starts_with(b"diff a/") || bare.starts_with(b"--- ") || bare.starts_with(b"+++ ") => {
                b"1"
            }
            _ if bare.starts_with(b"commit ") => b"33",
            _ if bare.starts_with(b"@@ ") => b"36",
            Some(b'+') => b"32",
            Some(b'-') => b"31",
            _ if is_indented && word.starts_with(b"+ ") => b"32",
            _ if is_indented && word.starts_with(b"- ") => b"31",
            _ if is_indented && (word.starts_with(b"~ ") || word.starts_with(b"> ")) => b"33",
            _ => b"",
        };
        if code.is_empty() {
            out.extend_from_slice(line);
            continue;
        }
        for part in [&b"\x1b["[..], code, b"m", bare, b"\x1b[m", &line[bare.len()..]] {
            out.extend_from_slice(part);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::paint;

    #[test]
    fn lines_have_their_colour() {
        let text = b"--- a/x\n@@ -1 +1 @@\n-a\n+b\n c\n";
        assert_eq!(&**paint(text, false), text);
        let painted = String::from_utf8(paint(text, true).to_vec()).unwrap();
        assert_eq!(
            painted,
            "\x1b[1m--- a/x\x1b[m\n\x1b[36m@@ -1 +1 @@\x1b[m\n\x1b[31m-a\x1b[m\n\x1b[32m+b\x1b[m\n c\n"
        );
    }
}
