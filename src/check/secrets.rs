//! Values in clear that are secrets, or look like one.
//!
//! [`known`] tells kinds of secrets by their form, and is hardly ever wrong. [`likely`] judges by the key
//! and by how random a value is; it is meant for the clear part of encrypted files, where the other
//! values of the file show that somebody had secrets to keep.

use super::tokens::find;
use crate::doc::KeyPath;
use crate::doc::path::Segment;
use regex::bytes::{Regex, RegexBuilder};
use std::sync::LazyLock;

/// A kind of secret: what it is called, a text that every one of the kind holds, its form.
struct Known {
    name: &'static str,
    holds: &'static str,
    form: LazyLock<Option<Regex>>,
}

macro_rules! known {
    ($($name:literal, $holds:literal, $form:literal;)*) => {
        [$(Known { name: $name, holds: $holds, form: LazyLock::new(|| compiled($form)) }),*]
    };
}

static KNOWN: [Known; 19] = known![
    "a private key", "PRIVATE KEY", r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----";
    "an age identity", "AGE-SECRET-KEY-", r"AGE-SECRET-KEY-(PQ-)?1[0-9A-Z]{50,}";
    "an age plugin identity", "AGE-PLUGIN-", r"AGE-PLUGIN-[A-Z0-9]+-1[0-9A-Z]{20,}";
    "an AWS access key", "A", r"\b(AKIA|ASIA)[0-9A-Z]{16}\b";
    "a GitHub token", "gh", r"\bgh[pousr]_[A-Za-z0-9]{36,}";
    "a GitHub token", "github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{60,}";
    "a GitLab token", "glpat-", r"\bglpat-[A-Za-z0-9_-]{20,}";
    "a Slack token", "xox", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}";
    "a Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/(services|workflows)/[A-Za-z0-9/]{30,}";
    "a Stripe key", "k_live_", r"\b[sr]k_live_[A-Za-z0-9]{16,}";
    "a Google API key", "AIza", r"\bAIza[0-9A-Za-z_-]{35}";
    "a Google OAuth secret", "GOCSPX-", r"\bGOCSPX-[A-Za-z0-9_-]{20,}";
    "an npm token", "npm_", r"\bnpm_[A-Za-z0-9]{36}";
    "a PyPI token", "pypi-", r"\bpypi-AgE[A-Za-z0-9_-]{50,}";
    "a SendGrid key", "SG.", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}";
    "a Vault token", "hv", r"\bhv[sbr]\.[A-Za-z0-9_-]{24,}";
    "an OpenAI or Anthropic key", "sk-", r"\bsk-(ant-|proj-)[A-Za-z0-9_-]{24,}";
    "a JSON web token", "eyJ", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}";
    "a password in a URL", "://", r#"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@'"]*:([^@/\s'"]{4,})@"#;
];

/// The form as bytes; all of them compile, as a test shows.
fn compiled(form: &str) -> Option<Regex> {
    RegexBuilder::new(form).unicode(false).build().ok()
}

/// The kind of secret that is somewhere in `text`.
#[must_use]
pub fn known(text: &[u8]) -> Option<&'static str> {
    // The shortest of them is longer.
    if text.len() < 12 {
        return None;
    }
    KNOWN.iter().find(|kind| holds(kind, text)).map(|kind| kind.name)
}

fn holds(kind: &Known, text: &[u8]) -> bool {
    find(text, kind.holds.as_bytes()).is_some()
        && kind.form.as_ref().is_some_and(|form| {
            form.captures_iter(text).any(|found| {
                let secret = found.get(1).filter(|_| kind.holds == "://").or(found.get(0));
                secret.is_some_and(|secret| !is_placeholder(secret.as_bytes()))
            })
        })
}

/// Ends of key names whose values are secrets, without `_` and `-`, in lower case.
const PASSWORDS: [&str; 5] = ["password", "passwd", "passphrase", "pwd", "passwort"];

/// Ends of key names whose values may be secrets, or names of them.
const SECRETS: [&str; 11] = [
    "secret",
    "token",
    "apikey",
    "secretkey",
    "privatekey",
    "accesskey",
    "signingkey",
    "encryptionkey",
    "masterkey",
    "credential",
    "credentials",
];

