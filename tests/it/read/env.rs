//! ENV files by the rules of SOPS: nothing trimmed, nothing unquoted, `\n` is a newline.

use crate::datum::Datum;

/// Reads a file into a map. A comment stands in it under the key `#`, which no variable can have.
pub(super) fn read(text: &[u8]) -> Result<Datum, String> {
    let mut items = Vec::new();
    for line in text.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
        if let Some(comment) = line.strip_prefix(b"#") {
            items.push((b"#".to_vec(), Datum::Str(comment.to_vec())));
            continue;
        }
        let equals = line.iter().position(|b| *b == b'=');
        let equals = equals.ok_or_else(|| format!("no = in {:?}", String::from_utf8_lossy(line)))?;
        items.push((line[..equals].to_vec(), Datum::Str(unescape(&line[equals + 1..]))));
    }
    Ok(Datum::Map(items))
}

fn unescape(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.windows(2).position(|pair| pair == b"\\n") {
        out.extend_from_slice(&rest[..at]);
        out.push(b'\n');
        rest = &rest[at + 2..];
    }
    out.extend_from_slice(rest);
    out
}
