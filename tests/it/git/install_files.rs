//! Which files `seal git install` gives attributes to, whatever they are called.

use super::bed::{PLAIN, Repo};
use super::install::{attributes, fresh, install};
use seal::pattern::{Pattern, globs};

/// I5: names that could be taken for something else.
#[test]
fn i05_odd_names_get_their_attributes() {
    let repo = fresh();
    let odd = ["dir with space/a.txt", "[x].txt", "-x.txt", "#x.txt", "a\"b\\*.txt", "é\t.txt", "!d/x.txt"];
    let text = repo.bed.read("s.enc.yaml");
    for name in odd {
        let name = name.replace(".txt", ".yaml");
        repo.bed.write(&name, &text);
    }
    repo.git(&["add", "-A"]).ok();
    for more in [&[][..], &["--attributes=info"]] {
        install(&repo, more);
        for name in odd {
            let name = name.replace(".txt", ".yaml");
            assert_eq!(attributes(&repo, &name), ["seal", "seal", "set", "lf"], "{name}");
        }
        assert_eq!(attributes(&repo, "x.yaml")[0], "unspecified");
        assert_eq!(attributes(&repo, "ax].yaml")[0], "unspecified");
        assert_eq!(install(&repo, more).text(), "unchanged\n");
        repo.seal(&["git", "uninstall"]).ok();
        assert_eq!(attributes(&repo, "-x.yaml")[0], "unspecified");
    }
}

/// Patterns of rules become globs that Git matches with the same files.
#[test]
fn globs_match_what_rules_match() {
    let patterns = [
        r"\.enc\.(yaml|json)$",
        r"^secrets/",
        r"secrets/.+\.yaml$",
        r"(^|/)k\.yaml$",
        r"^(dev|prod)/.*\.env$",
        r"/x[ab]\.json$",
        r"^[^/]+\.ini$",
        r"^.+/[^/]*k\.yaml$",
        r"s/.*/k\.yaml$",
        r"(?i)\.YAML$",
        r"^a b/",
        r"^.*[^/]+\.env$",
        r"secrets",
        r"^\[x\]\.yaml$",
        r"a.+b.*c\.json",
        r"^x?\.env$",
    ];
    let parts = ["secrets", "dev", "s", "a b", "as", "", "x", "xa", "k", "[x]"];
    let ends = [".enc.yaml", ".yaml", ".env", ".json", ".ini", "k.yaml", "bxc.json", "secrets"];
    let mut names: Vec<String> = Vec::new();
    for first in parts {
        for second in parts {
            for end in ends {
                let folders: Vec<&str> =
                    [first, second].into_iter().filter(|part| !part.is_empty()).collect();
                names.push([&folders[..], &[end]].concat().join("/"));
                names.push(format!("{}{end}", folders.join("/")));
            }
        }
    }
    names.sort();
    names.dedup();
    let repo = Repo::empty();
    let mut lines = String::new();
    for (index, pattern) in patterns.iter().enumerate() {
        for glob in globs(pattern, "").unwrap_or_else(|| panic!("{pattern} is translated")) {
            assert!(!glob.contains('"'));
            let glob = if glob.contains(' ') { format!("\"{}\"", glob.replace('\\', r"\\")) } else { glob };
            lines.push_str(&format!("{glob} p{index}\n"));
        }
    }
    repo.bed.write(".gitattributes", lines);
    let asked: Vec<String> = (0..patterns.len()).map(|index| format!("p{index}")).collect();
    let mut arguments = vec!["check-attr", "-z", "--stdin"];
    arguments.extend(asked.iter().map(String::as_str));
    let input: String = names.iter().map(|name| format!("{name}\0")).collect();
    let printed = repo.git(&arguments).stdin(input).ok().text();
    let fields: Vec<&str> = printed.split('\0').collect();
    let mut count = 0;
    for answer in fields.chunks_exact(3) {
        let pattern = patterns[answer[1][1..].parse::<usize>().unwrap()];
        let wanted = Pattern::new(pattern).unwrap().is_match(answer[0].as_bytes());
        assert_eq!(answer[2] == "set", wanted, "{pattern} and {}: {:?}", answer[0], globs(pattern, ""));
        count += usize::from(wanted);
    }
    assert!(count > 500, "{count}");
}

