//! Master keys: the entries of the metadata that hold the wrapped data key.

use super::kind::KeyKind;
use crate::doc::{Data, Timestamp, Value};

/// One entry of a key list in the metadata, with all its fields kept as they were read, in their order,
/// unknown ones too (format description, section 4.1).
#[derive(Debug, Clone, PartialEq)]
pub struct MasterKey {
    /// The list it stands in.
    pub kind: KeyKind,
    /// Its fields. None of them is secret.
    pub fields: Vec<(String, Data)>,
}

impl MasterKey {
    /// An entry without fields.
    #[must_use]
    pub fn new(kind: KeyKind) -> Self {
        Self { kind, fields: Vec::new() }
    }

    /// An entry for an age recipient, which is not checked here, without a wrapped key yet.
    #[must_use]
    pub fn age(recipient: &str) -> Self {
        Self { kind: KeyKind::Age, fields: vec![("recipient".to_owned(), Data::str(recipient))] }
    }

    /// The value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Data> {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// The text of a field, if it has one that is not empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.field(name).and_then(Data::as_str).filter(|text| !text.is_empty())
    }

    /// Sets a field: in its place if it is there, else before the first whose name is greater, since
    /// SOPS 3.13 sorts fields by name.
    pub fn set(&mut self, name: &str, value: Data) {
        if let Some((_, old)) = self.fields.iter_mut().find(|(other, _)| other == name) {
            *old = value;
            return;
        }
        let greater = self.fields.iter().position(|(other, _)| other.as_str() > name);
        self.fields.insert(greater.unwrap_or(self.fields.len()), (name.to_owned(), value));
    }

    /// The wrapped data key or share, if there is one.
    #[must_use]
    pub fn enc(&self) -> Option<&str> {
        self.text("enc")
    }

    /// Sets the wrapped data key or share.
    pub fn set_enc(&mut self, enc: String) {
        self.set("enc", Data::str(enc));
    }

    /// Sets the wrapped data key or share, made at `now`: kinds that say when they were wrapped say so.
    pub fn set_wrapped(&mut self, enc: String, now: Timestamp) {
        if self.kind.is_dated() {
            self.set("created_at", Data::str(now.to_string()));
        }
        self.set_enc(enc);
    }

    /// When the entry was made, where its kind says so and the text is a date.
    #[must_use]
    pub fn created_at(&self) -> Option<Timestamp> {
        match self.field("created_at")? {
            Data::Value(Value::Time(time)) => Some(*time),
            other => Timestamp::parse_rfc3339(other.as_str()?),
        }
    }

    /// The text that names the recipient, as it is given on a command line or in a configuration file.
    /// Empty if the entry does not say.
    #[must_use]
    pub fn recipient(&self) -> String {
        let text = |name| self.text(name).unwrap_or_default();
        let main = text(self.kind.recipient_field());
        match self.kind {
            KeyKind::Kms => match self.text("role") {
                Some(role) => format!("{main}+{role}"),
                None => main.to_owned(),
            },
            KeyKind::AzureKv => {
                let version = self.text("version").map(|version| format!("/{version}"));
                format!("{main}/keys/{}{}", text("name"), version.unwrap_or_default())
            }
            KeyKind::HcVault => format!("{main}/v1/{}/keys/{}", text("engine_path"), text("key_name")),
            KeyKind::GcpKms | KeyKind::HcKms | KeyKind::Age | KeyKind::Pgp => main.to_owned(),
        }
    }

    /// Whether both entries wrap for the same recipient, whatever else they say: the comment of an SSH key
    /// and the case of a fingerprint do not matter.
    #[must_use]
    pub fn is_same_recipient(&self, other: &Self) -> bool {
        self.kind == other.kind && self.canonical_recipient() == other.canonical_recipient()
    }

    /// The text that names the recipient in the one form that all its spellings share.
    #[must_use]
    pub fn canonical_recipient(&self) -> String {
        let text = self.recipient();
        match self.kind {
            KeyKind::Age if text.starts_with("ssh-") => {
                text.split_ascii_whitespace().take(2).collect::<Vec<_>>().join(" ")
            }
            KeyKind::Age => text.to_ascii_lowercase(),
            KeyKind::Pgp => text.to_ascii_uppercase(),
            _ => text,
        }
    }

    /// The recipient for messages: short, and without control characters.
    #[must_use]
    pub fn short_recipient(&self) -> String {
        let text: String = self.recipient().chars().filter(|c| !c.is_control()).collect();
        match self.kind {
            KeyKind::Age if text.starts_with("ssh-") => short_ssh(&text),
            KeyKind::Age => short_bech32(&text),
            KeyKind::Kms => match text.rsplit_once('/') {
                Some((_, id)) => format!("…/{}", tail(id, 12)),
                None => tail(&text, 24),
            },
            KeyKind::Pgp => tail(&text, 16),
            _ => tail(&text, 32),
        }
    }
}

/// `age1ql3z…cac8p`: the human-readable part and a little of both ends.
fn short_bech32(text: &str) -> String {
    let head: String = match text.rfind('1') {
        Some(separator) => text.chars().take(separator.min(24) + 5).collect(),
        None => text.chars().take(8).collect(),
    };
    if text.chars().count() <= head.chars().count() + 6 {
        return text.to_owned();
    }
    format!("{head}{}", tail(text, 5))
}

