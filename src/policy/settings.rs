//! The settings of a run from the environment: the only module that reads it.
//!
//! SOPS's variables keep their names (format description, sections 7.1, 7.2 and 9.3). One that is set
//! to the empty text counts as absent. Flags stand above these settings, the configuration file below.

mod source;

pub use source::truth;

use crate::keys::KeyKind;
use crate::keyservice::{AddressError, ServiceAddress};
use source::Source;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use zeroize::{Zeroize, Zeroizing};

/// Variables that name an editor, the strongest first.
pub const EDITORS: [&str; 4] = ["SEAL_EDITOR", "SOPS_EDITOR", "VISUAL", "EDITOR"];

/// Those of them that SOPS does not know.
const OTHER_EDITORS: [&str; 2] = ["SEAL_EDITOR", "VISUAL"];

/// Variables that hold key material or tell how to get it. A program that is started for anything but that
/// gets none of them.
pub const KEY_VARIABLES: [&str; 4] =
    ["SEAL_KEY", "SOPS_AGE_KEY", "SOPS_AGE_KEY_CMD", "SOPS_AGE_SSH_PRIVATE_KEY_CMD"];

/// Variables that say where a key or a key service is. An app that has its secrets already needs none of
/// them either.
pub const KEY_PLACE_VARIABLES: [&str; 4] =
    ["SEAL_KEY_FILE", "SOPS_AGE_KEY_FILE", "SOPS_AGE_SSH_PRIVATE_KEY_FILE", "SOPS_KEYSERVICE"];

/// The variables of this process but those that hold key material, for a program that it becomes or
/// starts.
#[must_use]
pub fn environment() -> Vec<(OsString, OsString)> {
    let mut variables = Vec::new();
    for (name, value) in std::env::vars_os() {
        if KEY_VARIABLES.iter().any(|key| name == *key) {
            value.into_vec().zeroize();
        } else {
            variables.push((name, value));
        }
    }
    variables
}

/// The variables called `SEAL_…`, but the one that holds a key.
#[must_use]
pub fn seal_variables() -> Vec<(String, OsString)> {
    let ours = |(name, value): (OsString, OsString)| {
        let name = name.into_string().ok().filter(|name| name.starts_with("SEAL_"))?;
        Some((name, value))
    };
    environment().into_iter().filter_map(ours).collect()
}

