//! Where the result goes: to a pager where a person looks at it, as `git` does, else to standard output.

use super::paint::paint;
use crate::commands::context::Context;
use crate::commands::output;
use crate::error::Failure;
use crate::git::Repository;
use crate::policy::environment;
use crate::runtime::Signals;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::process::{Child, Command, Stdio};

/// What Git tells its pager where the person did not: to end if all fits, to show colours, to leave the text.
const USUAL: [(&str, &str); 2] = [("LESS", "FRX"), ("LV", "-c")];

/// A sink for the result.
pub(super) struct Paper {
    pager: Option<Child>,
    /// Held while the pager runs: to it Ctrl-C means something else.
    signals: Option<Signals>,
    coloured: bool,
    /// Whoever reads has enough.
    ended: bool,
}

impl Paper {
    /// The sink of a run. A pager is started only if standard output is a terminal.
    pub(super) fn new(context: &Context, repository: &Repository) -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let pager = if is_terminal { start(repository) } else { None };
        let signals = pager.is_some().then(|| Signals::hold().ok()).flatten();
        Self { pager, signals, coloured: is_terminal && !context.settings().no_color, ended: false }
    }

    /// Whether more is of no use.
    pub(super) fn is_full(&self) -> bool {
        self.ended
    }

    /// Hands a part of the result on.
    ///
    /// # Errors
    /// It cannot be written (3).
    pub(super) fn put(&mut self, text: &[u8]) -> Result<(), Failure> {
        if self.ended || text.is_empty() {
            return Ok(());
        }
        let text = paint(text, self.coloured);
        let Some(pager) = &mut self.pager else {
            self.ended = !output::print_some(&text)?;
            return Ok(());
        };
        let written = match &mut pager.stdin {
            Some(input) => input.write_all(&text),
            None => Err(ErrorKind::BrokenPipe.into()),
        };
        self.ended = written.is_err();
        Ok(())
    }

    /// Waits for the pager.
    pub(super) fn finish(mut self) {
        self.wait();
    }

    fn wait(&mut self) {
        if let Some(mut pager) = self.pager.take() {
            drop(pager.stdin.take());
            while let (Ok(None), Some(signals)) = (pager.try_wait(), &self.signals) {
                if signals.stop().is_some() || signals.wait(None).is_err() {
                    return;
                }
            }
            let _ = pager.wait();
        }
    }
}

impl Drop for Paper {
    fn drop(&mut self) {
        self.wait();
    }
}

/// Starts the person's pager, if there is one.
fn start(repository: &Repository) -> Option<Child> {
    let command = repository.pager().ok().filter(|command| !command.is_empty() && command != "cat")?;
    let variables = environment();
    let mut shell = Command::new("sh");
    shell.args(["-c", &command]).env_clear().stdin(Stdio::piped());
    shell.envs(variables.iter().map(|(name, value)| (name, value)));
    for (name, value) in USUAL {
        if !variables.iter().any(|(other, _)| other == name) {
            shell.env(name, value);
        }
    }
    shell.spawn().ok()
}
