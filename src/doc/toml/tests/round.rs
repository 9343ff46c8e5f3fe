//! Tokens and metadata go in, and the text comes back.

use super::documents::document;
use super::*;
use crate::doc::tree::Step;
use proptest::prelude::*;
use toml_edit::{Item, Table};

const TOKEN: &str = "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]";

fn metadata(version: &str) -> Data {
    let mut context = Data::map();
    context.push("App", Data::str("web"));
    let mut entry = Data::map();
    entry.push("context", context);
    entry.push("recipient", Data::str("age1x"));
    entry.push("enc", Data::str("a\nb\n"));
    let mut data = Data::map();
    data.push("age", Data::List(vec![entry.clone(), entry]));
    data.push("kms", Data::List(Vec::new()));
    data.push("mac", Data::str("m\"\\"));
    data.push("threshold", Data::Value(Value::Int(2)));
    data.push("version", Data::str(version));
    data
}

/// Puts tokens and metadata in, and takes them out again, with the spellings that the record has or without.
pub(super) fn round_trip(source: &[u8], with_hints: bool, replaced: bool) -> Vec<u8> {
    let tree = Toml.parse(source, &Limits::default()).unwrap();
    let leaves: Vec<NodeId> =
        (1..tree.nodes.len() as NodeId).filter(|id| matches!(tree.node(*id).kind, Kind::Leaf(_))).collect();
    let mut edits = Edits::default();
    leaves.iter().for_each(|id| Toml.put_cipher(&tree, *id, TOKEN, &mut edits));
    for index in 0..tree.comments.len() {
        Toml.put_comment_cipher(&tree, index, TOKEN, &mut edits).unwrap();
    }
    Toml.add_metadata(&tree, &metadata("1"), &Layout::default(), &mut edits).unwrap();
    let mut sealed = edits.apply(source).unwrap();
    if replaced {
        let tree = Toml.parse(&sealed, &Limits::default()).unwrap();
        let mut edits = Edits::default();
        Toml.replace_metadata(&tree, &metadata("2"), &Layout::default(), &mut edits).unwrap();
        sealed = edits.apply(&sealed).unwrap();
    }
    let sealed_tree = Toml.parse(&sealed, &Limits::default()).unwrap();
    assert_eq!(sealed_tree.tags, tree.tags);
    let read = Toml.metadata(&sealed_tree).unwrap();
    let wanted = metadata(if replaced { "2" } else { "1" });
    for field in ["age", "mac", "kms", "threshold", "version"] {
        assert_eq!(read.get(field), wanted.get(field), "{field}");
    }
    let mut edits = Edits::default();
    Toml.remove_metadata(&sealed_tree, &mut edits);
    for id in leaves {
        let Kind::Leaf(value) = &tree.node(id).kind else { panic!("not a leaf") };
        assert_eq!(sealed_tree.node(id).kind, Kind::Leaf(Value::Str(TOKEN.into())));
        match Toml.layout_hint(&tree, id).filter(|_| with_hints) {
            Some(hint) => Toml.put_hint(&sealed_tree, id, &hint, &mut edits),
            None => Toml.put_plain(&sealed_tree, id, value, Spelling::Kept, &mut edits),
        }
    }
    for (index, comment) in tree.comments.iter().enumerate() {
        Toml.put_comment_plain(&sealed_tree, index, tree.text(comment.span), &mut edits);
    }
    edits.apply(&sealed).unwrap().to_vec()
}

