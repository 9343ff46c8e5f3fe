//! The fast path against the full parser.

use super::super::parse as full;
use super::*;
use proptest::prelude::*;

/// Compares the two parsers; whether the fast one took the text.
fn agree(source: &[u8]) -> bool {
    let limits = Limits::default();
    let shown = String::from_utf8_lossy(source);
    let fast = parse(source, &limits);
    for size in [1, 12, 40] {
        assert_eq!(pieces::parse(source, &limits, size), fast, "{size}: {shown}");
    }
    let Some(fast) = fast else { return false };
    match full::parse(source, &limits) {
        Err(error) => panic!("the full parser refuses: {error} at {}\n{shown}", error.at),
        Ok(full) => {
            for (a, b) in fast.nodes.iter().zip(&full.nodes) {
                assert_eq!(a, b, "{shown}");
            }
            assert_eq!(fast, full, "{shown}");
        }
    }
    true
}

#[test]
fn the_subset_is_read_as_by_the_full_parser() {
    for source in [
        "a: 1\n",
        "a: 1",
        "a:\n  b: x # c\n  # d\n  c: 'y'\n\n# e\nz: \"q\\n\"\n",
        "a:\n- 1\n- b: 2\n  c: 3\n-\n- - x\n  - y\nb:\n",
        "a: |\n  x\n  y\nb: >-\n  z\n\n  w\nc: |+\n  k\n\nd: 1\n",
        "a: []\nb: {}\nc: [] # x\n",
        "\"q k\": 1\n'r': null\ny: ~\nt: 2001-01-01\nf: 1.5\n",
        "a: http://x#y\nb: a:b\nc: -1\nd: -x\n",
        "a:\n\n    b:\n      - c: |\n          t\n        d: e\n",
        "# only above\na: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\n",
        "a:   spaced   \nb: x\n",
        "  a: 1\n  b: 2\n",
    ] {
        assert!(agree(source.as_bytes()), "{source}");
    }
}

#[test]
fn what_is_outside_is_left_to_the_full_parser() {
    for source in [
        "",
        "# c\n",
        "- a\n",
        "a: [1]\n",
        "a: &x 1\n",
        "a: *x\n",
        "a: !!str 1\n",
        "---\na: 1\n",
        "a: 1\r\n",
        "a: b\n  c\n",
        "a: 1\na: 2\n",
        "a\n",
        "a: b: c\n",
        "1: x\n",
        "true: x\n",
        "a: 'x''y'\n",
        "a:\n  b: 1\n c: 2\n",
        "a: \"x\ny\"\n",
        "a: x\n...\n",
        "a: 18446744073709551615\n",
        "\ta: 1\n",
        "a:\tb\n",
        "a: 1\n  - x\n",
    ] {
        assert!(parse(source.as_bytes(), &Limits::default()).is_none(), "{source}");
    }
}

fn line() -> impl Strategy<Value = String> {
    let indent = prop_oneof![4 => Just(0usize), 4 => Just(2), 2 => Just(4), 1 => 0usize..7];
    let head = prop_oneof![
        Just(""),
        Just("a: "),
        Just("b:"),
        Just("c: "),
        Just("- "),
        Just("-"),
        Just("- d: "),
        Just("- - "),
        Just("# "),
        Just("'e': "),
        Just("\"f\": "),
        Just("g-1.x/y: "),
        Just("h:  "),
    ];
    let value = prop_oneof![
        Just("".to_owned()),
        Just("x".to_owned()),
        Just("1".to_owned()),
        Just("x # y".to_owned()),
        Just("|".to_owned()),
        Just("|-".to_owned()),
        Just(">".to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
        Just("'q'".to_owned()),
        Just("\"r\\\"\"".to_owned()),
        Just("~".to_owned()),
        Just("a b: c".to_owned()),
        Just("x:".to_owned()),
        Just("ENC[AES256_GCM,data:a]".to_owned()),
        Just("# z".to_owned()),
        Just("-".to_owned()),
        Just("? k".to_owned()),
        "[ -~]{0,9}",
        "\\PC{0,5}",
    ];
    (indent, head, value).prop_map(|(indent, head, value)| format!("{}{head}{value}", " ".repeat(indent)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]
    #[test]
    fn random_lines_are_read_alike(lines in prop::collection::vec(line(), 0..7), last: bool) {
        let mut source = lines.join("\n");
        if last { source.push('\n'); }
        agree(source.as_bytes());
    }
}

/// Lines of settings with comments above, behind and below them, in fitting and other columns.
fn commented_line() -> impl Strategy<Value = String> {
    let indent = prop_oneof![5 => Just(0usize), 5 => Just(2), 3 => Just(4), 1 => Just(1), 1 => Just(6)];
    let text = prop_oneof![
        6 => Just("# c"),
        1 => Just("#"),
        4 => Just(""),
        2 => Just("a:"),
        2 => Just("b: 1"),
        2 => Just("c: x"),
        1 => Just("d: 'y' # z"),
        1 => Just("e: # z"),
        1 => Just("f: |\n      t\n"),
        1 => Just("f2: |+\n      t\n\n"),
        1 => Just("g: []   # z"),
        2 => Just("- 1"),
        1 => Just("- x # z"),
        1 => Just("-"),
        1 => Just("- # z"),
        2 => Just("- h: 1"),
        1 => Just("- - 1"),
        1 => Just("- {}"),
        1 => Just("sops: 1"),
        1 => Just("sops:"),
    ];
    (indent, text).prop_map(|(indent, text)| match text {
        "" => String::new(),
        text => format!("{}{text}", " ".repeat(indent)),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40_000, ..ProptestConfig::default() })]
    #[test]
    fn comments_find_the_same_places(lines in prop::collection::vec(commented_line(), 1..10), last: bool) {
        let mut source = lines.join("\n");
        if last { source.push('\n'); }
        agree(source.as_bytes());
    }
}

#[test]
fn feet_of_lists_are_left_to_the_scanner() {
    // A list in the column of its key takes what stands below it in that column.
    assert!(agree(b"a:\n- 1\n# c\n\nb:\n  c: x\n"));
    assert!(agree(b"  sops:\n  - 1\n  # c\n\n  a:\n    c: x\n"));
}

#[test]
fn comments_far_from_their_entry_find_the_same_places() {
    for gap in [490, 499, 500, 501, 511, 512, 513, 600] {
        for (before, blank) in [("", "\n"), ("a: 1\n\n", "\n"), ("a: 1\n", " ")] {
            let blanks = blank.repeat(gap);
            agree(format!("{before}# c\n{blanks}# d\n{blanks}b: 1\n").as_bytes());
            agree(format!("{before}# c\n\n{blanks}\nb: 1 {blanks}# d\n").as_bytes());
            agree(format!("{before}{blanks}# c\n{blanks}b: 1\n").as_bytes());
        }
    }
}

/// Real files: set `SEAL_YAML_FOLDER` to a folder to compare the parsers on everything below it.
#[test]
#[expect(clippy::disallowed_methods, reason = "a folder for a test")]
fn real_files_are_read_alike() {
    let folder = std::env::var_os("SEAL_YAML_FOLDER").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata"),
        std::path::PathBuf::from,
    );
    let (mut folders, mut taken, mut seen) = (vec![folder], 0, 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
                let Ok(source) = std::fs::read(&path) else { continue };
                seen += 1;
                taken += usize::from(agree(&source));
            }
        }
    }
    println!("{taken} of {seen} files are in the subset");
    assert!(taken > 0);
}
