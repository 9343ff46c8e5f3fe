//! What a document says, free of format and layout: the common ground of comparisons.

use std::fmt;

/// A value of a document.
#[derive(Clone)]
pub(crate) enum Datum {
    /// Null.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A double.
    Float(f64),
    /// A moment, in RFC 3339.
    Time(String),
    /// A byte string.
    Str(Vec<u8>),
    /// A list.
    List(Vec<Datum>),
    /// A map: order and duplicates count.
    Map(Vec<(Vec<u8>, Datum)>),
}

impl Datum {
    /// What it is called in a message.
    fn kind(&self) -> &'static str {
        match self {
            Datum::Null => "null",
            Datum::Bool(_) => "bool",
            Datum::Int(_) => "int",
            Datum::Float(_) => "float",
            Datum::Time(_) => "time",
            Datum::Str(_) => "str",
            Datum::List(_) => "list",
            Datum::Map(_) => "map",
        }
    }
}

impl fmt::Debug for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Datum::Null => f.write_str("null"),
            Datum::Bool(b) => write!(f, "{b}"),
            Datum::Int(n) => write!(f, "int {n}"),
            Datum::Float(x) => write!(f, "float {x:?}"),
            Datum::Time(t) => write!(f, "time {t}"),
            Datum::Str(s) => write!(f, "{:?}", String::from_utf8_lossy(s)),
            Datum::List(items) => f.debug_list().entries(items).finish(),
            Datum::Map(items) => {
                f.debug_map().entries(items.iter().map(|(k, v)| (String::from_utf8_lossy(k), v))).finish()
            }
        }
    }
}

/// The first place where two values differ, or none.
///
/// A float without a fraction equals the integer: writing it down as sops does cannot keep them apart.
pub(crate) fn difference(one: &Datum, other: &Datum) -> Option<String> {
    differ("", one, other)
}

fn differ(path: &str, one: &Datum, other: &Datum) -> Option<String> {
    let same = match (one, other) {
        (Datum::Null, Datum::Null) => true,
        (Datum::Bool(a), Datum::Bool(b)) => a == b,
        (Datum::Int(a), Datum::Int(b)) => a == b,
        (Datum::Float(a), Datum::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
        (Datum::Int(a), Datum::Float(b)) | (Datum::Float(b), Datum::Int(a)) => *a as f64 == *b,
        (Datum::Time(a), Datum::Time(b)) => a == b,
        (Datum::Str(a), Datum::Str(b)) => a == b,
        (Datum::List(a), Datum::List(b)) => {
            let mut pairs = a.iter().zip(b).enumerate();
            if let Some(found) = pairs.find_map(|(i, (x, y))| differ(&format!("{path}[{i}]"), x, y)) {
                return Some(found);
            }
            a.len() == b.len()
        }
        (Datum::Map(a), Datum::Map(b)) => {
            for ((key, x), (other_key, y)) in a.iter().zip(b) {
                let name = String::from_utf8_lossy(key);
                if key != other_key {
                    let other_name = String::from_utf8_lossy(other_key);
                    return Some(format!("{path}: key {name:?} against {other_name:?}"));
                }
                if let Some(found) = differ(&format!("{path}.{name}"), x, y) {
                    return Some(found);
                }
            }
            a.len() == b.len()
        }
        _ => false,
    };
    (!same).then(|| format!("{path}: {} {one:?} against {} {other:?}", one.kind(), other.kind()))
}
