//! YAML by a port of libyaml, with the typing rules of go-yaml v3 written out once more.

use crate::datum::Datum;
use base64::Engine as _;
use libyaml_safer::{Event, EventData, Parser, ScalarStyle};
use std::collections::HashMap;

/// The documents of a text. A document without content is an empty map, as for SOPS.
pub(super) fn read(text: &[u8]) -> Result<Vec<Datum>, String> {
    let mut reader = Reader { events: events(text)?.into_iter(), anchors: HashMap::new() };
    let mut documents = Vec::new();
    while let Some(event) = reader.events.next() {
        if matches!(event.data, EventData::DocumentStart { .. }) {
            reader.anchors.clear();
            documents.push(match reader.node()? {
                Datum::Null => Datum::Map(Vec::new()),
                content => content,
            });
        }
    }
    if documents.is_empty() {
        documents.push(Datum::Map(Vec::new()));
    }
    Ok(documents)
}

/// The texts of all comments in order, without the `#`.
pub(crate) fn comments(text: &[u8]) -> Result<Vec<String>, String> {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let mut is_scalar = vec![false; text.len()];
    for event in events(text)? {
        if let EventData::Scalar { .. } = event.data {
            let (start, end) = (event.start_mark.index as usize, event.end_mark.index as usize);
            is_scalar[start..end.min(text.len())].fill(true);
        }
    }
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let opens = text[at] == b'#' && !is_scalar[at] && (at == 0 || text[at - 1].is_ascii_whitespace());
        if opens {
            let end = text[at..].iter().position(|b| b"\r\n".contains(b)).map_or(text.len(), |n| at + n);
            found.push(String::from_utf8_lossy(&text[at + 1..end]).into_owned());
            at = end;
        }
        at += 1;
    }
    Ok(found)
}

/// The events of a text.
///
/// The reader panics on a block scalar that ends with the text, without a line end: it gets one, and its
/// value loses it again.
fn events(text: &[u8]) -> Result<Vec<Event>, String> {
    if text.is_empty() || text.ends_with(b"\n") {
        return events_of_lines(text);
    }
    let mut events = events_of_lines(&[text, b"\n"].concat())?;
    let last = events.iter_mut().rev().find_map(|event| match &mut event.data {
        EventData::Scalar { value, style, .. } => Some((value, *style)),
        _ => None,
    });
    if let Some((value, ScalarStyle::Literal | ScalarStyle::Folded)) = last
        && value.ends_with('\n')
    {
        value.pop();
    }
    Ok(events)
}

fn events_of_lines(text: &[u8]) -> Result<Vec<Event>, String> {
    let mut parser = Parser::new();
    parser.set_input(text);
    parser.map(|event| event.map_err(|e| e.to_string())).collect()
}

struct Reader {
    events: std::vec::IntoIter<Event>,
    anchors: HashMap<String, Datum>,
}

impl Reader {
    fn node(&mut self) -> Result<Datum, String> {
        let event = self.events.next().ok_or("the text ends early")?;
        self.node_from(event)
    }

