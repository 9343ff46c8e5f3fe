//! Where the value comes from, and what it is.

use super::{decrypted, run, sealed};
use crate::bed::Bed;

const PLAIN: &str = "pin: \"0000\"\nn: 5\n";

fn bed() -> Bed {
    let bed = Bed::new();
    sealed(&bed, "x.yaml", PLAIN, &[]);
    bed
}

#[test]
fn text_is_json_or_text() {
    for (args, line) in [
        (&["hunter2"] as &[&str], "pin: \"hunter2\"\n"),
        (&["01234"], "pin: \"01234\"\n"),
        (&["\"1234\""], "pin: \"1234\"\n"),
        (&["1234", "--string"], "pin: \"1234\"\n"),
        (&["1234", "--value-type", "string"], "pin: \"1234\"\n"),
        (&["\"1234\"", "--value-type", "json"], "pin: \"1234\"\n"),
        (&["--string", "--", "-x"], "pin: \"-x\"\n"),
        (&["-5"], "pin: -5\n"),
        (&["true"], "pin: true\n"),
        (&["1.0"], "pin: 1.0\n"),
        (&["9007199254740993"], "pin: 9007199254740993\n"),
        (&[""], "pin: \"\"\n"),
        (&["null"], "pin: null\n"),
        (&["[1, \"a\"]"], "pin:\n    - 1\n    - a\n"),
    ] {
        let bed = bed();
        let mut all = vec!["set", "x.yaml", "pin"];
        all.extend(args);
        run(&bed, &all);
        assert_eq!(decrypted(&bed, "x.yaml"), format!("{line}n: 5\n"), "{args:?}");
    }
}

#[test]
fn a_text_that_becomes_a_number_is_noticed() {
    let bed = bed();
    let done = run(&bed, &["set", "x.yaml", "pin", "1234"]);
    assert!(done.stderr.contains("`pin` was text and is a number now"), "{done}");
    assert!(!done.stderr.contains("1234"), "{done}");
    for args in [["n", "6", "--string"], ["n", "7", "--quiet"], ["new", "8", "--json"]] {
        let mut all = vec!["set", "x.yaml"];
        all.extend(args);
        let done = run(&bed, &all);
        assert!(done.stderr.is_empty(), "{done}");
    }
}

#[test]
fn files_and_standard_input_lose_one_line_end() {
    for (content, line) in [
        ("hunter2\n", "pin: \"hunter2\"\n"),
        ("hunter2\r\n", "pin: \"hunter2\"\n"),
        ("hunter2", "pin: \"hunter2\"\n"),
        ("p\nq\n\n", "pin: |\n    p\n    q\n"),
        ("\"1\\n\"\n", "pin: |\n    1\n"),
        ("{\"a\": 1}\n", "pin:\n    a: 1\n"),
    ] {
        let wanted = format!("{line}n: 5\n");
        let piped = bed();
        piped.seal(&["set", "x.yaml", "pin", "--value-stdin"]).stdin(content).identity("a").ok();
        assert_eq!(decrypted(&piped, "x.yaml"), wanted, "{content:?}");
        let named = bed();
        named.write("value.txt", content);
        // As sops has it, the flag says what the argument is.
        run(&named, &["set", "--value-file", "x.yaml", "[\"pin\"]", "value.txt"]);
        assert_eq!(decrypted(&named, "x.yaml"), wanted, "{content:?}");
    }
    let bed = bed();
    let done =
        bed.seal(&["set", "x.yaml", "pin", "--value-stdin"]).stdin(*b"\xff\xfe").identity("a").fails(7);
    assert!(done.stderr.contains("not UTF-8"), "{done}");
}

/// Without a terminal nobody can be asked; standard input is not taken instead.
#[test]
fn without_a_value_and_a_terminal_there_is_none() {
    let bed = bed();
    let done =
        bed.run("setsid", &["--wait", crate::bed::program().to_str().unwrap(), "set", "x.yaml", "pin"]);
    let done = done.stdin("typed\n").identity("a").fails(100);
    assert!(done.stderr.contains("--value-stdin"), "{done}");
}

#[test]
fn env_files_hold_what_was_typed() {
    let bed = Bed::new();
    sealed(&bed, "x.env", "A=1\n", &[]);
    for (value, wanted) in
        [("1e3", "1e3"), ("1.0", "1.0"), ("\"x\"", "x"), ("true", "true"), ("a=b #c", "a=b #c")]
    {
        run(&bed, &["set", "x.env", "A", value]);
        assert_eq!(decrypted(&bed, "x.env"), format!("A={wanted}\n"));
    }
    run(&bed, &["set", "x.env", "B", "p\nq"]);
    assert_eq!(run(&bed, &["get", "x.env", "B"]).text(), "p\nq");
    let done = bed.seal(&["set", "x.env", "B", "C:\\new", "--string"]).identity("a").fails(4);
    assert!(done.stderr.contains("a backslash before an `n`"), "{done}");
}
