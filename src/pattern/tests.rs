//! What Go's engine says, as a table.

use super::{Matcher, Pattern};
use proptest::prelude::*;

fn matches(pattern: &str, text: &[u8]) -> bool {
    Pattern::new(pattern).unwrap_or_else(|e| panic!("{pattern}: {e}")).is_match(text)
}

#[test]
fn patterns_match_as_in_go() {
    for (pattern, yes, no) in [
        ("", "anything", ""),
        ("^(data|stringData)$", "data", "dataX"),
        (r"\.enc\.ya?ml$", "a/b.enc.yml", "b.enc.yamlx"),
        ("^secrets/.*", "secrets/x", "a/secrets/x"),
        ("(?i)PassWord", "dbPASSWORD", "passwort"),
        ("(?i:a)b", "Ab", "AB"),
        ("a(?i)b|c", "C", "A"),
        ("(?s)a.b", "a\nb", "ab"),
        ("a.b", "aéb", "a\nb"),
        ("(?m)^b$", "a\nb\nc", "ab"),
        ("^b$", "b", "a\nb"),
        ("a$", "a", "a\n"),
        ("(?U)a+?b", "aab", "b"),
        ("(?)x", "x", "y"),
        ("(?i-i)a", "a", "A"),
        ("(?ii)a", "A", "b"),
        // Perl classes are ASCII.
        (r"^\d+$", "123", "١٢٣"),
        (r"^\w$", "_", "é"),
        (r"^\W$", "é", "a"),
        (r"^\s$", "\u{c}", "\u{b}"),
        (r"^\S$", "\u{a0}", " "),
        (r"^[\d_-]+$", "1_-", "a"),
        (r"^[^\D5]$", "4", "5"),
        (r"^[\W]$", "é", "a"),
        (r"é\b", "éa", "é"),
        (r"a\Bé|\Bé", "éé", "aé"),
        (r"\bpass\b", "db-pass", "bypass"),
        // Go folds the long s and the Kelvin sign into the ASCII classes.
        (r"(?i)^\w$", "\u{212a}", "é"),
        (r"(?i)^[a-z]$", "\u{17f}", "é"),
        // Literals.
        (r"\Qa.b|c\E$", "a.b|c", "axb"),
        (r"x\Q.*", "x.*", "xyy"),
        (r"\Qab\E+$", "abb", "aba"),
        (r"a\z", "a", "a\n"),
        (r"\Aa", "ab", "ba"),
        (r"^\x41\x{1F600}$", "A😀", "A"),
        (r"^\101\0$", "A\0", "A"),
        (r"^\_\-\/\#\ \<$", "_-/# <", "x"),
        (r"^\a\f\t\n\r\v$", "\x07\x0c\t\n\r\x0b", "x"),
        ("^# x$", "# x", "#x"),
        ("^a{,5}$", "a{,5}", "aa"),
        ("^a{$", "a{", "a"),
        ("^a{01}$", "a{01}", "a"),
        ("^a{2}$", "aa", "a"),
        ("^a{2,}$", "aaa", "a"),
        ("^a{0,1}?$", "", "aa"),
        ("^(a|b){2,3}$", "aba", "abab"),
        ("^}]$", "}]", "x"),
        ("^*a", "ba", "b"),
        // Classes.
        ("^[]a]$", "]", "b"),
        ("^[^]a]$", "b", "]"),
        ("^[a-]$", "-", "b"),
        ("^[-a]$", "-", "b"),
        ("^[a[]$", "[", "b"),
        ("^[a[:b]$", ":", "c"),
        ("^[[:alpha:]_]+$", "aZ_", "é"),
        ("^[[:^alpha:]]$", "é", "a"),
        ("^[[:space:]]$", "\u{b}", "\u{a0}"),
        ("^[a&&b]$", "&", "c"),
        ("^[~~]$", "~", "x"),
        (r"^[\[\]]$", "[", "x"),
        (r"^[\x{41}-\x43]$", "B", "D"),
        (r"^[\x{D800}-\x{E000}]$", "\u{e000}", "x"),
        (r"^(\x{D800}|a)$", "a", "\u{fffd}"),
        // Unicode classes.
        (r"^\pN$", "١", "a"),
        (r"^\PN$", "a", "1"),
        (r"^\p{Greek}+$", "αβ", "a"),
        (r"^\p{^Greek}$", "a", "α"),
        (r"^\P{^Greek}$", "α", "a"),
        (r"^\p{Lu}$", "É", "é"),
        (r"(?i)^\p{Lu}$", "é", "1"),
        (r"^\p{letter}$", "é", "1"),
        (r"^[\p{Lu}\d]$", "É", "é"),
        // Groups.
        ("^(?P<one>a)(?<two>b)$", "ab", "a"),
        ("^(|a)$", "", "b"),
        ("^()$", "", "b"),
        ("^(?P<n>a)(?P<n>b)$", "ab", "a"),
        ("(a|b)|(c)", "c", "d"),
    ] {
        assert!(matches(pattern, yes.as_bytes()), "{pattern} must match {yes:?}");
        assert!(pattern.is_empty() || !matches(pattern, no.as_bytes()), "{pattern} must not match {no:?}");
    }
}

