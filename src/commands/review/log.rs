//! `seal log`: the commits that changed encrypted files.

use super::diff::{joined_texts, pair};
use super::pager::Paper;
use super::renames::join;
use super::versions::Versions;
use super::{form, needs, repository, unreadable};
use crate::commands::context::Context;
use crate::commands::output;
use crate::error::{Failure, Warning};
use crate::git::{Commit, Selection};
use crate::review::{self, Form, Leaf, Node, Pair, Version};
use rayon::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Commits that are worked on at once.
const AT_ONCE: usize = 64;

/// What `seal log` is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Which commits.
    pub selection: Selection,
    /// `--patch`
    pub patch: bool,
    /// `--show`
    pub show: Option<Form>,
    /// `-S`
    pub text: Option<Zeroizing<String>>,
    /// Files and folders.
    pub paths: Vec<PathBuf>,
}

/// Shows the commits.
///
/// # Errors
/// There is no repository, a revision is none (2), or the output cannot be written (3).
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    let repository = repository("log")?;
    let is_json = context.is_json();
    let form = match (request.patch, request.show) {
        (false, None) => Form::Keys,
        (_, show) => form(context, show, !is_json),
    };
    let as_text = request.patch && !is_json && form != Form::Keys;
    let mut needs = needs(form, as_text);
    if request.text.is_some() {
        (needs.values, needs.nodes) = (true, true);
    }
    let commits = repository.log(&request.selection, &request.paths);
    let mut commits = commits.map_err(|error| unreadable(&error))?;
    // For the key paths alone nobody is asked.
    let is_asked = form != Form::Keys || request.show.is_some() || request.text.is_some();
    let mut versions = Versions::new(context, repository.clone(), needs, is_asked)?;
    let mut paper = if is_json { None } else { Some(Paper::new(context, &repository)) };
    let mut listed: Vec<Value> = Vec::new();
    let mut closed = 0;
    let show = Show { form, as_text, request };
    loop {
        let chunk: Vec<Commit> = commits
            .by_ref()
            .filter(|commit| commit.as_ref().map_or(true, |commit| !commit.changes.is_empty()))
            .take(AT_ONCE)
            .collect::<Result<_, _>>()
            .map_err(|error| unreadable(&error))?;
        if chunk.is_empty() {
            break;
        }
        versions.read(chunk.iter().flat_map(|commit| &commit.changes))?;
        closed += versions.closed();
        if let Some(paper) = &mut paper {
            let texts: Vec<Zeroizing<Vec<u8>>> =
                chunk.par_iter().map(|commit| show.text(commit, &versions)).collect();
            paper.put(&joined_texts(&texts))?;
            if paper.is_full() {
                break;
            }
        } else {
            let data: Vec<Option<Value>> =
                chunk.par_iter().map(|commit| show.data(commit, &versions)).collect();
            listed.extend(data.into_iter().flatten());
        }
    }
    match paper {
        Some(paper) => paper.finish(),
        None => {
            let text = review::json_text(&json!({ "commits": listed }));
            output::print(text.as_bytes())?;
        }
    }
    // A patch says so itself.
    if closed > 0 && !as_text {
        context.warn(&Warning {
            headline: "some versions were not decrypted: their changes are told by the ciphertexts"
                .to_owned(),
            place: None,
            hints: Vec::new(),
        });
    }
    Ok(())
}

/// How commits are shown.
struct Show<'r> {
    form: Form,
    as_text: bool,
    request: &'r Request,
}

