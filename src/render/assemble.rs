//! A wish and the documents it is about become a bundle.

use super::bundle::{Access, Bundle, Entry};
use super::document::{Document, Leaf, NullRule};
use super::dotenv::{Variable, env_text};
use super::error::{NameProblem, Origin, RenderError};
use super::find::find;
use super::names::{self, Separator};
use super::secret::SecretSpec;
use super::template::Template;
use crate::doc::{Dialect, FormatName};
use std::collections::HashMap;
use zeroize::Zeroizing;

/// What is made of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The document itself.
    File,
    /// A file for each leaf.
    Keys,
    /// A dotenv file.
    Env,
}

/// What is to be rendered.
#[derive(Default)]
pub struct Wish {
    /// In which ways. None: [`Mode::Keys`] if there are secrets, else [`Mode::File`] unless there are templates.
    pub modes: Vec<Mode>,
    /// The leaves to render; none for all.
    pub secrets: Vec<SecretSpec>,
    /// Texts to fill in.
    pub templates: Vec<Template>,
    /// What joins the names of leaves.
    pub separator: Separator,
    /// What becomes of a null.
    pub null: NullRule,
    /// Whether leaves that stand in the file in clear are left out.
    pub sealed_only: bool,
    /// Whether files may be written by others and used by strangers.
    pub allow_world: bool,
}

/// All files of a wish.
///
/// # Errors
/// [`RenderError`]; nothing is rendered then.
pub fn bundle(documents: &[Document], wish: &Wish) -> Result<Bundle, RenderError> {
    let modes = wish.modes()?;
    let picks = picks(documents, wish)?;
    let mut files = Files { entries: Vec::new(), origins: HashMap::new() };
    if modes.contains(&Mode::File) {
        for document in documents {
            let origin = Origin::Document(document.name().to_owned());
            let name = names::file_name(document.name()).ok_or_else(|| no_name(document))?;
            files.add(name.into_bytes(), origin, Access::default(), || copy(document.text()))?;
        }
    }
    if modes.contains(&Mode::Keys) {
        for pick in &picks {
            if document_is_file(pick.document, &modes) {
                continue;
            }
            let Some(bytes) = pick.leaf.bytes(pick.document, wish.null)? else { continue };
            let access = pick.access(wish)?;
            files.add(pick.file_name(wish.separator)?, pick.origin(), access, || copy(bytes))?;
        }
    }
    if modes.contains(&Mode::Env) {
        for document in documents {
            let picks: Vec<&Pick<'_, '_>> =
                picks.iter().filter(|pick| std::ptr::eq(pick.document, document)).collect();
            if picks.is_empty() && !wish.secrets.is_empty() {
                continue;
            }
            if document.format() == FormatName::Binary {
                return Err(RenderError::NoVariables(document.name().to_owned()));
            }
            let text = env_text(&named(&picks, wish)?, Dialect::Dotenv)?;
            let name = names::env_name(document.name()).ok_or_else(|| no_name(document))?;
            let origin = Origin::Document(document.name().to_owned());
            files.add(name.into_bytes(), origin, Access::default(), || text)?;
        }
    }
    for template in &wish.templates {
        let text = template.fill(documents, wish.null, wish.sealed_only)?;
        let origin = Origin::Template(template.source_name.clone());
        files.add(template.name.clone().into_bytes(), origin, Access::default(), || text)?;
    }
    files.entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(Bundle { entries: files.entries, expires: None })
}

/// The variables that the leaves of a wish are, over all documents, for one file or one environment.
///
/// # Errors
/// Names that are none or collide, nulls, leaves that are not there.
pub fn variables<'d>(documents: &'d [Document], wish: &Wish) -> Result<Vec<Variable<'d>>, RenderError> {
    let picks = picks(documents, wish)?;
    if let Some(pick) = picks.iter().find(|pick| pick.is_nameless()) {
        return Err(RenderError::NoVariables(pick.document.name().to_owned()));
    }
    named(&picks.iter().collect::<Vec<_>>(), wish)
}

/// The variables of `env-file=`, each with the name of the file it points to.
///
/// # Errors
/// As [`bundle`], for the leaves and names that they are about.
pub fn env_file_variables(documents: &[Document], wish: &Wish) -> Result<Vec<(String, String)>, RenderError> {
    let mut found = Vec::new();
    let mut origins = HashMap::new();
    for pick in &picks(documents, wish)? {
        let Some(variable) = pick.spec.and_then(|spec| spec.env_file.as_ref()) else { continue };
        if pick.leaf.bytes(pick.document, wish.null)?.is_none() {
            continue;
        }
        claim(&mut origins, variable, pick.origin())?;
        let name = checked(names::check(pick.file_name(wish.separator)?), &pick.origin())?;
        found.push((variable.clone(), name));
    }
    Ok(found)
}

impl Wish {
    /// The modes, without contradictions.
    fn modes(&self) -> Result<Vec<Mode>, RenderError> {
        let modes = match self.modes.as_slice() {
            [] if !self.secrets.is_empty() => vec![Mode::Keys],
            [] if !self.templates.is_empty() => Vec::new(),
            [] => vec![Mode::File],
            modes => modes.to_vec(),
        };
        let file = modes.contains(&Mode::File);
        if file && !self.secrets.is_empty() {
            return Err(RenderError::Wish("single values are no whole file: take keys or env"));
        }
        if file && self.sealed_only {
            return Err(RenderError::Wish("a whole file holds clear values too: take keys or env"));
        }
        let own = |spec: &SecretSpec| spec.access != Access::default() || spec.env_file.is_some();
        if !modes.contains(&Mode::Keys) && self.secrets.iter().any(own) {
            return Err(RenderError::Wish(
                "mode, uid, gid and env-file are for values with a file of their own",
            ));
        }
        Ok(modes)
    }
}

