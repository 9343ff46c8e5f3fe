//! A manifest of kind `Secret` for Kubernetes.

use super::values::{Item, items};
use super::{Job, failure};
use crate::error::{Code, Failure};
use crate::render::{Access, Document, RenderError, Separator, names};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// What the manifest says besides its values.
#[derive(Debug, Default)]
pub struct Options {
    /// `metadata.name`; else the name of the file without its endings.
    pub name: Option<String>,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `type`, `Opaque` without one.
    pub kind: Option<String>,
    /// `immutable: true`.
    pub immutable: bool,
    /// Whole documents, each as one key, instead of a key for each value.
    pub whole: bool,
}

/// All values of a Secret together, in bytes (`MaxSecretSize` of Kubernetes).
const MOST_BYTES: usize = 1 << 20;
/// The longest key and the longest name.
const LONGEST: usize = 253;
/// The longest name of a name space.
const LONGEST_LABEL: usize = 63;

/// The manifest, the same for the same values.
///
/// # Errors
/// A name or a value that Kubernetes does not take (78).
pub(super) fn manifest(job: &Job<'_>, options: &Options) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut head = "apiVersion: v1\nkind: Secret\nmetadata:\n".to_owned();
    head.push_str(&format!("  name: {}\n", quoted(&name(job, options)?)));
    if let Some(namespace) = &options.namespace {
        if !is_label(namespace) {
            return Err(bad("--namespace", namespace, "letters a to z, digits and `-`, at most 63"));
        }
        head.push_str(&format!("  namespace: {}\n", quoted(namespace)));
    }
    if options.immutable {
        head.push_str("immutable: true\n");
    }
    let kind = options.kind.as_deref().unwrap_or("Opaque");
    if kind.is_empty() || !kind.bytes().all(|byte| is_key_byte(byte) || byte == b'/') {
        return Err(bad("--type", kind, "letters, digits, `-`, `_`, `.` and `/`"));
    }
    head.push_str(&format!("type: {}\n", quoted(kind)));
    let entries = if options.whole { documents(job)? } else { values(job)? };
    let size: usize = entries.iter().map(|(_, bytes)| bytes.len()).sum();
    if size > MOST_BYTES {
        let cause = "the values together are larger than the 1 MiB that a Secret can hold";
        return Err(failure::wish(cause).hint("take some of them: --secret source=PATH"));
    }
    let encoded = |bytes: &[u8]| base64::encoded_len(bytes.len(), true).unwrap_or_default();
    let room: usize = entries.iter().map(|(key, bytes)| key.len() + encoded(bytes) + 9).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(head.len() + room + 16));
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(if entries.is_empty() { b"data: {}\n" } else { b"data:\n" });
    for (key, bytes) in entries {
        out.extend_from_slice(format!("  {}: \"", quoted(&key)).as_bytes());
        let start = out.len();
        out.resize(start + encoded(bytes), 0);
        if STANDARD.encode_slice(bytes, &mut out[start..]).is_err() {
            // The room is exactly that of the text.
            out.truncate(start);
        }
        out.extend_from_slice(b"\"\n");
    }
    Ok(out)
}

/// A key for each value, sorted.
fn values<'j>(job: &Job<'j>) -> Result<Vec<(String, &'j [u8])>, Failure> {
    let items = items(job.documents, job.selection, Separator::Dot);
    let items = items.map_err(|error| failure::render(job.sources, &error))?;
    if items.iter().any(|item| item.access != Access::default()) {
        let cause =
            "mode, uid and gid are said by the pod that mounts the Secret, in `items` and `defaultMode`";
        return Err(failure::wish(cause));
    }
    if let Some(item) = items.iter().find(|item| !is_key(&item.name)) {
        return Err(bad_key(job, item));
    }
    let mut entries: Vec<_> = items.into_iter().map(|item| (item.name, item.bytes)).collect();
    entries.sort();
    Ok(entries)
}

