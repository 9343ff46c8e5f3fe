//! Data laid out as SOPS does (format description, sections 5.1.5 and 5.1.6): block style, lists indented
//! by one step, whatever hangs in a list element by two.

use super::super::data::Data;
use super::super::error::{Error, ErrorKind};
use super::super::format::Layout;
use super::super::value::Value;
use super::put::DEFAULT_STEP;
use super::scalar::{
    double, fits_literal, fits_plain, fits_single, has_plain_form, is_ambiguous, plain_value, single,
};
use super::spell::literal;
use base64::Engine as _;
use zeroize::Zeroizing;

/// Writes a stream of documents. A part of a document that is no map is written alone, without metadata.
///
/// # Errors
/// One of several documents is not a map.
pub(super) fn write(
    documents: &[Data],
    metadata: Option<&Data>,
    layout: &Layout,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut out = Zeroizing::new(Vec::new());
    if let ([part @ (Data::List(_) | Data::Value(_))], None) = (documents, metadata) {
        let mut writer = Writer::new(step_of(layout), &mut out);
        writer.part(part);
        return Ok(out);
    }
    for (i, document) in documents.iter().enumerate() {
        let Data::Map(items) = document else {
            let what = "a YAML document must be a map".to_owned();
            return Err(Error::new(ErrorKind::Inexpressible(what), 0));
        };
        if i > 0 {
            out.extend_from_slice(b"---\n");
        }
        let mut writer = Writer::new(step_of(layout), &mut out);
        writer.entries(items.iter().map(|(key, value)| (&**key, value)), 0, true);
        if let Some(metadata) = metadata {
            writer.entries([(b"sops".as_slice(), metadata)].into_iter(), 0, true);
        } else if items.iter().all(|(_, value)| matches!(value, Data::Comment(_))) {
            writer.out.extend_from_slice(b"{}\n");
        }
    }
    Ok(out)
}

/// The step that settings ask for, as SOPS takes it: below 2 and above 9 mean 2.
pub(super) fn step_of(layout: &Layout) -> usize {
    match layout.indent {
        None => DEFAULT_STEP,
        Some(step @ 2..=9) => step,
        Some(_) => 2,
    }
}

/// Writes blocks at columns.
pub(super) struct Writer<'o> {
    /// The column of the document's root.
    pub(super) base: usize,
    /// Columns per level.
    pub(super) step: usize,
    /// The line end.
    pub(super) eol: &'static [u8],
    /// How far behind the key of a list its dashes stand, if not as what else is nested.
    pub(super) dash: Option<usize>,
    /// Values are spelled so that they read back with their type, where SOPS drops a `.0`; characters above
    /// U+FFFF are none of the escapes that SOPS makes of them.
    pub(super) exact: bool,
    /// Where to.
    pub(super) out: &'o mut Vec<u8>,
}

impl<'o> Writer<'o> {
    /// A writer of SOPS's layout.
    fn new(step: usize, out: &'o mut Vec<u8>) -> Self {
        Self { base: 0, step, eol: b"\n", dash: None, exact: false, out }
    }

    /// Writes `data` behind the `:` of a key, or the dash of an `element`, at column `at`. With `apart`, what
    /// nests begins on the next line even behind a dash.
    pub(super) fn behind(&mut self, data: &Data, at: usize, element: bool, apart: bool) {
        match data {
            _ if !element => self.value(data, at, self.next(at)),
            Data::Map(items) if has_entries(items.iter().map(|(_, item)| item)) => {
                self.out.extend_from_slice(if apart { self.eol } else { b" " });
                self.entries(items.iter().map(|(key, value)| (&**key, value)), at + 2, apart);
            }
            Data::List(items) if has_entries(items.iter()) => {
                self.out.extend_from_slice(if apart { self.eol } else { b" " });
                self.elements(items, at + 2, apart);
            }
            _ => self.value(data, at, at + 2),
        }
    }

