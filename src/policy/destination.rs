//! Destination rules: where `publish` sends files (format description, section 8.3).

use super::reader::Reader;
use super::rule::CreationRule;
use serde_yaml::Value;

/// A destination rule.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DestinationRule {
    /// Which files it is for, by their paths as given; empty for all.
    pub path_regex: String,
    /// Where to; a usable rule has one.
    pub destinations: Vec<Destination>,
    /// How the file is encrypted anew on its way.
    pub recreation_rule: Option<CreationRule>,
    /// Whether the extension of the name is dropped.
    pub omit_extensions: bool,
}

/// A place to publish to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A bucket of Amazon S3.
    S3 {
        /// Its name.
        bucket: String,
        /// What the names of objects begin with.
        prefix: String,
    },
    /// A bucket of Google Cloud Storage.
    Gcs {
        /// Its name.
        bucket: String,
        /// What the names of objects begin with.
        prefix: String,
    },
    /// A key-value store of HashiCorp Vault.
    Vault {
        /// The path below the mount.
        path: String,
        /// The server; empty for the client's own setting.
        address: String,
        /// The mount.
        mount: String,
        /// The version of the store, 1 or 2.
        version: i64,
    },
}

const FIELDS: [&str; 11] = [
    "path_regex",
    "s3_bucket",
    "s3_prefix",
    "gcs_bucket",
    "gcs_prefix",
    "vault_path",
    "vault_address",
    "vault_kv_mount_name",
    "vault_kv_version",
    "recreation_rule",
    "omit_extensions",
];

impl DestinationRule {
    /// Reads a rule.
    pub(super) fn read(reader: &mut Reader, index: usize, value: &Value) -> Self {
        let mut rule = Self::default();
        let mut texts: [String; 8] = Default::default();
        let mut version = 2;
        reader.map(value, &FIELDS, |reader, name, value| match name {
            "recreation_rule" if has_keys_or_selection(value) => {
                rule.recreation_rule = Some(CreationRule::read(reader, index, value));
            }
            "recreation_rule" => {}
            "omit_extensions" => rule.omit_extensions = reader.boolean(value).unwrap_or_default(),
            "vault_kv_version" => match reader.integer(value) {
                Some(number @ (1 | 2)) => version = number,
                Some(_) => reader.error("`vault_kv_version` must be 1 or 2"),
                None => {}
            },
            _ => {
                let place = FIELDS.iter().position(|field| *field == name).unwrap_or_default();
                texts[place] = reader.text(value).unwrap_or_default();
            }
        });
        let [path_regex, s3_bucket, s3_prefix, gcs_bucket, gcs_prefix, path, address, mount] = texts;
        rule.path_regex = path_regex;
        if !s3_bucket.is_empty() {
            rule.destinations.push(Destination::S3 { bucket: s3_bucket, prefix: s3_prefix });
        }
        if !gcs_bucket.is_empty() {
            rule.destinations.push(Destination::Gcs { bucket: gcs_bucket, prefix: gcs_prefix });
        }
        if !path.is_empty() {
            let mount = if mount.is_empty() { "secret/".to_owned() } else { mount };
            rule.destinations.push(Destination::Vault { path, address, mount, version });
        }
        if rule.destinations.len() > 1 {
            reader.error("a destination rule has more than one destination");
        }
        rule
    }
}

/// Whether there is anything in a recreation rule.
fn has_keys_or_selection(value: &Value) -> bool {
    value.as_mapping().is_none_or(|map| !map.is_empty())
}
