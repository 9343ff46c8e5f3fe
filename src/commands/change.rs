//! Changing one place of an encrypted file: shared by `set` and `unset`.

use super::context::Context;
use super::failure::{self, Subject};
use super::input::Input;
use super::open::{self, Unlocking};
use super::rewrite;
use super::{convert, extract};
use crate::doc::change::ChangeError;
use crate::doc::path::Segment;
use crate::doc::{ErrorKind, Format, FormatName, KeyPath, Kind, Source, Texts, Tree, Value};
use crate::error::{Code, Failure, Warning};
use crate::sops::Opened;
use std::path::{Path, PathBuf};

/// The place to change, and how its file is opened and written.
pub struct Target {
    /// The file.
    pub file: PathBuf,
    /// The path in it.
    pub path: String,
    /// `--input-type`
    pub input_type: Option<FormatName>,
    /// `--output-type`, which must be the same.
    pub output_type: Option<FormatName>,
    /// How it is opened.
    pub unlocking: Unlocking,
    /// Whether to write the strict record.
    pub record: bool,
}

/// An opened file to change.
pub(super) struct Plain<'p, 't> {
    pub(super) subject: Subject<'p>,
    pub(super) opened: &'p Opened<'p>,
    pub(super) format: &'static dyn Format,
    pub(super) tree: &'p Tree<'p>,
    /// Where new texts are kept.
    pub(super) texts: &'t Texts,
    pub(super) path: &'p KeyPath,
}

/// Opens the file, and writes it back with the plain text that `change` gives, if it gives another.
pub(super) fn run(
    context: &Context,
    target: &Target,
    change: impl for<'t> FnOnce(&Plain<'_, 't>) -> Result<Option<Tree<'t>>, Failure>,
) -> Result<(), Failure> {
    let path = extract::path(&target.path, Code::InvalidSetFormat)?;
    if target.file == Path::new("-") {
        return Err(Failure::new(Code::ConflictingParameters, "a file is needed; standard input is none")
            .cause("the result is written back to the file"));
    }
    let input = Input::read(&target.file, convert::limits().max_bytes)?;
    let format = target.input_type.unwrap_or_else(|| FormatName::of_file(&input.name, &input.bytes));
    if target.output_type.is_some_and(|output| output != format) {
        return Err(Failure::new(Code::ConflictingParameters, "the file keeps its format")
            .cause(format!("--output-type is not {format}, which the file is"))
            .hints(input.subject(format).command("to convert it", "seal decrypt --output-type TYPE")));
    }
    let input = input.as_sealed(format);
    let subject = input.subject(format);
    let sealed = open::load(subject)?;
    if format == FormatName::Binary {
        return Err(Failure::new(Code::CannotExpress, format!("`{}` is a binary file", subject.name))
            .cause("it is one value and has no keys")
            .hint("encrypt its new content anew, or say with --input-type what it is"));
    }
    let unlocked = open::unlock(context, subject, &sealed, &target.unlocking)?;
    let texts = Texts::default();
    let before = rewrite::plain_tree(subject, &unlocked.opened, &texts)?;
    let plain = Plain {
        subject,
        opened: &unlocked.opened,
        format: rewrite::plain_format(subject, &unlocked.opened),
        tree: &before,
        texts: &texts,
        path: &path,
    };
    let Some(after) = change(&plain)? else { return Ok(()) };
    let record = rewrite::with_record(context, subject, &unlocked.opened, target.record)?;
    let after = Source::from(after);
    let text = rewrite::resealed(context, subject, &unlocked, before.into(), after, record)?;
    warn_of_clear(context, subject, &unlocked.opened, &path, &text);
    rewrite::write_back(&input, &text).map(drop)
}

/// A new value that the selection leaves in clear may be a slip in its name.
fn warn_of_clear(
    context: &Context,
    subject: Subject<'_>,
    opened: &Opened<'_>,
    path: &KeyPath,
    written: &[u8],
) {
    let old = &opened.sealed().tree;
    let root = |tree: &crate::doc::Tree<'_>| tree.documents.first().copied().unwrap_or_default();
    if path.find(old, root(old)).is_some() {
        return;
    }
    let Ok(tree) = convert::sealed(subject.format).parse(written, &convert::limits()) else { return };
    let found = path.find(&tree, root(&tree)).or_else(|| {
        // A position past the end of a list is the last one.
        let (Segment::Index(_), list) = path.0.split_last()? else { return None };
        let list = KeyPath(list.to_vec()).find(&tree, root(&tree))?;
        tree.children(list).last()
    });
    let Some(id) = found else { return };
    let clear = (id..tree.node(id).end).any(|id| match &tree.node(id).kind {
        Kind::Leaf(Value::Null) | Kind::Map | Kind::List => false,
        Kind::Leaf(Value::Str(text)) => !text.is_empty() && !text.starts_with(b"ENC[AES256_GCM,"),
        Kind::Leaf(_) => true,
    });
    if clear {
        context.warn(&Warning {
            headline: format!("`{path}` stands in clear in `{}`", subject.name),
            place: None,
            hints: vec![
                "the file's selection leaves it out; its patterns and suffixes are in the metadata"
                    .to_owned(),
            ],
        });
    }
}

/// A change that was refused.
pub(super) fn refused(plain: &Plain<'_, '_>, error: &ChangeError) -> Failure {
    let (name, path) = (plain.subject.name, plain.path);
    let failed = |code| {
        Failure::new(code, format!("cannot change `{path}` of `{name}`; it is unchanged"))
            .cause(error.to_string())
    };
    match error {
        ChangeError::Missing(_) => extract::missing(plain.opened, name, path),
        ChangeError::InTheWay { at, .. } => {
            let remove = crate::ui::shell_word(name);
            let at_path = at.to_string();
            let failure = failed(Code::InvalidSetFormat);
            if at.0.is_empty() || !error.to_string().ends_with("a single value") {
                return failure;
            }
            failure.hint(format!("to give it up: seal unset {remove} {}", crate::ui::shell_word(&at_path)))
        }
        ChangeError::Shared { .. } => {
            failed(Code::InvalidSetFormat).hint("write the value out instead of the alias, then change it")
        }
        ChangeError::Reserved(_) => failed(Code::AlreadyEncrypted),
        ChangeError::Document(error) => match error.kind {
            ErrorKind::Inexpressible(_) => failed(Code::CannotExpress),
            _ => failure::plain_document(plain.subject, error),
        },
        ChangeError::SelfCheck => failed(Code::CannotExpress),
    }
}