#[test]
fn every_layout_comes_back() {
    for source in [
        "",
        "\n",
        "\u{feff}",
        "\u{feff}a=1",
        "a=1",
        "a = 1\r\n\r\n",
        "# only a comment",
        "  \n\t",
        "a = 0x1F # c\nb = 1_000\nc = 1e3\nd = inf\ne = -nan\nf = +1\ng = 1.50\n",
        "a = \"\\u0041\\t\\e\"\nb = '''x'''\nc = '''\nx\n'''\nd = \"\"\"\nx \\\n  y\\\"\"\"\"\"\"\ne = \"\"\"a\r\nb\"\"\"\r\n",
        "a = '1979-05-27'\nb = 1979-05-27\nc = '''1979-05-27'''\nd = '''ENC[x'''\ne = '''ENC[x]'''\nf = 07:32\n",
        "a.b = [ 1, # one\n  [ \"x\", ], { y = 1, z.w = 2 } ]\n[[t]]\n# end",
        "[ a . \"b c\" ] # x\n\t\"\" = {}\n'q' =[]\n[[ l ]]\n [[l]]\n[a.\"b c\".d]\n# end\n\n# more\n",
        "i = {\n  a = 1, # one\n  # two\n  b = \"2\",\n}\n",
        "big = \"\"\"\n\"\"a\"\"\\\"b\"\"\"\"\"\n",
    ] {
        for replaced in [false, true] {
            let back = round_trip(source.as_bytes(), true, replaced);
            assert_eq!(String::from_utf8(back).unwrap(), source, "{source:?}");
        }
    }
}

#[test]
fn without_the_record_types_and_values_come_back() {
    let source = "a = '''x\ny'''\nb = 1979-05-27\nc = '''1979-05-27'''\nd = 0x1F\ne = 1979-05-27 07:32:00\n";
    let back = round_trip(source.as_bytes(), false, false);
    assert_eq!(
        String::from_utf8(back).unwrap(),
        "a = \"\"\"\nx\ny\"\"\"\nb = 1979-05-27\nc = \"\"\"1979-05-27\"\"\"\nd = 31\ne = 1979-05-27T07:32:00\n"
    );
}

#[test]
fn the_metadata_is_readable_and_last() {
    let tree = Toml.parse(b"a = 1\n", &Limits::default()).unwrap();
    let mut edits = Edits::default();
    Toml.add_metadata(&tree, &metadata("1"), &Layout::default(), &mut edits).unwrap();
    let entry = "\n[[sops.age]]\ncontext.App = \"web\"\nrecipient = \"age1x\"\nenc = \"\"\"\na\nb\n\"\"\"\n";
    assert_eq!(
        String::from_utf8(edits.apply(tree.source).unwrap().to_vec()).unwrap(),
        format!(
            "a = 1\n\n[sops]\nkms = []\nmac = \"m\\\"\\\\\"\nthreshold = 2\nversion = \"1\"\n{entry}{entry}"
        )
    );
}

/// The tree of another reader, in its own order: by names.
fn agrees(tree: &Tree<'_>, id: NodeId, item: &Item, at: &str) {
    let node = tree.node(id);
    let children: Vec<NodeId> = tree.children(id).collect();
    let key = |id: NodeId| match &tree.node(id).name {
        Name::Key(key) => String::from_utf8(key.to_vec()).unwrap(),
        _ => panic!("no key"),
    };
    match (item, &node.kind) {
        (Item::Table(table), Kind::Map) => {
            assert_eq!(table.len(), children.len(), "{at}");
            for child in children {
                agrees(tree, child, &table[key(child).as_str()], &format!("{at}.{}", key(child)));
            }
        }
        (Item::ArrayOfTables(list), Kind::List) => {
            assert_eq!(list.len(), children.len(), "{at}");
            for (child, table) in children.into_iter().zip(list.iter()) {
                agrees(tree, child, &Item::Table(table.clone()), &format!("{at}[]"));
            }
        }
        (Item::Value(toml_edit::Value::InlineTable(table)), Kind::Map) => {
            assert_eq!(table.len(), children.len(), "{at}");
            for child in children {
                let value = table.get(&key(child)).unwrap().clone();
                agrees(tree, child, &Item::Value(value), &format!("{at}.{}", key(child)));
            }
        }
        (Item::Value(toml_edit::Value::Array(list)), Kind::List) => {
            assert_eq!(list.len(), children.len(), "{at}");
            for (child, value) in children.into_iter().zip(list.iter()) {
                agrees(tree, child, &Item::Value(value.clone()), &format!("{at}[]"));
            }
        }
        (Item::Value(value), Kind::Leaf(ours)) => {
            let same = match (value, ours) {
                (toml_edit::Value::String(text), Value::Str(ours)) => {
                    // That reader keeps CR LF in a text over several lines.
                    let lines = matches!(node.style, Style::Triple | Style::TripleSingle);
                    let text = if lines { text.value().replace("\r\n", "\n") } else { text.value().clone() };
                    **ours == *text.as_bytes()
                }
                (toml_edit::Value::Integer(a), Value::Int(b)) => a.value() == b,
                (toml_edit::Value::Float(a), Value::Float(b)) => {
                    a.value().to_bits() == b.to_bits() || (a.value().is_nan() && b.is_nan())
                }
                (toml_edit::Value::Boolean(a), Value::Bool(b)) => a.value() == b,
                (toml_edit::Value::Datetime(a), Value::Time(b)) => {
                    a.value().offset.is_some() && Timestamp::parse_rfc3339(&full(a.value())) == Some(*b)
                }
                (toml_edit::Value::Datetime(a), Value::Str(b)) => {
                    a.value().offset.is_none() && is_local(tree, id) && scalar::is_local(b)
                }
                _ => false,
            };
            assert!(same, "{at}: {value} is not {ours:?}");
            let span = value.span().unwrap();
            assert_eq!(span, node.span.range(), "{at}");
        }
        _ => panic!("{at}: {} is not {:?}", item.type_name(), node.kind),
    }
}

