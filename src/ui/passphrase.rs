//! A passphrase typed on the terminal, unseen.
//!
//! rpassword reads and edits the answer. Ctrl-c is taken out before it sees it: it would end the program
//! while the terminal still shows nothing. Here the terminal is set back first.

use rpassword::{ConfigBuilder, read_password_with_config};
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Write};
use std::rc::Rc;
use zeroize::Zeroizing;

/// The longest passphrase, in bytes.
const MAX_LENGTH: usize = 4096;

/// Asks on `terminal`. Ctrl-c ends the program as it would anywhere else, after the terminal is set back.
///
/// # Errors
/// The terminal fails or the answer is too long; [`io::ErrorKind::Interrupted`] if there is none.
pub(super) fn ask(terminal: &File, prompt: &str) -> io::Result<Zeroizing<String>> {
    let interrupted = Rc::new(Cell::new(false));
    let answer = {
        let _unseen = Unseen::begin(terminal)?;
        (&*terminal).write_all(format!("{prompt}: ").as_bytes())?;
        let answer = read(terminal.try_clone()?, &interrupted);
        // The Enter was not shown either.
        (&*terminal).write_all(b"\n")?;
        answer
    };
    if interrupted.get() {
        // Does not come back unless the signal is ignored.
        kill_process(getpid(), Signal::INT)?;
    }
    answer
}

/// Reads an answer from keys as they are pressed.
fn read(keys: impl Read + 'static, interrupted: &Rc<Cell<bool>>) -> io::Result<Zeroizing<String>> {
    let keys = Keys { keys, read: 0, interrupted: Rc::clone(interrupted) };
    let config = ConfigBuilder::new().input_reader(keys).output_discard().password_feedback_hide().build();
    read_password_with_config(config).map(Zeroizing::new)
}

/// Keys up to ctrl-c or ctrl-\.
struct Keys<R> {
    keys: R,
    read: usize,
    interrupted: Rc<Cell<bool>>,
}

impl<R: Read> Read for Keys<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(key) = buffer.get_mut(..1) else { return Ok(0) };
        let count = self.keys.read(key)?;
        self.read += count;
        if count == 1 && matches!(key[0], 0x03 | 0x1c) {
            self.interrupted.set(true);
            return Err(io::Error::from(io::ErrorKind::Interrupted));
        }
        if self.read > MAX_LENGTH {
            return Err(io::Error::other("the passphrase is too long"));
        }
        Ok(count)
    }
}

/// A terminal that shows nothing and sends no signals, until this is dropped.
struct Unseen<'t> {
    terminal: &'t File,
    before: Termios,
}

impl<'t> Unseen<'t> {
    fn begin(terminal: &'t File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        let guard = Self { terminal, before };
        tcsetattr(terminal, OptionalActions::Now, &modes)?;
        Ok(guard)
    }
}

impl Drop for Unseen<'_> {
    fn drop(&mut self) {
        // What more could be done?
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, ErrorKind};

    fn typed(keys: &str) -> (Result<String, ErrorKind>, bool) {
        let interrupted = Rc::new(Cell::new(false));
        let answer = read(Cursor::new(keys.to_owned()), &interrupted);
        (answer.map(|text| text.to_string()).map_err(|error| error.kind()), interrupted.get())
    }

    #[test]
    fn keys_edit_the_answer() {
        for (keys, text) in [
            ("secret\n", "secret"),
            ("secret\rmore", "secret"),
            ("sé\u{7f}ecrex\u{8}t\n", "secret"),
            ("wrong\u{15}right\n", "right"),
        ] {
            assert_eq!(typed(keys), (Ok(text.to_owned()), false), "{keys:?}");
        }
        assert_eq!(typed("\u{4}"), (Err(ErrorKind::UnexpectedEof), false));
        assert_eq!(typed("abc\u{3}def\n"), (Err(ErrorKind::Interrupted), true));
        assert_eq!(typed("\u{1c}"), (Err(ErrorKind::Interrupted), true));
    }

    #[test]
    fn an_endless_answer_is_refused() {
        assert_eq!(typed(&"x".repeat(MAX_LENGTH + 1)).0, Err(ErrorKind::Other));
    }
}
