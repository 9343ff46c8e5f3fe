//! JSON documents.
//!
//! Any layout is kept. Numbers written as integers that fit 64 bits are integers, all others doubles,
//! as SOPS reads them from 3.13.2 on (format description, section 5.2).

mod entries;
mod place;
mod scan;
mod spell;
mod write;

pub use spell::push_string;

use super::data::Data;
use super::edits::Edits;
use super::error::Error;
use super::format::{Format, FormatName, Layout, Spelling};
use super::limits::Limits;
use super::tree::{Kind, NodeId, Tree};
use super::value::{Text, Value};
use zeroize::Zeroizing;

/// The JSON format.
pub struct Json;

/// The value that `text` is as JSON, of any kind; `None` if it is none.
#[must_use]
pub fn value(text: &[u8], limits: &Limits) -> Option<Data> {
    let mut object = Zeroizing::new(Vec::with_capacity(text.len() + 6));
    object.extend_from_slice(b"{\"\":");
    object.extend_from_slice(text);
    object.push(b'}');
    let tree = scan::parse(&object, limits).ok()?;
    // Text like `1, "a": 2` is not one value.
    tree.children(0).nth(1).is_none().then(|| Data::of(&tree, 1))
}

impl Format for Json {
    fn name(&self) -> FormatName {
        FormatName::Json
    }

