//! Bounds on input.

/// Bounds on input, kept by every parser.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Size of a source, below 4 GiB.
    pub max_bytes: usize,
    /// Nesting of maps and lists.
    pub max_depth: usize,
    /// Nodes of a tree, copies made for aliases included.
    pub max_nodes: usize,
    /// Nodes made by expanding aliases.
    pub max_alias_nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 1 << 30, max_depth: 250, max_nodes: 50_000_000, max_alias_nodes: 1_000_000 }
    }
}
