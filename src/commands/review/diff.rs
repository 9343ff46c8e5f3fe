//! `seal diff`: what two states of a repository have differently in encrypted files.

use super::pager::Paper;
use super::renames::{Renamed, join};
use super::versions::Versions;
use super::{form, needs, repository, unreadable};
use crate::commands::context::Context;
use crate::error::{Code, Failure};
use crate::git::{Change, States};
use crate::review::{self, Form, Pair, Side};
use rayon::prelude::*;
use serde_json::json;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// How changes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Output {
    /// Lines.
    #[default]
    Text,
    /// Tables for a forge.
    Markdown,
    /// Data.
    Json,
}

/// What `seal diff` is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// `A`, `A B`, `A..B`, `A...B`, or nothing.
    pub revisions: Vec<String>,
    /// `--staged`
    pub staged: bool,
    /// `--show`
    pub show: Option<Form>,
    /// `--format`
    pub output: Option<Output>,
    /// `--exit-code`
    pub exit_code: bool,
    /// Files and folders.
    pub paths: Vec<PathBuf>,
}

/// Shows the differences. With `--exit-code` it gives 1 if there are any.
///
/// # Errors
/// There is no repository, a revision is none (2), or the output cannot be written (3).
pub fn run(context: &Context, request: &Request) -> Result<u8, Failure> {
    let states = states(&request.revisions, request.staged)?;
    let repository = repository("diff")?;
    let usual = if context.is_json() { Output::Json } else { Output::Text };
    let output = request.output.unwrap_or(usual);
    let form = form(context, request.show, output == Output::Text);
    let as_text = output == Output::Text && form != Form::Keys;
    let changes = repository.changes(&states, &request.paths).map_err(|error| unreadable(&error))?;
    let mut versions = Versions::new(context, repository.clone(), needs(form, as_text), true)?;
    versions.read(changes.iter())?;
    let joined = join(&changes, &versions);
    let pairs: Vec<Pair<'_>> = joined.par_iter().map(|renamed| pair(renamed, &versions, form)).collect();
    let differing: Vec<Pair<'_>> = pairs.into_par_iter().filter(Pair::differs).collect();
    let text: Zeroizing<Vec<u8>> = match output {
        Output::Markdown => Zeroizing::new(review::markdown(&differing).into_bytes()),
        Output::Json => {
            let files: Vec<_> = differing.par_iter().map(review::json).collect();
            let text = review::json_text(&json!({ "files": files }));
            Zeroizing::new(text.as_bytes().to_vec())
        }
        Output::Text if form == Form::Keys => {
            let texts: Vec<String> = differing.par_iter().map(|pair| review::keys(pair, "")).collect();
            Zeroizing::new(texts.concat().into_bytes())
        }
        Output::Text => {
            let texts: Vec<Zeroizing<Vec<u8>>> = differing.par_iter().map(review::diff).collect();
            joined_texts(&texts)
        }
    };
    if output == Output::Text {
        let mut paper = Paper::new(context, &repository);
        paper.put(&text)?;
        paper.finish();
    } else {
        crate::commands::output::print(&text)?;
    }
    Ok(u8::from(request.exit_code && !differing.is_empty()))
}

/// The texts one behind the other, in a buffer that does not grow.
pub(super) fn joined_texts(texts: &[Zeroizing<Vec<u8>>]) -> Zeroizing<Vec<u8>> {
    let mut all = Zeroizing::new(Vec::with_capacity(texts.iter().map(|text| text.len()).sum()));
    texts.iter().for_each(|text| all.extend_from_slice(text));
    all
}

/// The versions of a change, compared.
pub(super) fn pair<'v>(renamed: &Renamed<'_>, versions: &'v Versions<'_>, form: Form) -> Pair<'v> {
    let Change { name, old, new, unmerged } = renamed.change;
    let was = match renamed.from {
        Some(from) => versions.side(&from.old[0], &from.name),
        None => old.first().map_or(Side::Nothing, |entry| versions.side(entry, name)),
    };
    let from = renamed.from.map(|from| from.name.as_path());
    let mut pair = Pair::new(name, from, [was, versions.side(new, name)], form);
    pair.in_conflict = *unmerged;
    pair
}

/// The states that revisions stand for.
fn states(revisions: &[String], staged: bool) -> Result<States, Failure> {
    let wrong = |headline: &str| {
        Err(Failure::new(Code::CannotReadInput, headline)
            .hint("seal diff, seal diff A, seal diff A B, seal diff A..B, seal diff --staged [A]"))
    };
    let or_head = |text: &str| if text.is_empty() { "HEAD".to_owned() } else { text.to_owned() };
    match (revisions, staged) {
        ([], false) => Ok(States::Unstaged),
        ([], true) => Ok(States::Staged(None)),
        ([one], true) if !one.contains("..") => Ok(States::Staged(Some(one.clone()))),
        ([one], false) => Ok(match one.split_once("...") {
            Some((a, b)) => States::Parted(or_head(a), or_head(b)),
            None => match one.split_once("..") {
                Some((a, b)) => States::Between(or_head(a), or_head(b)),
                None => States::Since(one.clone()),
            },
        }),
        ([a, b], false) if !a.contains("..") && !b.contains("..") => {
            Ok(States::Between(a.clone(), b.clone()))
        }
        (_, true) => wrong("--staged compares one commit with the index"),
        _ => wrong("`seal diff` compares two states"),
    }
}

#[cfg(test)]
mod tests {
    use super::{States, states};

    #[test]
    fn revisions_stand_for_states() {
        let read = |words: &[&str], staged| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            states(&words, staged).ok()
        };
        let between = |a: &str, b: &str| Some(States::Between(a.to_owned(), b.to_owned()));
        assert_eq!(read(&[], false), Some(States::Unstaged));
        assert_eq!(read(&[], true), Some(States::Staged(None)));
        assert_eq!(read(&["a"], true), Some(States::Staged(Some("a".to_owned()))));
        assert_eq!(read(&["a"], false), Some(States::Since("a".to_owned())));
        assert_eq!(read(&["a", "b"], false), between("a", "b"));
        assert_eq!(read(&["a..b"], false), between("a", "b"));
        assert_eq!(read(&["a.."], false), between("a", "HEAD"));
        assert_eq!(read(&["a...b"], false), Some(States::Parted("a".to_owned(), "b".to_owned())));
        for (words, staged) in [(&["a", "b", "c"][..], false), (&["a..b", "c"], false), (&["a", "b"], true)] {
            assert_eq!(read(words, staged), None);
        }
    }
}