    fn parse<'s>(&self, source: &'s [u8], limits: &Limits) -> Result<Tree<'s>, Error> {
        scan::parse(source, limits)
    }

    fn put_cipher(&self, tree: &Tree<'_>, id: NodeId, token: &str, edits: &mut Edits) {
        edits.replace_with(tree.node(id).span, |out| {
            out.push(b'"');
            out.extend_from_slice(token.as_bytes());
            out.push(b'"');
        });
    }

    fn layout_hint(&self, tree: &Tree<'_>, id: NodeId) -> Option<Vec<u8>> {
        let node = tree.node(id);
        let Kind::Leaf(value) = &node.kind else { return None };
        // A string that stands there as it is has no escapes, and needs none.
        if let Value::Str(Text::Borrowed(_)) = value {
            return None;
        }
        let raw = tree.text(node.span);
        let mut spelled = Zeroizing::new(Vec::with_capacity(raw.len()));
        spell::push_value(value, &mut spelled);
        (*spelled != raw).then(|| raw.to_vec())
    }

    fn put_plain(&self, tree: &Tree<'_>, id: NodeId, value: &Value<'_>, _how: Spelling, edits: &mut Edits) {
        edits.replace_with(tree.node(id).span, |out| spell::push_value(value, out));
    }

    fn put_hint(&self, tree: &Tree<'_>, id: NodeId, hint: &[u8], edits: &mut Edits) {
        edits.replace(tree.node(id).span, hint);
    }

    fn add_metadata(
        &self,
        tree: &Tree<'_>,
        metadata: &Data,
        layout: &Layout,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        place::add(tree, metadata, layout, edits);
        Ok(())
    }

    fn replace_metadata(
        &self,
        tree: &Tree<'_>,
        metadata: &Data,
        layout: &Layout,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        match tree.children(0).find(|id| tree.node(*id).flags.has(crate::doc::Flags::METADATA)) {
            Some(id) => place::replace(tree, id, metadata, layout, edits),
            None => place::add(tree, metadata, layout, edits),
        }
        Ok(())
    }

    fn remove_metadata(&self, tree: &Tree<'_>, edits: &mut Edits) {
        place::remove(tree, edits);
    }

    fn metadata(&self, tree: &Tree<'_>) -> Option<Data> {
        tree.metadata().next().map(|id| Data::of(tree, id))
    }

    fn write(
        &self,
        documents: &[Data],
        metadata: Option<&Data>,
        layout: &Layout,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        write::write(documents, metadata, layout)
    }

    fn put_data(
        &self,
        tree: &Tree<'_>,
        id: NodeId,
        data: &Data,
        _how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        entries::put(tree, id, data, edits);
        Ok(())
    }

    fn add_entry(
        &self,
        tree: &Tree<'_>,
        parent: NodeId,
        key: Option<&[u8]>,
        data: &Data,
        _how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        entries::add(tree, parent, key, data, edits);
        Ok(())
    }

    fn remove_entry(
        &self,
        tree: &Tree<'_>,
        id: NodeId,
        _how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        entries::remove(tree, id, edits);
        Ok(())
    }

    fn same_value(&self, wanted: &Value<'_>, read: &Value<'_>) -> bool {
        match (wanted, read) {
            (Value::Float(x), Value::Int(n)) => *x == *n as f64,
            (Value::Time(time), Value::Str(text)) => time.to_string().as_bytes() == &**text,
            _ => wanted == read,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::path::KeyPath;
    use proptest::prelude::*;

    const TOKEN: &str = "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]";

    fn metadata() -> Data {
        let mut entry = Data::map();
        entry.push("recipient", Data::str("age1x"));
        entry.push("enc", Data::str("line\nline\n"));
        let mut data = Data::map();
        data.push("age", Data::List(vec![entry]));
        data.push("version", Data::str("3.13.2"));
        data
    }

    fn seal(source: &[u8]) -> (Vec<u8>, Vec<Option<Vec<u8>>>) {
        let tree = Json.parse(source, &Limits::default()).unwrap();
        let (mut edits, mut hints) = (Edits::default(), Vec::new());
        for id in 0..tree.nodes.len() as NodeId {
            if matches!(tree.node(id).kind, Kind::Leaf(_)) {
                hints.push(Json.layout_hint(&tree, id));
                Json.put_cipher(&tree, id, TOKEN, &mut edits);
            }
        }
        Json.add_metadata(&tree, &metadata(), &Layout::default(), &mut edits).unwrap();
        (edits.apply(source).unwrap().to_vec(), hints)
    }

    fn open(sealed: &[u8], original: &[u8], hints: &[Option<Vec<u8>>]) -> Vec<u8> {
        let tree = Json.parse(sealed, &Limits::default()).unwrap();
        let plain = Json.parse(original, &Limits::default()).unwrap();
        let values: Vec<_> = plain
            .nodes
            .iter()
            .filter_map(|n| if let Kind::Leaf(value) = &n.kind { Some(value) } else { None })
            .collect();
        assert_eq!(Json.metadata(&tree), Some(metadata()));
        let mut edits = Edits::default();
        Json.remove_metadata(&tree, &mut edits);
        let mut at = 0;
        tree.walk::<()>(|step| {
            if let crate::doc::tree::Step::Leaf(id) = step {
                match &hints[at] {
                    Some(hint) => Json.put_hint(&tree, id, hint, &mut edits),
                    None => Json.put_plain(&tree, id, values[at], Spelling::Kept, &mut edits),
                }
                at += 1;
            }
            Ok(())
        })
        .unwrap();
        edits.apply(sealed).unwrap().to_vec()
    }

    #[test]
    fn every_layout_comes_back() {
        for source in [
            "{}",
            "{ }",
            "{\n}\n",
            r#"{"a":1}"#,
            "{\"a\" : 1 , \"b\":[ ] }",
            "{\n  \"a\": {\n    \"b\": \"c\"\n  }\n}\n",
            "{\n\t\"a\": [1, 2.50, -0, 1e3, true, null, \"x\\u0041\\/\\n\"]\n}",
            "\u{feff}{\r\n  \"a\": \"ä\",\r\n  \"a\": \"dup\"\r\n}\r\n",
            r#"{"big": 123456789012345678901234567890, "neg": -9223372036854775808, "s": "\ud800"}"#,
        ] {
            let (sealed, hints) = seal(source.as_bytes());
            let opened = open(&sealed, source.as_bytes(), &hints);
            assert_eq!(String::from_utf8(opened).unwrap(), source);
        }
    }

    #[test]
    fn the_block_of_sops_goes_wherever_it_stands() {
        for (sealed, plain) in [
            ("{\n\t\"sops\": {\"a\": 1}\n}\n", "{}\n"),
            ("{\"sops\": {}, \"a\": 1}", "{\"a\": 1}"),
            ("{\"a\": 1,\n \"sops\": {},\n \"b\": 2\n}", "{\"a\": 1,\n \"b\": 2\n}"),
        ] {
            let tree = Json.parse(sealed.as_bytes(), &Limits::default()).unwrap();
            let mut edits = Edits::default();
            Json.remove_metadata(&tree, &mut edits);
            assert_eq!(String::from_utf8(edits.apply(sealed.as_bytes()).unwrap().to_vec()).unwrap(), plain);
        }
    }

    #[test]
    fn bad_text_has_a_place() {
        for (source, at) in [
            ("", 0),
            ("[1]", 0),
            ("{\"a\" 1}", 5),
            ("{\"a\": 01}", 7),
            ("{\"a\": 1,}", 8),
            ("{\"a\": \"x\ny\"}", 8),
            ("{\"a\": \"\\x\"}", 8),
            ("{\"a\": tru}", 6),
            ("{\"a\": 1} x", 9),
            ("{\"a\": [1}", 8),
            ("{\"a\": 1e999}", 6),
            ("{\"a\": 1", 7),
        ] {
            let error = Json.parse(source.as_bytes(), &Limits::default()).unwrap_err();
            assert_eq!(error.at, at, "{source}: {error}");
        }
    }

    #[test]
    fn a_text_is_one_value_or_none() {
        let read = |text: &str| value(text.as_bytes(), &Limits::default());
        assert_eq!(read(" 5 "), Some(Data::Value(Value::Int(5))));
        assert_eq!(read("\"a\""), Some(Data::str("a")));
        assert_eq!(read("[1]"), Some(Data::List(vec![Data::Value(Value::Int(1))])));
        assert!(matches!(read("{\"a\": {}}"), Some(Data::Map(_))));
        for text in ["", " ", "a", "01", "1, \"b\": 2", "1}, {", "\"a", "1 2", "[", "}"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_an_error_not_a_crash() {
        let source = format!("{{\"a\":{}", "[".repeat(200_000));
        assert!(Json.parse(source.as_bytes(), &Limits::default()).is_err());
    }

    #[test]
    fn paths_follow_keys_and_positions() {
        let source = br#"{"a": [{"b": 1}, 2]}"#;
        let tree = Json.parse(source, &Limits::default()).unwrap();
        let id = KeyPath::parse("a[0].b").unwrap().find(&tree, 0).unwrap();
        assert_eq!(tree.text(tree.node(id).span), b"1");
        assert_eq!(KeyPath::of(&tree, id).to_string(), "a[0].b");
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            ".{0,12}".prop_map(Into::into),
        ];
        let tree = leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::vec((".{0,6}", inner), 0..6).prop_map(|items| serde_json::Value::Object(
                    items.into_iter().collect::<serde_json::Map<_, _>>()
                )),
            ]
        });
        tree.prop_map(|value| serde_json::json!({ "root": value }))
    }

    proptest! {
        #[test]
        fn random_documents_come_back(value in json(), pretty: bool) {
            let source = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let source = source.unwrap();
            let (sealed, hints) = seal(source.as_bytes());
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&sealed).is_ok());
            prop_assert_eq!(String::from_utf8(open(&sealed, source.as_bytes(), &hints)).unwrap(), source);
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = Json.parse(&bytes, &Limits::default());
        }
    }
}
