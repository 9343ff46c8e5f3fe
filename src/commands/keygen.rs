//! `seal keygen`: a new age identity.

use super::context::Context;
use super::input::Input;
use super::output::Output;
use crate::error::{Code, Failure};
use crate::io::Mode;
use crate::keys::age::{Algorithm, generate, recipients_of};
use crate::ui::shell_word;
use std::path::{Path, PathBuf};

/// Identity files larger than this are not believed, in bytes.
const MAX_IDENTITY_FILE: usize = 16 << 20;

/// Makes an identity and prints it, or writes it to a new file and prints its recipient.
///
/// # Errors
/// The file exists already or cannot be written (3).
pub fn run(context: &Context, output: Option<PathBuf>, post_quantum: bool) -> Result<(), Failure> {
    let algorithm = if post_quantum { Algorithm::Hybrid } else { Algorithm::X25519 };
    let made = generate(algorithm, &context.now().to_seconds())
        .map_err(|error| Failure::new(Code::Generic, "cannot make an identity").cause(error.to_string()))?;
    let nothing = Input::nothing();
    match output {
        None => Output::Stdout.write(&nothing, made.identity.as_bytes(), Mode::Private),
        Some(path) => {
            if path.symlink_metadata().is_ok() {
                let name = path.display();
                return Err(Failure::new(
                    Code::CannotWriteOutput,
                    format!("`{name}` exists; it is unchanged"),
                )
                .cause("an identity that is overwritten is lost with everything encrypted to it")
                .hint(format!("to see its recipient: seal keygen -y {}", shell_word(&name.to_string()))));
            }
            Output::File(path).write(&nothing, made.identity.as_bytes(), Mode::Private)?;
            context.say(&format!("Public key: {}", made.recipient));
            Ok(())
        }
    }
}

/// Prints the recipients of the identities in a file, one a line.
///
/// # Errors
/// The file cannot be read, or holds something else (1).
pub fn print_recipients(file: &Path) -> Result<(), Failure> {
    let input = Input::read(file, MAX_IDENTITY_FILE)?;
    let failed = |cause: String| {
        Failure::new(Code::Generic, format!("`{}` is not an identity file", input.name)).cause(cause)
    };
    let text = std::str::from_utf8(&input.bytes).map_err(|error| failed(error.to_string()))?;
    let recipients = recipients_of(text).map_err(|error| failed(error.to_string()))?;
    let text = recipients.iter().map(|recipient| format!("{recipient}\n")).collect::<String>();
    Output::Stdout.write(&input, text.as_bytes(), Mode::Private)
}
