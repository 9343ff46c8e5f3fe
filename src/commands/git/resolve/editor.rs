//! Conflicts are decided in the editor, on the plain text with markers, in memory.

use super::refused;
use crate::commands::context::Context;
use crate::commands::git::merge::Unmerged;
use crate::commands::git::merge::engine::{self, Ready, Versions};
use crate::commands::{convert, private};
use crate::error::{Code, Failure};
use crate::io::reason;
use crate::merge::markers::{self, Markers};
use crate::merge::{Choice, Side};
use crate::policy::KEY_VARIABLES;
use crate::runtime::{Ended, PrivateFolder, Signals, child};
use crate::ui::{Editor, Surroundings, Terminal};
use std::path::Path;
use zeroize::Zeroizing;

/// The resolved file; `None` if the editor changed nothing, or left nothing.
pub(super) fn resolve(context: &Context, versions: &Versions) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
    let mut failure = None;
    let done = engine::with(context, versions, |ready| {
        edited(context, versions, ready).or_else(|error| match error {
            Stop::Unmerged(unmerged) => Err(unmerged),
            Stop::Failure(stopped) => {
                failure = Some(stopped);
                Ok(None)
            }
        })
    })
    .map_err(|unmerged| refused(versions, &unmerged))?;
    failure.map_or(Ok(done), |failure| Err(*failure))
}

/// Why there is no result.
enum Stop {
    Unmerged(Unmerged),
    Failure(Box<Failure>),
}

impl From<Unmerged> for Stop {
    fn from(unmerged: Unmerged) -> Self {
        Self::Unmerged(unmerged)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(Box::new(failure))
    }
}

fn edited(
    context: &Context,
    versions: &Versions,
    ready: &Ready<'_>,
) -> Result<Option<Zeroizing<Vec<u8>>>, Stop> {
    let side = |side: Side| ready.plain(&|_| Choice::Take(side));
    let markers = Markers { size: 7, ours: "ours", theirs: "theirs" };
    let start = markers::around(&side(Side::Ours)?, &side(Side::Theirs)?, markers);
    let signals = Signals::hold()
        .map_err(|error| Failure::new(Code::Generic, "cannot hold signals back").cause(reason(&error)))?;
    let folder = private::folder(context, false).map_err(|error| no_place(versions, &error.to_string()))?;
    let name = Path::new(&versions.name).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let sitting = Sitting { context, versions, folder, name, signals };
    let file = sitting.folder.write(&sitting.name, &start).map_err(|e| no_place(versions, &e.to_string()))?;
    loop {
        let text = sitting.edit(&file)?;
        if *text == *start || text.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        let why = if markers::are_in(&text) {
            "there are conflict markers in it".to_owned()
        } else {
            match ready.encrypted(&text, true) {
                Ok(sealed) => return Ok(Some(sealed)),
                Err(unmerged) => unmerged.to_string(),
            }
        };
        let failure = Failure::new(
            Code::CannotEncrypt,
            format!("the text of `{}` cannot be used; the file is unchanged", versions.name),
        )
        .cause(why);
        if sitting.signals.stop().is_some() || !Terminal.is_there() {
            return Err(failure.into());
        }
        context.report(&failure);
        let question = "Press Enter to return to the editor, ctrl-c to give up";
        if !Terminal.enter(question, &sitting.signals).unwrap_or(false) {
            return Err(Failure { reported: true, ..failure }.into());
        }
    }
}

/// The plain text in a private folder, which goes when this is dropped.
struct Sitting<'s> {
    context: &'s Context,
    versions: &'s Versions,
    folder: PrivateFolder,
    name: String,
    signals: Signals,
}

impl Sitting<'_> {
    /// Runs the editor once; gives what it leaves.
    fn edit(&self, file: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let settings = self.context.settings();
        let editor =
            Editor::find(settings.editor.as_ref().map(|(_, line)| line.as_str()), settings.path.as_deref())
                .map_err(|error| {
                Failure::new(Code::EditorFailed, "there is no editor").cause(error.to_string())
            })?;
        let around = Surroundings {
            folder: self.folder.path(),
            home: settings.home.as_deref(),
            config: settings.config_home.as_deref(),
            withheld: &KEY_VARIABLES,
        };
        if let Some((name, content)) = editor.settings(&around) {
            self.folder.write(name, &content).map_err(|error| no_place(self.versions, &error.to_string()))?;
        }
        let failed = |cause: String| {
            let headline = format!("the editor `{}` failed; the file is unchanged", editor.name());
            Failure::new(Code::EditorFailed, headline).cause(cause)
        };
        match child::run(&mut editor.command(file, &around), &self.signals) {
            Ok(Ended::Well) => {}
            Ok(Ended::Code(code)) => return Err(failed(format!("it ended with exit code {code}"))),
            Ok(Ended::Killed(_) | Ended::Stopped(_)) => return Err(failed("a signal ended it".to_owned())),
            Err(error) => return Err(failed(reason(&error))),
        }
        self.folder
            .read(&self.name, convert::limits().max_bytes)
            .map_err(|error| failed(format!("it left no text that can be used: {error}")))
    }
}

fn no_place(versions: &Versions, cause: &str) -> Failure {
    Failure::new(
        Code::Generic,
        format!("cannot edit `{}`: there is no safe place for its plain text", versions.name),
    )
    .cause(cause)
    .hint("mount a tmpfs at /dev/shm, or set XDG_RUNTIME_DIR to a folder in memory")
}
