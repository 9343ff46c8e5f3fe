//! Merges by Git with `seal` as its merge driver.

mod clean;
pub(super) mod conflicts;
mod formats;
mod history;
mod keys;

use super::bed::Repo;

/// M16
#[test]
fn m16_a_plain_file_is_merged_as_git_does() {
    let repo = Repo::new();
    let write = |name: &str, text: &str| repo.bed.write(name, text);
    for (ours, theirs) in [("a: 2\nb: 1\nc: 1\nd: 1\n", "a: 1\nb: 1\nc: 1\nd: 2\n"), ("a: 2\n", "a: 3\n")] {
        let base = write("base", "a: 1\nb: 1\nc: 1\nd: 1\n");
        for name in ["ours", "expected"] {
            write(name, ours);
        }
        let theirs = write("theirs", theirs);
        let [base, theirs] = [&base, &theirs].map(|path| path.to_str().unwrap());
        let expected = repo
            .git(&["merge-file", "-q", "-L", "ours", "-L", "base", "-L", "theirs", "expected", base, theirs])
            .done();
        let done = repo.seal(&["git", "merge", "--path=p.yaml", "--", base, "ours", theirs]).done();
        assert_eq!(done.code, expected.code, "{done}");
        assert_eq!(repo.bed.text("ours"), repo.bed.text("expected"));
    }
}