    /// Writes the entries of a map at column `at`; with `fresh`, the first stands on a new line.
    pub(super) fn entries<'d>(
        &mut self,
        items: impl Iterator<Item = (&'d [u8], &'d Data)>,
        at: usize,
        mut fresh: bool,
    ) {
        for (key, value) in items {
            if fresh {
                self.indent(at);
            }
            fresh = true;
            if let Data::Comment(text) = value {
                self.comment(text);
                continue;
            }
            if self.key(key, at) {
                self.indent(at);
            }
            self.out.push(b':');
            self.value(value, at, self.next(at));
        }
    }

    /// Writes a list or a scalar that stands alone.
    fn part(&mut self, data: &Data) {
        match data {
            Data::List(items) if has_entries(items.iter()) => self.elements(items, 0, true),
            Data::Value(value) => {
                self.scalar(value, 0, self.next(0));
                self.out.extend_from_slice(self.eol);
            }
            _ => {
                self.out.extend_from_slice(b"[]");
                self.out.extend_from_slice(self.eol);
            }
        }
    }

    /// Writes the elements of a list whose dashes stand at column `at`.
    pub(super) fn elements(&mut self, items: &[Data], at: usize, mut fresh: bool) {
        for item in items {
            if fresh {
                self.indent(at);
            }
            fresh = true;
            match item {
                Data::Comment(text) => self.comment(text),
                _ => {
                    self.out.push(b'-');
                    // A comment that comes first does not stand behind the dash.
                    let first = match item {
                        Data::Map(items) => items.first().map(|(_, item)| item),
                        Data::List(items) => items.first(),
                        _ => None,
                    };
                    self.behind(item, at, true, matches!(first, Some(Data::Comment(_))));
                }
            }
        }
    }

    /// Writes a value behind a key or dash at column `at`; what nests stands at column `inner`.
    fn value(&mut self, value: &Data, at: usize, inner: usize) {
        match value {
            Data::Map(items) if has_entries(items.iter().map(|(_, item)| item)) => {
                self.out.extend_from_slice(self.eol);
                self.entries(items.iter().map(|(key, value)| (&**key, value)), inner, true);
            }
            Data::List(items) if has_entries(items.iter()) => {
                self.out.extend_from_slice(self.eol);
                self.elements(items, self.dash.map_or(inner, |dash| at + dash), true);
            }
            Data::Map(items) => self.empty(items.iter().map(|(_, item)| item), inner, b"{}"),
            Data::List(items) => self.empty(items.iter(), inner, b"[]"),
            Data::Value(value) => {
                self.out.push(b' ');
                self.scalar(value, at, inner);
                self.out.extend_from_slice(self.eol);
            }
            Data::Comment(text) => self.comment(text),
        }
    }

    /// Writes a map or list that holds at most comments.
    fn empty<'d>(&mut self, items: impl Iterator<Item = &'d Data>, inner: usize, text: &[u8]) {
        let mut commented = false;
        for item in items {
            if !commented {
                self.out.extend_from_slice(self.eol);
            }
            commented = true;
            if let Data::Comment(comment) = item {
                self.indent(inner);
                self.comment(comment);
            }
        }
        if commented {
            self.indent(inner);
        } else {
            self.out.push(b' ');
        }
        self.out.extend_from_slice(text);
        self.out.extend_from_slice(self.eol);
    }

    fn comment(&mut self, text: &[u8]) {
        self.out.push(b'#');
        self.out.extend(text.iter().filter(|b| !matches!(b, b'\n' | b'\r')));
        self.out.extend_from_slice(self.eol);
    }

    /// Writes a key at column `at`; whether it took the long form, in which the `:` begins a line.
    fn key(&mut self, key: &[u8], at: usize) -> bool {
        let long = key.contains(&b'\n') || String::from_utf8_lossy(key).chars().count() > LONG_KEY;
        if long {
            self.out.extend_from_slice(b"? ");
        }
        self.string(key, at, self.next(at));
        if long {
            self.out.extend_from_slice(self.eol);
        }
        long
    }

    fn scalar(&mut self, value: &Value<'_>, at: usize, inner: usize) {
        match value {
            Value::Str(text) => self.string(text, at, inner),
            _ if self.exact => plain_value(value, self.out),
            _ => clear_value(value, self.out),
        }
    }

    /// Writes a string whose lines, if it becomes a block, stand at column `inner`.
    fn string(&mut self, bytes: &[u8], at: usize, inner: usize) {
        let Ok(text) = std::str::from_utf8(bytes) else {
            self.binary(bytes, inner);
            return;
        };
        // SOPS always writes its step as the digit, which is wrong where less is added.
        let digit_holds = !text.starts_with([' ', '\n']) || inner - at == self.step;
        let wide = !self.exact && text.chars().any(|c| c > '\u{ffff}');
        if !text.contains('\n') {
            one_line(text, wide, self.out);
        } else if digit_holds && !self.exact && text.bytes().all(|b| b == b'\n') {
            self.out.extend_from_slice(format!("|{}+", self.step).as_bytes());
            for _ in 0..text.len() {
                self.out.extend_from_slice(self.eol);
            }
        } else if digit_holds && !wide && fits_literal(text) {
            literal(text, self.base + inner, self.step, self.eol, self.out);
        } else {
            double(text, !self.exact, self.out);
        }
    }

    /// Writes bytes as base64, on lines of their own if it is long.
    fn binary(&mut self, bytes: &[u8], inner: usize) {
        let encoded = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(bytes));
        self.out.extend_from_slice(b"!!binary ");
        if encoded.len() < BASE64_LINE {
            self.out.extend_from_slice(encoded.as_bytes());
            return;
        }
        self.out.push(b'|');
        for line in encoded.as_bytes().chunks(BASE64_LINE) {
            self.out.extend_from_slice(self.eol);
            self.indent(inner);
            self.out.extend_from_slice(line);
        }
    }

    fn indent(&mut self, at: usize) {
        self.out.resize(self.out.len() + self.base + at, b' ');
    }

    /// The column of what hangs below a key at column `at`.
    fn next(&self, at: usize) -> usize {
        (at / self.step + 1) * self.step
    }
}

