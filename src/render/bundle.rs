//! What is handed over: complete, in memory, before anything is written.

use zeroize::Zeroizing;

/// Who may read a file, where it is not the usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Access {
    /// Permission bits, such as `0o400`.
    pub mode: Option<u32>,
    /// Owner.
    pub uid: Option<u32>,
    /// Group.
    pub gid: Option<u32>,
}

/// A file to be.
pub struct Entry {
    /// Its name: one component of a path, checked by [`super::names`].
    pub name: String,
    /// Its bytes.
    pub content: Zeroizing<Vec<u8>>,
    /// Who may read it.
    pub access: Access,
}

/// All files of one rendering.
#[derive(Default)]
pub struct Bundle {
    /// The files, sorted by name; no name twice.
    pub entries: Vec<Entry>,
    /// When the first of their sources expires, in RFC 3339.
    pub expires: Option<String>,
}
