//! Why something is not rendered. Names of keys are told, values and texts of templates never.

use crate::doc::KeyPath;
use crate::doc::dotenv::Unspellable;
use crate::sops::DecryptError;
use std::fmt;
use thiserror::Error;

/// A leaf, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The document, as [`super::Document::name`] has it.
    pub document: String,
    /// The way to the leaf.
    pub path: KeyPath,
    /// Byte offset of the leaf in the sealed text of the document.
    pub at: usize,
}

/// What a file is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A single value.
    Leaf(Spot),
    /// A whole document, by its name.
    Document(String),
    /// A template, by the name of its source.
    Template(String),
}

impl Origin {
    /// The leaf, if it is one.
    #[must_use]
    pub fn spot(&self) -> Option<&Spot> {
        match self {
            Origin::Leaf(spot) => Some(spot),
            _ => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Leaf(spot) => write!(f, "`{}` of `{}`", spot.path, spot.document),
            Origin::Document(name) => write!(f, "`{name}`"),
            Origin::Template(name) => write!(f, "the template `{name}`"),
        }
    }
}

/// Why a name is none (docs/containers.md, names).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NameProblem {
    /// Nothing.
    #[error("it is empty")]
    Empty,
    /// The folder itself.
    #[error("`.` is the folder itself")]
    Dot,
    /// Begins with two dots: the folder above, or the links that switch generations.
    #[error("it begins with `..`")]
    DotDot,
    /// A path.
    #[error("it holds a `/`")]
    Slash,
    /// NUL, a line end, an escape sequence.
    #[error("it holds a control character")]
    Control,
    /// More than 255 bytes.
    #[error("it is longer than 255 bytes")]
    Long,
    /// Other bytes.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// No name of a variable.
    #[error("the name of a variable has letters A to Z, digits and `_`, and does not begin with a digit")]
    NotVariable,
}

/// Why a value cannot be put where it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ValueProblem {
    /// Other bytes.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// A NUL, which ends every variable.
    #[error("it holds a NUL byte")]
    Nul,
    /// The reader of an ENV file would not see it.
    #[error(transparent)]
    Spelling(#[from] Unspellable),
}

/// What is wrong in a template.
#[derive(Debug, Error)]
pub enum TemplateProblem {
    /// No quoted key after `seal`.
    #[error("expected a key in double quotes after `seal`")]
    NoKey,
    /// A quote that is never closed on its line.
    #[error("the quote is never closed")]
    OpenQuote,
    /// An escape other than `\"` and `\\`.
    #[error("after `\\` in quotes only `\"` and `\\` may stand")]
    Escape,
    /// No `}}` where one is due.
    #[error("expected `|` and a filter, or `}}}}`")]
    Unclosed,
    /// A text that is no path.
    #[error("`{0}` is not a path")]
    Path(String),
    /// A filter that is none of ours.
    #[error("this filter does not exist; there are json, yaml, sh, uri and base64")]
    Filter,
    /// A value that a filter cannot spell.
    #[error("`{path}` does not go through the filter `{filter}`: {problem}")]
    Value {
        /// The way to the value.
        path: KeyPath,
        /// The filter.
        filter: &'static str,
        /// Why.
        problem: ValueProblem,
    },
    /// The key leads to no value.
    #[error(transparent)]
    Find(Box<RenderError>),
}