/// Words in key names whose values look random and are public.
const PUBLIC: [&str; 22] = [
    "hash",
    "digest",
    "checksum",
    "sha",
    "md5",
    "commit",
    "revision",
    "fingerprint",
    "uuid",
    "guid",
    "public",
    "pubkey",
    "cert",
    "image",
    "etag",
    "integrity",
    "recipient",
    "thumbprint",
    "version",
    "arn",
    "url",
    "path",
];

/// Why the value at `path` looks like a secret, as the end of a sentence.
#[must_use]
pub fn likely(path: &KeyPath, value: &[u8]) -> Option<&'static str> {
    let name = path.0.iter().rev().find_map(|segment| match segment {
        Segment::Key(key) => Some(String::from_utf8_lossy(key)),
        Segment::Index(_) => None,
    })?;
    let name: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let value = value.trim_ascii();
    if is_placeholder(value) || is_reference(value) {
        return None;
    }
    let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(word));
    let one_word = !value.iter().any(u8::is_ascii_whitespace);
    if ends(&PASSWORDS) && one_word && value.len() >= 4 {
        return Some("stands under a key for passwords");
    }
    let is_public = PUBLIC.iter().any(|word| name.contains(word));
    if ends(&SECRETS) && one_word && value.len() >= 8 && !is_name(value) && !name.contains("existing") {
        return Some("stands under a key for secrets");
    }
    (!is_public && is_random(value)).then_some("is as random as a key or token")
}

/// Texts that stand for a secret, in examples and templates.
fn is_placeholder(value: &[u8]) -> bool {
    let varied = value.iter().collect::<std::collections::HashSet<_>>().len();
    varied < 3 || stands_for_another(value)
}

/// As [`is_placeholder`], but also a value of one letter may be meant.
pub(super) fn stands_for_another(value: &[u8]) -> bool {
    const WORDS: [&str; 23] = [
        "example",
        "changeme",
        "change-me",
        "change_me",
        "changeit",
        "placeholder",
        "dummy",
        "sample",
        "redacted",
        "replace",
        "your",
        "insert",
        "todo",
        "fixme",
        "xxxx",
        "****",
        "....",
        "secret",
        "password",
        "test",
        "fake",
        "null",
        "none",
    ];
    let text = String::from_utf8_lossy(value).to_lowercase();
    let begins = ["$", "<", "{", "%", "[", "!", "@", "*", "`"];
    begins.iter().any(|mark| text.starts_with(mark))
        || ["${", "{{", "$(", "<%", "%("].iter().any(|mark| text.contains(mark))
        || WORDS.iter().any(|word| text.contains(word))
        || matches!(text.as_str(), "true" | "false" | "yes" | "no" | "string" | "user" | "pass")
}

/// Places where a secret is, instead of one.
fn is_reference(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    let begins = [
        "/",
        "./",
        "../",
        "~",
        "env:",
        "file:",
        "vault:",
        "ref+",
        "op://",
        "arn:",
        "projects/",
        "secretref:",
        "valuefrom:",
        "kms:",
        "ssm:",
        "age1",
        "ssh-",
    ];
    let lower = text.to_lowercase();
    begins.iter().any(|mark| lower.starts_with(mark)) || lower.contains("://") || is_ciphertext(&text)
}

fn is_ciphertext(text: &str) -> bool {
    text.starts_with("ENC[") || text.starts_with("$ANSIBLE_VAULT") || text.contains("-----BEGIN")
}

/// `my-tls-secret`, `db.credentials`: words, perhaps with a small number, that name something.
fn is_name(value: &[u8]) -> bool {
    value.split(|b| matches!(b, b'-' | b'_' | b'.' | b'/' | b':')).all(|word| {
        let letters = word.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let digits = word.len() - letters;
        word[letters..].iter().all(u8::is_ascii_digit) && digits <= 2
    })
}

