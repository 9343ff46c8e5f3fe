//! One sitting at the editor: the text in a private folder, until it can be saved or is given up.

use super::draft::Drafts;
use super::target::Target;
use crate::commands::context::{Context, Manner};
use crate::commands::{convert, private};
use crate::error::{Code, Failure, Warning};
use crate::io::reason;
use crate::policy::KEY_VARIABLES;
use crate::runtime::{Ended, PrivateFolder, Signals, TmpfsError, child, signals};
use crate::ui::{Editor, Surroundings, Terminal, shell_word};
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

/// What an edited text came to.
pub(super) enum Outcome {
    /// It is what it was.
    Unchanged,
    /// It was saved: the text that is now the file's.
    Saved(Zeroizing<Vec<u8>>),
}

/// A sitting.
pub(super) struct Session<'s> {
    pub(super) context: &'s Context,
    pub(super) target: &'s Target<'s>,
    pub(super) drafts: &'s Drafts,
    pub(super) editor: &'s Editor,
    pub(super) allow_disk: bool,
}

impl Session<'_> {
    /// Opens the editor on `start` until what it leaves is saved.
    ///
    /// # Errors
    /// There is no private folder, the editor fails, the text is given up, or it cannot be saved. The file
    /// is as it was, and a text that was changed is kept.
    pub(super) fn edit(&self, start: &[u8]) -> Result<Outcome, Failure> {
        let signals = Signals::hold()
            .map_err(|error| Failure::new(Code::Generic, "cannot hold signals back").cause(reason(&error)))?;
        let folder = self.folder()?;
        let name = self.target.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let file =
            folder.write(&name, &self.target.in_editor(start)?).map_err(|error| self.cannot_edit(&error))?;
        let settings = self.context.settings();
        let around = Surroundings {
            folder: folder.path(),
            home: settings.home.as_deref(),
            config: settings.config_home.as_deref(),
            withheld: &KEY_VARIABLES,
        };
        if let Some((name, content)) = self.editor.settings(&around) {
            folder.write(name, &content).map_err(|error| self.cannot_edit(&error))?;
        }
        if let Some((what, remedy)) = self.editor.habit(&around) {
            self.context.warn(&Warning {
                headline: format!("`{}` may keep {what}", self.editor.name()),
                place: None,
                hints: vec![remedy.to_owned()],
            });
        }
        // What the editor left last, for the case that it leaves nothing the next time.
        let mut last = Zeroizing::new(start.to_vec());
        loop {
            let ended = child::run(&mut self.editor.command(&file, &around), &signals);
            let left = folder.read(&name, convert::limits().max_bytes);
            let left = left.map(|left| self.target.plain_of(left));
            let text = match (ended, left) {
                (Err(error), _) => {
                    let failure = self.cannot_start(&reason(&error));
                    return Err(self.give_up(failure, start, &last, folder, &name));
                }
                // Whatever it is, it stays.
                (Ok(_), Err(error @ TmpfsError::TooLarge(_))) => {
                    return Err(self.unreadable(&error).hint(in_memory(&folder.keep().join(&name))));
                }
                (Ok(ended), Err(error)) => {
                    let well = ended == Ended::Well;
                    let failure = if well { self.unreadable(&error) } else { self.failed(ended) };
                    return Err(self.give_up(failure, start, &last, folder, &name));
                }
                (Ok(Ended::Well), Ok(text)) => text,
                (Ok(ended), Ok(text)) => {
                    let text = rescued(&folder, &name).unwrap_or(text);
                    return Err(self.give_up(self.failed(ended), start, &text, folder, &name));
                }
            };
            if text.as_slice() == self.target.before() {
                return Ok(Outcome::Unchanged);
            }
            match self.target.seal(self.context, &text) {
                Ok(sealed) => match self.target.save(&sealed) {
                    Ok(true) => return Ok(Outcome::Saved(text)),
                    Ok(false) => return Ok(Outcome::Unchanged),
                    Err(failure) => return Err(self.give_up(failure, start, &text, folder, &name)),
                },
                Err(mut failure) => {
                    if !self.goes_on(&mut failure, &signals) {
                        return Err(self.give_up(failure, start, &text, folder, &name));
                    }
                }
            }
            last = text;
        }
    }

    /// The private folder, in memory.
    fn folder(&self) -> Result<PrivateFolder, Failure> {
        let folder = private::folder(self.context, self.allow_disk).map_err(|error| {
            let failure = self.cannot_edit(&error);
            match error {
                TmpfsError::NoneInMemory(_) => failure
                    .hint("mount a tmpfs at /dev/shm, or set XDG_RUNTIME_DIR to a folder in memory")
                    .hint("to write the plain text to a disk for the time of the edit: --allow-disk"),
                _ => failure,
            }
        })?;
        if folder.is_on_disk() {
            self.context.warn(&Warning {
                headline: format!(
                    "the plain text stands on a disk while it is edited, in `{}`, and may leave traces there",
                    folder.path().display()
                ),
                place: None,
                hints: Vec::new(),
            });
        }
        Ok(folder)
    }

    /// Says what is wrong with the text, and whether the person returns to the editor. Where nobody is to
    /// be asked, nothing is said yet.
    fn goes_on(&self, failure: &mut Failure, signals: &Signals) -> bool {
        if self.context.manner() == Manner::Sops && !Terminal.is_there() {
            // Programs that drive an editor answer there, as SOPS lets them.
            self.context.report(failure);
            failure.reported = true;
            return signals.stop().is_none() && line_of_stdin();
        }
        if signals.stop().is_some() || !Terminal.is_there() {
            return false;
        }
        self.context.report(failure);
        failure.reported = true;
        // Keys that were pressed in the editor are no answer.
        let _ = signals.wait(Some(Duration::ZERO));
        let _ = signals.take_keyboard();
        let question = "Press Enter to return to the editor, ctrl-c to give up (the text is kept as a draft)";
        Terminal.enter(question, signals).unwrap_or(false)
            && !signals.take_keyboard()
            && signals.stop().is_none()
    }

    /// The failure, with the text kept if it is not what it was.
    fn give_up(
        &self,
        mut failure: Failure,
        start: &[u8],
        text: &[u8],
        folder: PrivateFolder,
        name: &str,
    ) -> Failure {
        if text == self.target.before() || (text == start && self.drafts.find().is_some()) {
            return failure;
        }
        let file = shell_word(self.target.name());
        let kept = self.drafts.keep(self.context, text, self.target.base(), &self.target.keyring());
        let hint = match kept {
            Some(_) => format!("your text is kept, encrypted; to go on with it: seal edit --resume {file}"),
            None => in_memory(&folder.keep().join(name)),
        };
        if failure.reported {
            self.context.show(&hint);
        }
        failure.hints.insert(0, hint);
        failure
    }

    fn cannot_start(&self, cause: &str) -> Failure {
        let name = self.editor.name();
        Failure::new(Code::EditorFailed, format!("cannot start the editor `{name}`; {}", self.state()))
            .cause(cause)
            .hint("name another one with --editor, SEAL_EDITOR or EDITOR")
    }

    fn cannot_edit(&self, error: &TmpfsError) -> Failure {
        Failure::new(
            Code::Generic,
            format!("cannot edit `{}`: there is no safe place for its plain text", self.target.name()),
        )
        .cause(error.to_string())
    }

    fn unreadable(&self, error: &TmpfsError) -> Failure {
        let headline =
            format!("the editor left no text of `{}` that can be used; {}", self.target.name(), self.state());
        Failure::new(Code::EditorFailed, headline).cause(error.to_string())
    }

    fn failed(&self, ended: Ended) -> Failure {
        let cause = match ended {
            Ended::Well => "it ended well".to_owned(),
            Ended::Code(code) => format!("it ended with exit code {code}"),
            Ended::Killed(signal) => format!("it was ended by {}", signals::name(signal)),
            Ended::Stopped(signal) => {
                let headline = format!("stopped by {}; {}", signals::name(signal), self.state());
                return Failure::new(Code::EditorFailed, headline);
            }
        };
        Failure::new(
            Code::EditorFailed,
            format!("the editor `{}` failed; {}", self.editor.name(), self.state()),
        )
        .cause(cause)
    }

    fn state(&self) -> String {
        match self.target.base() {
            Some(_) => format!("`{}` is unchanged", self.target.name()),
            None => format!("`{}` was not created", self.target.name()),
        }
    }
}

/// What an editor that was told to stop saved in a hurry, beside the text: nano as `NAME.save`, ed as `ed.hup`.
fn rescued(folder: &PrivateFolder, name: &str) -> Option<Zeroizing<Vec<u8>>> {
    let limit = convert::limits().max_bytes;
    [format!("{name}.save").as_str(), "ed.hup"].iter().find_map(|name| folder.read(name, limit).ok())
}

fn in_memory(file: &Path) -> String {
    format!(
        "no draft could be written; your text is in `{}`, not encrypted: remove it when done",
        file.display()
    )
}

/// Reads one line of standard input; `false` at its end. Byte by byte: the rest is for the editor.
fn line_of_stdin() -> bool {
    let mut byte = [0];
    loop {
        match rustix::io::read(rustix::stdio::stdin(), &mut byte) {
            Ok(1) if byte == *b"\n" => return true,
            Ok(1) | Err(rustix::io::Errno::INTR) => {}
            _ => return false,
        }
    }
}