/// Why nothing is rendered.
#[derive(Debug, Error)]
pub enum RenderError {
    /// The plain text cannot be written in its format.
    #[error(transparent)]
    Inexpressible(#[from] DecryptError),
    /// A document without a name, from standard input, where a file would be named after it.
    #[error("`{0}` has no name to call a file by")]
    NoName(String),
    /// A name that is none.
    #[error("`{name}`, from {origin}, cannot be a name: {problem}")]
    Name {
        /// The name, as far as it is text.
        name: String,
        /// What would be called so.
        origin: Box<Origin>,
        /// Why not.
        problem: NameProblem,
    },
    /// Two things with one name.
    #[error("{first} and {second} have one name, `{name}`")]
    Collision {
        /// The name.
        name: String,
        /// What has it.
        first: Box<Origin>,
        /// What would have it too.
        second: Box<Origin>,
    },
    /// A null, and no rule for it.
    #[error("`{}` of `{}` is null", .0.path, .0.document)]
    Null(Box<Spot>),
    /// Nothing stands at a path.
    #[error("there is nothing at `{path}`")]
    NotFound {
        /// The path.
        path: KeyPath,
        /// How much of it leads somewhere.
        parent: KeyPath,
        /// The names that go on from there, sorted; at most 50.
        keys: Vec<String>,
    },
    /// A map or a list stands at a path.
    #[error("`{path}` is not a single value")]
    NotSingle {
        /// The path.
        path: KeyPath,
        /// The names below it, sorted; at most 50.
        keys: Vec<String>,
    },
    /// Two values stand at a path.
    #[error("`{path}` is in `{}` and in `{}`", .first.document, .second.document)]
    Ambiguous {
        /// The path.
        path: KeyPath,
        /// The one.
        first: Box<Spot>,
        /// The other.
        second: Box<Spot>,
    },
    /// No document is called so.
    #[error("none of the files is `{0}`")]
    NoFile(String),
    /// A value was asked for by name that stands in the file in clear, and only sealed ones are wanted.
    #[error("`{}` of `{}` is not encrypted", .0.path, .0.document)]
    NotSealed(Box<Spot>),
    /// A value that its file cannot hold.
    #[error("`{}` of `{}` cannot be a variable: {problem}", .spot.path, .spot.document)]
    Value {
        /// The leaf.
        spot: Box<Spot>,
        /// Why.
        problem: ValueProblem,
    },
    /// A binary document where variables are wanted.
    #[error("`{0}` is one value without a name and makes no variable")]
    NoVariables(String),
    /// Permission bits that let others write or strangers read.
    #[error("the mode {mode:04o} of `{name}` lets others write it or strangers use it")]
    Access {
        /// The bits.
        mode: u32,
        /// What would have them.
        name: String,
    },
    /// Something in a template.
    #[error("{problem}")]
    Template {
        /// The name of its source.
        template: String,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What.
        problem: Box<TemplateProblem>,
    },
    /// Wishes that do not go together.
    #[error("{0}")]
    Wish(&'static str),
}

impl RenderError {
    /// The name that stays, for programs (docs/errors.md).
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            RenderError::NoName(_) | RenderError::Name { .. } => "E_NAME",
            RenderError::Collision { .. } => "E_COLLISION",
            RenderError::Null(_) => "E_NULL",
            RenderError::NotFound { .. }
            | RenderError::NotSingle { .. }
            | RenderError::NoFile(_)
            | RenderError::NotSealed(_) => "E_NOT_FOUND",
            RenderError::Ambiguous { .. } => "E_AMBIGUOUS",
            RenderError::Inexpressible(_) | RenderError::Value { .. } | RenderError::NoVariables(_) => {
                "E_VALUE"
            }
            RenderError::Access { .. } => "E_MODE",
            RenderError::Template { .. } => "E_TEMPLATE",
            RenderError::Wish(_) => "E_USAGE",
        }
    }

    /// The leaves it is about, the one at fault first: places for messages.
    #[must_use]
    pub fn spots(&self) -> Vec<&Spot> {
        match self {
            RenderError::Null(spot) | RenderError::NotSealed(spot) | RenderError::Value { spot, .. } => {
                vec![spot]
            }
            RenderError::Name { origin, .. } => origin.spot().into_iter().collect(),
            RenderError::Collision { first, second, .. } => {
                second.spot().into_iter().chain(first.spot()).collect()
            }
            RenderError::Ambiguous { first, second, .. } => vec![second, first],
            RenderError::Template { problem, .. } => match &**problem {
                TemplateProblem::Find(error) => error.spots(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}
