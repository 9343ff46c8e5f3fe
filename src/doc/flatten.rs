//! The metadata as flat names, for formats without nesting (format description, section 4.4).

use super::data::Data;
use super::value::{Text, Value};
use std::collections::BTreeMap;

const MAP: &str = "__map_";
const LIST: &str = "__list_";
/// Names nested more deeply than this are not believed; those of SOPS have three levels.
const MAX_DEPTH: usize = 16;

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

/// The nested metadata of flat (name, text) pairs, sorted by name. Names that contradict each other: the
/// last wins. Missing list positions are closed up. What is nested too deeply is left out.
#[must_use]
pub fn unflatten<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Data {
    let mut root = BTreeMap::new();
    for (name, text) in pairs.filter(|(name, _)| depth(name) <= MAX_DEPTH) {
        insert(&mut root, name, text);
    }
    map(root)
}

/// Metadata under construction.
enum Branch<'a> {
    Text(&'a str),
    Map(BTreeMap<&'a str, Branch<'a>>),
    List(BTreeMap<usize, Branch<'a>>),
}

fn depth(name: &str) -> usize {
    name.matches(MAP).count() + name.matches(LIST).count()
}

/// The first name of a flat name, and the rest with its separator.
fn cut(name: &str) -> (&str, &str) {
    let end = [name.find(MAP), name.find(LIST)].into_iter().flatten().min();
    name.split_at(end.unwrap_or(name.len()))
}

fn insert<'a>(map: &mut BTreeMap<&'a str, Branch<'a>>, name: &'a str, text: &'a str) {
    let (key, rest) = cut(name);
    grow(map.entry(key).or_insert(Branch::Text("")), rest, text);
}

fn grow<'a>(at: &mut Branch<'a>, rest: &'a str, text: &'a str) {
    if let Some(rest) = rest.strip_prefix(MAP) {
        if !matches!(at, Branch::Map(_)) {
            *at = Branch::Map(BTreeMap::new());
        }
        if let Branch::Map(map) = at {
            insert(map, rest, text);
        }
    } else if let Some(rest) = rest.strip_prefix(LIST) {
        if !matches!(at, Branch::List(_)) {
            *at = Branch::List(BTreeMap::new());
        }
        let (position, rest) = cut(rest);
        if let (Branch::List(list), Ok(position)) = (at, position.parse()) {
            grow(list.entry(position).or_insert(Branch::Text("")), rest, text);
        }
    } else {
        *at = Branch::Text(text);
    }
}

fn map(branches: BTreeMap<&str, Branch<'_>>) -> Data {
    Data::Map(branches.into_iter().map(|(key, branch)| (Text::owned(key), data(branch))).collect())
}

fn data(branch: Branch<'_>) -> Data {
    match branch {
        Branch::Text(text) => Data::str(text),
        Branch::Map(branches) => map(branches),
        Branch::List(branches) => Data::List(branches.into_values().map(data).collect()),
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
            [("a__list_2__map_x", "2"), ("a__list_0__map_x", "0"), ("a__list_99999999999__map_x", "3")]
                .into_iter(),
        );
        let Some(Data::List(items)) = back.get("a") else { panic!("no list") };
        assert_eq!(items.len(), 3);
        assert_eq!(items[0].get("x").and_then(Data::as_str), Some("0"));
    }

    #[test]
    fn hostile_names_cost_neither_stack_nor_memory_nor_time() {
        let deep = "a__map_".repeat(1_000_000);
        assert_eq!(unflatten([(deep.as_str(), "x")].into_iter()), Data::map());
        let far: Vec<String> = (0..200_000).map(|i| format!("k{i}__list_{}__list_{i}", usize::MAX)).collect();
        let back = unflatten(far.iter().map(|name| (name.as_str(), "x")));
        let Data::Map(items) = back else { panic!("no map") };
        assert_eq!(items.len(), far.len());
    }
}