/// Everything that the environment may say.
#[derive(Default)]
pub struct Settings {
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// The user's configuration directory: `XDG_CONFIG_HOME`, else the system's usual place.
    pub config_home: Option<PathBuf>,
    /// `PWD`, for [`Self::current_dir`].
    pub working_dir: Option<PathBuf>,
    /// `NO_COLOR` is set, or the terminal is `dumb`.
    pub no_color: bool,
    /// The first of [`EDITORS`] that is set, with its name.
    pub editor: Option<(&'static str, String)>,
    /// `PATH`: where programs are.
    pub path: Option<OsString>,
    /// Places for files of this session that need not last: `XDG_RUNTIME_DIR`, `TMPDIR`.
    pub transient: TransientDirs,
    /// The user's directory for state that outlives a run: `XDG_STATE_HOME`, else `~/.local/state`.
    pub state_home: Option<PathBuf>,
    /// `SOPS_CONFIG`: the configuration file.
    pub config: Option<PathBuf>,
    /// `SEAL_REQUIRE_STRICT`: refuse files without a strict record.
    pub require_strict: Option<bool>,
    /// Where age identities are.
    pub age: AgeSettings,
    /// What those who start containers and services say.
    pub container: ContainerSettings,
    /// Recipients for new files.
    pub recipients: RecipientSettings,
    /// `SOPS_DECRYPTION_ORDER`.
    pub decryption_order: Option<String>,
    /// `SOPS_ENABLE_LOCAL_KEYSERVICE`.
    pub local_key_service: Option<bool>,
    /// `SOPS_KEYSERVICE`: addresses of key services, comma-separated.
    pub key_services: Vec<ServiceAddress>,
    /// `SOPS_GPG_EXEC`: the program `gpg`.
    pub gpg: Option<PathBuf>,
    /// `GPG_TTY`: the terminal where helpers of `gpg` ask.
    pub gpg_terminal: Option<OsString>,
    /// `SOPS_HC_VAULT_ALLOWLIST`: `all`, `none`, or prefixes of addresses.
    pub vault_allow_list: Option<String>,
    /// `SOPS_GCP_KMS_CLIENT_TYPE`: `grpc` or `rest`.
    pub gcp_client_type: Option<String>,
    /// `SOPS_GCP_KMS_ENDPOINT`.
    pub gcp_endpoint: Option<String>,
    /// `SOPS_GCP_KMS_UNIVERSE_DOMAIN`.
    pub gcp_universe_domain: Option<String>,
    /// `GITHUB_ACTIONS`: a run in a workflow of GitHub, which shows annotations.
    pub github_actions: bool,
    /// What is said of runs by Git.
    pub git: GitSettings,
    /// `SOPS_DISABLE_VERSION_CHECK`; nothing here ever looks for versions.
    pub disable_version_check: Option<bool>,
}

/// Where files may stand that need not last.
#[derive(Debug, Default)]
pub struct TransientDirs {
    /// `XDG_RUNTIME_DIR`.
    pub runtime: Option<PathBuf>,
    /// `TMPDIR`.
    pub temporary: Option<PathBuf>,
}

/// What those who start containers and services say.
#[derive(Default)]
pub struct ContainerSettings {
    /// `SEAL_KEY`: identities as text.
    pub key: Option<Zeroizing<String>>,
    /// `CREDENTIALS_DIRECTORY`: where systemd puts credentials.
    pub credentials: Option<PathBuf>,
    /// `NOTIFY_SOCKET`: whom systemd wants to be told that a service is ready.
    pub notify: Option<OsString>,
}

/// Where age identities are (section 7.1).
#[derive(Default)]
pub struct AgeSettings {
    /// `SOPS_AGE_KEY`: identities as text.
    pub key: Option<Zeroizing<String>>,
    /// `SOPS_AGE_KEY_FILE`: an identity file.
    pub key_file: Option<PathBuf>,
    /// `SOPS_AGE_KEY_CMD`: a command that prints identities.
    pub key_command: Option<String>,
    /// `SOPS_AGE_SSH_PRIVATE_KEY_FILE`: an ssh private key.
    pub ssh_key_file: Option<PathBuf>,
    /// `SOPS_AGE_SSH_PRIVATE_KEY_CMD`: a command that prints one.
    pub ssh_key_command: Option<String>,
}

/// What is said of runs by Git.
#[derive(Debug, Default)]
pub struct GitSettings {
    /// `GIT_PAGER_IN_USE`: Git shows its output in a pager.
    pub pager_in_use: bool,
    /// `CI`: a run on a build machine.
    pub ci: bool,
    /// `SEAL_GIT_SHOW`: how encrypted values are shown.
    pub show: Option<OsString>,
    /// `SEAL_LOG` is set: what goes wrong quietly is said.
    pub log: bool,
}

/// Recipients for new files, each a comma-separated list (section 7.2).
#[derive(Debug, Default)]
pub struct RecipientSettings {
    /// `SOPS_AGE_RECIPIENTS`.
    pub age: Option<String>,
    /// `SOPS_PGP_FP`.
    pub pgp: Option<String>,
    /// `SOPS_KMS_ARN`.
    pub kms: Option<String>,
    /// `SOPS_GCP_KMS_IDS`.
    pub gcp_kms: Option<String>,
    /// `SOPS_HUAWEICLOUD_KMS_IDS`.
    pub hckms: Option<String>,
    /// `SOPS_AZURE_KEYVAULT_URLS`.
    pub azure_kv: Option<String>,
    /// `SOPS_VAULT_URIS`.
    pub hc_vault: Option<String>,
}

impl RecipientSettings {
    /// Those of a kind.
    #[must_use]
    pub fn of(&self, kind: KeyKind) -> Option<&str> {
        let text = match kind {
            KeyKind::Age => &self.age,
            KeyKind::Pgp => &self.pgp,
            KeyKind::Kms => &self.kms,
            KeyKind::GcpKms => &self.gcp_kms,
            KeyKind::HcKms => &self.hckms,
            KeyKind::AzureKv => &self.azure_kv,
            KeyKind::HcVault => &self.hc_vault,
        };
        text.as_deref()
    }
}

/// A variable that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// It is not UTF-8.
    #[error("`{0}` is not UTF-8")]
    NotUtf8(&'static str),
    /// It is not a truth value.
    #[error("`{0}` must be `true` or `false`")]
    NotBoolean(&'static str),
    /// It is not a list of addresses.
    #[error("`{name}` has `{text}`: {reason}")]
    NotAddress {
        /// The variable.
        name: &'static str,
        /// The part that is no address.
        text: String,
        /// Why.
        reason: AddressError,
    },
}

impl SettingsError {
    /// The variable.
    #[must_use]
    pub fn variable(&self) -> &'static str {
        match self {
            SettingsError::NotUtf8(name)
            | SettingsError::NotBoolean(name)
            | SettingsError::NotAddress { name, .. } => name,
        }
    }
}

impl Settings {
    /// Reads the environment of the process.
    ///
    /// # Errors
    /// A variable is not UTF-8 where it must be, or no truth value where it must be one.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::from(&|name| std::env::var_os(name))
    }