/// Keys with more characters are written in the long form.
const LONG_KEY: usize = 128;

/// Characters of base64 on a line.
const BASE64_LINE: usize = 70;

fn has_entries<'d>(mut items: impl Iterator<Item = &'d Data>) -> bool {
    items.any(|item| !matches!(item, Data::Comment(_)))
}

/// Appends a string without line ends in the first style that can hold it: plain, single, double.
/// `wide`: it has characters that SOPS writes as escapes.
fn one_line(text: &str, wide: bool, out: &mut Vec<u8>) {
    if text == "<<" {
        out.extend_from_slice(b"!!merge <<");
    } else if wide || (is_ambiguous(text) && text != "=") || text.contains('\t') {
        double(text, true, out);
    } else if fits_plain(text, false) || (text == "=" && has_plain_form(text, false)) {
        out.extend_from_slice(text.as_bytes());
    } else if fits_single(text) {
        single(text, out);
    } else {
        double(text, true, out);
    }
}

/// Appends a value that is not a string in SOPS's words: floats with an exponent from a million on.
fn clear_value(value: &Value<'_>, out: &mut Vec<u8>) {
    let Value::Float(x) = value else { return plain_value(value, out) };
    if !x.is_finite() {
        return plain_value(value, out);
    }
    let text = format!("{x:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&power) {
        out.extend_from_slice(x.to_string().as_bytes());
    } else {
        let sign = if power < 0 { '-' } else { '+' };
        out.extend_from_slice(format!("{digits}e{sign}{:02}", power.abs()).as_bytes());
    }
}

/// Appends data as flow text on one line, strings in double quotes.
pub(super) fn flow(data: &Data, out: &mut Vec<u8>) {
    match data {
        Data::Map(items) => {
            out.push(b'{');
            for (i, (key, value)) in items.iter().enumerate() {
                if i > 0 {
                    out.extend_from_slice(b", ");
                }
                double(&String::from_utf8_lossy(key), false, out);
                out.extend_from_slice(b": ");
                flow(value, out);
            }
            out.push(b'}');
        }
        Data::List(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.extend_from_slice(b", ");
                }
                flow(item, out);
            }
            out.push(b']');
        }
        Data::Value(Value::Str(text)) => double(&String::from_utf8_lossy(text), false, out),
        Data::Value(value) => plain_value(value, out),
        Data::Comment(_) => out.extend_from_slice(b"null"),
    }
}