fn full(read: &toml_edit::Datetime) -> String {
    let mut read = *read;
    if let Some(time) = &mut read.time {
        time.second.get_or_insert(0);
    }
    read.to_string()
}

/// Whether the other reader takes the text, whose tree then agrees.
pub(super) fn judged(source: &str) -> bool {
    let Ok(document) = toml_edit::Document::parse(source) else { return false };
    let tree = match Toml.parse(source.as_bytes(), &Limits::default()) {
        Ok(tree) => tree,
        // The other reader lets dotted keys into the last of `[[tables]]`.
        Err(_) if source.contains("[[") => return false,
        Err(error) => panic!("{error} at {}: {source}", error.at),
    };
    let table: &Table = document.as_table();
    agrees(&tree, 0, &Item::Table(table.clone()), "");
    true
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn random_documents_come_back(numbers in prop::collection::vec(any::<u8>(), 0..200)) {
        let source = document(&numbers);
        prop_assert!(judged(&source), "{}", source);
        for replaced in [false, true] {
            let back = round_trip(source.as_bytes(), true, replaced);
            prop_assert_eq!(String::from_utf8(back).unwrap(), source.clone());
        }
    }

    #[test]
    fn without_the_record_random_values_come_back(numbers in prop::collection::vec(any::<u8>(), 0..200)) {
        let source = document(&numbers);
        let back = round_trip(source.as_bytes(), false, false);
        let (was, is) = (
            Toml.parse(source.as_bytes(), &Limits::default()).unwrap(),
            Toml.parse(&back, &Limits::default()).unwrap(),
        );
        prop_assert_eq!(&was.tags, &is.tags);
        prop_assert_eq!(was.nodes.len(), is.nodes.len());
        for (a, b) in was.nodes.iter().zip(&is.nodes) {
            prop_assert_eq!((&a.kind, &a.name, a.parent), (&b.kind, &b.name, b.parent), "{}", source);
        }
    }

    #[test]
    fn both_readers_refuse_the_same(lines in prop::collection::vec(
        "(\\[\\[?[ab](\\.[ab]){0,2}\\]?\\]|[ab](\\.[ab]){0,2} = (1|\\{\\}|\\[\\]|\\{ [ab](\\.[ab])? = 1, [ab](\\.[ab])? = 2 \\}|\\[\\{\\}\\])|# c)", 0..8)) {
        let source = lines.join("\n");
        let ours = Toml.parse(source.as_bytes(), &Limits::default());
        prop_assert_eq!(judged(&source), ours.is_ok(), "{}", source);
    }

    #[test]
    fn any_text_is_read_or_refused(source in "[]\\[{}=,.:#\"'\\\\\n\r\t a1_+-]{0,40}") {
        if let Ok(tree) = Toml.parse(source.as_bytes(), &Limits::default()) {
            let walked: Result<(), ()> = tree.walk(|step| {
                if let Step::Leaf(id) = step {
                    assert!(!tree.text(tree.node(id).span).is_empty());
                }
                Ok(())
            });
            prop_assert!(walked.is_ok());
        }
    }
}
