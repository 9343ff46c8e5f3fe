//! The format of SOPS: every layout comes back, metadata wherever it stands.

use super::*;
use crate::doc::tree::Kind;
use proptest::prelude::*;

fn metadata() -> Data {
    let mut data = Data::map();
    data.push("mac", Data::str("m"));
    data.push("enc", Data::str("a\nb\n"));
    data
}

fn round_trip(source: &[u8]) -> Vec<u8> {
    let tree = Dotenv.parse(source, &Limits::default()).unwrap();
    let mut edits = Edits::default();
    for id in 1..tree.nodes.len() as NodeId {
        Dotenv.put_cipher(&tree, id, "ENC[x]", &mut edits);
    }
    Dotenv.add_metadata(&tree, &metadata(), &Layout::default(), &mut edits).unwrap();
    let sealed = edits.apply(source).unwrap();
    let sealed_tree = Dotenv.parse(&sealed, &Limits::default()).unwrap();
    let read = Dotenv.metadata(&sealed_tree).unwrap();
    assert_eq!(read.get("enc").and_then(Data::as_str), Some("a\nb\n"));
    let mut edits = Edits::default();
    Dotenv.remove_metadata(&sealed_tree, &mut edits);
    for id in 1..tree.nodes.len() as NodeId {
        let Kind::Leaf(value) = &tree.node(id).kind else { panic!("not a leaf") };
        Dotenv.put_plain(&sealed_tree, id, value, Spelling::Kept, &mut edits);
    }
    edits.apply(&sealed).unwrap().to_vec()
}

#[test]
fn every_layout_comes_back() {
    for source in [
        "",
        "\n",
        "A=1",
        "A=1\n",
        "A=1\n\n\n",
        "# c\nexport A = \"x\" # y\n\nB=a\\nb\r\n",
        "A=\nA=2\n=x",
        "#",
    ] {
        assert_eq!(String::from_utf8(round_trip(source.as_bytes())).unwrap(), source, "{source:?}");
    }
}

#[test]
fn metadata_may_stand_anywhere_and_end_in_cr_lf() {
    let source = b"sops_mac=m\r\nA=1\nsops_enc=a\\nb\\n\nB=2\nsops_version=3\r\n";
    let tree = Dotenv.parse(source, &Limits::default()).unwrap();
    let data = Dotenv.metadata(&tree).unwrap();
    assert_eq!(data.get("mac").and_then(Data::as_str), Some("m"));
    let mut edits = Edits::default();
    Dotenv.remove_metadata(&tree, &mut edits);
    assert_eq!(&*edits.apply(source).unwrap(), b"A=1\nB=2\n");
}

#[test]
fn line_ends_are_restored_only_where_all_were_turned() {
    assert_eq!(
        restore_line_ends(b"A=1\r\n\r\nsops_mac=m\r\n").as_deref().map(Vec::as_slice),
        Some(&b"A=1\n\nsops_mac=m\n"[..])
    );
    assert!(restore_line_ends(b"A=1\r\nsops_mac=m\n").is_none());
    assert!(restore_line_ends(b"A=1\r\n").is_none());
}

#[test]
fn a_line_without_equals_has_a_place() {
    assert_eq!(Dotenv.parse(b"A=1\nsecret\n", &Limits::default()).unwrap_err().at, 4);
}

#[test]
fn other_types_are_written_as_sops_writes_them() {
    for (x, text) in
        [(1.0, "1.0"), (1e6, "1E+06"), (1e-7, "1E-07"), (1_234_567.5, "1.2345675E+06"), (1.5, "1.5")]
    {
        let mut out = Vec::new();
        push_value(&Value::Float(x), &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), text);
    }
}

proptest! {
    #[test]
    fn random_lines_come_back(lines in prop::collection::vec("(#.*|[a-zA-Z0-9 ]{0,4}=[^\n]{0,12}|)", 0..12), last: bool) {
        let mut source = lines.join("\n");
        if last { source.push('\n'); }
        prop_assume!(!source.contains("sops_"));
        prop_assert_eq!(String::from_utf8(round_trip(source.as_bytes())).unwrap(), source);
    }
}
