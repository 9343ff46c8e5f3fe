//! How old secrets are: when the token of a value came into the history of its file.
//!
//! Every encryption of a value makes another token, so the newest commit whose version of the file has
//! the token, and whose parents' versions do not, is the one that changed the value. A value whose token
//! is in no commit was changed just now.

use super::Located;
use super::examine::{Examined, subject};
use super::policies::Policies;
use super::source::{Source, unreadable};
use crate::check::tokens::{self, Token};
use crate::check::{Check, Finding, MOST};
use crate::commands::context::Context;
use crate::commands::convert;
use crate::commands::input::Input;
use crate::doc::{FormatName, Position};
use crate::error::{Code, Failure, Warning};
use crate::git::{Blobs, GitError, ObjectId, Repository, Version};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use time::Duration;

/// The values of a file that were not yet met in its history.
struct Search<'e> {
    examined: &'e Examined,
    limit: Duration,
    input: Input,
    tokens: Vec<Token>,
    /// Positions in `tokens`, by their text.
    left: HashMap<Vec<u8>, Vec<usize>>,
    /// The version that was read last as an older one, with what it has of `left`.
    last: Option<(ObjectId, HashSet<Vec<u8>>)>,
}

/// When a value was changed.
struct Origin {
    commit: ObjectId,
    authored: i64,
    /// The history was cut off there.
    cut: bool,
}

/// The values that are older than allowed: by `asked`, else by the configuration of their file.
pub(super) fn old(
    context: &Context,
    asked: Option<Duration>,
    policies: &Policies,
    source: &Source,
    examined: &[Examined],
) -> Result<Vec<Located>, Failure> {
    let limit = |one: &Examined| asked.or_else(|| policies.max_age(&one.file.path));
    let limited = examined.iter().filter(|one| one.is_sealed()).filter_map(|one| Some((one, limit(one)?)));
    let limited: Vec<_> = limited.collect();
    let Some(repository) = &source.repository else {
        return no_history(context, asked.is_some(), !limited.is_empty());
    };
    let mut searches = HashMap::new();
    for (one, limit) in limited {
        if let Some(name) = repository.name_of(&one.file.path) {
            searches.insert(name, Search::new(one, limit)?);
        }
    }
    let now = context.now().moment().unix_timestamp();
    find(repository, &mut searches, now).map_err(|error| unreadable(&error))
}

/// What becomes of the question where nothing can answer it.
fn no_history(context: &Context, asked: bool, configured: bool) -> Result<Vec<Located>, Failure> {
    const HEADLINE: &str = "cannot tell how old secrets are";
    const CAUSE: &str = "the history of a Git repository tells, and there is none here";
    if asked {
        let failure = Failure::new(Code::CannotReadInput, HEADLINE).cause(CAUSE);
        return Err(failure.hint("leave --max-age out, or run it in the repository"));
    }
    if configured {
        let headline = format!("{HEADLINE}: {CAUSE}");
        context.warn(&Warning { headline, place: None, hints: Vec::new() });
    }
    Ok(Vec::new())
}

fn find(
    repository: &Repository,
    searches: &mut HashMap<PathBuf, Search<'_>>,
    now: i64,
) -> Result<Vec<Located>, GitError> {
    let mut paths: Vec<PathBuf> = searches.values().map(|search| search.examined.file.path.clone()).collect();
    paths.sort();
    let mut found = Vec::new();
    if paths.is_empty() {
        return Ok(found);
    }
    let mut blobs = repository.blobs()?;
    let mut open = searches.values().filter(|search| !search.left.is_empty()).count();
    for version in repository.history(&paths)? {
        if open == 0 {
            break;
        }
        let version = version?;
        let Some(search) = searches.get_mut(&version.name).filter(|search| !search.left.is_empty()) else {
            continue;
        };
        let tokens = search.met(&version, &mut blobs)?;
        let cut = repository.is_shallow() && version.old.iter().all(Option::is_none);
        let origin = Origin { commit: version.commit, authored: version.authored, cut };
        found.extend(search.judge(tokens, &origin, now));
        open -= usize::from(search.left.is_empty());
    }
    Ok(found)
}

impl<'e> Search<'e> {
    fn new(examined: &'e Examined, limit: Duration) -> Result<Self, Failure> {
        let input = Input::read(&examined.file.path, convert::limits().max_bytes)?;
        let format = FormatName::of_file(&examined.file.name, &input.bytes);
        let input = input.as_sealed(format);
        let tokens = tokens::with_paths(subject(format, &input.bytes));
        let mut left: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        for (index, token) in tokens.iter().enumerate() {
            left.entry(token.text.clone()).or_default().push(index);
        }
        Ok(Self { examined, limit, input, tokens, left, last: None })
    }

    /// The tokens that came with this version.
    fn met(&mut self, version: &Version, blobs: &mut Blobs) -> Result<HashSet<Vec<u8>>, GitError> {
        let Some(new) = &version.new else { return Ok(HashSet::new()) };
        let mut met = match self.last.take() {
            Some((id, tokens)) if id == *new => tokens,
            _ => self.tokens_of(new, blobs)?,
        };
        for old in version.old.iter().flatten() {
            let before = self.tokens_of(old, blobs)?;
            met.retain(|token| !before.contains(token));
            self.last = Some((old.clone(), before));
        }
        Ok(met)
    }

    /// What a blob has of the values in search. A blob that cannot be read has none.
    fn tokens_of(&self, id: &ObjectId, blobs: &mut Blobs) -> Result<HashSet<Vec<u8>>, GitError> {
        let text = match blobs.read(id, convert::limits().max_bytes) {
            Ok(text) => text,
            Err(GitError::NoBlob(_) | GitError::TooLarge { .. }) => return Ok(HashSet::new()),
            Err(error) => return Err(error),
        };
        Ok(tokens::in_text(&text)
            .filter(|token| self.left.contains_key(*token))
            .map(<[u8]>::to_vec)
            .collect())
    }

    /// Takes the values that were met out of the search; gives those that are too old.
    fn judge(&mut self, met: HashSet<Vec<u8>>, origin: &Origin, now: i64) -> Vec<Located> {
        let age = Duration::seconds(now.saturating_sub(origin.authored));
        let mut indices: Vec<usize> =
            met.iter().filter_map(|token| self.left.remove(token)).flatten().collect();
        if age <= self.limit {
            return Vec::new();
        }
        indices.sort_unstable();
        let count = indices.len();
        let commit: String = origin.commit.as_str().chars().take(12).collect();
        let (days, allowed) = (age.whole_days(), self.limit.whole_days());
        let words = match origin.cut {
            false => format!("the value is {days} days old, {allowed} are allowed; commit {commit} made it"),
            true => format!(
                "the value is at least {days} days old, {allowed} are allowed; the history is cut off at \
                 commit {commit}"
            ),
        };
        let finding = |(number, index): (usize, usize)| {
            let token = &self.tokens[index];
            let more = match number + 1 == MOST && count > MOST {
                true => format!("; and {} more in this file", count - MOST),
                false => String::new(),
            };
            let finding = Finding::new(Check::OldSecret, format!("{words}{more}"));
            let place = Position::of(&self.input.bytes, token.at);
            self.examined.located(Finding { place, path: Some(token.path.to_string()), ..finding })
        };
        indices.into_iter().take(MOST).enumerate().map(finding).collect()
    }
}
