//! `seal publish`: values where an orchestrator wants them.

pub mod destination;
mod docker;
mod env_file;
mod failure;
pub mod kubernetes;
mod service;
pub mod swarm;
mod values;

pub use crate::render::{NullRule, SecretSpec, Separator};

use super::context::Context;
use super::input::Input;
use super::open::{self, Unlocking};
use super::{convert, output};
use crate::doc::FormatName;
use crate::error::{Failure, Warning};
use crate::render::Document;
use crate::secret::keep_in_memory;
use std::io::IsTerminal as _;
use std::path::PathBuf;

/// What `seal publish` is asked to do.
pub struct Request {
    /// Files, `-` for standard input.
    pub files: Vec<PathBuf>,
    /// Their format, if the names do not tell.
    pub format: Option<FormatName>,
    /// How they are opened.
    pub unlocking: Unlocking,
    /// Which values.
    pub selection: Selection,
    /// Where to.
    pub target: Target,
}

/// Which values are published, and what joins their names.
#[derive(Debug, Default)]
pub struct Selection {
    /// Single values; none for all.
    pub secrets: Vec<SecretSpec>,
    /// What joins the steps of a path.
    pub separator: Option<Separator>,
    /// What becomes of a null.
    pub null: NullRule,
    /// Whether values that stand in the file in clear are left out.
    pub sealed_only: bool,
}

/// Where values go.
pub enum Target {
    /// Secrets of Docker Swarm.
    Swarm(swarm::Options),
    /// A manifest of Kubernetes on standard output.
    Kubernetes(kubernetes::Options),
    /// A file for `docker run --env-file` on standard output.
    EnvFile,
}

/// A file that was read.
struct Source {
    input: Input,
    format: FormatName,
}

/// Publishes the values.
///
/// # Errors
/// A file does not open or has expired (77), a value cannot be expressed there (78), or `docker` is not
/// there (127) or refuses (1).
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    let sources: Vec<Source> =
        request.files.iter().map(|path| read(path, request.format)).collect::<Result<_, _>>()?;
    let documents: Vec<Document> = sources
        .iter()
        .map(|source| document(context, source, &request.unlocking))
        .collect::<Result<_, _>>()?;
    let job = Job { context, sources: &sources, documents: &documents, selection: &request.selection };
    match &request.target {
        Target::Swarm(options) => swarm::publish(&job, options),
        Target::Kubernetes(options) => {
            print(context, "kubectl apply -f -", &kubernetes::manifest(&job, options)?)
        }
        Target::EnvFile => print(context, "docker run --env-file /dev/stdin", &env_file::text(&job)?),
    }
}

/// What all targets work on.
struct Job<'j> {
    context: &'j Context,
    sources: &'j [Source],
    documents: &'j [Document],
    selection: &'j Selection,
}

fn read(path: &std::path::Path, format: Option<FormatName>) -> Result<Source, Failure> {
    let input = Input::read(path, convert::limits().max_bytes)?;
    let format = format.unwrap_or_else(|| FormatName::of_file(&input.name, &input.bytes));
    Ok(Source { input: input.as_sealed(format), format })
}

fn document(context: &Context, source: &Source, how: &Unlocking) -> Result<Document, Failure> {
    let subject = source.input.subject(source.format);
    let sealed = open::load(subject)?;
    let opened = open::open_valid(context, subject, &sealed, how)?;
    let document = Document::of(subject.name, source.format, &opened);
    let document = document.map_err(|error| failure::render(std::slice::from_ref(source), &error))?;
    keep_in_memory(document.text());
    Ok(document)
}

/// Prints what another program is to read.
fn print(context: &Context, reader: &str, text: &[u8]) -> Result<(), Failure> {
    if std::io::stdout().is_terminal() {
        context.warn(&Warning {
            headline: "secrets stand in clear on this terminal".to_owned(),
            place: None,
            hints: vec![format!("give them to the program that needs them: seal publish … | {reader}")],
        });
    }
    output::print(text)
}
