//! A passphrase typed on the terminal, unseen.
//!
//! The terminal hands over every key as it is pressed, ctrl-c too: no signal can end the program while the
//! terminal shows nothing, so it is always set back first.

use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

/// The longest passphrase, in bytes.
const MAX_LENGTH: usize = 4096;

/// How an answer ended.
#[derive(Debug, PartialEq, Eq)]
enum Ending {
    /// With Enter.
    Entered,
    /// With ctrl-d, or the terminal went away.
    Closed,
    /// With ctrl-c or ctrl-\.
    Interrupted,
}

/// Asks on `terminal`. Ctrl-c ends the program as it would anywhere else, after the terminal is set back.
///
/// # Errors
/// The terminal fails, the answer is too long or not UTF-8; [`io::ErrorKind::Interrupted`] if there is none.
pub(super) fn ask(terminal: &File, prompt: &str) -> io::Result<Zeroizing<String>> {
    let mut typed = Zeroizing::new(Vec::with_capacity(MAX_LENGTH));
    let ending = {
        let _unseen = Unseen::begin(terminal)?;
        (&*terminal).write_all(format!("{prompt}: ").as_bytes())?;
        let ending = read(terminal, &mut typed);
        // The Enter was not shown either.
        (&*terminal).write_all(b"\n")?;
        ending?
    };
    match ending {
        Ending::Entered => {
            let text = std::str::from_utf8(&typed)
                .map_err(|error| io::Error::other(format!("the passphrase is not UTF-8: {error}")))?;
            Ok(Zeroizing::new(text.to_owned()))
        }
        Ending::Closed => Err(io::ErrorKind::Interrupted.into()),
        Ending::Interrupted => {
            // Does not come back unless the signal is ignored.
            kill_process(getpid(), Signal::INT)?;
            Err(io::ErrorKind::Interrupted.into())
        }
    }
}

/// Reads keys until one that ends the answer.
fn read(mut terminal: impl Read, typed: &mut Vec<u8>) -> io::Result<Ending> {
    let mut key = Zeroizing::new([0]);
    loop {
        if terminal.read(&mut *key)? == 0 {
            return Ok(Ending::Closed);
        }
        match key[0] {
            b'\n' | b'\r' => return Ok(Ending::Entered),
            0x03 | 0x1c => return Ok(Ending::Interrupted),
            0x04 if typed.is_empty() => return Ok(Ending::Closed),
            0x04 => return Ok(Ending::Entered),
            0x08 | 0x7f => remove_character(typed),
            // ctrl-u
            0x15 => typed.clear(),
            // The buffer never grows: a larger one would leave a copy behind.
            _ if typed.len() == MAX_LENGTH => return Err(io::Error::other("the passphrase is too long")),
            other => typed.push(other),
        }
    }
}

/// Takes the last character away, with all its bytes.
fn remove_character(typed: &mut Vec<u8>) {
    while let Some(byte) = typed.pop() {
        // Bytes 10xxxxxx continue a character.
        if byte & 0xc0 != 0x80 {
            break;
        }
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

    #[test]
    fn keys_edit_the_answer() {
        for (keys, text, ending) in [
            ("secret\n", "secret", Ending::Entered),
            ("secret\rmore", "secret", Ending::Entered),
            ("sé\u{7f}ecrex\u{8}t\n", "secret", Ending::Entered),
            ("\u{7f}\u{7f}a\n", "a", Ending::Entered),
            ("wrong\u{15}right\n", "right", Ending::Entered),
            ("abc\u{4}", "abc", Ending::Entered),
            ("\u{4}", "", Ending::Closed),
            ("abc", "abc", Ending::Closed),
            ("abc\u{3}", "abc", Ending::Interrupted),
            ("\u{1c}", "", Ending::Interrupted),
        ] {
            let mut typed = Vec::new();
            assert_eq!(read(keys.as_bytes(), &mut typed).unwrap(), ending, "{keys:?}");
            assert_eq!(String::from_utf8(typed).unwrap(), text, "{keys:?}");
        }
    }

    #[test]
    fn an_endless_answer_is_refused() {
        let mut typed = Vec::new();
        assert!(read("x".repeat(MAX_LENGTH + 1).as_bytes(), &mut typed).is_err());
        assert_eq!(typed.len(), MAX_LENGTH);
    }
}