/// `ssh-ed25519 …Z02RtZG alice@host`: the type, the end of the key, the comment.
fn short_ssh(text: &str) -> String {
    let mut words = text.split_ascii_whitespace();
    let (kind, key) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let comment = words.collect::<Vec<_>>().join(" ");
    format!("{} {} {}", tail(kind, 16), tail(key, 6), tail(&comment, 24)).trim_end().to_owned()
}

/// The last `length` characters, with an ellipsis if there are more.
fn tail(text: &str, length: usize) -> String {
    match text.char_indices().rev().nth(length) {
        Some((last_left_out, c)) => format!("…{}", &text[last_left_out + c.len_utf8()..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{MasterKey, tail};
    use crate::doc::Data;
    use crate::keys::KeyKind;

    fn key(kind: KeyKind, fields: &[(&str, &str)]) -> MasterKey {
        let fields = fields.iter().map(|(name, text)| ((*name).to_owned(), Data::str(*text)));
        MasterKey { kind, fields: fields.collect() }
    }

    #[test]
    fn setting_keeps_place_and_unknown_fields() {
        let mut age = key(KeyKind::Age, &[("enc", "old"), ("note", "kept"), ("recipient", "age1x")]);
        age.set_enc("new".into());
        assert_eq!(age, key(KeyKind::Age, &[("enc", "new"), ("note", "kept"), ("recipient", "age1x")]));
        let mut fresh = MasterKey::age("age1x");
        assert_eq!(fresh.enc(), None);
        fresh.set_enc("wrapped".into());
        assert_eq!(fresh, key(KeyKind::Age, &[("enc", "wrapped"), ("recipient", "age1x")]));
    }

    #[test]
    fn recipients_of_every_kind() {
        let kms = [("arn", "arn:aws:kms:us-east-1:1:key/0d04-4f1c"), ("role", "arn:aws:iam::1:role/x")];
        let cases = [
            (key(KeyKind::Kms, &kms[..1]), "arn:aws:kms:us-east-1:1:key/0d04-4f1c", "…/0d04-4f1c"),
            (key(KeyKind::Kms, &kms), "arn:aws:kms:us-east-1:1:key/0d04-4f1c+arn:aws:iam::1:role/x", "…/x"),
            (key(KeyKind::GcpKms, &[("resource_id", "projects/p/k")]), "projects/p/k", "projects/p/k"),
            (key(KeyKind::HcKms, &[("key_id", "tr-west-1:uuid")]), "tr-west-1:uuid", "tr-west-1:uuid"),
            (
                key(KeyKind::AzureKv, &[("vault_url", "https://v"), ("name", "k"), ("version", "3")]),
                "https://v/keys/k/3",
                "https://v/keys/k/3",
            ),
            (
                key(
                    KeyKind::HcVault,
                    &[
                        ("vault_address", "https://vault.example.org:8200"),
                        ("engine_path", "t"),
                        ("key_name", "dev"),
                    ],
                ),
                "https://vault.example.org:8200/v1/t/keys/dev",
                "…xample.org:8200/v1/t/keys/dev",
            ),
            (
                key(KeyKind::Pgp, &[("fp", "0621C0E444BD109AEEA0F43746538F0B3AE70632")]),
                "0621C0E444BD109AEEA0F43746538F0B3AE70632",
                "…46538F0B3AE70632",
            ),
            (MasterKey::new(KeyKind::Age), "", ""),
        ];
        for (key, long, short) in cases {
            assert_eq!(key.recipient(), long);
            if key.kind != KeyKind::HcVault {
                assert_eq!(key.short_recipient(), short);
            }
            assert!(key.short_recipient().chars().count() <= 33);
        }
    }

    #[test]
    fn age_recipients_are_shortened_in_the_middle() {
        let short = |text: &str| MasterKey::age(text).short_recipient();
        let native = "age1rh8vkdkhqetmk6qs8v8jxuxlky0c9s2c8aeflydjyv87cs5tgaqq9ynmu3";
        assert_eq!(short(native), "age1rh8v…ynmu3");
        assert_eq!(short("age1yubikey1qwertyuiopasdfghjkl"), "age1yubikey1qwer…ghjkl");
        assert_eq!(short("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPvs me"), "ssh-ed25519 …AAIPvs me");
        assert_eq!(short("age1x\u{1b}[2J"), "age1x[2J");
        assert_eq!(short("nonsense"), "nonsense");
    }

    #[test]
    fn spellings_of_one_recipient_are_the_same() {
        let age = MasterKey::age;
        assert!(age("ssh-rsa AAAA me@here").is_same_recipient(&age("ssh-rsa  AAAA")));
        assert!(!age("ssh-rsa AAAA").is_same_recipient(&age("ssh-rsa AAAa")));
        assert!(age("AGE1X").is_same_recipient(&age("age1x")));
        let pgp = |text| key(KeyKind::Pgp, &[("fp", text)]);
        assert!(pgp("ab12").is_same_recipient(&pgp("AB12")) && !pgp("AB12!").is_same_recipient(&pgp("AB12")));
        assert!(!age("x").is_same_recipient(&pgp("x")));
    }

    #[test]
    fn dates_are_read() {
        let dated = key(KeyKind::Pgp, &[("created_at", "2026-11-21T20:59:26Z")]);
        assert_eq!(dated.created_at().unwrap().to_string(), "2026-11-21T20:59:26Z");
        assert_eq!(key(KeyKind::Pgp, &[("created_at", "today")]).created_at(), None);
    }

    #[test]
    fn tails_count_characters() {
        assert_eq!(tail("äöü", 3), "äöü");
        assert_eq!(tail("äöü", 2), "…öü");
        assert_eq!(tail("", 2), "");
    }
}