fn bad_key(job: &Job<'_>, item: &Item<'_>) -> Failure {
    failure::refused(job, item, "E_NAME", format!("`{}` is no key of a Secret: {KEY}", item.name))
}

const KEY: &str = "that has letters, digits, `-`, `_` and `.`, at most 253";

/// A key for each document, sorted.
fn documents<'j>(job: &Job<'j>) -> Result<Vec<(String, &'j [u8])>, Failure> {
    let mut entries: Vec<(String, &[u8])> = Vec::new();
    for document in job.documents {
        let key = file_name(job, document)?;
        if !is_key(&key) {
            return Err(failure::wish(format!("`{key}` is no key of a Secret: {KEY}")));
        }
        if entries.iter().any(|(other, _)| *other == key) {
            return Err(failure::wish(format!("two of the files would be the key `{key}`")));
        }
        entries.push((key, document.text()));
    }
    entries.sort();
    Ok(entries)
}

fn file_name(job: &Job<'_>, document: &Document) -> Result<String, Failure> {
    names::file_name(document.name())
        .ok_or_else(|| failure::render(job.sources, &RenderError::NoName(document.name().to_owned())))
}

/// `metadata.name`.
fn name(job: &Job<'_>, options: &Options) -> Result<String, Failure> {
    if let Some(name) = &options.name {
        return match is_name(name) {
            true => Ok(name.clone()),
            false => Err(bad("--name", name, NAME)),
        };
    }
    let ambiguous = |headline: &str| {
        let failure = Failure::new(Code::BadRequest, format!("{headline}; nothing was published"));
        failure.named("E_NAME").hint("name it: --name NAME")
    };
    let [document] = job.documents else {
        return Err(ambiguous("several files make one Secret without a name"));
    };
    let Some(file) = names::file_name(document.name()) else {
        return Err(ambiguous("standard input makes a Secret without a name"));
    };
    let stem = file.strip_prefix('.').unwrap_or(&file);
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    match is_name(stem) {
        true => Ok(stem.to_owned()),
        false => {
            Err(ambiguous(&format!("`{stem}`, from `{}`, is no name of a Secret: {NAME}", document.name())))
        }
    }
}

const NAME: &str =
    "letters a to z, digits, `-` and `.`, at most 253, a letter or digit at each end and beside each `.`";

fn bad(flag: &str, text: &str, expected: &str) -> Failure {
    failure::wish(format!("`{text}` is no value of `{flag}`: it takes {expected}"))
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)
}

/// Whether Kubernetes takes it for a key: `IsConfigMapKey` of its validation.
fn is_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= LONGEST
        && key != "."
        && !key.starts_with("..")
        && key.bytes().all(is_key_byte)
}

/// RFC 1123 label.
fn is_label(text: &str) -> bool {
    text.len() <= LONGEST_LABEL && is_part(text)
}

/// RFC 1123 subdomain.
fn is_name(text: &str) -> bool {
    text.len() <= LONGEST && text.split('.').all(is_part)
}

fn is_part(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(inside) && !text.starts_with('-') && !text.ends_with('-')
}

/// A text that was checked, as YAML: quotes keep `1.0`, `true` and `null` from being something else.
fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::{is_key, is_label, is_name};

    #[test]
    fn names_are_those_of_kubernetes() {
        for key in ["a", "db.password", "A_b-C.9", ".env", "1", "-", "_"] {
            assert!(is_key(key), "{key}");
        }
        for key in ["", ".", "..", "..a", "a b", "a/b", "é", "a\n", "a\"", &"x".repeat(254)] {
            assert!(!is_key(key), "{key:?}");
        }
        for name in ["app", "app-1.prod", "1"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "App", "a_b", "-a", "a-", "a..b", ".a", "a.", "a.-b", &"x".repeat(254)] {
            assert!(!is_name(name), "{name:?}");
        }
        assert!(is_label("prod-1") && !is_label("a.b") && !is_label(&"x".repeat(64)));
    }
}
