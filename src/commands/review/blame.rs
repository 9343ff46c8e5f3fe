//! `seal blame`: which commit last changed each value of a file. Needs no key.
//!
//! Every encryption of a value makes another ciphertext, so the commit whose version has the ciphertext, and
//! whose parents' versions do not, is the one that changed the value. A clear value is found by its path.

use super::keyring::Keyring;
use super::pager::Paper;
use super::{form, repository, unreadable};
use crate::check::tokens;
use crate::commands::context::Context;
use crate::commands::convert;
use crate::commands::input::Input;
use crate::commands::output;
use crate::error::{Code, Failure};
use crate::git::{Blobs, Change as Changed, Commit, Content, ObjectId, Repository, Selection, States};
use crate::review::{self, Change, Form, Nature, Needs, Node, Pair, Side, Version, Viewer};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Commits whose versions are read at once.
const AT_ONCE: usize = 128;

/// What `seal blame` is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The file.
    pub file: PathBuf,
    /// `--show`
    pub show: Option<Form>,
}

/// Shows the commits of the values.
///
/// # Errors
/// There is no repository, or the file is not in it, cannot be read (2) or is not encrypted (204).
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    let repository = repository("blame")?;
    let shown_name = request.file.display().to_string();
    let Some(name) = repository.name_of(&request.file) else {
        let headline = format!("`{shown_name}` is outside the repository");
        return Err(Failure::new(Code::CannotReadInput, headline));
    };
    let input = Input::read(&request.file, convert::limits().max_bytes)?;
    let form = match request.show {
        None => Form::Keys,
        show => form(context, show, false),
    };
    let keyring = Keyring::new(context, true)?;
    let viewer =
        Viewer { unlock: &|metadata| keyring.unlock(metadata), name_of: &|key| keyring.name_of(key) };
    let values = matches!(form, Form::Plain | Form::Masked);
    let needs = Needs { values, text: false, nodes: true };
    let version = Version::read(&name.to_string_lossy(), input.bytes, needs, &viewer);
    if version.nature != Nature::Sealed {
        let (code, what) = match version.nature {
            Nature::Broken => (Code::CannotReadInput, "cannot be read as an encrypted file"),
            _ => (Code::NotEncrypted, "is not encrypted"),
        };
        let failure = Failure::new(code, format!("`{shown_name}` {what}"));
        return Err(failure.hint(format!("git blame -- {}", crate::ui::shell_word(&shown_name))));
    }
    let pair = Pair::new(&name, None, [Side::Nothing, Side::Version(&version)], form);
    let items = pair.changes();
    let mut search = Search::new(&items);
    search.run(&repository, name).map_err(|error| unreadable(&error))?;
    if context.is_json() {
        let text = review::json_text(&search.data(&pair, &items));
        return output::print(text.as_bytes());
    }
    let mut paper = Paper::new(context, &repository);
    paper.put(search.text(&pair, &items).as_bytes())?;
    paper.finish();
    Ok(())
}

/// What tells a value in the history of its file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Mark {
    /// Its ciphertext.
    Token(Vec<u8>),
    /// Its path, and a digest of its content.
    Clear(String, [u8; 32]),
}

fn mark(item: &Change<'_>) -> Mark {
    match item.new {
        Some(Node::Leaf(leaf)) if leaf.token.is_some() => Mark::Token(leaf.token.clone().unwrap_or_default()),
        Some(node) => Mark::Clear(item.place.to_string(), node.fingerprint(false)),
        None => Mark::Clear(item.place.to_string(), [0; 32]),
    }
}

/// The commit that a value is of.
#[derive(Clone)]
struct Origin {
    commit: Arc<Commit>,
    /// The history was cut off there.
    cut: bool,
}

/// The search for the commits of all values.
struct Search {
    /// Of each value, in order.
    origins: Vec<Option<Origin>>,
    /// The values whose commit was not met yet.
    left: HashMap<Mark, Vec<usize>>,
    /// What the versions that were read last have of the values.
    known: HashMap<ObjectId, HashSet<Mark>>,
}

