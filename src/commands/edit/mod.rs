//! `seal edit`: the plain text of a file in the person's editor, and back.

mod changes;
mod draft;
mod example;
mod metadata;
mod session;
mod target;

use super::context::Context;
use super::failure::format_name;
use super::input::Input;
use super::new_file::{Recipe, Wanted};
use super::open::{self, Unlocking};
use super::types::{Speech, Types};
use super::{convert, rewrite};
use crate::doc::FormatName;
use crate::error::{Code, Failure, Warning};
use crate::keys::Ask;
use crate::sops::decrypt::Strictness;
use crate::ui::{Editor, EditorError, Terminal, shell_word};
use changes::Changes;
use draft::{Draft, Drafts};
use metadata::Shown;
use session::{Outcome, Session};
use std::io::ErrorKind;
use std::path::PathBuf;
use target::{Existing, New, Target};
use zeroize::Zeroizing;

/// What is to be done with the draft of an earlier edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftWish {
    /// Nothing is said: refuse if there is one.
    Ask,
    /// Go on with it.
    Resume,
    /// Remove it, and begin with the file.
    Discard,
}

/// What `seal edit` is asked to do.
pub struct Request {
    /// The file.
    pub file: PathBuf,
    /// Its format, if the name does not tell.
    pub types: Types,
    /// How a new file is to be.
    pub wanted: Wanted,
    /// How the file is opened.
    pub unlocking: Unlocking,
    /// The editor, instead of that of the environment.
    pub editor: Option<String>,
    /// What to do with a draft.
    pub draft: DraftWish,
    /// Let the plain text stand on a disk where there is no place in memory.
    pub allow_disk: bool,
    /// Show the metadata below the text.
    pub show_metadata: bool,
}

/// Edits the file.
///
/// # Errors
/// Nothing was changed (200), the editor failed (201), or whatever stops opening, encrypting and writing.
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    let name = request.file.display().to_string();
    if name == "-" {
        return Err(Failure::new(Code::NoFile, "`seal edit` needs a file, and `-` is standard input")
            .hint("a file of that name: seal edit ./-"));
    }
    let new = format(request, &name, b"")?;
    request.types.dialect.check(&name, new)?;
    let drafts = Drafts::of(&request.file, context.settings().state_home.as_deref());
    let draft = wished(request, &name, &drafts)?;
    let editor = find_editor(context, request)?;
    let begin = |target: &Target<'_>| {
        let session =
            Session { context, target, drafts: &drafts, editor: &editor, allow_disk: request.allow_disk };
        begin(&session, draft.as_ref())
    };
    let missing = std::fs::metadata(&request.file).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    if missing {
        context.lint_config()?;
        let recipe = Recipe::find(context, &request.wanted, &name, new, &request.types)?;
        let file = recipe.wrap(context, &name)?;
        return begin(&Target::New(New { path: &request.file, name: &name, format: new, file }));
    }
    let input = Input::read(&request.file, convert::limits().max_bytes)?;
    let format = format(request, &name, &input.bytes)?;
    let input = input.as_sealed(format);
    let subject = input.subject(format);
    let sealed = open::load(subject)?;
    let unlocked = open::unlock(context, subject, &sealed, &request.unlocking)?;
    for_new_files_only(context, request, &name);
    if unlocked.opened.strictness == Strictness::Ignored {
        context.warn(&Warning {
            headline: format!(
                "saving `{name}` gives it a new MAC: make sure that you want all of its content"
            ),
            place: None,
            hints: Vec::new(),
        });
    }
    let before = rewrite::plain_text(subject, &unlocked.opened)?;
    let record = rewrite::with_record(context, subject, &unlocked.opened, request.wanted.record)?;
    let shown = match unlocked.opened.dialect() {
        _ if !request.show_metadata || format == FormatName::Binary => None,
        Some(dialect) => return Err(Shown::no_place(format!("its text is for {}", dialect.reader()))),
        None => Some(Shown::new(convert::plain(format), &sealed.metadata)),
    };
    begin(&Target::Existing(Existing { input: &input, subject, unlocked: &unlocked, before, record, shown }))
}

/// Edits a target that is ready.
fn begin(session: &Session<'_>, draft: Option<&Draft>) -> Result<(), Failure> {
    let Session { context, target, drafts, .. } = *session;
    let name = target.name();
    let outcome = match draft {
        Some(draft) => {
            let text = draft.open(context, target.keyring().data_key)?;
            resume(session, draft, text)?
        }
        None => {
            drafts.discard();
            session.edit(target.before())?
        }
    };
    // What the draft held is in the file now, or the person has put it back.
    drafts.discard();
    match (outcome, target.base()) {
        (Outcome::Saved(_), None) => {
            context.say(&format!("`{name}`: created"));
            Ok(())
        }
        (Outcome::Saved(text), Some(_)) => {
            let summary = match target.format() {
                FormatName::Binary => None,
                _ => Changes::between(target.plain(), target.before(), &text),
            };
            let summary = summary.map_or_else(|| "changed".to_owned(), |changes| changes.summary());
            context.say(&format!("`{name}`: {summary}"));
            Ok(())
        }
        (Outcome::Unchanged, base) => {
            let state = if base.is_some() {
                "nothing changed, nothing written"
            } else {
                "left as it was, so not created"
            };
            context.show(&format!("`{name}`: {state}"));
            Err(Failure { reported: true, ..Failure::new(Code::Unchanged, state) })
        }
    }
}

