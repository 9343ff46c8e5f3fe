//! What the dialects read, where they refuse, and how lines are added and removed.

use crate::doc::change::{set, unset};
use crate::doc::dotenv::{Dialect, Unspellable};
use crate::doc::{Data, Error, KeyPath, Kind, Limits, Name, Value};

fn read(dialect: Dialect, text: &str) -> Result<Vec<(String, String)>, Error> {
    let tree = dialect.format().parse(text.as_bytes(), &Limits::default())?;
    let pairs = tree.nodes[1..].iter().map(|node| match (&node.name, &node.kind) {
        (Name::Key(name), Kind::Leaf(Value::Str(value))) => {
            (name.as_str().unwrap().to_owned(), value.as_str().unwrap().to_owned())
        }
        other => panic!("no entry: {other:?}"),
    });
    Ok(pairs.collect())
}

#[test]
fn values_are_what_the_reader_sees() {
    for (dialect, text, value) in [
        (Dialect::Dotenv, "export A='x # y'  # c\n", "x # y"),
        (Dialect::Dotenv, "A = \"x\\ny\nz\"", "x\ny\nz"),
        (Dialect::Docker, "\tA= 'x' \\n # y \r\n", " 'x' \\n # y "),
        (Dialect::Compose, "A=x y # c\n", "x y"),
        (Dialect::Compose, "A='it\\'s \\n'\n", "it's \\n"),
        (Dialect::Compose, "A=\"\\t\\\"\\\\x\"\n", "\t\"\\x"),
        (Dialect::Systemd, "A = \"x\\n\\\"\" 'y' z # c  \n", "x\\n\"yz # c"),
        (Dialect::Systemd, "A=x \\\n y\\ \n", "x  y "),
        (Dialect::Shell, " export A=x'y z'\"\\$\\n\"\\ \t# c\n", "xy z$\\n "),
        (Dialect::Shell, "A=x\\\ny # c\n", "xy"),
    ] {
        let seen = read(dialect, text).unwrap();
        assert_eq!(seen, [("A".to_owned(), value.to_owned())], "{dialect}: {text:?}");
    }
}

#[test]
fn what_is_refused_has_its_place() {
    for (dialect, text, at) in [
        (Dialect::Dotenv, "A=1\nB=x y\n", 7),
        (Dialect::Dotenv, "A=x#y\n", 3),
        (Dialect::Dotenv, "A=\"x\\ty\"\n", 4),
        (Dialect::Dotenv, "A=\"$X\"\n", 3),
        (Dialect::Dotenv, "A='${X}'\n", 2),
        (Dialect::Dotenv, "A=x # it's\n", 8),
        (Dialect::Dotenv, "A='x\\'\n", 4),
        (Dialect::Dotenv, "A= # c\n", 3),
        (Dialect::Docker, "A B=1\n", 0),
        (Dialect::Docker, "A\n", 0),
        (Dialect::Compose, "A=x$y\n", 3),
        (Dialect::Compose, "A=\"x\\\\\"\n", 5),
        (Dialect::Systemd, "export A=1\n", 0),
        (Dialect::Systemd, "A=\"x\n", 2),
        (Dialect::Systemd, "# c\\\nA=1\n", 0),
        (Dialect::Systemd, "A=x\ry\n", 3),
        (Dialect::Shell, "A=x y\n", 4),
        (Dialect::Shell, "A=~/x\n", 2),
        (Dialect::Shell, "A=x\r\n", 3),
        (Dialect::Shell, "UID=1\n", 0),
        (Dialect::Shell, "A=`id`\n", 2),
        (Dialect::Shell, "A=1\necho x\n", 8),
    ] {
        let refused = read(dialect, text).unwrap_err();
        assert_eq!(refused.at, at, "{dialect}: {text:?}: {refused}");
    }
    for dialect in Dialect::ALL {
        for text in ["\u{feff}A=1\n", "A=1\n\0\n", " \n", "A\n"] {
            assert!(read(dialect, text).is_err(), "{dialect}: {text:?}");
        }
    }
}

#[test]
fn spellings_are_the_least_that_does() {
    for (dialect, value, spelled) in [
        (Dialect::Dotenv, "it's", Ok("\"it's\"")),
        (Dialect::Dotenv, "it's $5", Err(Unspellable::NoSpelling)),
        (Dialect::Compose, "it's $5", Ok("'it\\'s $5'")),
        (Dialect::Compose, "x\r", Ok("\"x\\r\"")),
        (Dialect::Compose, "x y\\", Err(Unspellable::NoSpelling)),
        (Dialect::Docker, "x\ny", Err(Unspellable::LineEnd)),
        (Dialect::Docker, " x", Ok(" x")),
        (Dialect::Systemd, "a \"$b\"", Ok("\"a \\\"\\$b\\\"\"")),
        (Dialect::Systemd, "\u{ffff}", Err(Unspellable::Character)),
        (Dialect::Shell, "it's", Ok("'it'\\''s'")),
        (Dialect::Shell, "", Ok("")),
        (Dialect::Shell, "x\0", Err(Unspellable::Nul)),
    ] {
        let text = dialect.spell(b"A", value.as_bytes());
        let text = text.map(|text| String::from_utf8(text.to_vec()).unwrap());
        assert_eq!(text, spelled.map(str::to_owned), "{dialect}: {value:?}");
    }
    assert_eq!(Dialect::Shell.spell(b"export A", b"x"), Err(Unspellable::Name));
    assert_eq!(Dialect::Shell.spell(b"UID", b"x"), Err(Unspellable::Name));
}

#[test]
fn one_entry_changes_and_its_surroundings_stay() {
    let path = |name: &str| KeyPath::parse(name).unwrap();
    let limits = Limits::default();
    let format = Dialect::Shell.format();
    let text = "# c\nexport A='x\ny' # note\n\n  # odd\nB=\"\"\n# last\n";
    let change = |name: &str, value: &str| {
        let text = set(format, text.as_bytes(), &path(name), &Data::str(value), &limits).unwrap().unwrap();
        String::from_utf8(text.to_vec()).unwrap()
    };
    assert_eq!(change("A", "z z"), text.replace("'x\ny'", "'z z'"));
    assert_eq!(change("B", "q"), text.replace("\"\"", "q"));
    assert_eq!(change("C", "q"), format!("{text}C=q\n"));
    let gone = unset(format, text.as_bytes(), &path("A"), &limits).unwrap();
    assert_eq!(String::from_utf8(gone.to_vec()).unwrap(), "# c\n\n  # odd\nB=\"\"\n# last\n");
    let same = set(format, text.as_bytes(), &path("A"), &Data::str("x\ny"), &limits).unwrap();
    assert!(same.is_none());
}
