//! The commands and flags of SOPS, as data (format description, sections 9.2 and 9.3).

use std::ffi::OsString;

/// What a flag takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing, or `=true` and `=false`.
    Switch,
    /// A value; of several the last counts.
    Value,
    /// A value; all of them count.
    List,
}

/// A flag. One and two dashes are the same.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flag {
    /// Its name.
    pub(super) name: &'static str,
    /// Its other name.
    pub(super) other: Option<&'static str>,
    /// What it takes.
    pub(super) takes: Takes,
    /// What it is for.
    pub(super) help: &'static str,
}

impl Flag {
    /// Whether `name` is one of its names.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name || self.other == Some(name)
    }
}

/// A command.
#[derive(Debug)]
pub(super) struct Verb {
    /// Its name, for a command of a command with that of the other.
    pub(super) name: &'static str,
    /// What stands behind it.
    pub(super) arguments: &'static str,
    /// What it does.
    pub(super) about: &'static str,
    /// Its flags.
    pub(super) flags: &'static [&'static [Flag]],
}

impl Verb {
    /// The flag called `name`.
    pub(super) fn flag(&self, name: &str) -> Option<&'static Flag> {
        find(self.flags, name)
    }
}

/// The flag called `name` among several lists.
pub(super) fn find(lists: &'static [&'static [Flag]], name: &str) -> Option<&'static Flag> {
    lists.iter().flat_map(|list| list.iter()).find(|flag| flag.is(name))
}

const fn switch(name: &'static str, other: Option<&'static str>, help: &'static str) -> Flag {
    Flag { name, other, takes: Takes::Switch, help }
}

const fn value(name: &'static str, help: &'static str) -> Flag {
    Flag { name, other: None, takes: Takes::Value, help }
}

const fn short(name: &'static str, letter: &'static str, help: &'static str) -> Flag {
    Flag { name, other: Some(letter), takes: Takes::Value, help }
}

const fn list(name: &'static str, help: &'static str) -> Flag {
    Flag { name, other: None, takes: Takes::List, help }
}

const IN_PLACE: &[Flag] = &[switch("in-place", Some("i"), "write the result back to the file")];
const OUTPUT: &[Flag] = &[value("output", "write the result to this file")];
const EXTRACT: &[Flag] = &[value("extract", "only this part: '[\"db\"][\"password\"]'")];
const TYPES: &[Flag] = &[
    value("input-type", "yaml, json, dotenv, ini or binary; else by the name"),
    value("output-type", "the same for the output"),
];
const INPUT_TYPE: &[Flag] = &[value("input-type", "yaml, json, dotenv, ini or binary; else by the name")];
const FILENAME: &[Flag] = &[value("filename-override", "tells the format and the creation rule")];
const IGNORE_MAC: &[Flag] = &[switch("ignore-mac", None, "go on though the MAC does not hold")];
const KEYS: &[Flag] = &[
    short("kms", "k", "ARNs of AWS KMS, with commas [SOPS_KMS_ARN]"),
    value("aws-profile", "the profile for AWS KMS"),
    value("gcp-kms", "resources of Google Cloud KMS, with commas [SOPS_GCP_KMS_IDS]"),
    value("hckms", "keys of Huawei Cloud KMS, with commas [SOPS_HUAWEICLOUD_KMS_IDS]"),
    value("azure-kv", "URLs of Azure Key Vault, with commas [SOPS_AZURE_KEYVAULT_URLS]"),
    value("hc-vault-transit", "URLs of HashiCorp Vault, with commas [SOPS_VAULT_URIS]"),
    short("pgp", "p", "PGP fingerprints, with commas [SOPS_PGP_FP]"),
    short("age", "a", "age and SSH recipients, with commas [SOPS_AGE_RECIPIENTS]"),
];
const GROUP_KEYS: &[Flag] = &[
    list("pgp", "a PGP fingerprint of the group; may be repeated"),
    list("kms", "an ARN of AWS KMS; may be repeated"),
    value("aws-profile", "the profile for AWS KMS"),
    list("gcp-kms", "a resource of Google Cloud KMS; may be repeated"),
    list("hckms", "a key of Huawei Cloud KMS; may be repeated"),
    list("azure-kv", "a URL of Azure Key Vault; may be repeated"),
    list("hc-vault-transit", "a URL of HashiCorp Vault; may be repeated"),
    list("age", "an age or SSH recipient; may be repeated"),
];
const CHANGED_KEYS: &[Flag] = &[
    value("add-age", "age recipients that come in"),
    value("rm-age", "age recipients that go"),
    value("add-pgp", "PGP fingerprints that come in"),
    value("rm-pgp", "PGP fingerprints that go"),
    value("add-kms", "ARNs of AWS KMS that come in"),
    value("rm-kms", "ARNs of AWS KMS that go"),
    value("add-gcp-kms", "resources of Google Cloud KMS that come in"),
    value("rm-gcp-kms", "resources of Google Cloud KMS that go"),
    value("add-hckms", "keys of Huawei Cloud KMS that come in"),
    value("rm-hckms", "keys of Huawei Cloud KMS that go"),
    value("add-azure-kv", "URLs of Azure Key Vault that come in"),
    value("rm-azure-kv", "URLs of Azure Key Vault that go"),
    value("add-hc-vault-transit", "URLs of HashiCorp Vault that come in"),
    value("rm-hc-vault-transit", "URLs of HashiCorp Vault that go"),
];
const CONTEXT: &[Flag] =
    &[value("encryption-context", "the encryption context for AWS KMS: name:value, with commas")];
