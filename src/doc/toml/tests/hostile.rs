//! Hostile texts: errors with a place, in linear time.

use super::*;
use std::time::{Duration, Instant};

/// Far above what a linear reader takes, far below what another does.
const TIME: Duration = Duration::from_secs(20);

#[track_caller]
fn soon(source: &str) -> Result<usize, Error> {
    let start = Instant::now();
    let read = Toml.parse(source.as_bytes(), &Limits::default()).map(|tree| tree.nodes.len());
    assert!(start.elapsed() < TIME, "{:?} for {} bytes", start.elapsed(), source.len());
    read
}

#[test]
fn deep_nesting_is_an_error_not_a_crash() {
    for source in [
        format!("a = {}", "[".repeat(200_000)),
        format!("a = {}1{}", "[".repeat(200_000), "]".repeat(200_000)),
        format!("a = {}", "{a=".repeat(200_000)),
        format!("a = {}", "[{a=".repeat(100_000)),
        format!("{}a = 1", "a.".repeat(200_000)),
        format!("[{}a]", "a.".repeat(200_000)),
        format!("[[{}a]]", "a.".repeat(200_000)),
        format!("x = {{ {}a = 1 }}", "a.".repeat(200_000)),
    ] {
        let error = soon(&source).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Limit { .. }), "{error}: {}", &source[..20]);
    }
    let deep = format!("a = {}1{}", "[".repeat(240), "]".repeat(240));
    assert_eq!(soon(&deep), Ok(242));
}

#[test]
fn large_texts_take_linear_time() {
    let lines = |line: &dyn Fn(usize) -> String| (0..200_000).map(line).collect::<String>();
    for source in [
        format!("a = [{}]", "1,".repeat(1_000_000)),
        format!("a = [{}]", "{},".repeat(300_000)),
        lines(&|n| format!("k{n} = 1\n")),
        lines(&|n| format!("a.k{n}.x = 1\n")),
        lines(&|n| format!("[t{n}]\n")),
        lines(&|_| "[[t]]\n".to_owned()),
        lines(&|n| format!("[a.b{n}.c]\n")) + &lines(&|n| format!("[a.b{n}]\n")),
        lines(&|_| "# c\n".to_owned()),
        lines(&|_| "\n".to_owned()),
        format!("a = \"{}\"", "\\u0041".repeat(500_000)),
        format!("a = \"\"\"{}\"\"\"", "\\\n   ".repeat(500_000)),
        format!("a = '''{}'''", "\r\n".repeat(1_000_000)),
    ] {
        assert!(soon(&source).is_ok(), "{}", &source[..20]);
    }
    for source in [
        lines(&|_| "a = 1\n".to_owned()),
        lines(&|_| "[a]\n".to_owned()),
        lines(&|_| "a = \n".to_owned()),
        "\"".repeat(1_000_000),
        "a = [".to_owned() + &"#\n".repeat(500_000),
        "=".repeat(1_000_000),
        "a=".repeat(500_000),
        "[".repeat(1_000_000),
        "]".repeat(1_000_000),
        "{".repeat(1_000_000),
        ".".repeat(1_000_000),
        "a = {".to_owned() + &"a={},".repeat(200_000),
    ] {
        assert!(soon(&source).is_err(), "{}", &source[..20]);
    }
}

#[test]
fn limits_hold() {
    let limits = Limits { max_bytes: 100, max_nodes: 10, ..Limits::default() };
    let error = |source: &str| Toml.parse(source.as_bytes(), &limits).unwrap_err().kind;
    assert!(matches!(error(&"#".repeat(101)), ErrorKind::Limit { what: "the size in bytes", .. }));
    assert!(matches!(
        error("a=[1,1,1,1,1,1,1,1,1,1]"),
        ErrorKind::Limit { what: "the number of values", .. }
    ));
    assert!(matches!(error(&"\n".repeat(50)), ErrorKind::Limit { what: "the number of tokens", .. }));
}
