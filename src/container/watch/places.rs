//! Where the name of a file stands, and those of the links on the way to it.

use rustix::fs::{CWD, Mode, OFlags, openat};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The system follows no more links than this.
const MOST_LINKS: usize = 40;

/// The folders and the names in them on which depends which file `path` means: its own, and those of all links
/// on the way. Kubernetes changes only a link in the middle.
pub(super) fn name_places(path: &Path) -> Vec<(PathBuf, OsString)> {
    let mut found = Vec::new();
    let mut at = PathBuf::from(if path.is_absolute() { "/" } else { "." });
    let mut left: VecDeque<OsString> = parts(path).collect();
    let mut links = 0;
    while let Some(part) = left.pop_front() {
        if part == ".." {
            // `at` has no links, so this is the folder that it is in.
            at.push("..");
            continue;
        }
        let full = at.join(&part);
        match std::fs::read_link(&full) {
            Ok(target) if links < MOST_LINKS => {
                links += 1;
                found.push((at.clone(), part));
                if target.is_absolute() {
                    at = PathBuf::from("/");
                }
                for part in parts(&target).collect::<Vec<_>>().into_iter().rev() {
                    left.push_front(part);
                }
            }
            _ => {
                if left.is_empty() {
                    found.push((at.clone(), part));
                }
                at = full;
            }
        }
    }
    found
}

fn parts(path: &Path) -> impl Iterator<Item = OsString> + '_ {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

/// Opens a file, but nothing that would keep us waiting, as a pipe.
pub(super) fn open_quietly(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::from(openat(CWD, path, flags, Mode::empty())?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

#[cfg(test)]
mod tests {
    use super::{name_places, open_quietly};
    use crate::io::testing::Folder;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    #[test]
    fn links_on_the_way_count() {
        let folder = Folder::new();
        let root = std::fs::canonicalize(&folder.0).unwrap();
        std::fs::create_dir_all(root.join("..gen-1/sub")).unwrap();
        symlink("..gen-1", root.join("..data")).unwrap();
        symlink("..data/app.yaml", root.join("app.yaml")).unwrap();
        let place = |name: &str| (root.clone(), name.into());
        let file = (root.join("..gen-1"), "app.yaml".into());
        assert_eq!(name_places(&root.join("app.yaml")), [place("app.yaml"), place("..data"), file.clone()]);
        assert_eq!(name_places(&root.join("..data/sub/../app.yaml"))[0], place("..data"));
        // A file that is not there yet.
        assert_eq!(name_places(&root.join("new")), [place("new")]);
        symlink(root.join("..data"), root.join("..gen-1/back")).unwrap();
        let places = name_places(&root.join("..gen-1/back/none"));
        assert_eq!(places.last().unwrap(), &(root.join("..gen-1"), "none".into()));
        assert_eq!(name_places(Path::new("a.yaml")), [(".".into(), "a.yaml".into())]);
    }

    #[test]
    fn a_circle_of_links_has_an_end() {
        let folder = Folder::new();
        symlink("b", folder.path("a")).unwrap();
        symlink("a", folder.path("b")).unwrap();
        assert!(name_places(&folder.path("a")).len() < 60);
    }

    #[test]
    fn nothing_is_opened_that_waits() {
        let folder = Folder::new();
        let pipe = folder.path("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)
            .unwrap();
        assert!(open_quietly(&pipe).is_err());
        assert!(open_quietly(&folder.0).is_err());
        assert!(open_quietly(&folder.file("a", b"")).is_ok());
    }
}