#[test]
fn bytes_that_are_not_utf8_count_as_the_replacement_character() {
    assert!(matches("^a.b$", b"a\xffb"));
    assert!(matches("^a..b$", b"a\xe2\x82b"));
    assert!(matches("^a[^x]b$", b"a\xffb"));
    assert!(matches(r"\x{FFFD}", b"\xff"));
    assert!(matches("\u{fffd}", b"\xff"));
    assert!(matches("^a", b"a\xff"));
}

#[test]
fn what_go_refuses_is_refused_with_its_place() {
    for (pattern, at, message) in [
        ("(a", 0, "a group opened here is never closed"),
        ("é(a", 1, "a group opened here is never closed"),
        ("(a))", 3, "`)` without a group to close"),
        ("a[b", 1, "a class opened here is never closed"),
        ("a[]", 1, "a class opened here is never closed"),
        ("*a", 0, "nothing to repeat"),
        ("a|*", 2, "nothing to repeat"),
        ("(*)", 1, "nothing to repeat"),
        ("a**", 2, "a repetition cannot be repeated"),
        ("a{2}{3}", 4, "a repetition cannot be repeated"),
        ("a+?*", 3, "a repetition cannot be repeated"),
        ("a{1001}", 1, "repeated more than 1000 times"),
        ("a{99999999999}", 1, "repeated more than 1000 times"),
        ("(a{40}){40}", 7, "repeated more than 1000 times"),
        ("((a{40})b){40}", 10, "repeated more than 1000 times"),
        ("a{3,2}", 1, "the smaller count must come first"),
        ("(?=a)", 0, "unknown group `(?...`; look-around is not supported"),
        ("(?!a)", 0, "unknown group `(?...`; look-around is not supported"),
        ("(?<!a)", 0, "the name of a group is never closed"),
        ("(?x)a", 0, "unknown group `(?...`; look-around is not supported"),
        ("(?R)a", 0, "unknown group `(?...`; look-around is not supported"),
        ("(?u)a", 0, "unknown group `(?...`; look-around is not supported"),
        ("(?i-)a", 0, "unknown group `(?...`; look-around is not supported"),
        ("(?i", 0, "a group opened here is never closed"),
        ("(?P<é>a)", 0, "the name of a group must be letters, digits and `_`"),
        (r"\C", 0, "unknown escape"),
        (r"\Z", 0, "unknown escape"),
        (r"\h", 0, "unknown escape"),
        (r"\u{41}", 0, "unknown escape"),
        (r"\é", 0, "unknown escape"),
        (r"a\1", 1, "back-references are not supported"),
        (r"a\", 1, "a backslash at the end"),
        (r"\x4", 0, r"expected hex digits after `\x`"),
        (r"\x{110000}", 0, r"expected hex digits after `\x`"),
        (r"\x{}", 0, r"expected hex digits after `\x`"),
        ("[a--]", 1, "a range that runs backwards"),
        ("[b-a]", 1, "a range that runs backwards"),
        (r"[a-\d]", 3, "unknown escape"),
        ("[[:foo:]]", 1, "unknown class `[:...:]`"),
        (r"\p{Foo}", 0, "unknown Unicode class"),
        (r"\p{isGreek}", 0, "unknown Unicode class"),
        (r"\p{sc=Greek}", 0, "unknown Unicode class"),
        (r"\pé", 0, "unknown Unicode class"),
        (r"\p{Greek", 0, "a Unicode class is never closed"),
    ] {
        match Pattern::new(pattern) {
            Ok(_) => panic!("{pattern} must be refused"),
            Err(error) => assert_eq!((error.message, error.at), (message, at), "{pattern}"),
        }
    }
}

#[test]
fn sizes_are_bounded() {
    assert!(Pattern::new(&"a".repeat(70_000)).is_err());
    assert!(Pattern::new(&"(".repeat(30_000)).is_err());
    assert!(Pattern::new(&format!("{}a{}", "(".repeat(200), ")".repeat(200))).is_ok());
    assert!(Pattern::new(&format!("{}a{}", "(?:x+|".repeat(200), ")*".repeat(200))).is_ok());
    assert!(Pattern::new(&r"\pL{1000}".repeat(20)).is_err());
}

#[test]
fn usual_rules_need_no_engine() {
    for pattern in ["^(data|stringData)$", r"\.yaml$", "^secrets/", "password", "^a$|^b$", "", "^$"] {
        assert!(matches!(Pattern::new(pattern).unwrap().0, Matcher::Literals(_)), "{pattern}");
    }
}

proptest! {
    #[test]
    fn no_pattern_panics(pattern in r"[\[\](){}|*+?^$.\\:<>=!&~,\-0-9a-zA-Zé \n]{0,24}", text in ".{0,12}") {
        if let Ok(pattern) = Pattern::new(&pattern) {
            let _ = pattern.is_match(text.as_bytes());
        }
    }

    #[test]
    fn the_engine_agrees_with_the_literals(pattern in r"\^?\(?[ab.\\|$^]{0,8}\)?\$?", text in "[ab.|]{0,6}") {
        if let Some(literals) = super::literals(&pattern) {
            let engine = regex::Regex::new(&super::go::translate(&pattern).unwrap()).unwrap();
            let found = literals.iter().any(|literal| literal.is_in(text.as_bytes()));
            prop_assert_eq!(found, engine.is_match(&text));
        }
    }

    #[test]
    fn a_quoted_text_finds_itself(text in "[^\\\\]{1,20}") {
        let found = matches(&format!(r"^\Q{text}\E$"), text.as_bytes());
        prop_assert!(found);
    }
}
