//! Names and patterns as `.gitattributes` has them.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Longer lines are passed over by Git.
const LONGEST_LINE: usize = 2047;

/// The pattern for one file, whatever its name: from the top, with its glob characters escaped.
pub(in crate::commands::git) fn literal(name: &Path) -> String {
    let mut pattern = vec![b'/'];
    for byte in name.as_os_str().as_bytes() {
        if b"*?[\\".contains(byte) {
            pattern.push(b'\\');
        }
        pattern.push(*byte);
    }
    quoted(&pattern)
}

/// A pattern as the first word of a line: in quotes, as in C, where it has blanks, quotes, control
/// characters, or bytes that are no text.
pub(in crate::commands::git) fn quoted(pattern: &[u8]) -> String {
    let is_odd = |byte: &u8| byte.is_ascii_control() || matches!(byte, b' ' | b'"');
    match std::str::from_utf8(pattern) {
        Ok(text) if !pattern.iter().any(is_odd) && !text.starts_with('#') => return text.to_owned(),
        _ => {}
    }
    let mut out = String::from('"');
    for chunk in pattern.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if c.is_ascii_control() => out.push_str(&format!("\\{:03o}", c as u32)),
                c => out.push(c),
            }
        }
        chunk.invalid().iter().for_each(|byte| out.push_str(&format!("\\{byte:03o}")));
    }
    out.push('"');
    out
}

/// Why a text is no pattern for `.gitattributes`.
pub(in crate::commands::git) fn refused(pattern: &str) -> Option<&'static str> {
    if pattern.trim() != pattern || pattern.is_empty() {
        Some("it is empty, or begins or ends with a blank")
    } else if pattern.starts_with('!') {
        Some("Git takes no `!` in attributes")
    } else if pattern.starts_with("[attr]") {
        Some("`[attr]` begins the definition of a macro")
    } else if pattern.ends_with('/') {
        Some("it is for folders; write `DIR/**`")
    } else if pattern.chars().any(char::is_control) {
        Some("it has control characters")
    } else {
        None
    }
}

/// Whether Git reads a line.
pub(in crate::commands::git) fn is_read(line: &str) -> bool {
    line.len() <= LONGEST_LINE
}

#[cfg(test)]
mod tests {
    use super::{literal, quoted, refused};
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;

    #[test]
    fn names_stand_for_themselves() {
        for (name, wanted) in [
            (&b"a.yaml"[..], "/a.yaml"),
            (b"-x.enc.yaml", "/-x.enc.yaml"),
            (b"[x].enc.yaml", r"/\[x].enc.yaml"),
            (b"dir with space/a.yaml", "\"/dir with space/a.yaml\""),
            (b"*?\\", r"/\*\?\\"),
            (b"a \"b\" [c]", r#""/a \"b\" \\[c]""#),
            (b"a\tb\nc\x01", "\"/a\\tb\\nc\\001\""),
            ("é.yaml".as_bytes(), "/é.yaml"),
            (b"\xff.yaml", "\"/\\377.yaml\""),
        ] {
            assert_eq!(literal(Path::new(OsStr::from_bytes(name))), wanted);
        }
    }

    #[test]
    fn patterns_are_words() {
        assert_eq!(quoted(b"*.enc.yaml"), "*.enc.yaml");
        assert_eq!(quoted(b"#a"), "\"#a\"");
        assert_eq!(quoted(b"a b/*"), "\"a b/*\"");
        assert!(refused("!a").is_some() && refused("a/").is_some() && refused(" ").is_some());
        assert!(refused("a b").is_none());
    }
}