/// Rules of folders below count from there; what is for every file is no pattern.
#[test]
fn rules_of_folders_count_from_there() {
    let repo = fresh();
    let rule = repo.bed.text(".sops.yaml").replace(r"\.enc\.(yaml|json|env|ini|toml)$", "^[^/]*\\.yaml$");
    repo.bed.write("a/.sops.yaml", rule);
    repo.git(&["add", "-A"]).ok();
    install(&repo, &[]);
    assert_eq!(attributes(&repo, "a/x.yaml")[..2], ["seal", "seal"]);
    assert_eq!(attributes(&repo, "a/b/x.yaml")[0], "unspecified");
    assert_eq!(attributes(&repo, "x.yaml")[0], "unspecified");
    assert_eq!(attributes(&repo, "a/.sops.yaml")[..2], ["unspecified", "unspecified"]);
}

/// A rule for all files gives attributes to those that are encrypted.
#[test]
fn a_rule_for_all_files_means_those_that_are_encrypted() {
    let repo = fresh();
    let rules = repo.bed.text(".sops.yaml");
    let line = rules.lines().find(|line| line.contains("path_regex")).unwrap().to_owned();
    repo.bed.write(".sops.yaml", rules.replace(&format!("{line}\n    age"), "  - age"));
    repo.bed.write("plain.yaml", "a: 1\n");
    repo.git(&["add", "-A"]).ok();
    let done = install(&repo, &[]);
    assert!(done.text().contains("is for every file"), "{done}");
    assert_eq!(attributes(&repo, "s.enc.yaml")[..2], ["seal", "seal"]);
    assert_eq!(attributes(&repo, "plain.yaml")[0], "unspecified");
    // A file that comes later gets its line with the next run.
    repo.bed.write("later.yaml", PLAIN);
    repo.seal(&["encrypt", "-i", "later.yaml"]).ok();
    repo.git(&["add", "-A"]).ok();
    install(&repo, &[]);
    assert_eq!(attributes(&repo, "later.yaml")[..2], ["seal", "seal"]);
}

/// Files with CR LF keep their line ends, with a warning.
#[test]
fn files_with_carriage_returns_stay_as_they_are() {
    let repo = fresh();
    let text = repo.bed.text("s.enc.yaml").replace('\n', "\r\n");
    repo.bed.write("crlf.enc.yaml", &text);
    repo.bed.write("other.yaml", &text);
    repo.git(&["add", "-A"]).ok();
    let done = install(&repo, &[]);
    for name in ["crlf.enc.yaml", "other.yaml"] {
        assert!(done.stderr.contains(name), "{done}");
        assert_eq!(attributes(&repo, name)[..2], ["seal", "seal"]);
        assert_eq!(attributes(&repo, name)[3], "unspecified");
        repo.git(&["add", "--renormalize", name]).ok();
        let blob = repo.git(&["cat-file", "blob", &format!(":{name}")]).ok();
        assert_eq!(blob.stdout, text.as_bytes(), "{name}");
    }
    assert_eq!(attributes(&repo, "s.enc.yaml"), ["seal", "seal", "set", "lf"]);
}

/// Patterns that were asked for stay, and come with the clone.
#[test]
fn patterns_and_guard_come_with_the_tracked_block() {
    let repo = fresh();
    install(&repo, &["--pattern", "conf d/*.yaml", "--pattern", "*.enc.yaml", "--guard", "--hooks=none"]);
    assert_eq!(attributes(&repo, "conf d/x.yaml"), ["seal", "seal", "set", "lf"]);
    assert_eq!(attributes(&repo, "x.enc.json")[0], "unspecified");
    repo.commit("all");
    repo.git(&["clone", "-q", ".", "../home/clone"]).ok();
    let path = repo.bed.home().join("clone");
    let within = path.to_str().unwrap().to_owned();
    let done = repo.seal(&["git", "install"]).within(&within).ok();
    assert!(done.text().contains("added config filter.seal.process"), "{done}");
    assert!(!done.text().contains("attributes"), "{done}");
    assert_eq!(repo.git(&["status", "--porcelain"]).within(&within).ok().text(), "");
}

/// A repository cannot make install write elsewhere.
#[test]
fn attributes_that_are_a_link_are_refused() {
    let repo = fresh();
    repo.bed.write("victim", "x\n");
    std::os::unix::fs::symlink("victim", repo.bed.path(".gitattributes")).unwrap();
    let done = repo.seal(&["git", "install"]).fails(1);
    assert!(done.stderr.contains("--attributes=info"), "{done}");
    install(&repo, &["--attributes=info"]);
    assert_eq!(repo.bed.text("victim"), "x\n");
}
