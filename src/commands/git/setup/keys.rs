//! The settings of Git that `seal` writes, and those that it knows as its own.

/// The merge driver. What Git puts in for `%P`, `%S`, `%X` and `%Y` it quotes itself. Where `seal` is
/// missing, panics or is killed, the encrypted texts are merged as texts, and it is a conflict.
const MERGE: &str = "--marker-size=%L --path=%P --base-label=%S --ours-label=%X --theirs-label=%Y -- %O %A %B || \
     { rc=$?; test $rc -eq 1 || git merge-file -q --marker-size=%L -L ours -L base -L theirs %A %O %B; exit 1; }";

/// What is shown of values in a diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Show {
    /// Plain in a pager, else structure.
    #[default]
    Auto,
    /// Plain, also where it is not shown to a person.
    Plain,
    /// Never plain.
    Structure,
}

impl Show {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Show::Auto => "auto",
            Show::Plain => "plain",
            Show::Structure => "structure",
        }
    }

    const ALL: [Self; 3] = [Show::Auto, Show::Plain, Show::Structure];
}

/// What the settings depend on.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::commands::git) struct Wanted {
    pub(in crate::commands::git) show: Show,
    pub(in crate::commands::git) remote_keys: bool,
    pub(in crate::commands::git) guard: bool,
    /// Whether the program is found under its one-word name, which needs no shell.
    pub(in crate::commands::git) one_word: bool,
}

/// The keys, but those of hooks.
pub(in crate::commands::git) const KEYS: [&str; 9] = [
    "diff.seal.textconv",
    "diff.seal.cachetextconv",
    "merge.seal.name",
    "merge.seal.driver",
    "mergetool.seal.cmd",
    "mergetool.seal.trustExitCode",
    "difftool.seal.cmd",
    "filter.seal.process",
    "filter.seal.required",
];

/// The one-word name of `seal git textconv`.
pub(in crate::commands::git) const ONE_WORD: &str = "seal-textconv";

/// The value of a key; none if it is not to be set.
pub(in crate::commands::git) fn value(key: &str, wanted: &Wanted) -> Option<String> {
    let remote = if wanted.remote_keys { "--remote-keys " } else { "" };
    let text = match key {
        "diff.seal.textconv" if wanted.one_word && wanted.show == Show::Auto && !wanted.remote_keys => {
            ONE_WORD
        }
        "diff.seal.textconv" => {
            return Some(format!("seal git textconv --show={} {remote}--", wanted.show.word()));
        }
        "merge.seal.driver" => return Some(format!("seal git merge {remote}{MERGE}")),
        "diff.seal.cachetextconv" => "false",
        "merge.seal.name" => "seal: merge of encrypted files",
        "mergetool.seal.cmd" => r#"seal git mergetool -- "$BASE" "$LOCAL" "$REMOTE" "$MERGED""#,
        "mergetool.seal.trustExitCode" => "true",
        "difftool.seal.cmd" => r#"seal git difftool -- "$LOCAL" "$REMOTE""#,
        "filter.seal.process" if wanted.guard => "seal git guard",
        "filter.seal.required" if wanted.guard => "true",
        _ => return None,
    };
    Some(text.to_owned())
}

/// Whether `seal` may have written this value.
pub(in crate::commands::git) fn is_ours(key: &str, found: &str) -> bool {
    let all = Show::ALL.into_iter().flat_map(|show| {
        [(false, false), (false, true), (true, false)].map(|(remote_keys, one_word)| Wanted {
            show,
            remote_keys,
            one_word,
            guard: true,
        })
    });
    all.into_iter().any(|wanted| value(key, &wanted).as_deref() == Some(found))
}

/// Whether a command of a driver decrypts with sops: one of an older set-up.
pub(in crate::commands::git) fn is_of_sops(command: &str) -> bool {
    let words: Vec<&str> = command.split(|c: char| c.is_whitespace() || ";|&'\"()".contains(c)).collect();
    words.iter().enumerate().any(|(at, word)| {
        let rest = words[at + 1..].iter().take(8);
        word.rsplit('/').next() == Some("sops")
            && rest.into_iter().any(|word| matches!(*word, "-d" | "--decrypt" | "decrypt" | "edit"))
    })
}

#[cfg(test)]
mod tests {
    use super::{KEYS, Show, Wanted, is_of_sops, is_ours, value};

    #[test]
    fn every_value_is_known_as_ours() {
        for show in [Show::Auto, Show::Plain, Show::Structure] {
            for bits in 0..8 {
                let (remote_keys, guard, one_word) = (bits & 1 > 0, bits & 2 > 0, bits & 4 > 0);
                for key in KEYS {
                    let wanted = Wanted { show, remote_keys, guard, one_word };
                    assert!(value(key, &wanted).is_none_or(|value| is_ours(key, &value)), "{key} {wanted:?}");
                }
            }
        }
        assert!(!is_ours("diff.seal.textconv", "sops -d"));
        assert!(!is_ours("diff.seal.cachetextconv", "true"));
        assert!(!is_ours("diff.seal.command", "seal-textconv"));
    }

    #[test]
    fn the_driver_is_one_line() {
        let driver = value("merge.seal.driver", &Wanted::default()).unwrap();
        assert_eq!(
            driver,
            "seal git merge --marker-size=%L --path=%P --base-label=%S --ours-label=%X --theirs-label=%Y -- %O %A %B || { rc=$?; test $rc -eq 1 || git merge-file -q --marker-size=%L -L ours -L base -L theirs %A %O %B; exit 1; }"
        );
    }

    #[test]
    fn older_drivers_are_known() {
        for command in [
            "sops -d",
            "sops --config /dev/null --decrypt",
            "/usr/bin/sops decrypt",
            "sh -c 'sops -d \"$1\"'",
        ] {
            assert!(is_of_sops(command), "{command}");
        }
        for command in ["seal git textconv --", "sops encrypt", "cat", "desops -d"] {
            assert!(!is_of_sops(command), "{command}");
        }
    }
}
