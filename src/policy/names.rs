//! What recipients are called, for display: in the section `seal` of the configuration, else by the anchor
//! or the comment beside their key. Taken from the text, so that a configuration that cannot be used still
//! tells.

use super::config::Config;
use crate::keys::{KeyKind, MasterKey};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Characters of the longest name that is shown.
const LONGEST: usize = 60;

/// Bytes that are searched in all. No team comes near; a file that names thousands of recipients might.
const MOST_BYTES: usize = 64 << 20;

/// The names in a configuration.
#[derive(Default)]
pub struct Names {
    text: String,
    config: Option<Config>,
    searched: AtomicUsize,
}

impl Names {
    /// The names in `text`, which stands in `folder`.
    #[must_use]
    pub fn of(text: &[u8], folder: &Path) -> Self {
        let text = String::from_utf8_lossy(text).into_owned();
        let has_section = text.lines().any(|line| line.starts_with("seal:"));
        let config = has_section.then(|| Config::parse(text.as_bytes(), ".sops.yaml", folder).ok()).flatten();
        Self { text, config, searched: AtomicUsize::new(0) }
    }

    /// What the recipient of this key is called.
    #[must_use]
    pub fn name_of(&self, key: &MasterKey) -> Option<String> {
        if let Some(name) = self.config.as_ref().and_then(|config| config.name_of(key)) {
            return Some(name.to_owned());
        }
        let needle = match key.kind {
            KeyKind::Age => key.canonical_recipient(),
            _ => key.recipient(),
        };
        if needle.is_empty() || self.searched.fetch_add(self.text.len(), Ordering::Relaxed) > MOST_BYTES {
            return None;
        }
        let name = self.text.lines().find_map(|line| beside(line, &needle))?;
        Some(name.chars().take(LONGEST).collect())
    }
}

/// The anchor before `needle` in a line, or the comment behind it.
fn beside<'l>(line: &'l str, needle: &str) -> Option<&'l str> {
    if line.trim_start().starts_with('#') {
        return None;
    }
    let (before, after) = line.split_once(needle)?;
    let before = before.trim_end_matches(['"', '\'']);
    if !before.is_empty() && !before.ends_with([' ', '\t', ':', '-']) {
        return None;
    }
    let word = before.split_ascii_whitespace().next_back().unwrap_or_default();
    if let Some(anchor) = word.strip_prefix('&').filter(|anchor| !anchor.is_empty()) {
        return Some(anchor);
    }
    let after = after.trim_start_matches(['"', '\'']).strip_prefix(',').unwrap_or(after);
    let after = after.trim_start_matches(['"', '\'']);
    let blank = after.starts_with([' ', '\t']);
    // The words of an SSH key end with a comment of its own.
    let (_, comment) = after.split_once('#').filter(|(own, _)| blank && !own.contains(','))?;
    Some(comment.trim()).filter(|comment| !comment.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{Names, Path};
    use crate::keys::MasterKey;

    const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

    fn name(text: &str) -> Option<String> {
        Names::of(text.as_bytes(), Path::new("/")).name_of(&MasterKey::age(KEY))
    }

    #[test]
    fn names_stand_beside_keys() {
        for (text, wanted) in [
            (format!("keys:\n  - &alice {KEY}\n"), Some("alice")),
            (format!("keys:\n  - &alice \"{KEY}\"  # bob\n"), Some("alice")),
            (format!("  - age: {KEY} # bob\n"), Some("bob")),
            (format!("    {KEY}, # bob\n"), Some("bob")),
            (format!("  - '{KEY}'\t#bob\n"), Some("bob")),
            (format!("# - &old {KEY}\n- {KEY} # new: [\n"), Some("new: [")),
            (format!("  - age: {KEY},x # bob\n"), None),
            (format!("  - age: x,{KEY} # bob\n"), None),
            (format!("  - age: x{KEY} # bob\n"), None),
            (format!("  - age: {KEY}\n"), None),
            (format!("seal:\n  recipients:\n    carol: {KEY}\n"), Some("carol")),
            (String::new(), None),
        ] {
            assert_eq!(name(&text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn ssh_keys_are_found_with_their_own_comment() {
        let names = Names::of(b"- ssh-ed25519 AAAA me@here # alice\n", Path::new("/"));
        assert_eq!(names.name_of(&MasterKey::age("ssh-ed25519 AAAA")).as_deref(), Some("alice"));
    }
}
