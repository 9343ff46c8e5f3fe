//! How values and keys are spelled so that they read back.

use super::super::tree::Style;
use super::super::value::Value;
use super::scan;
use crate::doc::dotenv::push_typed;
use zeroize::Zeroizing;

/// Around a value or a key.
pub(super) fn quote(style: Style) -> &'static [u8] {
    match style {
        Style::Single => b"'",
        Style::Double => b"\"",
        Style::Back => b"`",
        Style::Triple => b"\"\"\"",
        _ => b"",
    }
}

/// In this order a value is tried. Behind back quotes and triple quotes no comment may follow on the line.
const ORDER: [Style; 5] = [Style::Plain, Style::Double, Style::Single, Style::Back, Style::Triple];

/// Appends `value`, in `style` if it reads back so, else in the next that it does. Whether there is one; if
/// not, what is appended does not read back.
pub(super) fn push(value: &Value<'_>, style: Option<Style>, out: &mut Vec<u8>) -> bool {
    let mut typed = Zeroizing::default();
    let text = text(value, &mut typed);
    let styles = style.into_iter().chain(ORDER);
    for style in styles {
        if reads_back(text, style) {
            wrap(text, style, out);
            return true;
        }
    }
    wrap(text, Style::Triple, out);
    false
}

/// The text that `value` becomes.
pub(super) fn text<'v>(value: &'v Value<'_>, typed: &'v mut Zeroizing<Vec<u8>>) -> &'v [u8] {
    if let Value::Str(text) = value {
        return text;
    }
    push_typed(value, typed);
    typed
}

fn wrap(text: &[u8], style: Style, out: &mut Vec<u8>) {
    out.extend_from_slice(quote(style));
    out.extend_from_slice(text);
    out.extend_from_slice(quote(style));
}

fn reads_back(text: &[u8], style: Style) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_graphic());
    let odd = |b: &u8| matches!(b, b'#' | b';' | b'"' | b'\'' | b'`' | b'\\' | b'\n');
    if style == Style::Plain && edge(text.first()) && edge(text.last()) && !text.iter().any(odd) {
        return true;
    }
    let mut line = Zeroizing::new(Vec::with_capacity(text.len() + 10));
    line.extend_from_slice(b"k = ");
    wrap(text, style, &mut line);
    line.push(b'\n');
    let end = super::space::line_end(&line, 0);
    let Ok(read) = scan::value(&line, 3, end) else { return false };
    let same = matches!(&read.value, Value::Str(found) if **found == *text);
    same && read.style == style && read.comment.is_none() && read.next == line.len()
}

/// Appends a key, in quotes if it needs them. Whether it can be written at all.
pub(super) fn push_key(key: &[u8], out: &mut Vec<u8>) -> bool {
    for style in [Style::Plain, Style::Back, Style::Double, Style::Triple] {
        let mut line = Vec::with_capacity(key.len() + 10);
        wrap(key, style, &mut line);
        let length = line.len();
        line.extend_from_slice(b" = x\n");
        let marked = style == Style::Plain && matches!(key.first(), Some(b'#' | b';' | b'['));
        let plain = !marked && !key.is_empty() && key != b"-" && !key.contains(&b'\n');
        if plain
            && scan::key_name(&line, 0, line.len()).is_ok_and(|(name, at)| name == key && at == length + 2)
        {
            out.extend_from_slice(&line[..length]);
            return true;
        }
    }
    false
}
