//! The flags that name recipients, one for each kind of key.
//!
//! Those for clouds stay out of the help as long as no key service stands behind them: they work where
//! nothing is wrapped, and else say what is missing.

use crate::commands::recipients::{KeyKind, Recipients};
use clap::Args;

/// Recipients of every kind.
#[derive(Debug, Default, Args)]
pub struct RecipientArgs {
    /// age1… or ssh-…, with commas
    #[arg(short, long, value_name = "RECIPIENTS")]
    pub age: Vec<String>,
    /// PGP fingerprints, with commas
    #[arg(short, long, value_name = "FINGERPRINTS")]
    pub pgp: Vec<String>,
    /// ARNs of AWS KMS, with commas
    #[arg(short, long, value_name = "ARNS", hide = true)]
    pub kms: Vec<String>,
    /// The profile for AWS KMS
    #[arg(long, value_name = "NAME", hide = true)]
    pub aws_profile: Option<String>,
    /// The encryption context for AWS KMS: name:value, with commas
    #[arg(long, value_name = "CONTEXT", hide = true)]
    pub encryption_context: Option<String>,
    /// Resources of Google Cloud KMS, with commas
    #[arg(long, value_name = "IDS", hide = true)]
    pub gcp_kms: Vec<String>,
    /// Keys of Huawei Cloud KMS, with commas
    #[arg(long, value_name = "IDS", hide = true)]
    pub hckms: Vec<String>,
    /// URLs of Azure Key Vault, with commas
    #[arg(long, value_name = "URLS", hide = true)]
    pub azure_kv: Vec<String>,
    /// URLs of HashiCorp Vault, with commas
    #[arg(long, value_name = "URLS", hide = true)]
    pub hc_vault_transit: Vec<String>,
}

impl From<RecipientArgs> for Recipients {
    fn from(args: RecipientArgs) -> Self {
        Recipients {
            aws_profile: args.aws_profile.unwrap_or_default(),
            encryption_context: args.encryption_context,
            ..Recipients::named([
                (KeyKind::Age, args.age),
                (KeyKind::Pgp, args.pgp),
                (KeyKind::Kms, args.kms),
                (KeyKind::GcpKms, args.gcp_kms),
                (KeyKind::HcKms, args.hckms),
                (KeyKind::AzureKv, args.azure_kv),
                (KeyKind::HcVault, args.hc_vault_transit),
            ])
        }
    }
}

/// Who can read a new file.
#[derive(Debug, Args)]
#[command(next_help_heading = "Recipients (else those of the creation rule)")]
pub struct KeyArgs {
    /// Recipients.
    #[command(flatten)]
    pub recipients: RecipientArgs,
    /// Key groups needed to decrypt
    #[arg(long, value_name = "N", value_parser = super::number)]
    pub shamir_secret_sharing_threshold: Option<usize>,
}

/// Recipients that come into a file, and those that go.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Recipients")]
pub struct ChangeKeysArgs {
    /// Add recipients to the first key group, with commas
    #[arg(long, value_name = "RECIPIENTS")]
    pub add_age: Vec<String>,
    /// Remove recipients from all key groups
    #[arg(long, value_name = "RECIPIENTS")]
    pub rm_age: Vec<String>,
    /// The same for PGP keys
    #[arg(long, value_name = "FINGERPRINTS")]
    pub add_pgp: Vec<String>,
    /// The same for PGP keys
    #[arg(long, value_name = "FINGERPRINTS")]
    pub rm_pgp: Vec<String>,
    /// The same for AWS KMS
    #[arg(long, value_name = "ARNS", hide = true)]
    pub add_kms: Vec<String>,
    /// The same for AWS KMS
    #[arg(long, value_name = "ARNS", hide = true)]
    pub rm_kms: Vec<String>,
    /// The encryption context of keys of AWS KMS that come in
    #[arg(long, value_name = "CONTEXT", hide = true)]
    pub encryption_context: Option<String>,
    /// The same for Google Cloud KMS
    #[arg(long, value_name = "IDS", hide = true)]
    pub add_gcp_kms: Vec<String>,
    /// The same for Google Cloud KMS
    #[arg(long, value_name = "IDS", hide = true)]
    pub rm_gcp_kms: Vec<String>,
    /// The same for Huawei Cloud KMS
    #[arg(long, value_name = "IDS", hide = true)]
    pub add_hckms: Vec<String>,
    /// The same for Huawei Cloud KMS
    #[arg(long, value_name = "IDS", hide = true)]
    pub rm_hckms: Vec<String>,
    /// The same for Azure Key Vault
    #[arg(long, value_name = "URLS", hide = true)]
    pub add_azure_kv: Vec<String>,
    /// The same for Azure Key Vault
    #[arg(long, value_name = "URLS", hide = true)]
    pub rm_azure_kv: Vec<String>,
    /// The same for HashiCorp Vault
    #[arg(long, value_name = "URLS", hide = true)]
    pub add_hc_vault_transit: Vec<String>,
    /// The same for HashiCorp Vault
    #[arg(long, value_name = "URLS", hide = true)]
    pub rm_hc_vault_transit: Vec<String>,
}

impl ChangeKeysArgs {
    /// Those that come in, and those that go.
    #[must_use]
    pub fn into_recipients(self) -> (Recipients, Recipients) {
        let added = Recipients::named([
            (KeyKind::Age, self.add_age),
            (KeyKind::Pgp, self.add_pgp),
            (KeyKind::Kms, self.add_kms),
            (KeyKind::GcpKms, self.add_gcp_kms),
            (KeyKind::HcKms, self.add_hckms),
            (KeyKind::AzureKv, self.add_azure_kv),
            (KeyKind::HcVault, self.add_hc_vault_transit),
        ]);
        let removed = Recipients::named([
            (KeyKind::Age, self.rm_age),
            (KeyKind::Pgp, self.rm_pgp),
            (KeyKind::Kms, self.rm_kms),
            (KeyKind::GcpKms, self.rm_gcp_kms),
            (KeyKind::HcKms, self.rm_hckms),
            (KeyKind::AzureKv, self.rm_azure_kv),
            (KeyKind::HcVault, self.rm_hc_vault_transit),
        ]);
        (Recipients { encryption_context: self.encryption_context, ..added }, removed)
    }
}
