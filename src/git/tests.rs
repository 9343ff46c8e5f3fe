//! Repositories of the installed `git`.

use super::{GitError, ObjectId, Repository, Version};
use crate::io::testing::Folder;
use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with a repository in `work`.
struct Bed(Folder);

impl Bed {
    fn new(init: &[&str]) -> Self {
        let bed = Self(Folder::new());
        std::fs::create_dir(bed.path("work")).unwrap();
        bed.git(&[&["init", "-q", "-b", "main"], init].concat());
        bed
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.0.join(name)
    }

    fn work(&self) -> PathBuf {
        self.path("work")
    }

    fn write(&self, name: impl AsRef<Path>, content: &str) -> PathBuf {
        let path = self.work().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::File::create(&path).unwrap().write_all(content.as_bytes()).unwrap();
        path
    }

    fn git<S: AsRef<OsStr>>(&self, arguments: &[S]) -> String {
        self.git_at(&self.work(), 0, arguments)
    }

    /// Runs the real `git`, at a time of the test's own.
    fn git_at<S: AsRef<OsStr>>(&self, folder: &Path, time: i64, arguments: &[S]) -> String {
        let mut command = Command::new("git");
        command.current_dir(folder).args(arguments);
        for (name, value) in [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_AUTHOR_NAME", "a"),
            ("GIT_AUTHOR_EMAIL", "a@example.org"),
            ("GIT_COMMITTER_NAME", "c"),
            ("GIT_COMMITTER_EMAIL", "c@example.org"),
        ] {
            command.env(name, value);
        }
        command.env("GIT_AUTHOR_DATE", format!("{} +0000", 1_700_000_000 + time));
        command.env("GIT_COMMITTER_DATE", format!("{} +0000", 1_700_000_500 + time));
        let output = command.output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "git {:?}: {words}",
            arguments.iter().map(AsRef::as_ref).collect::<Vec<_>>()
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn commit(&self, time: i64, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git_at(&self.work(), time, &["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn open(&self) -> Repository {
        Repository::discover(&self.work()).unwrap().unwrap()
    }
}

fn versions(repository: &Repository, paths: &[PathBuf]) -> Vec<Version> {
    repository.history(paths).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_folder_without_a_repository_has_none() {
    let folder = Folder::new();
    assert!(Repository::discover(&folder.0).unwrap().is_none());
    let gone = Repository::discover(&folder.path("none")).unwrap_err();
    assert!(matches!(gone, GitError::Run { .. }), "{gone}");
}

#[test]
fn tracked_files_are_those_of_the_worktree() {
    let bed = Bed::new(&[]);
    for name in ["a.yaml", "-x.yaml", "d/b.yaml", "d/gone", "*.yaml", "line\nend", "späße", "d/ignored"] {
        bed.write(name, "1");
    }
    let bytes = PathBuf::from(OsString::from_vec(b"\xff\xfe".to_vec()));
    bed.write(&bytes, "1");
    std::os::unix::fs::symlink("a.yaml", bed.work().join("link")).unwrap();
    bed.write(".gitignore", "ignored\n");
    bed.commit(0, "one");
    bed.write("untracked", "1");
    std::fs::remove_file(bed.work().join("d/gone")).unwrap();
    let repository = bed.open();
    assert_eq!(repository.root().unwrap(), bed.work().canonicalize().unwrap());
    let names = |paths: &[PathBuf]| -> Vec<PathBuf> {
        let found = repository.tracked(paths).unwrap();
        found.iter().map(|path| path.strip_prefix(bed.work()).unwrap().to_owned()).collect()
    };
    let mut wanted: Vec<PathBuf> =
        ["*.yaml", "-x.yaml", ".gitignore", "a.yaml", "d/b.yaml", "line\nend", "späße"]
            .map(Into::into)
            .into();
    wanted.push(bytes);
    assert_eq!(names(&[]), wanted);
    // A name that begins with a dash or looks like a pattern is that name.
    assert_eq!(names(&["-x.yaml".into()]), [Path::new("-x.yaml")]);
    assert_eq!(names(&["*.yaml".into(), "d".into()]), [Path::new("*.yaml"), Path::new("d/b.yaml")]);
    let outside = repository.tracked(&["../elsewhere".into()]).unwrap_err();
    assert!(outside.to_string().contains("outside repository"), "{outside}");
}

#[test]
fn a_subfolder_sees_the_whole_repository() {
    let bed = Bed::new(&[]);
    bed.write("d/b.yaml", "1");
    bed.write("a.yaml", "1");
    bed.commit(0, "one");
    let below = bed.work().join("d");
    let repository = Repository::discover(&below).unwrap().unwrap();
    let found = repository.tracked(&[]).unwrap();
    assert_eq!(found, [bed.work().join("a.yaml"), bed.work().join("d/b.yaml")]);
    assert_eq!(repository.name_of(Path::new("b.yaml")).unwrap(), Path::new("d/b.yaml"));
    assert_eq!(repository.name_of(Path::new("../a.yaml")).unwrap(), Path::new("a.yaml"));
    assert_eq!(repository.name_of(Path::new("/elsewhere")), None);
    assert_eq!(versions(&repository, &["../a.yaml".into()]).len(), 1);
}

#[test]
fn history_is_every_change_newest_first() {
    let bed = Bed::new(&[]);
    assert!(versions(&bed.open(), &[]).is_empty(), "no commit yet");
    bed.write("a", "1");
    bed.write("-b", "1");
    let one = bed.commit(1, "one");
    bed.write("a", "2");
    let two = bed.commit(2, "two");
    bed.write("-b", "2");
    bed.commit(3, "other");
    std::fs::remove_file(bed.work().join("a")).unwrap();
    let gone = bed.commit(4, "gone");
    // Settings that change what `git log` prints.
    for (name, value) in [
        ("log.showSignature", "true"),
        ("log.showRoot", "false"),
        ("log.follow", "true"),
        ("diff.relative", "true"),
        ("diff.noprefix", "true"),
        ("color.ui", "always"),
        ("format.pretty", "fuller"),
        ("core.pager", "false"),
    ] {
        bed.git(&["config", name, value]);
    }
    let repository = bed.open();
    let found = versions(&repository, &["a".into()]);
    assert_eq!(found.iter().map(|v| v.commit.as_str()).collect::<Vec<_>>(), [&gone, &two, &one]);
    assert_eq!((found[1].authored, found[1].committed), (1_700_000_002, 1_700_000_502));
    assert_eq!(found[0].new, None);
    assert_eq!(found[0].old, [found[1].new.clone()]);
    assert_eq!(found[2].old, [None]);
    assert_eq!(versions(&repository, &["-b".into()]).len(), 2);
    assert_eq!(versions(&repository, &[]).len(), 5);
    // So many paths that they are not arguments.
    let mut many: Vec<PathBuf> =
        (0..2000).map(|n| format!("a-name-that-is-not-there-{n:040}").into()).collect();
    many.push("a".into());
    assert_eq!(versions(&repository, &many), found);
    let mut blobs = repository.blobs().unwrap();
    assert_eq!(**blobs.read(found[1].new.as_ref().unwrap(), 10).unwrap(), *b"2");
}

#[test]
fn a_merge_counts_if_it_made_something_new() {
    let bed = Bed::new(&[]);
    bed.write("a", "0");
    bed.commit(1, "base");
    bed.git(&["checkout", "-q", "-b", "side"]);
    bed.write("a", "side");
    bed.commit(2, "side");
    bed.git(&["checkout", "-q", "main"]);
    bed.write("a", "main");
    bed.commit(3, "main");
    bed.git_at(&bed.work(), 4, &["merge", "-q", "--no-commit", "-s", "ours", "side"]);
    bed.write("a", "both");
    let merge = bed.commit(4, "merge");
    let found = versions(&bed.open(), &["a".into()]);
    assert_eq!((found.len(), found[0].commit.as_str()), (4, merge.as_str()));
    assert_eq!(found[0].old, [found[1].new.clone(), found[2].new.clone()]);
}

#[test]
fn blobs_are_read_one_after_the_other() {
    let bed = Bed::new(&[]);
    let large = "x".repeat(300_000);
    for (name, content) in [("empty", ""), ("small", "a\nb"), ("large", &large)] {
        bed.write(name, content);
    }
    let commit = ObjectId::parse(bed.commit(0, "one").as_bytes()).unwrap();
    let id =
        |name: &str| ObjectId::parse(bed.git(&["rev-parse", &format!("HEAD:{name}")]).as_bytes()).unwrap();
    let mut blobs = bed.open().blobs().unwrap();
    let unknown = ObjectId::parse("1".repeat(40).as_bytes()).unwrap();
    for _ in 0..2 {
        assert_eq!(**blobs.read(&id("small"), 3).unwrap(), *b"a\nb");
        assert!(matches!(blobs.read(&unknown, 9), Err(GitError::NoBlob(_))));
        assert!(matches!(blobs.read(&id("large"), 299_999), Err(GitError::TooLarge { .. })));
        assert!(matches!(blobs.read(&commit, 9999), Err(GitError::NoBlob(_))));
        assert!(blobs.read(&id("empty"), 0).unwrap().is_empty());
        assert_eq!(blobs.read(&id("large"), 300_000).unwrap().len(), 300_000);
    }
}

#[test]
fn bare_repositories_linked_worktrees_and_shallow_clones() {
    let bed = Bed::new(&[]);
    bed.write("a", "1");
    bed.commit(1, "one");
    bed.write("a", "2");
    bed.commit(2, "two");
    bed.git(&["worktree", "add", "-q", "../linked"]);
    bed.git(&["clone", "-q", "--bare", ".", "../bare"]);
    let url = format!("file://{}", bed.work().display());
    bed.git(&["clone", "-q", "--depth=1", &url, "../shallow"]);
    let open = |name: &str| Repository::discover(&bed.path(name)).unwrap().unwrap();
    let linked = open("linked");
    assert_eq!(linked.tracked(&[]).unwrap(), [bed.path("linked/a")]);
    assert_eq!(versions(&linked, &["a".into()]).len(), 2);
    assert!(linked.store().ends_with("worktrees/linked"));
    let bare = open("bare");
    assert!(bare.root().is_none());
    assert!(matches!(bare.tracked(&[]), Err(GitError::NoWorktree)));
    let found = versions(&bare, &["a".into()]);
    assert_eq!(found.len(), 2);
    assert_eq!(**bare.blobs().unwrap().read(found[0].new.as_ref().unwrap(), 9).unwrap(), *b"2");
    assert!(open("work/.git").root().is_none());
    let shallow = open("shallow");
    assert!(shallow.is_shallow() && !linked.is_shallow());
    assert_eq!(versions(&shallow, &["a".into()]).len(), 1);
}

#[test]
fn ids_may_be_long() {
    let bed = Bed::new(&["--object-format=sha256"]);
    bed.write("a", "1");
    assert_eq!(bed.commit(1, "one").len(), 64);
    let repository = bed.open();
    let found = versions(&repository, &["a".into()]);
    assert_eq!(found[0].commit.as_str().len(), 64);
    assert_eq!(**repository.blobs().unwrap().read(found[0].new.as_ref().unwrap(), 9).unwrap(), *b"1");
}

#[test]
fn programs_of_the_repository_are_not_run() {
    let bed = Bed::new(&[]);
    bed.write("a", "1");
    bed.write(".gitattributes", "* diff=evil filter=evil\n");
    bed.commit(1, "one");
    let trap = |name: &str| format!("touch {}/{name};:", bed.0.0.display());
    for name in [
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
    ] {
        bed.git(&["config", name, &trap(name)]);
    }
    let mut before = bed.0.list();
    let repository = bed.open();
    assert_eq!(repository.tracked(&[]).unwrap().len(), 2);
    assert_eq!(versions(&repository, &[]).len(), 2);
    before.sort();
    assert_eq!(bed.0.list(), before);
}

/// Entries by name.
fn names(entries: &[super::Entry]) -> Vec<String> {
    entries.iter().map(|entry| entry.name.display().to_string()).collect()
}

#[test]
fn the_index_is_told_from_commits() {
    let bed = Bed::new(&[]);
    bed.write("a", "1");
    bed.write("d/b", "1");
    std::os::unix::fs::symlink("a", bed.work().join("link")).unwrap();
    bed.git(&["add", "-A"]);
    let repository = bed.open();
    // No commit yet.
    assert_eq!(names(&repository.staged().unwrap()), ["a", "d/b"]);
    assert_eq!(repository.commits(&["HEAD"]).unwrap(), [None]);
    let one = bed.commit(1, "one");
    assert!(repository.staged().unwrap().is_empty());
    bed.write("a", "2");
    bed.write("d/b", "2");
    bed.git(&["add", "d/b"]);
    bed.git(&["rm", "-q", "--cached", "a"]);
    // From below, all of it is seen.
    let below = Repository::discover(&bed.work().join("d")).unwrap().unwrap();
    assert_eq!(names(&below.staged().unwrap()), ["d/b"]);
    let index = below.index().unwrap();
    assert_eq!(names(&index), ["d/b", "link"]);
    assert_eq!(index.iter().map(|entry| entry.link).collect::<Vec<_>>(), [false, true]);
    assert_eq!(**below.blobs().unwrap().read(&index[0].id, 9).unwrap(), *b"2");
    let tree = repository.tree_of("HEAD").unwrap().unwrap();
    assert_eq!(names(&below.tree(&tree).unwrap()), ["a", "d/b", "link"]);
    let found = repository.commits(&["main", "-x", "main\nmain", "HEAD:a", &one[..9]]).unwrap();
    let one = ObjectId::parse(one.as_bytes());
    assert_eq!(found, [one.clone(), None, None, None, one]);
}

#[test]
fn what_commits_bring_is_what_others_do_not_have() {
    let bed = Bed::new(&[]);
    bed.write("a", "1");
    bed.commit(1, "one");
    bed.git(&["checkout", "-q", "-b", "side"]);
    bed.write("b", "2");
    bed.commit(2, "two");
    bed.write("b", "3");
    let tip = ObjectId::parse(bed.commit(3, "three").as_bytes()).unwrap();
    let repository = bed.open();
    let main = repository.commits(&["main"]).unwrap().remove(0).unwrap();
    let brought = |known: &[ObjectId], others: Option<&str>| -> Vec<String> {
        let history = repository.brought(std::slice::from_ref(&tip), known, others).unwrap();
        history.map(|version| version.unwrap().name.display().to_string()).collect()
    };
    assert_eq!(brought(&[main], None), ["b", "b"]);
    assert_eq!(brought(&[], None), ["b", "b", "a"]);
    assert_eq!(brought(&[], Some("--all")), Vec::<String>::new());
    assert_eq!(brought(&[], Some("--remotes=origin")), ["b", "b", "a"]);
    // What the other side has need not be here.
    let unknown = ObjectId::parse("1".repeat(40).as_bytes()).unwrap();
    assert_eq!(brought(&[unknown], None), ["b", "b", "a"]);
    assert!(repository.brought(&[], &[], None).unwrap().next().is_none());
}

#[test]
fn everything_that_is_reachable_is_listed() {
    let bed = Bed::new(&[]);
    bed.write("a", "1");
    bed.commit(1, "one");
    bed.write("a", "gone");
    bed.commit(2, "two");
    bed.git(&["reset", "-q", "--hard", "HEAD~1"]);
    bed.git(&["tag", "-a", "-m", "words", "v1"]);
    bed.write("b", "staged");
    bed.git(&["add", "b"]);
    let repository = bed.open();
    let mut blobs = repository.blobs().unwrap();
    let mut texts: Vec<(super::Kind, String)> = Vec::new();
    for (id, _) in repository.reachable().unwrap() {
        if let Ok((kind, text)) = blobs.read_text(&id, 1000) {
            texts.push((kind, String::from_utf8_lossy(&text).lines().last().unwrap().to_owned()));
        }
    }
    use super::Kind::{Blob, Commit, Tag};
    for wanted in
        [(Blob, "1"), (Blob, "gone"), (Blob, "staged"), (Commit, "one"), (Commit, "two"), (Tag, "words")]
    {
        assert!(texts.contains(&(wanted.0, wanted.1.to_owned())), "{wanted:?}: {texts:?}");
    }
    assert_eq!(texts.len(), 6, "{texts:?}");
    let kept: Vec<_> = repository.all_history().unwrap().map(|version| version.unwrap().new).collect();
    assert_eq!(kept.len(), 2);
    assert!(repository.path_in_store("rr-cache").unwrap().ends_with(".git/rr-cache"));
}

#[test]
fn drivers_and_attributes_are_those_that_count() {
    use super::{Attributes, Driver};
    let bed = Bed::new(&[]);
    let repository = bed.open();
    assert_eq!(repository.drivers().unwrap(), []);
    bed.git(&["config", "diff.a.b.textconv", "first"]);
    bed.git(&["config", "--add", "diff.a.b.textconv", "second"]);
    bed.git(&["config", "diff.c.cachetextconv", "yes"]);
    let drivers = [
        Driver { name: "a.b".to_owned(), textconv: Some("second".to_owned()), keeps: false },
        Driver { name: "c".to_owned(), textconv: None, keeps: true },
    ];
    assert_eq!(repository.drivers().unwrap(), drivers);
    bed.write(".gitattributes", "*.x diff=seal\nd/*.x merge=seal\n-y diff\n");
    bed.git(&["add", "-A"]);
    bed.write(".gitattributes", "");
    let paths = ["a.x", "d/line\nend.x", "-y"].map(Path::new);
    let seal = Some("seal".to_owned());
    let in_index = [[seal.clone(), None], [seal.clone(), seal], [None, None]];
    std::fs::create_dir(bed.work().join("d")).unwrap();
    let below = Repository::discover(&bed.work().join("d")).unwrap().unwrap();
    assert_eq!(below.attributes(&Attributes::Index, &paths).unwrap(), in_index);
    assert!(below.attributes(&Attributes::Worktree, &paths).unwrap().iter().flatten().all(Option::is_none));
    assert_eq!(repository.references("refs/heads/").unwrap(), Vec::<String>::new());
}