/// Goes on with the text of a draft: saves it if that is wanted, or opens the editor on it.
fn resume(session: &Session<'_>, draft: &Draft, text: Zeroizing<Vec<u8>>) -> Result<Outcome, Failure> {
    let Session { context, target, .. } = *session;
    let name = target.name();
    let paths = match target.format() {
        FormatName::Binary => None,
        _ => Changes::between(target.plain(), target.before(), &text).map(|changes| changes.paths()),
    };
    if !draft.is_of(target.base()) {
        context.warn(&Warning {
            headline: match paths {
                Some(paths) => {
                    format!("`{name}` was changed since the draft was made; they differ in {paths}")
                }
                None => format!("`{name}` was changed since the draft was made"),
            },
            place: None,
            hints: vec!["saving the draft puts its values in the place of those of the file".to_owned()],
        });
        return session.edit(&text);
    }
    let complete = target.seal(context, &text).ok();
    let question = "The draft is complete. Save it, or edit it first?";
    if let Some(sealed) = complete
        && matches!(Terminal.confirm(question, "save", Some("edit")), Ok(true))
    {
        return Ok(if target.save(&sealed)? { Outcome::Saved(text) } else { Outcome::Unchanged });
    }
    session.edit(&text)
}

/// The format of file and text, which is the same.
fn format(request: &Request, name: &str, content: &[u8]) -> Result<FormatName, Failure> {
    match (request.types.input, request.types.output) {
        (Some(input), Some(output)) if input != output => Err(Failure::new(
            Code::ConflictingParameters,
            format!("cannot edit a file as {} and write it as {}", format_name(input), format_name(output)),
        )
        .cause("an edited file keeps its format")
        .hint(format!("to convert it: seal decrypt --output-type … {}", shell_word(name)))),
        (input, output) => Ok(input.or(output).unwrap_or_else(|| FormatName::of_file(name, content))),
    }
}

/// The draft to go on with.
fn wished(request: &Request, name: &str, drafts: &Drafts) -> Result<Option<Draft>, Failure> {
    let file = shell_word(name);
    match (request.draft, drafts.find()) {
        (DraftWish::Ask, Some(_)) => Err(Failure::new(
            Code::Generic,
            format!("there is a draft of `{name}`, of an edit that could not be saved"),
        )
        .hint(format!("to go on with it: seal edit --resume {file}"))
        .hint(format!("to begin with the file and lose the draft: seal edit --discard-draft {file}"))),
        (DraftWish::Resume, None) => {
            Err(Failure::new(Code::NoFile, format!("there is no draft of `{name}`"))
                .hint(format!("seal edit {file}")))
        }
        (DraftWish::Resume, draft) => Ok(draft),
        (DraftWish::Ask | DraftWish::Discard, _) => Ok(None),
    }
}

fn find_editor(context: &Context, request: &Request) -> Result<Editor, Failure> {
    let settings = context.settings();
    let (origin, line) = match (&request.editor, &settings.editor) {
        (Some(line), _) => ("--editor", Some(line.as_str())),
        (None, Some((name, line))) => (*name, Some(line.as_str())),
        (None, None) => ("", None),
    };
    Editor::find(line, settings.path.as_deref()).map_err(|error| {
        let headline = match error {
            EditorError::None => "there is no editor".to_owned(),
            _ => format!("the editor of `{origin}` cannot be used"),
        };
        Failure::new(Code::EditorFailed, headline)
            .cause(error.to_string())
            .hint("name one with --editor, SEAL_EDITOR, SOPS_EDITOR, VISUAL or EDITOR")
    })
}

/// Warns of flags that have no effect on a file that is there.
fn for_new_files_only(context: &Context, request: &Request, name: &str) {
    let wanted = &request.wanted;
    if request.types.dialect != Speech::Unsaid {
        context.warn(&Warning {
            headline: format!("`{name}` exists: its dialect stays, --dialect has no effect"),
            place: None,
            hints: Vec::new(),
        });
    }
    if !wanted.recipients.is_empty() || !wanted.selectors.is_empty() || wanted.threshold.is_some() {
        context.warn(&Warning {
            headline: format!(
                "`{name}` exists: its recipients and selection stay, the flags for them have no effect"
            ),
            place: None,
            hints: Vec::new(),
        });
    }
}
