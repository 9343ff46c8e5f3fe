//! The tree, against texts written by hand and against another reader; texts that come back.

pub(crate) mod documents;
mod entries;
mod hostile;
mod round;
mod rules;

use super::*;
use crate::doc::Timestamp;
use crate::doc::tree::Name;

/// The values of `source` in the order of the walk, as `path = value`.
fn shown(source: &str) -> Vec<String> {
    let tree = Toml.parse(source.as_bytes(), &Limits::default()).unwrap();
    let mut lines = Vec::new();
    for id in 1..tree.nodes.len() as NodeId {
        let node = tree.node(id);
        let value = match &node.kind {
            Kind::Leaf(value) => {
                let mut text = Vec::new();
                value.canonical(&mut text);
                format!("{} {}", value.type_name(), String::from_utf8(text).unwrap())
            }
            _ if node.end > id + 1 => continue,
            Kind::List => "[]".to_owned(),
            Kind::Map => "{}".to_owned(),
        };
        lines.push(format!("{} = {value}", crate::doc::KeyPath::of(&tree, id)));
    }
    lines
}

#[track_caller]
fn error(source: &str) -> Error {
    Toml.parse(source.as_bytes(), &Limits::default()).unwrap_err()
}

#[test]
fn values_have_the_types_of_sops() {
    for (text, wanted) in [
        ("\"a\\u0041\\n\"", "str aA\n"),
        ("'a\\n'", "str a\\n"),
        ("\"\"\"\na\n  b \\\n   c\"\"\"", "str a\n  b c"),
        ("'''\n'a'\n'''", "str 'a'\n"),
        ("\"\"\"a\r\nb\\r\n\"\"\"", "str a\nb\r\n"),
        ("\"\"", "str "),
        ("0x1F", "int 31"),
        ("0o17", "int 15"),
        ("0b11", "int 3"),
        ("1_000", "int 1000"),
        ("+7", "int 7"),
        ("-0", "int 0"),
        ("9223372036854775807", "int 9223372036854775807"),
        ("1.0", "float 1"),
        ("1e3", "float 1000"),
        ("-0.0", "float -0"),
        ("6.626e-34", &format!("float {}", 6.626e-34)),
        ("inf", "float +Inf"),
        ("-inf", "float -Inf"),
        ("-nan", "float NaN"),
        ("true", "bool True"),
        ("1979-05-27T07:32:00Z", "time 1979-05-27T07:32:00Z"),
        ("1979-05-27 00:32:00.999-07:00", "time 1979-05-27T00:32:00.999-07:00"),
        ("1979-05-27t07:32z", "time 1979-05-27T07:32:00Z"),
        ("1979-05-27 07:32:00.50", "str 1979-05-27T07:32:00.5"),
        ("1979-05-27", "str 1979-05-27"),
        ("07:32", "str 07:32:00"),
    ] {
        assert_eq!(shown(&format!("k = {text}\n")), [format!("k = {wanted}")], "{text}");
    }
}

#[test]
fn tables_in_pieces_come_together_in_the_order_of_their_names() {
    assert_eq!(
        shown("[a.b]\nx = 1\n[c]\ny = 2\n[a]\nz = 3\n[a.d]\n[c.e]\nw = 4\n"),
        ["a.b.x = int 1", "a.z = int 3", "a.d = {}", "c.y = int 2", "c.e.w = int 4"]
    );
    assert_eq!(
        shown("a.b = 1\nc = 2\na.d.e = 3\n[f]\n\"g.h\" = 1\n'' = 2\n"),
        ["a.b = int 1", "a.d.e = int 3", "c = int 2", "f[\"g.h\"] = int 1", "f[\"\"] = int 2"]
    );
    assert_eq!(
        shown("[[a]]\nx = 1\n[a.t]\ny = 2\n[[a.l]]\n[b]\n[[a]]\n[[a.l]]\nz = 3\n"),
        ["a[0].x = int 1", "a[0].t.y = int 2", "a[0].l[0] = {}", "a[1].l[0].z = int 3", "b = {}"]
    );
    assert_eq!(
        shown("i = { a.b = 1, c = [ 2, { d = 3 } ], e = {}, f = [], a.g = 4 }\n"),
        ["i.a.b = int 1", "i.a.g = int 4", "i.c[0] = int 2", "i.c[1].d = int 3", "i.e = {}", "i.f = []"]
    );
}

#[test]
fn comments_belong_to_what_follows_or_ends_on_their_line() {
    let source = "\
# root
k = 1 # k
# t
[t] # on t
# a
a.b = [ # open
  1, 2, # two
  # last
] # array
# tables
[[l]]
# end
";
    let tree = Toml.parse(source.as_bytes(), &Limits::default()).unwrap();
    let mut steps = Vec::new();
    let walked: Result<(), ()> = tree.walk(|step| {
        use crate::doc::tree::Step;
        let name = |id: NodeId| match &tree.node(id).name {
            Name::Key(key) => String::from_utf8(key.to_vec()).unwrap(),
            Name::Index(index) => index.to_string(),
            Name::Root => "/".to_owned(),
        };
        steps.push(match step {
            Step::Enter(id) => format!("({}", name(id)),
            Step::Leave(_) => ")".to_owned(),
            Step::Leaf(id) => name(id),
            Step::Comment(index) => {
                format!("#{}", std::str::from_utf8(tree.text(tree.comments[index].span)).unwrap().trim())
            }
        });
        Ok(())
    });
    walked.unwrap();
    assert_eq!(
        steps.join(" "),
        "(/ #root #k k #t #on t (t (a #a #array (b #open 0 #two 1 #last ) ) ) (l #tables (0 #end ) ) )"
    );
}

#[test]
fn comments_before_the_metadata_are_the_last_of_the_table_before() {
    let source = "[a]\nx = 1\n# end\n\n[sops]\nmac = \"m\"\n\n# b\n[b]\n";
    let tree = Toml.parse(source.as_bytes(), &Limits::default()).unwrap();
    assert_eq!((tree.comments[0].parent, tree.comments[0].before), (1, 3));
    assert_eq!((tree.comments[1].parent, tree.comments[1].before), (0, 5));
    let mut edits = Edits::default();
    Toml.remove_metadata(&tree, &mut edits);
    assert_eq!(&*edits.apply(source.as_bytes()).unwrap(), b"[a]\nx = 1\n# end\n\n# b\n[b]\n");
}

#[test]
fn numbers_are_spelled_so_that_they_keep_their_type() {
    for (value, wanted) in [
        (Value::Float(1.0), "1.0"),
        (Value::Float(1e300), "1e300"),
        (Value::Float(-0.0), "-0.0"),
        (Value::Float(1e-7), "1e-7"),
        (Value::Float(f64::NEG_INFINITY), "-inf"),
        (Value::Float(f64::NAN), "nan"),
        (Value::Int(-5), "-5"),
        (Value::Bool(true), "true"),
        (
            Value::Time(Timestamp::parse_rfc3339("2001-12-14T21:59:43.1-05:00").unwrap()),
            "2001-12-14T21:59:43.1-05:00",
        ),
    ] {
        let mut out = Vec::new();
        spell::push(&value, Style::Double, &mut out);
        assert_eq!(std::str::from_utf8(&out).unwrap(), wanted);
        let source = format!("k = {wanted}\n");
        let tree = Toml.parse(source.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(tree.node(1).kind, Kind::Leaf(value), "{wanted}");
    }
}
