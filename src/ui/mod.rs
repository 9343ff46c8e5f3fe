//! How words reach people, and their answers come back.
//!
//! The contract with the terminal:
//!
//! - **Data goes to standard output**, byte for byte, never coloured, and only after everything that
//!   can fail has succeeded.
//! - **Words go to standard error**: `error: `, `warning: ` and notes, each from the beginning of a line
//!   to the end of one. Standard output may be a pipe into another program; it never sees them.
//! - **Questions go to the terminal itself** (`/dev/tty`), and answers come from there. Standard input
//!   is data; a passphrase is never taken from it. Where there is no terminal, a question fails at once.
//! - **A passphrase is not shown** while it is typed. The terminal is set back on every way out.
//! - **Nothing that is shown can steer the terminal**: control characters in file names, keys and
//!   messages are escaped, and so are the marks that turn the direction of writing.
//! - **Colour** only where standard error is a terminal that can, and `NO_COLOR` is not set. Colour
//!   never carries anything that the words do not.
//! - With `--json` each error and warning is one line of JSON on standard error, with the same fields.
//!
//! This module is the only one that takes the standard streams in hand for words.

pub mod editor;
mod passphrase;
mod progress;
pub mod prompt;
pub mod report;
pub mod style;
pub mod table;

pub use editor::{Editor, EditorError, Surroundings};
pub use progress::Progress;
pub use prompt::{Terminal, new_passphrase};
pub use report::{Form, Reporter};
pub use style::{Style, escaped, shell_word};