/// Whether the value is one word of letters and digits that nobody would make up or read out.
fn is_random(value: &[u8]) -> bool {
    let is_hex = value.iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b));
    if is_hex {
        // Ids of 32 digits are mostly that: ids. Commits have 40 and are named as such.
        return matches!(value.len(), 48..) && entropy(value) > 3.2;
    }
    let is_word = value.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=_-".contains(b));
    if !is_word || !(24..=512).contains(&value.len()) {
        return false;
    }
    let count = |test: fn(&u8) -> bool| value.iter().filter(|b| test(b)).count();
    let (lower, upper, digits) =
        (count(u8::is_ascii_lowercase), count(u8::is_ascii_uppercase), count(u8::is_ascii_digit));
    let marks = value.len() - lower - upper - digits;
    // Random letters change their case all the time; words in camel case do not.
    let changes = value.windows(2).filter(|pair| class(pair[0]) != class(pair[1])).count();
    lower >= 4
        && upper >= 4
        && digits >= 2
        && marks * 6 <= value.len()
        && changes * 5 >= value.len() * 2
        && entropy(value) > 4.0
}

fn class(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    }
}

/// Bits per byte.
fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    value.iter().for_each(|b| counts[usize::from(*b)] += 1);
    let length = value.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|share| -share * share.log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, known, likely};
    use crate::doc::KeyPath;

    #[test]
    fn all_forms_compile() {
        assert!(KNOWN.iter().all(|kind| kind.form.is_some()));
    }

    /// The parts are put together here, so that nobody takes this file for a leak.
    #[test]
    fn kinds_are_told_by_their_form() {
        let id = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8";
        for (parts, kind) in [
            (["-----BEGIN RSA PRI", "VATE KEY-----\nMIIE"], Some("a private key")),
            (["-----BEGIN PUB", "LIC KEY-----\nMIIE"], None),
            (["AKIA", "Z7QW5RT2MN8KLP3D"], Some("an AWS access key")),
            (["AKIA", "IOSFODNN7EXAMPLE"], None),
            (["ghp_", id], Some("a GitHub token")),
            (["ghp_", "short"], None),
            (["xoxb-", "123456789012-abcdefABCDEF"], Some("a Slack token")),
            (["postgres://app:", "s8kq2-Z!@db.internal/shop"], Some("a password in a URL")),
            (["postgres://app:", "${DB_PASS}@db.internal/shop"], None),
            (["postgres://user:", "password@localhost/shop"], None),
            (["https://example.org:8080/", "a@b"], None),
            (
                ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.", "dBjftJeZ4CVPmB92K27uhbUJU1p1r"],
                Some("a JSON web token"),
            ),
        ] {
            assert_eq!(known(parts.concat().as_bytes()), kind, "{parts:?}");
        }
    }

    #[test]
    fn keys_and_randomness_tell() {
        let random = ["kX9vQ2mLr7Tz", "Wc4bNy8HsJ5pDfG3"].concat();
        for (path, value, found) in [
            ("db.password", "hunter2", true),
            ("db.adminPassword", "correct-horse", true),
            ("db.password", "${DB_PASSWORD}", false),
            ("db.password", "changeme", false),
            ("db.password", "/run/secrets/db", false),
            ("db.password_file", "hunter2x", false),
            ("passwordPolicy", "strong", false),
            ("api_token", "q8Z0-kk12-ppL4", true),
            ("tls.secret", "shop-tls-cert", false),
            ("existingSecret", "shop-db-2", false),
            ("tokens[0]", "q8Z0-kk12-ppL4", false),
            ("secretName", "q8Z0-kk12-ppL4", false),
            ("note", random.as_str(), true),
            ("image_digest", random.as_str(), false),
            ("note", "a sentence of words that says nothing", false),
            ("class", "org.springframework.boot.autoconfigure", false),
            ("class", "SimpleBeanFactoryAwareAspectInstanceFactory2", false),
            ("commit", "0123456789abcdef0123456789abcdef01234567", false),
        ] {
            let path = KeyPath::parse(path).unwrap();
            assert_eq!(likely(&path, value.as_bytes()).is_some(), found, "{path}: {value}");
        }
    }
}