    fn node_from(&mut self, event: Event) -> Result<Datum, String> {
        let (anchor, node) = match event.data {
            EventData::Alias { anchor } => {
                return self.anchors.get(&anchor).cloned().ok_or(format!("no anchor {anchor}"));
            }
            EventData::Scalar { anchor, tag, value, style, .. } => {
                (anchor, scalar(&value, tag.as_deref(), style == ScalarStyle::Plain)?)
            }
            EventData::SequenceStart { anchor, .. } => (anchor, self.list()?),
            EventData::MappingStart { anchor, .. } => (anchor, self.map()?),
            other => return Err(format!("unexpected {other:?}")),
        };
        if let Some(name) = anchor {
            self.anchors.insert(name, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self) -> Result<Datum, String> {
        let mut items = Vec::new();
        loop {
            let event = self.events.next().ok_or("a list does not end")?;
            if event.data == EventData::SequenceEnd {
                return Ok(Datum::List(items));
            }
            items.push(self.node_from(event)?);
        }
    }

    fn map(&mut self) -> Result<Datum, String> {
        let mut items = Vec::new();
        loop {
            let event = self.events.next().ok_or("a map does not end")?;
            let key = match event.data {
                EventData::MappingEnd => return Ok(Datum::Map(items)),
                EventData::Scalar { value, .. } => value.into_bytes(),
                other => return Err(format!("a key that is not a scalar: {other:?}")),
            };
            items.push((key, self.node()?));
        }
    }
}

fn scalar(text: &str, tag: Option<&str>, plain: bool) -> Result<Datum, String> {
    let known = tag.and_then(|tag| tag.strip_prefix("tag:yaml.org,2002:"));
    let string = || Datum::Str(text.as_bytes().to_vec());
    Ok(match known {
        Some("str") => string(),
        Some("binary") => {
            let packed: String = text.split_ascii_whitespace().collect();
            let bytes = base64::engine::general_purpose::STANDARD.decode(packed);
            Datum::Str(bytes.map_err(|e| e.to_string())?)
        }
        Some("float") => match resolve(text) {
            Datum::Int(n) => Datum::Float(n as f64),
            other => other,
        },
        Some("int" | "bool" | "null" | "timestamp") => resolve(text),
        _ if plain => resolve(text),
        _ => string(),
    })
}

/// The value of a plain scalar (format description, section 5.1.2).
fn resolve(text: &str) -> Datum {
    match text {
        "true" | "True" | "TRUE" => return Datum::Bool(true),
        "false" | "False" | "FALSE" => return Datum::Bool(false),
        "" | "~" | "null" | "Null" | "NULL" => return Datum::Null,
        ".nan" | ".NaN" | ".NAN" => return Datum::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Datum::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Datum::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let string = Datum::Str(text.as_bytes().to_vec());
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return string;
    }
    if let Some(moment) = timestamp(text) {
        return Datum::Time(moment);
    }
    let digits = text.replace('_', "");
    if !text.starts_with('.')
        && let Some(n) = integer(&digits)
    {
        return Datum::Int(n);
    }
    float(&digits).map_or(string, Datum::Float)
}

/// An integer in Go's spellings, up to 64 bits.
fn integer(text: &str) -> Option<i128> {
    let (negative, body) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = body.to_ascii_lowercase();
    let (radix, body) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if !body.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    let n = i128::from_str_radix(body, radix).ok().map(|n| if negative { -n } else { n })?;
    (n >= i128::from(i64::MIN) && n <= i128::from(u64::MAX)).then_some(n)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, within a double.
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let starts = unsigned.trim_start_matches('.').starts_with(|c: char| c.is_ascii_digit());
    let allowed = unsigned.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
    let number: f64 = text.parse().ok()?;
    (starts && allowed && number.is_finite()).then_some(number)
}

/// A date, or a date and time in one of the forms that go-yaml knows, as RFC 3339.
fn timestamp(text: &str) -> Option<String> {
    let (date, clock) = match text.split_once(['T', 't', ' ']) {
        Some((date, clock)) => (date, Some(clock)),
        None => (text, None),
    };
    let fields: Vec<&str> = date.split('-').collect();
    let [year, month, day] = fields.as_slice() else { return None };
    if year.len() != 4 {
        return None;
    }
    let date = format!("{}-{}-{}", padded(year, 4)?, padded(month, 2)?, padded(day, 2)?);
    let Some(clock) = clock else { return valid(format!("{date}T00:00:00Z")) };
    let (clock, zone) = if text.contains(' ') {
        (clock, "Z".to_owned())
    } else if let Some(clock) = clock.strip_suffix('Z') {
        (clock, "Z".to_owned())
    } else {
        let (clock, zone) = clock.split_at(clock.find(['+', '-'])?);
        (clock, zone.to_owned())
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let fields: Vec<&str> = clock.split(':').collect();
    let [hour, minute, second] = fields.as_slice() else { return None };
    let clock = format!("{}:{}:{}", padded(hour, 2)?, padded(minute, 2)?, padded(second, 2)?);
    let fraction = match fraction.trim_end_matches('0') {
        "" => String::new(),
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => format!(".{digits}"),
        _ => return None,
    };
    let zone = if ["+00:00", "-00:00"].contains(&zone.as_str()) { "Z".to_owned() } else { zone };
    valid(format!("{date}T{clock}{fraction}{zone}"))
}

fn padded(field: &str, width: usize) -> Option<String> {
    let fits = !field.is_empty() && field.len() <= width && field.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| format!("{field:0>width$}"))
}

fn valid(moment: String) -> Option<String> {
    use time::format_description::well_known::Rfc3339;
    time::OffsetDateTime::parse(&moment, &Rfc3339).is_ok().then_some(moment)
}
