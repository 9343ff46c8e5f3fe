//! The scanner against what the reader of SOPS makes of a text, and texts that come back.

use super::*;
use crate::doc::change::{set, unset};
use crate::doc::tree::Name;
use crate::doc::{KeyPath, Text};
use proptest::prelude::*;

const TOKEN: &str = "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]";

fn parse(source: &str) -> Result<Vec<(String, String)>, Error> {
    let tree = Ini.parse(source.as_bytes(), &Limits::default())?;
    let mut found = Vec::new();
    for id in 1..tree.nodes.len() as NodeId {
        let node = tree.node(id);
        let Name::Key(key) = &node.name else { panic!("no key") };
        let text = match &node.kind {
            Kind::Leaf(Value::Str(text)) => String::from_utf8(text.to_vec()).unwrap(),
            _ => "[]".to_owned(),
        };
        found.push((String::from_utf8(key.to_vec()).unwrap(), text));
    }
    Ok(found)
}

#[track_caller]
fn reads(source: &str, wanted: &[(&str, &str)]) {
    let found = parse(source).unwrap();
    let found: Vec<_> = found.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
    assert_eq!(found, wanted, "{source:?}");
}

#[test]
fn values_are_read_as_sops_reads_them() {
    for (text, wanted) in [
        ("v", "v"),
        ("  v w \t", "v w"),
        ("", ""),
        ("'q'", "q"),
        ("\"q\"", "q"),
        ("\"a\"b\"", "\"a\"b\""),
        ("'a\"", "'a\""),
        ("\"\"", ""),
        ("\"", "\""),
        ("\" v \"", " v "),
        ("v ; c", "v"),
        ("a#b", "a"),
        ("\"x;y\"", "\"x"),
        ("`a;b`", "a;b"),
        ("`a`b`", "a`b"),
        ("\"\"\"a;b\"\"\"", "a;b"),
        ("\"\"\"\"\"\"", ""),
        ("\"\"\"a\nb\"\"\"", "a\nb"),
        ("\"\"\"\na\r\n\"\"\" ; c", "\na\r\n"),
        ("`a\n[b]\n; c\n`", "a\n[b]\n; c\n"),
        ("a\\\n  b", "ab"),
        ("a \\\n; b\\\n  'c' # d", "a ; b'c' # d"),
        ("a \\\n\n", "a "),
        ("%(a)s=b:c", "%(a)s=b:c"),
        ("\u{a0}v\u{3000}", "v"),
    ] {
        reads(&format!("k = {text}\n"), &[("DEFAULT", "[]"), ("k", wanted)]);
        reads(&format!("k = {text}\nz = 1"), &[("DEFAULT", "[]"), ("k", wanted), ("z", "1")]);
    }
}

#[test]
fn sections_and_keys_are_read_as_sops_reads_them() {
    reads("", &[]);
    reads("\u{feff}k=1\r\n", &[("DEFAULT", "[]"), ("k", "1")]);
    reads("[a]\n[a]\nk: 1\n  [b]]  \n", &[("a", "[]"), ("a", "[]"), ("k", "1"), ("b]", "[]")]);
    reads("k=1\n[DEFAULT]\nk=2\n", &[("DEFAULT", "[]"), ("k", "1"), ("DEFAULT", "[]"), ("k", "2")]);
    reads(
        "[a] ; x\n`a=b` = 1\n\"c:d\" : 2\n\"\"\"e`f\"\"\"=3\n",
        &[("a", "[]"), ("a=b", "1"), ("c:d", "2"), ("e`f", "3")],
    );
}

#[test]
fn what_cannot_be_kept_is_refused_with_its_place() {
    for (source, at) in [
        ("a=1\njustkey\n", 4),
        ("[a\n", 0),
        ("[]\n", 0),
        ("[a] b ; c\n", 4),
        ("a=1\n=2\n", 4),
        ("a=1\na=2\n", 4),
        ("- = 1\n", 0),
        ("a = `b` c\n", 8),
        ("a = `b` ; c\n", 8),
        ("a = `b\n", 4),
        ("a = \"\"\"", 4),
        ("\"a = 1\n", 0),
        ("\u{feff}x\n", 3),
    ] {
        assert_eq!(parse(source).unwrap_err().at, at, "{source:?}");
    }
    assert_eq!(Ini.parse(b"\xff\xfea\0", &Limits::default()).unwrap_err().kind, ErrorKind::NotUtf8);
}

