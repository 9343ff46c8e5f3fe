//! The metadata as flat names, for formats without nesting (format description, section 4.4).

use super::data::Data;
use super::value::{Text, Value};

const MAP: &str = "__map_";
const LIST: &str = "__list_";
/// Lists longer than this are not believed: a name like `age__list_4000000000` must not cost memory.
const MAX_LIST: usize = 10_000;

/// The leaves of `metadata` as (name, text), sorted by name. Nulls and empty lists have no leaf.
#[must_use]
pub fn flatten(metadata: &Data) -> Vec<(String, String)> {
    let mut out = Vec::new();
    if let Data::Map(items) = metadata {
        for (key, item) in items {
            push(String::from_utf8_lossy(key).into_owned(), item, &mut out);
        }
    }
    out.sort();
    out
}

fn push(name: String, data: &Data, out: &mut Vec<(String, String)>) {
    match data {
        Data::Map(items) => {
            for (key, item) in items {
                push(format!("{name}{MAP}{}", String::from_utf8_lossy(key)), item, out);
            }
        }
        Data::List(items) => {
            for (i, item) in items.iter().enumerate() {
                push(format!("{name}{LIST}{i}"), item, out);
            }
        }
        Data::Value(Value::Null) | Data::Comment(_) => {}
        Data::Value(Value::Bool(b)) => out.push((name, b.to_string())),
        Data::Value(value) => {
            let mut text = Vec::new();
            value.canonical(&mut text);
            out.push((name, String::from_utf8_lossy(&text).into_owned()));
        }
    }
}

/// The nested metadata of flat (name, text) pairs. Names that contradict each other: the last wins.
/// Missing list positions are closed up.
#[must_use]
pub fn unflatten<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Data {
    let mut root = Data::map();
    for (name, text) in pairs {
        insert(&mut root, name, text);
    }
    close_gaps(&mut root);
    root
}

fn insert(at: &mut Data, name: &str, text: &str) {
    let cut = [name.find(MAP), name.find(LIST)].into_iter().flatten().min();
    let (key, rest) = name.split_at(cut.unwrap_or(name.len()));
    let slot = match at {
        Data::Map(items) => {
            let found = items.iter().position(|(known, _)| **known == *key.as_bytes());
            let index = found.unwrap_or_else(|| {
                items.push((Text::owned(key), Data::Value(Value::Null)));
                items.len() - 1
            });
            &mut items[index].1
        }
        Data::List(items) => {
            let Some(index) = key.parse::<usize>().ok().filter(|i| *i < MAX_LIST) else { return };
            if items.len() <= index {
                items.resize_with(index + 1, || Data::Value(Value::Null));
            }
            &mut items[index]
        }
        _ => return,
    };
    if let Some(rest) = rest.strip_prefix(MAP) {
        if !matches!(slot, Data::Map(_)) {
            *slot = Data::map();
        }
        insert(slot, rest, text);
    } else if let Some(rest) = rest.strip_prefix(LIST) {
        if !matches!(slot, Data::List(_)) {
            *slot = Data::List(Vec::new());
        }
        insert(slot, rest, text);
    } else {
        *slot = Data::str(text);
    }
}

fn close_gaps(data: &mut Data) {
    match data {
        Data::Map(items) => items.iter_mut().for_each(|(_, item)| close_gaps(item)),
        Data::List(items) => {
            items.retain(|item| *item != Data::Value(Value::Null));
            items.iter_mut().for_each(close_gaps);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_metadata_goes_flat_and_back() {
        let mut context = Data::map();
        context.push("App", Data::str("web"));
        let mut entry = Data::map();
        entry.push("arn", Data::str("x"));
        entry.push("context", context);
        let mut root = Data::map();
        root.push("kms", Data::List(vec![entry]));
        root.push("mac", Data::str("m"));
        root.push("pgp", Data::List(Vec::new()));
        let flat = flatten(&root);
        let names: Vec<_> = flat.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["kms__list_0__map_arn", "kms__list_0__map_context__map_App", "mac"]);
        let back = unflatten(flat.iter().map(|(a, b)| (a.as_str(), b.as_str())));
        assert_eq!(flatten(&back), flat);
    }

    #[test]
    fn order_and_gaps_do_not_matter() {
        let back = unflatten(
            [("a__list_2__map_x", "2"), ("a__list_0__map_x", "0"), ("a__list_99999999999__map_x", "no")]
                .into_iter(),
        );
        let Some(Data::List(items)) = back.get("a") else { panic!("no list") };
        assert_eq!(items.len(), 2);
        assert_eq!(items[0].get("x").and_then(Data::as_str), Some("0"));
    }
}
