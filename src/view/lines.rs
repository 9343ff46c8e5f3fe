//! Encrypted files that cannot be parsed, line by line.

use super::escape::{self, escape};
use super::footer::line;
use super::sealed::ended;
use super::token::{digests, has_tokens};
use super::{File, Show, View};
use crate::doc::FormatName;
use zeroize::Zeroizing;

/// A file with digests, whatever was asked for.
pub(super) fn view(file: File<'_>, show: Show) -> View {
    let body = match show {
        Show::Plain => ended(escape(&digests(&without_metadata(file.format, file.bytes)))),
        Show::Structure => body(file.format, file.bytes),
    };
    let closed = (show == Show::Plain).then(|| "it cannot be parsed".to_owned());
    let footer = closed.iter().map(|reason| line(file.format, &format!("not decrypted: {reason}")));
    View { body, footer: footer.collect(), closed }
}

/// The lines of a text with digests, without what looks like metadata, and without what may be values in clear:
/// nobody knows whether the text was encrypted as a whole.
pub(super) fn body(format: FormatName, text: &[u8]) -> Zeroizing<Vec<u8>> {
    let lines = without_metadata(format, text);
    ended(escape(&digests(&without_values(&lines))))
}

/// The lines of a text, those left out that may hold a value that is not encrypted.
pub(super) fn without_values(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out: Zeroizing<Vec<u8>> = Zeroizing::new(Vec::with_capacity(text.len()));
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let shown = Marker::of(line).is_some() || has_tokens(line) || is_frame(line.trim_ascii());
        escape::push(&mut out, if shown { line } else { b"PLAIN<line>\n" });
    }
    out
}

/// Whether a line holds nothing but names and signs of what is around values.
fn is_frame(line: &[u8]) -> bool {
    let is_sign = |byte: &u8| b"{}[](),-|>+ \t".contains(byte);
    let end = line.iter().rposition(|byte| !is_sign(byte)).map_or(0, |last| last + 1);
    let is_header = line.starts_with(b"[") && line.ends_with(b"]") && !line.contains(&b',');
    end == 0 || line[end - 1] == b':' || is_header
}

/// The lines of a text without what looks like metadata, and without conflicts that are in it alone.
pub(super) fn without_metadata(format: FormatName, text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out: Zeroizing<Vec<u8>> = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut block = Block::default();
    // Where the last marker that begins a conflict stands in `out`, and whether a line followed.
    let mut open: Option<(usize, bool)> = None;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        match Marker::of(line) {
            Some(Marker::Begins) => {
                open = Some((out.len(), false));
                escape::push(&mut out, line);
            }
            Some(Marker::Ends) => match open.take() {
                Some((start, false)) => out.truncate(start),
                _ => escape::push(&mut out, line),
            },
            Some(Marker::Divides) => escape::push(&mut out, line),
            None if block.holds(format, line) => {}
            None => {
                open = open.map(|(start, _)| (start, true));
                escape::push(&mut out, line);
            }
        }
    }
    out
}

/// A line that a merge has put in.
enum Marker {
    Begins,
    Divides,
    Ends,
}

impl Marker {
    fn of(line: &[u8]) -> Option<Self> {
        let first = *line.first()?;
        let size = line.iter().take_while(|byte| **byte == first).count();
        if size < 7 || !matches!(line.get(size), None | Some(b' ' | b'\n' | b'\r')) {
            return None;
        }
        match first {
            b'<' => Some(Marker::Begins),
            b'|' | b'=' => Some(Marker::Divides),
            b'>' => Some(Marker::Ends),
            _ => None,
        }
    }
}

/// Whether the lines at hand are those of the metadata.
#[derive(Default)]
struct Block {
    inside: bool,
    /// Braces that are open, in JSON.
    depth: usize,
}

