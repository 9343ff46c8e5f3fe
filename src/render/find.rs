//! A single value, by its path.

use super::document::{Document, Leaf};
use super::error::RenderError;
use crate::doc::KeyPath;
use crate::doc::path::Segment;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

/// More names than these are of no use in a message.
const MOST_NAMES: usize = 50;

/// Leaves by their paths: the positions of the first two of each.
pub(super) type Index = HashMap<Vec<u8>, (usize, Option<usize>)>;

/// The leaf at `path`, in the document called `file` if that is said. A document is called as it was
/// named, or by the last part of that. An element of a list may be written as a key, `hosts.0`.
///
/// # Errors
/// [`RenderError::NotFound`], [`RenderError::NotSingle`], [`RenderError::Ambiguous`],
/// [`RenderError::NoFile`].
pub fn find<'d>(
    documents: &'d [Document],
    path: &KeyPath,
    file: Option<&str>,
) -> Result<(&'d Document, &'d Leaf), RenderError> {
    let among: Vec<&Document> = match file {
        None => documents.iter().collect(),
        Some(file) => called(documents, file)?,
    };
    let key = encoded(&path.0);
    let mut found: Option<(&Document, &Leaf)> = None;
    for document in &among {
        let Some((first, second)) = document.index().get(&key) else { continue };
        for at in [Some(*first), *second].into_iter().flatten() {
            let Some(leaf) = document.leaf(at) else { continue };
            if let Some((before, first)) = found {
                return Err(RenderError::Ambiguous {
                    path: path.clone(),
                    first: Box::new(before.spot(first)),
                    second: Box::new(document.spot(leaf)),
                });
            }
            found = Some((document, leaf));
        }
    }
    found.ok_or_else(|| missing(&among, path))
}

impl Document {
    /// Its leaves by their paths: the first two of each.
    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let mut index = Index::with_capacity(self.leaves().len());
            for (at, leaf) in self.leaves().enumerate() {
                index
                    .entry(encoded(&leaf.path.0))
                    .and_modify(|(_, second): &mut (usize, Option<usize>)| {
                        second.get_or_insert(at);
                    })
                    .or_insert((at, None));
            }
            index
        })
    }
}

/// The documents that are called `file`: those named so, else those whose last part is that.
fn called<'d>(documents: &'d [Document], file: &str) -> Result<Vec<&'d Document>, RenderError> {
    let mut found: Vec<&Document> = documents.iter().filter(|document| document.name() == file).collect();
    if found.is_empty() {
        let base = |document: &&Document| document.name().rsplit('/').next() == Some(file);
        found = documents.iter().filter(base).collect();
    }
    if found.is_empty() { Err(RenderError::NoFile(file.to_owned())) } else { Ok(found) }
}

/// A path as bytes, unlike those of any other path but for positions written as keys.
fn encoded(path: &[Segment]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for segment in path {
        let part = name(segment);
        bytes.extend_from_slice(&part.len().to_le_bytes());
        bytes.extend_from_slice(&part);
    }
    bytes
}

fn name(segment: &Segment) -> Cow<'_, [u8]> {
    match segment {
        Segment::Key(key) => Cow::Borrowed(key),
        Segment::Index(index) => Cow::Owned(index.to_string().into_bytes()),
    }
}

/// Why there is no leaf at `path`: how far it leads, and what goes on from there.
fn missing(documents: &[&Document], path: &KeyPath) -> RenderError {
    let same = |a: &Segment, b: &Segment| name(a) == name(b);
    let (mut deepest, mut keys): (usize, BTreeSet<String>) = (0, BTreeSet::new());
    for leaf in documents.iter().flat_map(|document| document.leaves()) {
        let common = leaf.path.0.iter().zip(&path.0).take_while(|(a, b)| same(a, b)).count();
        if common > deepest {
            deepest = common;
            keys.clear();
        }
        if let (true, Some(next)) = (common == deepest, leaf.path.0.get(common)) {
            keys.insert(KeyPath(vec![next.clone()]).to_string());
            if keys.len() > MOST_NAMES {
                keys.pop_last();
            }
        }
    }
    let keys = keys.into_iter().collect();
    if deepest == path.0.len() {
        return RenderError::NotSingle { path: path.clone(), keys };
    }
    RenderError::NotFound { path: path.clone(), parent: KeyPath(path.0[..deepest].to_vec()), keys }
}
