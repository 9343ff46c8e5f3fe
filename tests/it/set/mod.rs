//! `seal set` and `seal unset`: one value changes, everything else stays, and sops reads the result.

mod real;
mod stable;
mod values;

use crate::bed::{Bed, Done};
use crate::cli::RECIPIENT;
use crate::peers::sops;

/// A file of each format with the same data, as far as they can hold it.
const FILES: &[(&str, &str)] = &[
    (
        "x.yaml",
        "# database\ndb:\n  user: app # the role\n  password: 'hunter2-db'\n\nhosts:\n- one\n- two\nport: 5432\n",
    ),
    (
        "x.json",
        "{\n  \"db\": {\"user\": \"app\", \"password\": \"hunter2-db\"},\n  \"hosts\": [\n    \"one\",\n    \"two\"\n  ],\n  \"port\": 5432\n}\n",
    ),
    ("x.env", "# database\nUSER=app\nPASSWORD=hunter2-db\n\nPORT=5432\n"),
];

/// Encrypts `plain` as `name` for identity `a`.
fn sealed(bed: &Bed, name: &str, plain: impl AsRef<[u8]>, flags: &[&str]) {
    bed.write(name, plain);
    let mut args = vec!["encrypt", "--age", RECIPIENT, "-i", name];
    args.extend(flags);
    bed.seal(&args).ok();
}

fn run(bed: &Bed, args: &[&str]) -> Done {
    bed.seal(args).identity("a").ok()
}

fn decrypted(bed: &Bed, name: &str) -> String {
    run(bed, &["decrypt", name]).text()
}

/// What the real sops reads at `path`, in its notation.
fn read_by_sops(bed: &Bed, name: &str, path: &str) -> String {
    sops(bed, &["decrypt", "--extract", path, name]).identity("a").ok().text()
}

#[test]
fn a_value_changes_in_place_in_every_format() {
    for (name, plain) in FILES {
        let bed = Bed::new();
        sealed(&bed, name, plain, &[]);
        let (path, index) = match *name {
            "x.env" => ("PASSWORD", "[\"PASSWORD\"]"),
            _ => ("db.password", "[\"db\"][\"password\"]"),
        };
        run(&bed, &["set", name, path, "s3cret one"]);
        assert_eq!(decrypted(&bed, name), plain.replace("hunter2-db", "s3cret one"));
        assert_eq!(read_by_sops(&bed, name, index), "s3cret one");
        // The path as sops takes it, and flags anywhere.
        run(&bed, &["set", "--idempotent", name, index, "\"s3cret two\""]);
        assert_eq!(decrypted(&bed, name), plain.replace("hunter2-db", "s3cret two"));
        assert_eq!(read_by_sops(&bed, name, index), "s3cret two");
        run(&bed, &["unset", name, index]);
        let gone = sops(&bed, &["decrypt", name]).identity("a").ok().text();
        assert!(!gone.contains("assword") && !gone.contains("PASSWORD"), "{gone}");
        assert!(!decrypted(&bed, name).contains("s3cret"));
    }
}

#[test]
fn new_entries_are_made_with_what_leads_to_them() {
    let bed = Bed::new();
    for (name, plain) in &FILES[..2] {
        sealed(&bed, name, plain, &[]);
        run(&bed, &["set", name, "db.pool.sizes[0]", "5"]);
        run(&bed, &["set", name, "db.pool.sizes[9]", "6"]);
        run(&bed, &["set", name, "hosts[2]", "three"]);
        run(&bed, &["set", name, "more", "{\"a\": [1, \"x\"], \"b\": null}"]);
        for (index, wanted) in [
            ("[\"db\"][\"pool\"][\"sizes\"][1]", "6"),
            ("[\"hosts\"][2]", "three"),
            ("[\"more\"][\"a\"][1]", "x"),
            ("[\"db\"][\"password\"]", "hunter2-db"),
        ] {
            assert_eq!(read_by_sops(&bed, name, index).trim_end(), wanted, "{name} {index}");
        }
    }
    assert_eq!(
        decrypted(&bed, "x.yaml"),
        "# database\ndb:\n  user: app # the role\n  password: 'hunter2-db'\n  pool:\n    sizes:\n    - 5\n    - 6\n\n\
         hosts:\n- one\n- two\n- three\nport: 5432\nmore:\n  a:\n  - 1\n  - x\n  b: null\n"
    );
}

#[test]
fn a_new_value_is_encrypted_where_the_selection_says_so() {
    let bed = Bed::new();
    let plain = "db:\n  password: x\n  user: y\n";
    sealed(&bed, "x.yaml", plain, &["--encrypted-regex", "^(password|token)$"]);
    let done = run(&bed, &["set", "x.yaml", "api.token", "t0ken-one"]);
    assert!(done.stderr.is_empty(), "{done}");
    let done = run(&bed, &["set", "x.yaml", "api.tokn", "t0ken-two"]);
    assert!(done.stderr.contains("`api.tokn` stands in clear in `x.yaml`"), "{done}");
    assert!(!done.stderr.contains("t0ken"), "{done}");
    // What is in clear already is meant to be.
    let done = run(&bed, &["set", "x.yaml", "db.user", "other"]);
    assert!(done.stderr.is_empty(), "{done}");
    let text = bed.text("x.yaml");
    assert!(!text.contains("t0ken-one") && text.contains("tokn: t0ken-two"), "{text}");
    assert!(text.contains("user: other"), "{text}");
    assert_eq!(read_by_sops(&bed, "x.yaml", "[\"api\"][\"token\"]"), "t0ken-one");
}

