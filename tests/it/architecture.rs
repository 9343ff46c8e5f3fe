//! The layers of `src/`, as `docs/architecture.md` has them.

use std::fs;
use std::path::{Path, PathBuf};

/// Files longer than this have more than one job.
const MAX_LINES: usize = 600;

/// Each module with what it may import besides itself.
const LAYERS: [(&str, &[&str]); 24] = [
    ("secret", &[]),
    ("error", &[]),
    ("pattern", &[]),
    ("words", &[]),
    ("harden", &[]),
    ("threads", &[]),
    ("doc", &["secret", "threads"]),
    ("crypto", &["secret"]),
    ("io", &[]),
    ("git", &["io"]),
    ("keys", &["secret", "words", "doc", "crypto"]),
    ("merge", &["doc"]),
    ("keyservice", &["secret", "doc", "io", "keys"]),
    ("sops", &["secret", "pattern", "threads", "doc", "crypto", "keys"]),
    ("policy", &["error", "pattern", "doc", "io", "keys", "keyservice", "sops"]),
    ("runtime", &["io"]),
    ("render", &["doc", "sops"]),
    ("container", &["secret", "io", "render"]),
    ("ui", &["error", "words", "io", "keys"]),
    ("check", &["doc", "crypto", "keys", "sops", "policy"]),
    ("view", &["doc", "crypto", "keys", "sops"]),
    ("review", &["secret", "doc", "crypto", "keys", "sops", "check", "view"]),
    (
        "commands",
        &[
            "secret",
            "error",
            "pattern",
            "doc",
            "crypto",
            "io",
            "git",
            "keys",
            "keyservice",
            "merge",
            "sops",
            "policy",
            "runtime",
            "render",
            "container",
            "ui",
            "check",
            "view",
            "review",
        ],
    ),
    (
        "cli",
        &[
            "error",
            "harden",
            "doc",
            "git",
            "keyservice",
            "merge",
            "sops",
            "policy",
            "ui",
            "check",
            "view",
            "review",
            "commands",
        ],
    ),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All source files, by their path below `src/`.
fn files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![source()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(source()).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The module of a file: the first part of its path.
fn module(name: &str) -> &str {
    name.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The modules that a line of code names after `crate::`, also in braces, `crate::{doc, io}`.
fn imports(line: &str) -> Vec<&str> {
    let word = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let code = line.split("//").next().unwrap();
    let mut found = Vec::new();
    for (at, start) in code.match_indices("crate::") {
        let rest = &code[at + start.len()..];
        match rest.strip_prefix('{') {
            Some(list) => {
                let list = list.split(';').next().unwrap();
                found.extend(list.split(", ").map(|item| &item[..word(item)]));
            }
            None => found.push(&rest[..word(rest)]),
        }
    }
    found
}

#[test]
fn modules_use_lower_layers_only() {
    let files = files();
    let mut wrong = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| name.contains('/') || module(name) != "lib") {
        if matches!(name.as_str(), "lib.rs" | "main.rs" | "small.rs") {
            continue;
        }
        let module = module(name);
        let (_, allowed) =
            LAYERS.iter().find(|(layer, _)| *layer == module).unwrap_or_else(|| panic!("{module}: no layer"));
        // Tests stand at the end of a file, and may use what they like.
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (number, line) in code.lines().enumerate() {
            for import in imports(line) {
                if import != module && !allowed.contains(&import) {
                    wrong.push(format!("src/{name}:{}: {module} may not use {import}", number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_table_of_layers_is_a_ladder() {
    for (index, (module, allowed)) in LAYERS.iter().enumerate() {
        for lower in *allowed {
            let place = LAYERS.iter().position(|(layer, _)| layer == lower);
            assert!(place.is_some_and(|place| place < index), "{module} uses {lower}, which is not lower");
        }
        let text = fs::read_to_string(source().join("lib.rs")).unwrap();
        assert!(text.contains(&format!("pub mod {module};")), "{module} is not in src/lib.rs");
    }
}

#[test]
fn imports_are_found() {
    assert_eq!(imports("use crate::doc::{self, Data};"), ["doc"]);
    assert_eq!(imports("use crate::{doc, keys::Ask};"), ["doc", "keys"]);
    assert_eq!(imports("    let x: crate::io::Mode = crate::policy::f();"), ["io", "policy"]);
    assert!(imports("// see crate::doc").is_empty());
}

#[test]
fn files_are_short() {
    let long: Vec<String> = files()
        .iter()
        .map(|(name, text)| (name, text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(name, lines)| format!("src/{name}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "longer than {MAX_LINES} lines:\n{}", long.join("\n"));
}

#[test]
fn files_say_what_lives_in_them() {
    for (name, text) in files() {
        assert!(text.starts_with("//! "), "src/{name} does not begin with `//! `");
    }
}