impl Block {
    /// Whether the next line belongs to the metadata.
    fn holds(&mut self, format: FormatName, line: &[u8]) -> bool {
        let text = line.trim_ascii();
        match format {
            FormatName::Dotenv => return line.starts_with(b"sops_"),
            FormatName::Yaml => {
                self.inside = if self.inside {
                    text.is_empty() || line.starts_with(b" ") || line.starts_with(b"\t")
                } else {
                    line.starts_with(b"sops:")
                };
            }
            FormatName::Ini => {
                if text.starts_with(b"[") {
                    self.inside = text == b"[sops]";
                }
            }
            FormatName::Toml => {
                if text.starts_with(b"[") {
                    let name = text.trim_ascii_start().strip_prefix(b"[[").or(text.strip_prefix(b"["));
                    let name = name.unwrap_or_default();
                    self.inside = name.starts_with(b"sops]") || name.starts_with(b"sops.");
                } else if !self.inside && line.starts_with(b"sops = {") {
                    return true;
                }
            }
            FormatName::Json | FormatName::Binary => return self.holds_json(text),
        }
        self.inside
    }

    fn holds_json(&mut self, text: &[u8]) -> bool {
        let begins = !self.inside && text.starts_with(b"\"sops\"");
        if !begins && !self.inside {
            return false;
        }
        self.inside = true;
        let (mut quoted, mut escaped) = (false, false);
        for byte in text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'{' if !quoted => self.depth += 1,
                b'}' if !quoted => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        self.inside = self.depth > 0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{FormatName, without_metadata, without_values};

    fn kept(format: FormatName, text: &str) -> String {
        String::from_utf8(without_metadata(format, text.as_bytes()).to_vec()).unwrap()
    }

    #[test]
    fn what_looks_like_metadata_is_left_out() {
        for (format, text, wanted) in [
            (FormatName::Yaml, "a: b\nsops:\n    x: y\n\n    z: w\nc: d\n", "a: b\nc: d\n"),
            (FormatName::Yaml, "a: b\nsops:\n    enc: |\n", "a: b\n"),
            (
                FormatName::Json,
                "{\n\"a\": 1,\n\"sops\": {\n\"x\": \"}\",\n\"y\": {}\n},\n\"b\": 2\n}",
                "{\n\"a\": 1,\n\"b\": 2\n}",
            ),
            (FormatName::Dotenv, "A=b\nsops_mac=x\nB=c\n", "A=b\nB=c\n"),
            (FormatName::Ini, "[a]\nb = c\n[sops]\nx = y\n[d]\ne = f\n", "[a]\nb = c\n[d]\ne = f\n"),
            (
                FormatName::Toml,
                "a = 1\n[sops]\nx = 1\n[[sops.age]]\ny = 2\n[b]\nc = 3\n",
                "a = 1\n[b]\nc = 3\n",
            ),
        ] {
            assert_eq!(kept(format, text), wanted);
        }
    }

    #[test]
    fn only_frames_are_shown_of_what_may_be_in_clear() {
        let text = "a:\n  - b: |\n      SECRET\n  {\n  \"c\": {\n}, {\n[s.t]\n[SECRET, x]\n# SECRET\nd: SECRET\n---\n\nSECRET";
        let wanted = "a:\n  - b: |\nPLAIN<line>\n  {\n  \"c\": {\n}, {\n[s.t]\nPLAIN<line>\nPLAIN<line>\nPLAIN<line>\n---\n\nPLAIN<line>\n";
        assert_eq!(&**without_values(text.as_bytes()), wanted.as_bytes());
    }

    #[test]
    fn conflicts_in_metadata_go_with_it() {
        let text = "a: b\n<<<<<<< x\nc: d\n=======\nc: e\n>>>>>>> y\nsops:\n<<<<<<< x\n    mac: f\n=======\n    mac: g\n>>>>>>> y\n    version: 3\n";
        assert_eq!(kept(FormatName::Yaml, text), &text[..text.find("sops").unwrap()]);
    }
}