impl Show<'_> {
    /// The changed files of a commit that are shown.
    fn pairs<'v>(&self, commit: &Commit, versions: &'v Versions<'_>) -> Vec<Pair<'v>> {
        let joined = join(&commit.changes, versions);
        let mut pairs = Vec::new();
        for renamed in &joined {
            let mut pair = pair(renamed, versions, self.form);
            let parents = &renamed.change.old;
            if parents.len() > 1 {
                // What came with one of the merged branches was shown there.
                let texts = |entry| versions.get(entry, &renamed.change.name);
                let is_known = parents.iter().any(|entry| same_content(texts(entry), pair.new));
                if is_known || !is_new(parents.iter().map(texts), pair.new) {
                    continue;
                }
                pair.notes.push("a merge, compared with its first parent".to_owned());
            }
            if let Some(text) = &self.request.text
                && occurrences(pair.old, text) == occurrences(pair.new, text)
            {
                continue;
            }
            if !self.request.patch {
                // That is said once, for all.
                pair.closed = None;
            }
            if pair.differs() {
                pairs.push(pair);
            }
        }
        pairs
    }

    fn text(&self, commit: &Commit, versions: &Versions<'_>) -> Zeroizing<Vec<u8>> {
        let pairs = self.pairs(commit, versions);
        let mut texts = Vec::with_capacity(pairs.len() + 1);
        if !pairs.is_empty() {
            texts.push(Zeroizing::new(self.head(commit).into_bytes()));
        }
        for pair in &pairs {
            texts.push(match self.as_text {
                true => review::diff(pair),
                false => Zeroizing::new(review::keys(pair, "    ").into_bytes()),
            });
        }
        if !texts.is_empty() {
            texts.push(Zeroizing::new(b"\n".to_vec()));
        }
        joined_texts(&texts)
    }

    /// A commit as `git log` shows it: with its whole message above a patch.
    fn head(&self, commit: &Commit) -> String {
        let line = |text: &str| String::from_utf8_lossy(&crate::view::one_line(text.as_bytes())).into_owned();
        let mut head = format!("commit {}\n", commit.id);
        if commit.parents.len() > 1 {
            let short = |id: &crate::git::ObjectId| id.as_str().chars().take(12).collect::<String>();
            let parents: Vec<String> = commit.parents.iter().map(short).collect();
            head.push_str(&format!("Merge:  {}\n", parents.join(" ")));
        }
        head.push_str(&format!("Author: {} <{}>\n", line(&commit.author), line(&commit.email)));
        head.push_str(&format!("Date:   {}\n\n", line(&commit.date)));
        let message = commit.message.trim_end();
        let lines = if self.request.patch { usize::MAX } else { 1 };
        for text in message.lines().take(lines) {
            head.push_str(format!("    {}", line(text)).trim_end());
            head.push('\n');
        }
        head.push('\n');
        head
    }

    fn data(&self, commit: &Commit, versions: &Versions<'_>) -> Option<Value> {
        let pairs = self.pairs(commit, versions);
        if pairs.is_empty() {
            return None;
        }
        let files: Vec<Value> = pairs.iter().map(review::json).collect();
        let parents: Vec<&str> = commit.parents.iter().map(|id| id.as_str()).collect();
        Some(json!({
            "commit": commit.id.as_str(),
            "parents": parents,
            "author": commit.author,
            "email": commit.email,
            "date": commit.date,
            "message": commit.message.trim_end(),
            "files": files,
        }))
    }
}

fn same_content(a: Option<&Version>, b: Option<&Version>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.same(b),
        (None, None) => true,
        _ => false,
    }
}

/// Whether a merge made something that none of its parents has: a ciphertext, or a file that is none.
fn is_new<'v>(parents: impl Iterator<Item = Option<&'v Version>>, merged: Option<&Version>) -> bool {
    let Some(merged) = merged else { return true };
    let parents: Vec<&Version> = parents.flatten().collect();
    if !Versions::is_sealed(Some(merged)) {
        return true;
    }
    // The MAC is new in every merge of values.
    let known: std::collections::HashSet<&[u8]> =
        parents.iter().flat_map(|version| version.values()).collect();
    merged.values().any(|token| !known.contains(token)) || parents.is_empty()
}

/// How often a text stands in the values of a version.
fn occurrences(version: Option<&Version>, text: &str) -> usize {
    fn of(node: &Node, text: &[u8]) -> usize {
        match node {
            Node::Map(entries) => entries.iter().map(|(_, node)| of(node, text)).sum(),
            Node::List(elements) => elements.iter().map(|node| of(node, text)).sum(),
            Node::Leaf(Leaf { plain: Some(plain), .. }) => {
                plain.windows(text.len()).filter(|window| *window == text).count()
            }
            Node::Leaf(_) => 0,
        }
    }
    version.map_or(0, |version| version.documents.iter().map(|node| of(node, text.as_bytes())).sum())
}
