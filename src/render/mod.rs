//! Opened documents as the files and variables that an app reads. Pure: nothing is written here.
//!
//! A [`Document`] is what an opened file holds, leaf by leaf; a [`Wish`] says what is made of it;
//! [`bundle`] makes it, completely or not at all.

mod assemble;
pub mod bundle;
mod document;
mod dotenv;
mod error;
mod filter;
mod find;
pub mod names;
mod secret;
mod template;

pub use assemble::{Mode, Wish, bundle, env_file_variables, variables};
pub use bundle::{Access, Bundle, Entry};
pub use document::{Document, Leaf, NullRule};
pub use dotenv::{Dialect, Variable, env_text};
pub use error::{NameProblem, Origin, RenderError, Spot, TemplateProblem, ValueProblem};
pub use find::find;
pub use names::Separator;
pub use secret::{SecretError, SecretSpec};
pub use template::Template;
