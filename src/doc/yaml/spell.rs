//! Spelling a value in the place of a leaf. Writing it and judging whether it brings back the original
//! spelling are one function, so that they cannot drift apart.

use super::super::format::Spelling;
use super::super::tree::Style;
use super::super::value::Value;
use super::block::{Block, Chomp};
use super::lines::{column, line_end};
use super::resolve::Tag;
use super::scalar::{
    double, fits_literal, fits_plain, fits_single, has_plain_form, must_escape, plain_value, single,
};
use super::site::Site;
use base64::Engine as _;
use zeroize::Zeroizing;

/// How a value is spelled in a place.
pub(super) enum Spelled {
    /// A scalar, perhaps a block of its own, in the place of the scalar that stands there; of a block, in the
    /// place of all of it.
    Token {
        /// The tag in front goes, and this one (or none, if empty) comes.
        tag: Option<&'static str>,
    },
    /// Lines in the place of those of a block scalar.
    Lines {
        /// A header in the place of the one that stands there.
        header: Option<Vec<u8>>,
        /// The lines, the last without its line end.
        lines: Zeroizing<Vec<u8>>,
    },
}

/// A buffer for the spelling of `value`. It is enough for most, so that nothing is copied elsewhere while it
/// grows.
pub(super) fn buffer(value: &Value<'_>) -> Zeroizing<Vec<u8>> {
    let length = if let Value::Str(text) = value { text.len() } else { 0 };
    Zeroizing::new(Vec::with_capacity(32 + length + length / 2))
}

/// Spells `value` where a ciphertext of style `style` stands; `step` tells the indentation if it is needed.
/// A scalar is appended to `out`.
pub(super) fn spell(
    site: &Site<'_>,
    style: Style,
    value: &Value<'_>,
    how: Spelling,
    step: impl FnOnce() -> usize,
    out: &mut Vec<u8>,
) -> Spelled {
    let mut token = |write: &dyn Fn(&mut Vec<u8>), tag| {
        write(out);
        Spelled::Token { tag }
    };
    let kind = site.properties.kind();
    let Value::Str(bytes) = value else {
        // A tag that makes strings would make one of this.
        let tag = (kind != Tag::None).then_some("");
        return token(&|out| plain_value(value, out), tag);
    };
    let Some(text) = bytes.as_str() else {
        let encode = |out: &mut Vec<u8>| {
            out.extend_from_slice(base64::engine::general_purpose::STANDARD.encode(&**bytes).as_bytes());
        };
        return token(&encode, Some("!!binary"));
    };
    let tag = kind.breaks_cipher().then_some("");
    if how == Spelling::Safe {
        return token(&|out| double(text, false, out), tag);
    }
    let string = kind.makes_string();
    match style {
        Style::Literal | Style::Folded => {
            if let Some(spelled) = in_block(site, text) {
                return spelled;
            }
        }
        Style::Single if fits_single(text) => return token(&|out| single(text, out), tag),
        Style::Plain if fits_plain(text, site.flow) || (string && has_plain_form(text, site.flow)) => {
            return token(&|out| out.extend_from_slice(text.as_bytes()), tag);
        }
        Style::Plain if text.contains('\n') && !site.flow && site.ends_line() && fits_literal(text) => {
            let (at, parent) = (site.block_column(step()), column(site.source, site.entry));
            if at - parent <= 9 && site.can_hold_block(at, text.ends_with("\n\n")) {
                return token(&|out| literal(text, at, at - parent, site.eol(), out), tag);
            }
        }
        // Quotes as SOPS chooses them.
        Style::Plain if wants_single(text, site.flow) => return token(&|out| single(text, out), tag),
        _ => {}
    }
    token(&|out| double(text, false, out), tag)
}

/// Whether single quotes are SOPS's choice for a text that cannot be plain.
fn wants_single(text: &str, flow: bool) -> bool {
    !text.is_empty() && !text.contains('\t') && !has_plain_form(text, flow) && fits_single(text)
}

