//! interim
#![allow(missing_docs)]
pub struct CreationRule {
    pub selector: Option<crate::sops::Selector>,
    pub mac_only_encrypted: bool,
    pub groups: Vec<crate::keys::KeyGroup>,
    pub threshold: Option<usize>,
}
