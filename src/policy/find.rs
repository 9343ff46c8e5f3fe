//! Where the configuration file is (format description, section 8.1).

use std::path::{Path, PathBuf};

/// How many folders are looked into.
const MAX_LEVELS: usize = 100;

/// What the search found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The configuration file. One that was named is not checked to exist.
    pub config: Option<PathBuf>,
    /// A `.sops.yml` seen on the way, which is not used: worth a warning.
    pub misnamed: Option<PathBuf>,
}

/// The file `named` on the command line or in the environment, else the first `.sops.yaml` from the
/// folder `start` (absolute) upwards.
#[must_use]
pub fn find(named: Option<&Path>, start: &Path) -> Found {
    if let Some(named) = named {
        return Found { config: Some(named.to_owned()), misnamed: None };
    }
    let mut misnamed = None;
    for folder in start.ancestors().take(MAX_LEVELS) {
        let config = folder.join(".sops.yaml");
        if config.exists() {
            return Found { config: Some(config), misnamed };
        }
        let other = folder.join(".sops.yml");
        if misnamed.is_none() && other.exists() {
            misnamed = Some(other);
        }
    }
    Found { config: None, misnamed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::testing::Folder;

    #[test]
    fn the_nearest_file_upwards_is_taken() {
        let folder = Folder::new();
        let deep = folder.path("a/b/c");
        std::fs::create_dir_all(&deep).unwrap();
        let outer = folder.file(".sops.yaml", b"");
        let other = folder.file("a/b/.sops.yml", b"");
        assert_eq!(find(None, &deep), Found { config: Some(outer), misnamed: Some(other) });
        let inner = folder.file("a/.sops.yaml", b"");
        assert_eq!(find(None, &folder.path("a")), Found { config: Some(inner), misnamed: None });
    }

    #[test]
    fn a_named_file_ends_the_search() {
        let folder = Folder::new();
        folder.file(".sops.yaml", b"");
        let found = find(Some(Path::new("none.yaml")), &folder.0);
        assert_eq!(found.config, Some(PathBuf::from("none.yaml")));
    }

    #[test]
    fn the_search_ends_after_a_hundred_folders() {
        let mut start = PathBuf::from("/");
        start.extend(std::iter::repeat_n("x", 200));
        assert_eq!(find(None, &start), Found::default());
    }
}