impl Search {
    fn new(items: &[Change<'_>]) -> Self {
        let mut left: HashMap<Mark, Vec<usize>> = HashMap::new();
        for (index, item) in items.iter().enumerate() {
            left.entry(mark(item)).or_default().push(index);
        }
        Self { origins: vec![None; items.len()], left, known: HashMap::new() }
    }

    /// Walks the history of the file `name`, through its other names.
    fn run(&mut self, repository: &Repository, name: PathBuf) -> Result<(), crate::git::GitError> {
        let mut blobs = repository.blobs()?;
        let mut name = name;
        let mut selection = Selection::default();
        let top = repository.root().unwrap_or(Path::new("")).to_owned();
        // A file that has changed its name goes on under the other one.
        'names: loop {
            let mut commits = repository.log(&selection, &[top.join(&name)])?;
            loop {
                let chunk: Vec<Commit> = commits.by_ref().take(AT_ONCE).collect::<Result<_, _>>()?;
                if chunk.is_empty() || self.left.is_empty() {
                    return Ok(());
                }
                self.read(&chunk, &name, &mut blobs)?;
                for commit in chunk {
                    let Some(change) = commit.changes.iter().find(|change| change.name == name) else {
                        continue;
                    };
                    let change = change.clone();
                    let is_new = change.old.iter().all(|entry| entry.blob().is_none());
                    let before = match (is_new, commit.parents.as_slice()) {
                        (true, [parent]) => self.renamed(repository, parent, &commit, &change, &mut blobs)?,
                        _ => None,
                    };
                    let parent = commit.parents.first().cloned();
                    let cut = is_new && before.is_none() && repository.is_shallow() && parent.is_none();
                    self.met(&change, before.as_ref(), &Origin { commit: Arc::new(commit), cut });
                    if let (Some(before), Some(parent)) = (before, parent) {
                        selection.revisions = vec![parent.to_string()];
                        name = before.name;
                        continue 'names;
                    }
                    if self.left.is_empty() {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// The file by whose end in this commit the file began that `change` adds.
    fn renamed(
        &mut self,
        repository: &Repository,
        parent: &ObjectId,
        commit: &Commit,
        change: &Changed,
        blobs: &mut Blobs,
    ) -> Result<Option<Changed>, crate::git::GitError> {
        let Some(new) = change.new.blob() else { return Ok(None) };
        let here = self.known.get(new).cloned().unwrap_or_default();
        if here.is_empty() {
            return Ok(None);
        }
        let states = States::Between(parent.to_string(), commit.id.to_string());
        let gone: Vec<Changed> =
            repository.changes(&states, &[])?.into_iter().filter(|c| c.new == Content::Nothing).collect();
        let mut best: Option<(usize, Changed)> = None;
        for change in gone {
            let Some(id) = change.old.first().and_then(Content::blob).cloned() else { continue };
            self.read_blobs(std::slice::from_ref(&id), &change.name, blobs)?;
            let shared = self.known.get(&id).map_or(0, |there| there.intersection(&here).count());
            if 2 * shared >= here.len() && best.as_ref().is_none_or(|(most, _)| shared > *most) {
                best = Some((shared, change));
            }
        }
        Ok(best.map(|(_, change)| change))
    }

    /// Reads the versions of these commits.
    fn read(
        &mut self,
        commits: &[Commit],
        name: &Path,
        blobs: &mut Blobs,
    ) -> Result<(), crate::git::GitError> {
        let mut ids: Vec<ObjectId> = Vec::new();
        for change in commits.iter().flat_map(|commit| &commit.changes).filter(|change| change.name == name) {
            ids.extend(change.old.iter().chain([&change.new]).filter_map(Content::blob).cloned());
        }
        ids.sort();
        ids.dedup();
        self.known.retain(|id, _| ids.binary_search(id).is_ok());
        ids.retain(|id| !self.known.contains_key(id));
        self.read_blobs(&ids, name, blobs)
    }

    fn read_blobs(
        &mut self,
        ids: &[ObjectId],
        name: &Path,
        blobs: &mut Blobs,
    ) -> Result<(), crate::git::GitError> {
        let contents = blobs.read_all(ids, convert::limits().max_bytes)?;
        let with_clear = self.left.keys().any(|mark| matches!(mark, Mark::Clear(..)));
        for (id, bytes) in ids.iter().zip(contents) {
            let marks = bytes.map(|bytes| self.marks(name, bytes, with_clear)).unwrap_or_default();
            self.known.insert(id.clone(), marks);
        }
        Ok(())
    }

    /// What a version has of the values in search.
    fn marks(&self, name: &Path, bytes: Zeroizing<Vec<u8>>, with_clear: bool) -> HashSet<Mark> {
        let is_wanted = |mark: &Mark| self.left.contains_key(mark);
        let mut marks: HashSet<Mark> =
            tokens::in_text(&bytes).map(|token| Mark::Token(token.to_vec())).filter(is_wanted).collect();
        if with_clear {
            let needs = Needs { nodes: true, ..Needs::default() };
            let viewer = Viewer { unlock: &|_| Err(String::new()), name_of: &|_| None };
            let version = Version::read(&name.to_string_lossy(), bytes, needs, &viewer);
            marks.extend(review::between(&[], &version.documents, false).iter().map(mark).filter(is_wanted));
        }
        marks
    }

    /// Takes the values that came with a version out of the search.
    fn met(&mut self, change: &Changed, before: Option<&Changed>, origin: &Origin) {
        let Some(new) = change.new.blob() else { return };
        let mut came = self.known.get(new).cloned().unwrap_or_default();
        let old = change.old.iter().chain(before.iter().flat_map(|change| &change.old));
        for id in old.filter_map(Content::blob) {
            if let Some(there) = self.known.get(id) {
                came.retain(|mark| !there.contains(mark));
            }
        }
        for mark in came {
            for index in self.left.remove(&mark).unwrap_or_default() {
                self.origins[index] = Some(origin.clone());
            }
        }
    }

    fn text(&self, pair: &Pair<'_>, items: &[Change<'_>]) -> Zeroizing<String> {
        let line = |text: &str| String::from_utf8_lossy(&crate::view::one_line(text.as_bytes())).into_owned();
        let row = |(origin, item): (&Option<Origin>, &Change<'_>)| {
            let (id, author, day) = match origin {
                Some(Origin { commit, cut }) => {
                    let mark = if *cut { "^" } else { "" };
                    let id: String = commit.id.as_str().chars().take(12).collect();
                    let day: String = commit.date.chars().take(10).collect();
                    (format!("{mark}{id}"), line(&commit.author), line(&day))
                }
                None => ("not committed".to_owned(), String::new(), String::new()),
            };
            [id, author, day, line(&item.place.to_string())]
        };
        let rows: Vec<[String; 4]> = self.origins.iter().zip(items).map(row).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2), width(3)];
        let mut text =
            Zeroizing::new(String::with_capacity(rows.len() * (widths.iter().sum::<usize>() + 64)));
        for note in pair.remarks() {
            text.push_str(&format!("note: {note}\n"));
        }
        for (row, item) in rows.iter().zip(items) {
            let [id, author, day, path] = row;
            let value = pair.value(&item.place, item.new);
            let [a, b, c, d] = widths;
            let mut row = Zeroizing::new(format!("{id:<a$}  {author:<b$}  {day:<c$}  {path:<d$}"));
            if let Some(value) = value {
                row.push_str("  ");
                row.push_str(&line(&value));
            }
            text.push_str(row.trim_end());
            text.push('\n');
        }
        text
    }

    fn data(&self, pair: &Pair<'_>, items: &[Change<'_>]) -> Value {
        let row = |(origin, item): (&Option<Origin>, &Change<'_>)| {
            let mut entry = Map::new();
            let mut put = |name: &str, value: Value| entry.insert(name.to_owned(), value);
            put("path", json!(item.place.path.to_string()));
            if let Some(document) = item.place.document {
                put("document", json!(document));
            }
            put("type", json!(item.kind()));
            put("encrypted", json!(matches!(item.new, Some(Node::Leaf(leaf)) if leaf.token.is_some())));
            put("commit", json!(origin.as_ref().map(|origin| origin.commit.id.as_str())));
            if let Some(Origin { commit, cut }) = origin {
                put("author", json!(commit.author));
                put("email", json!(commit.email));
                put("date", json!(commit.date));
                put("subject", json!(commit.message.lines().next().unwrap_or_default()));
                if *cut {
                    put("cut_off", json!(true));
                }
            }
            if let Some(value) = pair.value(&item.place, item.new) {
                put("value", json!(value.as_str()));
            }
            Value::Object(entry)
        };
        let values: Vec<Value> = self.origins.iter().zip(items).map(row).collect();
        json!({ "file": pair.name, "values": values, "notes": pair.remarks().collect::<Vec<_>>() })
    }
}