#[test]
fn comments_stand_where_sops_has_them() {
    let source = "; s\n# t\n[a] ; u\n;; k\n\n  # l\nk = 1 # m\n# z\n";
    let tree = Ini.parse(source.as_bytes(), &Limits::default()).unwrap();
    let found: Vec<_> = tree
        .comments
        .iter()
        .map(|c| (std::str::from_utf8(tree.text(c.span)).unwrap(), c.parent, c.before))
        .collect();
    assert_eq!(found, [("s\n# t", 1, 2), ("u", 1, 2), ("k\n\n  # l", 1, 3), ("m", 1, 3), ("z", 1, 3)]);
    let title = "#\n# Title\n#\n[a]\n####\n; \n";
    let tree = Ini.parse(title.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(tree.comments.len(), 1);
    assert_eq!(tree.text(tree.comments[0].span), b"#\n# Title\n#");
}

fn metadata() -> Data {
    let mut data = Data::map();
    data.push("mac", Data::str("m"));
    data.push("enc", Data::str("a\nb\n"));
    data.push("unencrypted_regex", Data::str("^(a;b|\"c\")"));
    data
}

/// Puts tokens and metadata in, and takes them out again.
fn round_trip(source: &[u8], replaced: bool) -> Vec<u8> {
    let tree = Ini.parse(source, &Limits::default()).unwrap();
    let leaves: Vec<NodeId> =
        (1..tree.nodes.len() as NodeId).filter(|id| matches!(tree.node(*id).kind, Kind::Leaf(_))).collect();
    let mut edits = Edits::default();
    for id in &leaves {
        Ini.put_cipher(&tree, *id, TOKEN, &mut edits);
    }
    let mut texts = Vec::new();
    for (index, comment) in tree.comments.iter().enumerate() {
        let mut text = tree.text(comment.span).to_vec();
        Ini.seal_comment(&mut text);
        let sealed = Ini.put_comment_cipher(&tree, index, TOKEN, &mut edits).is_ok();
        texts.push(sealed.then_some(text));
    }
    let mut added = if replaced { Data::map() } else { metadata() };
    added.push("version", Data::str("1"));
    Ini.add_metadata(&tree, &added, &Layout::default(), &mut edits).unwrap();
    let mut sealed = edits.apply(source).unwrap();
    if replaced {
        let tree = Ini.parse(&sealed, &Limits::default()).unwrap();
        let mut edits = Edits::default();
        Ini.replace_metadata(&tree, &metadata(), &Layout::default(), &mut edits).unwrap();
        sealed = edits.apply(&sealed).unwrap();
    }
    let sealed_tree = Ini.parse(&sealed, &Limits::default()).unwrap();
    let read = Ini.metadata(&sealed_tree).unwrap();
    assert_eq!(read.get("enc").and_then(Data::as_str), Some("a\nb\n"));
    assert_eq!(read.get("unencrypted_regex").and_then(Data::as_str), Some("^(a;b|\"c\")"));
    let mut edits = Edits::default();
    Ini.remove_metadata(&sealed_tree, &mut edits);
    for id in leaves {
        let Kind::Leaf(value) = &tree.node(id).kind else { panic!("not a leaf") };
        match Ini.layout_hint(&tree, id) {
            Some(hint) => Ini.put_hint(&sealed_tree, id, &hint, &mut edits),
            None => Ini.put_plain(&sealed_tree, id, value, Spelling::Kept, &mut edits),
        }
    }
    for (index, text) in texts.into_iter().enumerate() {
        if let Some(mut text) = text {
            Ini.open_comment(&mut text, 0);
            Ini.put_comment_plain(&sealed_tree, index, &text, &mut edits);
        }
    }
    edits.apply(&sealed).unwrap().to_vec()
}

#[test]
fn every_layout_comes_back() {
    for source in [
        "",
        "\n",
        "\u{feff}",
        "a=1",
        "a=1\n",
        "a=1\r",
        "a = 1\r\n\r\n",
        "; only a comment",
        "#\n# Title\n#\n\n\n# more\n \n;; x\n[a]\n\n; c\nk: 'v' ; in\n\n[a]\nl = \\\n  x\n# end\n\n",
        "[s] # kept\n  a = \"\"\"x\r\ny\"\"\" ; c\r\n  b = `q;`\nc=\"\"\nd = \nlast = a\\",
        ";#\n# x\na=1\n;#y\nb=2\n#\tz\nc=3\n",
        "[a]\nk = \"unbalanced\nl = it's\n",
    ] {
        for replaced in [false, true] {
            let back = round_trip(source.as_bytes(), replaced);
            assert_eq!(String::from_utf8(back).unwrap(), source, "{source:?}");
        }
    }
}

#[test]
fn metadata_may_stand_anywhere() {
    let source = b"[sops]\nmac = \"\"\"a\nb\"\"\"\n\n; of b\n[b]\nk = 1\n";
    let tree = Ini.parse(source, &Limits::default()).unwrap();
    assert_eq!(Ini.metadata(&tree).unwrap().get("mac").and_then(Data::as_str), Some("a\nb"));
    let mut edits = Edits::default();
    Ini.remove_metadata(&tree, &mut edits);
    assert_eq!(&*edits.apply(source).unwrap(), b"; of b\n[b]\nk = 1\n");
}

#[test]
fn new_values_are_quoted_only_where_they_must() {
    for (value, wanted) in [
        ("plain", "plain"),
        ("it's", "it's"),
        ("'q'", "\"'q'\""),
        ("\"q\"", "'\"q\"'"),
        (" s ", "\" s \""),
        ("a;b", "`a;b`"),
        ("a;`b", "`a;`b`"),
        ("a`;\nb", "\"\"\"a`;\nb\"\"\""),
        ("x\\", "\"x\\\""),
        ("a\nb", "`a\nb`"),
        ("", ""),
    ] {
        let mut out = Vec::new();
        assert!(spell::push(&Value::Str(value.into()), Some(Style::Plain), &mut out), "{value:?}");
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }
    let mut out = Vec::new();
    assert!(!spell::push(&Value::Str("`\"\"\"\n".into()), Some(Style::Plain), &mut out));
}

fn try_set(source: &str, path: &str, value: &str) -> Result<String, String> {
    let path: KeyPath = KeyPath::parse(path).map_err(|e| format!("{e:?}"))?;
    match set(&Ini, source.as_bytes(), &path, &Data::str(value), &Limits::default()) {
        Ok(Some(text)) => Ok(String::from_utf8(text.to_vec()).unwrap()),
        Ok(None) => Ok(source.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn try_unset(source: &str, path: &str) -> Result<String, String> {
    let path: KeyPath = KeyPath::parse(path).map_err(|e| format!("{e:?}"))?;
    unset(&Ini, source.as_bytes(), &path, &Limits::default())
        .map(|text| String::from_utf8(text.to_vec()).unwrap())
        .map_err(|error| error.to_string())
}

#[test]
fn entries_are_set_in_the_style_of_their_neighbours() {
    for (source, path, value, wanted) in [
        ("", "a.b", "1", "[a]\nb = 1\n"),
        ("[a]\nb=1", "a.b", "2", "[a]\nb=2"),
        ("[a]\nb=1", "a.c", "2", "[a]\nb=1\nc=2"),
        ("[a]\n  b: 1 ; x\n\n; y\n[c]\n", "a.d", "2;3", "[a]\n  b: 1 ; x\n  d: `2;3`\n\n; y\n[c]\n"),
        ("[a]\r\nb =\r\n", "a.b", "x", "[a]\r\nb = x\r\n"),
        ("[a]\r\nb = 1\r\n", "c.d", "x", "[a]\r\nb = 1\r\n\r\n[c]\r\nd = x\r\n"),
        ("[a]\n[b]\n", "a.k", "v", "[a]\nk = v\n[b]\n"),
        ("[a]\nb = \"1\"\n", "a.b", "x", "[a]\nb = \"x\"\n"),
        ("[a]\nb = \"\"\"x\ny\"\"\" ; c\nd = 1\n", "a.b", "x", "[a]\nb = x ; c\nd = 1\n"),
        ("k = 1\n", "DEFAULT.l", "x", "k = 1\nl = x\n"),
    ] {
        let found = try_set(source, path, value);
        assert_eq!(found.as_deref(), Ok(wanted), "{source:?} {path}");
    }
    for (source, path, value) in [
        ("[a]\n", "x", "1"),
        ("[a]\n", "sops.x", "1"),
        ("[a]\n", "a.-", "1"),
        ("[a]\nb=1\n", "a.b.c", "1"),
        ("[a]\n", "a", "1"),
    ] {
        assert!(try_set(source, path, value).is_err(), "{source:?} {path}");
    }
}

#[test]
fn entries_are_removed_with_their_comments() {
    for (source, path, wanted) in [
        ("a=1\n; c\nb=2 ; d\n; e\nc=3\n", "DEFAULT.b", "a=1\n; e\nc=3\n"),
        ("[a]\nb=1", "a.b", "[a]"),
        ("[a]\nb=`1\n2`\nc=3\n", "a.b", "[a]\nc=3\n"),
        ("[a]\nb=1\n\n; x\n[c]\nd=2\n\n; y\n[e]\n", "c", "[a]\nb=1\n\n; y\n[e]\n"),
        ("[a]\nb=1\r\n", "a", ""),
        ("k=1\n[a]\nb=1\n", "DEFAULT", "[a]\nb=1\n"),
        ("\u{feff}k=1\nl=1\n", "DEFAULT.k", "\u{feff}l=1\n"),
    ] {
        let found = try_unset(source, path);
        assert_eq!(found.as_deref(), Ok(wanted), "{source:?} {path}");
    }
}

#[test]
fn data_is_written_as_sops_lays_it_out() {
    let mut keys = Data::map();
    keys.push("long key", Data::str("a;b"));
    keys.push("", Data::Comment(Text::owned(" c\nd")));
    keys.push("k=v", Data::Value(Value::Float(1.0)));
    let mut empty = Data::map();
    empty.push("", Data::Comment(Text::owned("")));
    let mut data = Data::map();
    data.push("DEFAULT", keys.clone());
    data.push("e", empty);
    data.push("a", keys);
    let text = Ini.write(&[data.clone()], None, &Layout::default()).unwrap();
    let keys = "long key = `a;b`\n; c\n; d\n`k=v`    = 1.0\n";
    assert_eq!(String::from_utf8(text.to_vec()).unwrap(), format!("{keys}\n[e]\n; \n\n[a]\n{keys}"));
    data.push("flat", Data::str("x"));
    assert!(Ini.write(&[data], None, &Layout::default()).is_err());
}

proptest! {
    #[test]
    fn random_text_comes_back(lines in prop::collection::vec(
        "(\\[[a-z]{1,2}\\]( ;x)?|[a-z]{1,5} ?[=:] ?[ \"'`;#a-z\\\\]{0,8}|[a-z]{1,5} = (`[a-z\n;]{0,5}`|\"\"\"[a-z\n ]{0,5}\"\"\"|'[a-z ]*'|\"[a-z ]*\")|[;# ]{1,3}[a-z ]{0,4}|[ \t]{0,2}|\r)", 0..12), last: bool) {
        let mut source = lines.join("\n");
        if last { source.push('\n'); }
        if Ini.parse(source.as_bytes(), &Limits::default()).is_ok() {
            for replaced in [false, true] {
                let back = round_trip(source.as_bytes(), replaced);
                prop_assert_eq!(String::from_utf8(back).unwrap(), source.clone());
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(source in prop::collection::vec(prop::sample::select(&b"[]=:;#\"'`\\\n\r ak\xc2\xa0"[..]), 0..40)) {
        if let Ok(tree) = Ini.parse(&source, &Limits::default()) {
            for node in &tree.nodes {
                prop_assert!(node.span.end as usize <= source.len() && node.span.start <= node.span.end);
            }
        }
    }
}
