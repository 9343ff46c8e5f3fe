//! Tests of generations, in folders on `/dev/shm`.

use crate::render::{Access, Bundle, Entry};
use zeroize::Zeroizing;

/// A bundle of files, for their usual reader.
pub(in crate::container) fn bundle(files: &[(&str, &[u8])]) -> Bundle {
    let mut entries: Vec<Entry> = files
        .iter()
        .map(|(name, content)| Entry {
            name: (*name).to_owned(),
            content: Zeroizing::new(content.to_vec()),
            access: Access::default(),
        })
        .collect();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Bundle { entries, expires: None }
}