const THRESHOLD: &[Flag] =
    &[value("shamir-secret-sharing-threshold", "how many key groups are needed to decrypt")];
const SELECTION: &[Flag] = &[
    value("unencrypted-suffix", "leave clear below keys that end so"),
    value("encrypted-suffix", "encrypt below keys that end so"),
    value("unencrypted-regex", "leave clear below keys that match"),
    value("encrypted-regex", "encrypt below keys that match"),
];
const COMMENT_SELECTION: &[Flag] = &[
    value("unencrypted-comment-regex", "leave clear if a comment matches"),
    value("encrypted-comment-regex", "encrypt if a comment matches"),
];
const MAC_ONLY_ENCRYPTED: &[Flag] =
    &[switch("mac-only-encrypted", None, "leave clear values out of the MAC")];
const INDENT: &[Flag] = &[value("indent", "columns per level of YAML and JSON")];
const ORDER: &[Flag] = &[value("decryption-order", "kinds of keys to try first [SOPS_DECRYPTION_ORDER]")];
const SERVICES: &[Flag] = &[
    switch("enable-local-keyservice", None, "use the keys of this process [SOPS_ENABLE_LOCAL_KEYSERVICE]"),
    list("keyservice", "a key service, tcp://HOST:PORT or unix:///PATH; may be repeated [SOPS_KEYSERVICE]"),
];
const SHOW_MASTER_KEYS: &[Flag] = &[switch("show-master-keys", Some("s"), "edit the metadata too")];
const YES: &[Flag] = &[switch("yes", Some("y"), "do not ask")];
const VERBOSE: &[Flag] = &[switch("verbose", None, "without effect")];
const CONFIG: &[Flag] = &[value("config", "the .sops.yaml to use [SOPS_CONFIG]")];

/// The flags that may stand before a command and have an effect on it.
pub(super) const GLOBAL: &[&[Flag]] = &[CONFIG, VERBOSE, INDENT, MAC_ONLY_ENCRYPTED, COMMENT_SELECTION];

/// The flags of the form without a command.
pub(super) const FLAT: Verb = Verb {
    name: "",
    arguments: "FILE",
    about: "edits FILE; with -d, -e, -r or --set what these say",
    flags: &[
        &[
            switch("decrypt", Some("d"), "decrypt FILE to standard output"),
            switch("encrypt", Some("e"), "encrypt FILE to standard output"),
            switch("rotate", Some("r"), "give FILE a new data key"),
            value("set", "set a value: '[\"db\"][\"password\"] \"text\"'"),
        ],
        IN_PLACE,
        OUTPUT,
        EXTRACT,
        TYPES,
        FILENAME,
        KEYS,
        CHANGED_KEYS,
        CONTEXT,
        THRESHOLD,
        SELECTION,
        COMMENT_SELECTION,
        MAC_ONLY_ENCRYPTED,
        IGNORE_MAC,
        INDENT,
        SHOW_MASTER_KEYS,
        ORDER,
        SERVICES,
        CONFIG,
        VERBOSE,
        &[
            switch("disable-version-check", None, "without effect: there is no such check"),
            switch("check-for-updates", None, "without effect: there is no such check"),
            switch("version", Some("v"), "print the version"),
        ],
    ],
};