    /// As [`Self::from_env`], but only with the editors that SOPS knows (format description, section 9.6).
    ///
    /// # Errors
    /// As [`Self::from_env`].
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn of_sops_from_env() -> Result<Self, SettingsError> {
        Self::from(&|name| if OTHER_EDITORS.contains(&name) { None } else { std::env::var_os(name) })
    }

    /// As [`Self::from_env`], and a variable that cannot be used counts as absent: for what must not fail.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn usable_from_env() -> Self {
        Self::usable_from(&|name| std::env::var_os(name))
    }

    fn usable_from(get: &dyn Fn(&'static str) -> Option<OsString>) -> Self {
        let mut left_out: Vec<&str> = Vec::new();
        loop {
            match Self::from(&|name| if left_out.contains(&name) { None } else { get(name) }) {
                Ok(settings) => return settings,
                // Each is named once at most.
                Err(error) => left_out.push(error.variable()),
            }
        }
    }

    /// Takes the variables from `get`.
    ///
    /// # Errors
    /// As [`Self::from_env`].
    pub fn from(get: &dyn Fn(&'static str) -> Option<OsString>) -> Result<Self, SettingsError> {
        let source = Source(get);
        let home = source.path("HOME");
        let state_home = source.path("XDG_STATE_HOME").filter(|path| path.is_absolute());
        let state_home = state_home.or_else(|| Some(home.as_ref()?.join(".local/state")));
        let mut editor = None;
        for name in EDITORS {
            editor = editor.or(source.text(name)?.map(|text| (name, text)));
        }
        Ok(Self {
            config_home: config_home(source.path("XDG_CONFIG_HOME"), home.as_deref()),
            home,
            working_dir: source.path("PWD"),
            no_color: source.raw("NO_COLOR").is_some() || source.raw("TERM").is_some_and(|t| t == "dumb"),
            editor,
            path: source.raw("PATH"),
            transient: TransientDirs {
                runtime: source.path("XDG_RUNTIME_DIR"),
                temporary: source.path("TMPDIR"),
            },
            state_home,
            config: source.path("SOPS_CONFIG"),
            require_strict: source.boolean("SEAL_REQUIRE_STRICT")?,
            age: AgeSettings {
                key: source.text("SOPS_AGE_KEY")?.map(Zeroizing::new),
                key_file: source.path("SOPS_AGE_KEY_FILE"),
                key_command: source.text("SOPS_AGE_KEY_CMD")?,
                ssh_key_file: source.path("SOPS_AGE_SSH_PRIVATE_KEY_FILE"),
                ssh_key_command: source.text("SOPS_AGE_SSH_PRIVATE_KEY_CMD")?,
            },
            container: ContainerSettings {
                key: source.text("SEAL_KEY")?.map(Zeroizing::new),
                credentials: source.path("CREDENTIALS_DIRECTORY"),
                notify: source.raw("NOTIFY_SOCKET"),
            },
            recipients: RecipientSettings {
                age: source.text("SOPS_AGE_RECIPIENTS")?,
                pgp: source.text("SOPS_PGP_FP")?,
                kms: source.text("SOPS_KMS_ARN")?,
                gcp_kms: source.text("SOPS_GCP_KMS_IDS")?,
                hckms: source.text("SOPS_HUAWEICLOUD_KMS_IDS")?,
                azure_kv: source.text("SOPS_AZURE_KEYVAULT_URLS")?,
                hc_vault: source.text("SOPS_VAULT_URIS")?,
            },
            decryption_order: source.text("SOPS_DECRYPTION_ORDER")?,
            local_key_service: source.boolean("SOPS_ENABLE_LOCAL_KEYSERVICE")?,
            key_services: source.addresses("SOPS_KEYSERVICE")?,
            gpg: source.path("SOPS_GPG_EXEC"),
            gpg_terminal: source.raw("GPG_TTY"),
            vault_allow_list: source.text("SOPS_HC_VAULT_ALLOWLIST")?,
            gcp_client_type: source.text("SOPS_GCP_KMS_CLIENT_TYPE")?,
            gcp_endpoint: source.text("SOPS_GCP_KMS_ENDPOINT")?,
            gcp_universe_domain: source.text("SOPS_GCP_KMS_UNIVERSE_DOMAIN")?,
            github_actions: source.raw("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
            git: GitSettings {
                pager_in_use: source
                    .raw("GIT_PAGER_IN_USE")
                    .is_some_and(|value| value == "1" || value == "true"),
                ci: source.raw("CI").is_some_and(|value| value != "false"),
                show: source.raw("SEAL_GIT_SHOW"),
                log: source.raw("SEAL_LOG").is_some(),
            },
            disable_version_check: source.boolean("SOPS_DISABLE_VERSION_CHECK")?,
        })
    }

    /// The identity file that is read if it exists.
    #[must_use]
    pub fn default_identity_file(&self) -> Option<PathBuf> {
        Some(self.config_home.as_ref()?.join("sops/age/keys.txt"))
    }

    /// The current folder, by the name that the shell gave it if that is true (as Go does, so that
    /// paths are matched as SOPS matches them).
    ///
    /// # Errors
    /// The folder was removed, or one above it cannot be read.
    pub fn current_dir(&self) -> std::io::Result<PathBuf> {
        let same = |path: &&PathBuf| match (std::fs::metadata(path), std::fs::metadata(".")) {
            (Ok(a), Ok(b)) => a.dev() == b.dev() && a.ino() == b.ino(),
            _ => false,
        };
        match self.working_dir.as_ref().filter(|path| path.is_absolute()).filter(same) {
            Some(path) => Ok(path.clone()),
            None => std::env::current_dir(),
        }
    }
}

/// `XDG_CONFIG_HOME`, else `~/.config`, on macOS `~/Library/Application Support` (section 7.1).
fn config_home(named: Option<PathBuf>, home: Option<&Path>) -> Option<PathBuf> {
    let usual = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" };
    named.or_else(|| Some(home?.join(usual)))
}

#[cfg(test)]
mod tests;