#[test]
fn what_cannot_be_changed_leaves_the_file() {
    let bed = Bed::new();
    for (name, plain) in FILES {
        sealed(&bed, name, plain, &[]);
    }
    sealed(&bed, "x.bin", b"\x00\x01", &[]);
    let aliased = "a_unencrypted: &x\n  k: 1\nb_unencrypted: *x\n";
    sealed(&bed, "alias.yaml", aliased, &["--allow-nothing"]);
    bed.write("plain.yaml", "a: 1\n");
    let secret = "n3ver-shown";
    for (args, code, said) in [
        (&["set", "x.yaml", "db..x", secret] as &[&str], 7, "a name is empty"),
        (&["set", "x.yaml", "", secret], 7, "the path is empty"),
        (&["unset", "x.yaml", "db["], 7, "never closed"),
        (&["set", "x.yaml", "db.password.deeper", secret], 7, "`db.password` is a single value"),
        (&["set", "x.yaml", "hosts.one", secret], 7, "`hosts` is a list"),
        (&["set", "x.yaml", "db[0]", secret], 7, "`db` is a map"),
        (&["set", "x.yaml", "db.password", secret, "--value-type", "json"], 7, "not valid JSON"),
        (&["set", "x.yaml", "sops", secret], 203, "`sops` belongs to the metadata"),
        (&["set", "x.json", "[\"sops\"][\"mac\"]", secret], 203, "belongs to the metadata"),
        (&["set", "x.env", "sops_mac", secret], 203, "belongs to the metadata"),
        (&["set", "x.env", "db.password", secret], 4, "no maps and no lists"),
        (&["set", "x.env", "LIST", "[1]"], 4, "no maps and no lists"),
        (&["set", "x.bin", "data", secret], 4, "binary"),
        (&["set", "alias.yaml", "b_unencrypted.k", secret], 7, "is an alias of `a_unencrypted`"),
        (&["set", "alias.yaml", "a_unencrypted.k", secret], 7, "is an alias of `a_unencrypted`"),
        (&["unset", "alias.yaml", "a_unencrypted"], 7, "is an alias of `a_unencrypted`"),
        (&["unset", "x.yaml", "db.pasword"], 1, "did you mean `password`?"),
        (&["unset", "x.yaml", "hosts[5]"], 1, "a list of 2 elements"),
        (&["unset", "x.yaml", "sops"], 1, "nothing at `sops`"),
        (&["set", "plain.yaml", "a", secret], 204, "not encrypted"),
        (&["set", "gone.yaml", "a", secret], 100, "cannot read"),
        (&["set", "-", "a", secret], 8, "standard input"),
        (&["set", "x.yaml", "a", secret, "--output-type", "json"], 8, "keeps its format"),
        (&["set", "x.yaml", "a", secret, "--value-stdin"], 8, "comes from standard input"),
        (&["set", "x.yaml", "a", "gone.txt", "--value-file"], 100, "cannot read"),
        (&["set", "x.yaml", "a", "--value-file"], 100, "needs the name of a file"),
    ] {
        let done = bed.seal(args).identity("a").fails(code);
        assert!(done.stderr.contains(said), "{said}: {done}");
        assert!(!done.stderr.contains(secret) && !done.stderr.contains("hunter2"), "{done}");
    }
    bed.seal(&["set", "x.yaml", "a", "x"]).fails(128);
    bed.seal(&["unset", "x.yaml", "nothing.here", "--idempotent"]).identity("a").ok();
    // A file that does not verify is not given a new MAC.
    let text = bed.text("x.yaml").replace("port: ", "p0rt: ");
    bed.write("x.yaml", text);
    bed.seal(&["set", "x.yaml", "db.user", "x"]).identity("a").fails(25);
}

#[test]
fn a_part_that_is_not_verified_is_changed_only_if_told() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml", "a: one\nb_unencrypted: two\n", &[]);
    let altered = bed.text("x.yaml").replace("two", "2wo");
    bed.write("x.yaml", &altered);
    bed.seal(&["set", "x.yaml", "a", "x"]).identity("a").fails(51);
    bed.seal(&["set", "x.yaml", "a", "x", "--ignore-mac"]).identity("a").ok();
    assert_eq!(decrypted(&bed, "x.yaml"), "a: x\nb_unencrypted: 2wo\n");
}

#[test]
fn files_without_the_record_get_one_unless_told() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml", "a: one\nb: two\n", &["--no-strict"]);
    bed.seal(&["set", "x.yaml", "a", "x", "--require-strict"]).identity("a").fails(206);
    run(&bed, &["set", "x.yaml", "a", "x", "--no-strict"]);
    assert!(!bed.text("x.yaml").contains("seal:"));
    // A record vouches for the recipients, so somebody has to vouch for them before.
    assert!(run(&bed, &["set", "x.yaml", "a", "u"]).stderr.contains("nobody vouches"));
    assert!(!bed.text("x.yaml").contains("seal:"));
    bed.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT}\n"));
    run(&bed, &["set", "x.yaml", "a", "v"]);
    assert!(bed.text("x.yaml").contains("seal:"));
    run(&bed, &["set", "x.yaml", "a", "w", "--require-strict"]);
    assert_eq!(decrypted(&bed, "x.yaml"), "a: w\nb: two\n");
}