/// The commands.
pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "encrypt",
        arguments: "[FILE]",
        about: "encrypt a file, or standard input, to standard output",
        flags: &[IN_PLACE, OUTPUT, KEYS, CONTEXT, TYPES, SELECTION, THRESHOLD, FILENAME, SERVICES],
    },
    Verb {
        name: "decrypt",
        arguments: "[FILE]",
        about: "decrypt a file, or standard input, to standard output",
        flags: &[IN_PLACE, EXTRACT, OUTPUT, TYPES, IGNORE_MAC, FILENAME, ORDER, SERVICES],
    },
    Verb {
        name: "edit",
        arguments: "FILE",
        about: "edit a file in your editor; a new one is made",
        flags: &[KEYS, CONTEXT, TYPES, SELECTION, THRESHOLD, SHOW_MASTER_KEYS, IGNORE_MAC, ORDER, SERVICES],
    },
    Verb {
        name: "rotate",
        arguments: "FILE",
        about: "give a file a new data key, and other recipients",
        flags: &[IN_PLACE, OUTPUT, TYPES, CONTEXT, CHANGED_KEYS, FILENAME, ORDER, SERVICES],
    },
    Verb {
        name: "set",
        arguments: "FILE INDEX VALUE",
        about: "set one value; VALUE is JSON",
        flags: &[
            TYPES,
            &[
                switch("value-file", None, "VALUE names a file that holds it"),
                switch("value-stdin", None, "read the value from standard input"),
                switch("idempotent", None, "no write if the value is there"),
            ],
            THRESHOLD,
            IGNORE_MAC,
            ORDER,
            SERVICES,
        ],
    },
    Verb {
        name: "unset",
        arguments: "FILE INDEX",
        about: "remove one value",
        flags: &[
            TYPES,
            &[switch("idempotent", None, "nothing at INDEX is no failure")],
            THRESHOLD,
            IGNORE_MAC,
            ORDER,
            SERVICES,
        ],
    },
    Verb {
        name: "updatekeys",
        arguments: "FILE...",
        about: "give files the recipients of their creation rule",
        flags: &[YES, INPUT_TYPE, SERVICES],
    },
    Verb {
        name: "groups add",
        arguments: "",
        about: "add a key group",
        flags: &[&[short("file", "f", "the file")], GROUP_KEYS, IN_PLACE, THRESHOLD, CONTEXT, SERVICES],
    },
    Verb {
        name: "groups delete",
        arguments: "INDEX",
        about: "delete the key group at INDEX, from 0",
        flags: &[&[short("file", "f", "the file")], IN_PLACE, THRESHOLD, SERVICES],
    },
    Verb {
        name: "exec-env",
        arguments: "FILE COMMAND",
        about: "run a command with the values in its environment",
        flags: &[
            &[
                switch("background", None, "do not wait for its end"),
                switch("pristine", None, "no other variables"),
                value("user", "run it as this user"),
                switch("same-process", None, "become the command"),
            ],
            ORDER,
            SERVICES,
        ],
    },
    Verb {
        name: "exec-file",
        arguments: "FILE COMMAND",
        about: "run a command with the path of the plain text for {}",
        flags: &[
            &[
                switch("background", None, "refused: the text would be gone"),
                switch("no-fifo", None, "a file in memory, not a pipe"),
                value("user", "run it as this user"),
                value("filename", "its name"),
            ],
            TYPES,
            ORDER,
            SERVICES,
        ],
    },
    Verb {
        name: "publish",
        arguments: "FILE",
        about: "publish a file by its destination rule",
        flags: &[
            YES,
            &[
                switch("omit-extensions", None, "leave the ending of the name out"),
                switch("recursive", None, "the files of a folder"),
            ],
            VERBOSE,
            ORDER,
            SERVICES,
        ],
    },
    Verb {
        name: "keyservice",
        arguments: "",
        about: "serve the keys of this process to others",
        flags: &[
            &[
                Flag { name: "network", other: Some("net"), takes: Takes::Value, help: "tcp or unix" },
                Flag {
                    name: "address",
                    other: Some("addr"),
                    takes: Takes::Value,
                    help: "127.0.0.1:5000, or the path of a socket",
                },
                switch("prompt", None, "ask before each answer"),
            ],
            VERBOSE,
        ],
    },
    Verb {
        name: "filestatus",
        arguments: "FILE",
        about: "say whether a file is encrypted",
        flags: &[INPUT_TYPE],
    },
    Verb { name: "completion bash", arguments: "", about: "print a script for Bash", flags: &[] },
    Verb { name: "completion zsh", arguments: "", about: "print a script for Zsh", flags: &[] },
];

/// The command called `name`.
pub(super) fn verb(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.name == name)
}

/// What the first arguments name.
pub(super) enum Named {
    /// A command, by this many words.
    Verb(&'static Verb, usize),
    /// Commands of a command, but none of them.
    Family(&'static str),
    /// Neither.
    Other,
}

/// What the first of `arguments` name.
pub(super) fn named(arguments: &[OsString]) -> Named {
    let word = |at: usize| arguments.get(at).and_then(|word| word.to_str()).unwrap_or_default();
    if let Some(verb) = verb(word(0)) {
        return Named::Verb(verb, 1);
    }
    if let Some(verb) = verb(&format!("{} {}", word(0), word(1))) {
        return Named::Verb(verb, 2);
    }
    let families = VERBS.iter().filter_map(|verb| Some(verb.name.split_once(' ')?.0));
    families.into_iter().find(|family| *family == word(0)).map_or(Named::Other, Named::Family)
}

/// Whether commands called `NAME …` exist.
pub(super) fn is_family(name: &str) -> bool {
    VERBS.iter().any(|verb| verb.name.split_once(' ').is_some_and(|(family, _)| family == name))
}

#[cfg(test)]
mod tests {
    use super::{FLAT, GLOBAL, VERBS, find};
    use std::collections::BTreeSet;

    #[test]
    fn no_name_stands_for_two_flags() {
        for verb in VERBS.iter().chain([&FLAT]) {
            let mut names = BTreeSet::new();
            for flag in verb.flags.iter().flat_map(|list| list.iter()) {
                for name in [Some(flag.name), flag.other].into_iter().flatten() {
                    assert!(names.insert(name), "{name} of {}", verb.name);
                }
            }
        }
        for flag in GLOBAL.iter().flat_map(|list| list.iter()) {
            assert_eq!(find(FLAT.flags, flag.name), Some(flag));
        }
    }
}