/// Appends a literal block: header, line end and lines at column `at`, without the last line end. `digit` is
/// written where the text would hide the indentation.
pub(super) fn literal(text: &str, at: usize, digit: usize, eol: &[u8], out: &mut Vec<u8>) {
    out.push(b'|');
    if text.starts_with([' ', '\n']) {
        out.push(b'0' + digit as u8);
    }
    let body = text.trim_end_matches('\n');
    match text.len() - body.len() {
        0 => out.push(b'-'),
        1 => {}
        _ => out.push(b'+'),
    }
    out.extend_from_slice(eol);
    indented(body.split('\n'), at, eol, out);
    for _ in 1..text.len() - body.len() {
        out.extend_from_slice(eol);
    }
}

/// Appends lines at column `at`, blank ones without indentation, the last without its line end.
fn indented<'t>(lines: impl Iterator<Item = &'t str>, at: usize, eol: &[u8], out: &mut Vec<u8>) {
    for (i, line) in lines.enumerate() {
        if i > 0 {
            out.extend_from_slice(eol);
        }
        if !line.is_empty() {
            out.resize(out.len() + at, b' ');
            out.extend_from_slice(line.as_bytes());
        }
    }
}

/// Spells `text` as lines of the block scalar at `site`; under a header of its own if the one that stands
/// there cannot hold it.
fn in_block(site: &Site<'_>, text: &str) -> Option<Spelled> {
    let block = site.block?;
    let blank_or_tab = text.trim_start_matches(['\n', ' ']).chars().next().is_none_or(|c| c == '\t');
    if blank_or_tab || text.chars().any(|c| must_escape(c) && c != '\t' && c != '\n') {
        return None;
    }
    let body = text.trim_end_matches('\n');
    let mut lines = Zeroizing::new(Vec::with_capacity(text.len() + 16));
    if block.folded {
        indented(folded(body).split('\n'), block.indent, site.eol(), &mut lines);
    } else {
        indented(body.split('\n'), block.indent, site.eol(), &mut lines);
    }
    let header = &site.source[block.header.range()];
    if reads_back(site, &block, header, &lines, text) {
        return Some(Spelled::Lines { header: None, lines });
    }
    if !fits_literal(text) {
        return None;
    }
    let digit = block.indent.checked_sub(column(site.source, site.entry))?;
    if !(1..=9).contains(&digit) {
        return None;
    }
    let chomp = match text.len() - body.len() {
        0 => Chomp::Strip,
        1 => Chomp::Clip,
        _ => return None,
    };
    let mut header = vec![b'|'];
    if text.starts_with([' ', '\n']) {
        header.push(b'0' + digit as u8);
    }
    if chomp == Chomp::Strip {
        header.push(b'-');
    }
    lines.clear();
    indented(body.split('\n'), block.indent, site.eol(), &mut lines);
    if !reads_back(site, &block, &header, &lines, text) {
        return None;
    }
    Some(Spelled::Lines { header: Some(header), lines })
}

/// The source lines of a folded block that reads as `body`.
fn folded(body: &str) -> String {
    let mut out = String::with_capacity(body.len() + 16);
    let mut lines = body.split('\n').peekable();
    let starts_blank = |line: &str| line.starts_with([' ', '\t']);
    while let Some(line) = lines.next() {
        out.push_str(line);
        let Some(next) = lines.peek() else { break };
        out.push('\n');
        // Between two lines of text at the block's own column one line end would become a blank.
        if !line.is_empty() && !starts_blank(line) {
            let following = std::iter::once(*next).chain(lines.clone().skip(1)).find(|l| !l.is_empty());
            if following.is_some_and(|l| !starts_blank(l)) {
                out.push('\n');
            }
        }
    }
    out
}

/// Whether `lines` under `header` in the place of `block` read as `text`, with what follows behind them.
fn reads_back(site: &Site<'_>, block: &Block, header: &[u8], lines: &[u8], text: &str) -> bool {
    let tail = &site.source[block.content.end as usize..block.lines.end as usize];
    let mut probe = Zeroizing::new(Vec::with_capacity(header.len() + lines.len() + tail.len() + 4));
    probe.extend_from_slice(header);
    probe.extend_from_slice(b"\n");
    probe.extend_from_slice(lines);
    probe.extend_from_slice(tail);
    if line_end(tail, 0) == tail.len() {
        // At the end of the text; the metadata will follow on a line of its own.
        probe.extend_from_slice(b"\n");
    }
    let parent = column(site.source, site.entry);
    let again = Block::scan(&probe, 0, Some(parent));
    again.lines.end as usize == probe.len()
        && again.indent == block.indent
        && *again.value(&probe) == *text.as_bytes()
}
