//! interim
#![allow(missing_docs)]
use super::types::Types;
use crate::doc::{FormatName, Layout, Timestamp};
use crate::error::{Failure, Warning};
use crate::keys::age::{AgeService, IdentitySources};
use crate::keys::{DecryptionOrder, KeyKind, Nobody, Services};
use crate::policy::CreationRule;
pub struct Context {
    services: Services,
    quiet: bool,
}
#[allow(clippy::disallowed_methods, clippy::print_stderr, missing_docs)]
impl Context {
    pub fn new(quiet: bool) -> Self {
        let path = |name: &str| std::env::var_os(name).map(std::path::PathBuf::from);
        let sources = IdentitySources {
            ssh_key_file: path("SOPS_AGE_SSH_PRIVATE_KEY_FILE"),
            home: path("HOME"),
            key: std::env::var("SOPS_AGE_KEY").ok().map(zeroize::Zeroizing::new),
            key_file: path("SOPS_AGE_KEY_FILE"),
            ..IdentitySources::default()
        };
        Self { services: Services::new().with(AgeService::new(sources, std::sync::Arc::new(Nobody))), quiet }
    }
    pub fn warn(&self, w: Warning) {
        if !self.quiet {
            eprintln!("warning: {}", w.headline);
        }
    }
    pub fn report(&self, f: &Failure) {
        eprintln!("error: {}", f.headline);
        for c in &f.causes {
            eprintln!("  {c}");
        }
        if let Some(p) = &f.place {
            eprintln!("  --> {p}");
        }
        for h in &f.hints {
            eprintln!("  hint: {h}");
        }
    }
    pub fn services(&self) -> &Services {
        &self.services
    }
    pub fn require_strict(&self) -> Result<bool, Failure> {
        Ok(false)
    }
    pub fn decryption_order(&self) -> Result<Vec<KeyKind>, Failure> {
        let _ = DecryptionOrder::default();
        Ok(vec![KeyKind::Age, KeyKind::Pgp])
    }
    pub fn creation_rule(&self, _name: &str) -> Result<Option<CreationRule>, Failure> {
        Ok(None)
    }
    pub fn layout(&self, _to: FormatName, types: &Types) -> Result<Layout, Failure> {
        Ok(Layout { indent: types.indent })
    }
    pub fn now(&self) -> Timestamp {
        Timestamp::new(time::OffsetDateTime::now_utc())
    }
    pub fn recipients(&self) -> Vec<crate::keys::MasterKey> {
        std::env::var("SOPS_AGE_RECIPIENTS")
            .ok()
            .iter()
            .flat_map(|t| t.split(','))
            .map(|r| crate::keys::MasterKey::age(r.trim()))
            .collect()
    }
    pub fn say(&self, text: &str) {
        eprintln!("{text}");
    }
}