/// A leaf that is rendered.
struct Pick<'d, 'w> {
    document: &'d Document,
    leaf: &'d Leaf,
    spec: Option<&'w SecretSpec>,
}

/// The leaves of a wish, in order.
fn picks<'d, 'w>(documents: &'d [Document], wish: &'w Wish) -> Result<Vec<Pick<'d, 'w>>, RenderError> {
    if wish.secrets.is_empty() {
        let all = documents.iter().flat_map(|document| document.leaves().map(move |leaf| (document, leaf)));
        return Ok(all
            .filter(|(_, leaf)| leaf.sealed || !wish.sealed_only)
            .map(|(document, leaf)| Pick { document, leaf, spec: None })
            .collect());
    }
    wish.secrets
        .iter()
        .map(|spec| {
            let (document, leaf) = find(documents, &spec.source, spec.file.as_deref())?;
            if wish.sealed_only && !leaf.sealed {
                return Err(RenderError::NotSealed(Box::new(document.spot(leaf))));
            }
            Ok(Pick { document, leaf, spec: Some(spec) })
        })
        .collect()
}

impl Pick<'_, '_> {
    fn origin(&self) -> Origin {
        Origin::Leaf(self.document.spot(self.leaf))
    }

    fn target(&self) -> Option<Vec<u8>> {
        self.spec.and_then(|spec| spec.target.as_ref()).map(|target| target.clone().into_bytes())
    }

    /// Whether its path is no name of its own: the value of a binary document.
    fn is_nameless(&self) -> bool {
        self.document.format() == FormatName::Binary && self.target().is_none()
    }

    /// The name of its file, not checked yet.
    fn file_name(&self, separator: Separator) -> Result<Vec<u8>, RenderError> {
        if let Some(target) = self.target() {
            return Ok(target);
        }
        if self.document.format() == FormatName::Binary {
            let name = names::file_name(self.document.name()).ok_or_else(|| no_name(self.document))?;
            return Ok(name.into_bytes());
        }
        Ok(names::joined(&self.leaf.path, separator.as_str()))
    }

    fn access(&self, wish: &Wish) -> Result<Access, RenderError> {
        let access = self.spec.map(|spec| spec.access).unwrap_or_default();
        match access.mode {
            Some(mode) if mode & 0o227 != 0 && !wish.allow_world => {
                Err(RenderError::Access { mode, name: self.leaf.path.to_string() })
            }
            _ => Ok(access),
        }
    }
}

/// Picks as variables.
fn named<'d>(picks: &[&Pick<'d, '_>], wish: &Wish) -> Result<Vec<Variable<'d>>, RenderError> {
    let mut variables = Vec::with_capacity(picks.len());
    let mut origins = HashMap::with_capacity(picks.len());
    for pick in picks {
        let Some(value) = pick.leaf.bytes(pick.document, wish.null)? else { continue };
        let name = pick.target().unwrap_or_else(|| names::joined(&pick.leaf.path, "_"));
        let name = checked(names::variable(name), &pick.origin())?;
        claim(&mut origins, &name, pick.origin())?;
        variables.push(Variable { name, value, document: pick.document, leaf: pick.leaf });
    }
    Ok(variables)
}

/// The files so far, and what they are made from.
struct Files {
    entries: Vec<Entry>,
    origins: HashMap<String, Origin>,
}

impl Files {
    fn add(
        &mut self,
        name: Vec<u8>,
        origin: Origin,
        access: Access,
        content: impl FnOnce() -> Zeroizing<Vec<u8>>,
    ) -> Result<(), RenderError> {
        let name = checked(names::check(name), &origin)?;
        claim(&mut self.origins, &name, origin)?;
        self.entries.push(Entry { name, content: content(), access });
        Ok(())
    }
}

/// Gives `name` to `origin`, unless something has it.
fn claim(origins: &mut HashMap<String, Origin>, name: &str, origin: Origin) -> Result<(), RenderError> {
    match origins.remove(name) {
        None => {
            origins.insert(name.to_owned(), origin);
            Ok(())
        }
        Some(first) => Err(RenderError::Collision {
            name: name.to_owned(),
            first: Box::new(first),
            second: Box::new(origin),
        }),
    }
}

fn checked(name: Result<String, (Vec<u8>, NameProblem)>, origin: &Origin) -> Result<String, RenderError> {
    name.map_err(|(name, problem)| RenderError::Name {
        name: String::from_utf8_lossy(&name).into_owned(),
        origin: Box::new(origin.clone()),
        problem,
    })
}

fn document_is_file(document: &Document, modes: &[Mode]) -> bool {
    document.format() == FormatName::Binary && modes.contains(&Mode::File)
}

fn no_name(document: &Document) -> RenderError {
    RenderError::NoName(document.name().to_owned())
}

fn copy(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(bytes.to_vec())
}
