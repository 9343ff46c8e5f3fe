//! Inputs that want to hurt: each ends soon, most with an error.

use super::Yaml;
use crate::doc::{ErrorKind, Format as _, Limits};
use std::time::{Duration, Instant};

fn parse(text: &str) -> Option<ErrorKind> {
    let start = Instant::now();
    let result = Yaml.parse(text.as_bytes(), &Limits::default());
    assert!(start.elapsed() < Duration::from_secs(10), "{}...", &text[..40.min(text.len())]);
    result.err().map(|error| {
        assert!(error.at <= text.len());
        error.kind
    })
}

#[test]
fn deep_nesting_is_refused() {
    let nested = |open: &str, count: usize| format!("a: {}", open.repeat(count));
    for text in [
        nested("[", 100_000),
        nested("{a: ", 100_000),
        format!("a:\n{}", "- ".repeat(100_000)),
        format!("a:\n{}", "? ".repeat(100_000)),
        (0..3000).map(|i| format!("{:i$}a:\n", "")).collect(),
    ] {
        assert!(matches!(parse(&text), Some(ErrorKind::Limit { .. } | ErrorKind::NonStringKey(_))));
    }
}

#[test]
fn alias_bombs_are_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..20 {
        let copies = vec![format!("*a{}", i - 1); 9].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{copies}]\n"));
    }
    assert!(matches!(parse(&bomb), Some(ErrorKind::Limit { .. })));
    let mut chain = "a0: &a0 [x]\n".to_owned();
    for i in 1..400 {
        chain.push_str(&format!("a{i}: &a{i} [*a{}]\n", i - 1));
    }
    assert!(matches!(parse(&chain), Some(ErrorKind::Limit { what: "the nesting depth", .. })));
    assert!(matches!(parse("a: &a [*a]\n"), Some(ErrorKind::Syntax(_))));
    assert!(matches!(parse("a: &a\n  b: *a\n"), Some(ErrorKind::Syntax(_))));
}

#[test]
fn long_inputs_take_linear_time() {
    assert_eq!(parse(&"# comment\n\n".repeat(100_000).replacen('#', "a: 1 #", 1)), None);
    assert_eq!(parse(&format!("a: [{}]", "x, ".repeat(200_000))), None);
    assert_eq!(parse(&(0..100_000).map(|i| format!("key{i}: &a{i} v # c\n")).collect::<String>()), None);
    assert_eq!(parse(&format!("a: |\n{}", "  x\n\n".repeat(200_000))), None);
    assert_eq!(parse(&format!("a: \"{}\"", "\\n".repeat(500_000))), None);
    assert!(parse(&format!("a: \"{}", "x".repeat(1_000_000))).is_some());
    assert!(parse(&(0..50_000).map(|i| format!("k{}: 1\n", i % 40_000)).collect::<String>()).is_some());
    let many = |line: &str| line.repeat(50_000);
    assert_eq!(parse(&format!("l:\n{}", many("- # c\n  - x\n"))), None);
}

#[test]
fn strange_bytes_are_refused() {
    for text in [
        "a: \u{0}",
        "a: b\u{7f}",
        "a: \u{85}b",
        "a: \u{2028}b",
        "a: b # \u{2029}",
        "a: \u{feff}b",
        "a: \u{ffff}",
    ] {
        assert!(matches!(parse(text), Some(ErrorKind::Syntax(_))), "{text:?}");
    }
    let error = Yaml.parse(b"a: \xff", &Limits::default()).unwrap_err();
    assert_eq!((error.kind, error.at), (ErrorKind::NotUtf8, 3));
}

#[test]
fn errors_say_nothing_of_values() {
    for text in
        ["a: @hunter2\n", "a: [hunter2\n", "a: hunter2: x\n", "a: !!int hunter2\n", "a: \"hunter2\\q\"\n"]
    {
        let message = Yaml.parse(text.as_bytes(), &Limits::default()).unwrap_err().to_string();
        assert!(
            !message.contains("hunter2") && !message.contains('@') && !message.contains("\\q"),
            "{message}"
        );
    }
}

#[test]
fn long_texts_behind_many_aliases_are_refused() {
    let long = "x".repeat(1_000_000);
    for text in [
        format!("a: &a \"{long}\\n\"\nb:\n{}", "  - *a\n".repeat(20_000)),
        format!("a: &a {{? \"{long}\" : 1}}\nb:\n{}", "  - *a\n".repeat(20_000)),
        format!("? &a \"{long}\"\n: 1\nb:\n{}", "  - *a\n".repeat(20_000)),
        format!("? &a \"{long}\"\n: 1\nb:\n{}", "  - *a : 1\n".repeat(20_000)),
    ] {
        let refused = parse(&text);
        assert!(matches!(refused, Some(ErrorKind::Limit { .. })), "{}: {refused:?}", &text[..8]);
    }
}

#[test]
fn one_long_line_and_repeated_keys_are_read_soon() {
    assert_eq!(parse(&format!("a: [{}]\n", "x: y, ".repeat(200_000))), None);
    let keys: String = (0..200_000).map(|i| format!("a{}: 1\n", i / 2)).collect();
    assert_eq!(parse(&format!("x: 1\n---\n{keys}")), None);
}

#[test]
fn a_block_scalar_of_a_comment_alone_is_refused() {
    for text in ["|\n#x", ">-\n# null", "# c#\n|2\n# c", "--- |\n#x\n"] {
        assert!(parse(text).is_some(), "{text:?}");
    }
}
