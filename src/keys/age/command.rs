//! Commands that print identities: split like a shell would, run without one.

use super::read;
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

/// Variables that hold key material; a command gets none of them.
const SECRET_VARIABLES: [&str; 1] = ["SOPS_AGE_KEY"];

/// Runs `line` and gives what it prints. Its standard error goes to ours, its input is empty.
pub(super) fn run(line: &str, recipient: Option<&str>) -> Result<Zeroizing<Vec<u8>>, String> {
    let words = split(line)?;
    let (program, arguments) = words.split_first().ok_or("the command is empty")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    SECRET_VARIABLES.iter().for_each(|name| {
        command.env_remove(name);
    });
    if let Some(recipient) = recipient {
        command.env("SOPS_AGE_RECIPIENT", recipient);
    }
    let mut child =
        command.spawn().map_err(|error| format!("the program cannot be run: {}", read::in_words(&error)))?;
    let output = child.stdout.take().map_or_else(|| Ok(Zeroizing::default()), |pipe| read::all(pipe, 0));
    if output.is_err() {
        // It may go on printing for ever.
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    let output = output.map_err(|error| format!("its output cannot be read: {}", read::in_words(&error)))?;
    match status.code() {
        Some(0) => Ok(output),
        Some(code) => Err(format!("the command failed with exit code {code}")),
        None => Err("the command was killed by a signal".to_owned()),
    }
}

/// Splits a command line into words by the quoting rules of a POSIX shell, without expansions: single
/// quotes keep everything, double quotes keep all but `\` before `"`, `\`, `$` and a backquote, a `\`
/// outside quotes keeps the next character; `#` at the start of a word begins a comment.
fn split(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match c {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '#' if word.is_none() => {
                characters.by_ref().find(|c| *c == '\n');
            }
            '\'' => single_quoted(&mut characters, word.get_or_insert_default())?,
            '"' => double_quoted(&mut characters, word.get_or_insert_default())?,
            '\\' => {
                let next = characters.next().ok_or("the command ends with a backslash")?;
                if next != '\n' {
                    word.get_or_insert_default().push(next);
                }
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

fn single_quoted(characters: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), &'static str> {
    let (quoted, rest) = characters.as_str().split_once('\'').ok_or("a single quote is never closed")?;
    word.push_str(quoted);
    *characters = rest.chars();
    Ok(())
}

fn double_quoted(characters: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), &'static str> {
    let open = "a double quote is never closed";
    loop {
        match characters.next().ok_or(open)? {
            '"' => return Ok(()),
            '\\' => match characters.next().ok_or(open)? {
                '\n' => {}
                escaped @ ('"' | '\\' | '$' | '`') => word.push(escaped),
                other => word.extend(['\\', other]),
            },
            other => word.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{run, split};

    #[test]
    fn words_split_as_in_a_shell() {
        let cases: [(&str, &[&str]); 9] = [
            ("", &[]),
            ("  a  b\tc\n", &["a", "b", "c"]),
            ("op read 'op://a b/c'", &["op", "read", "op://a b/c"]),
            (r#"a"b c"'d e'f"#, &["ab cd ef"]),
            (r#""a\"b\\c\d\$e""#, &[r#"a"b\c\d$e"#]),
            (r"a\ b \'c", &["a b", "'c"]),
            ("a '' \"\"", &["a", "", ""]),
            ("a # b\nc d#e", &["a", "c", "d#e"]),
            ("a\\\nb $HOME *", &["ab", "$HOME", "*"]),
        ];
        for (line, words) in cases {
            assert_eq!(split(line).unwrap(), words, "{line}");
        }
        for line in ["'a", "\"a", "\"a\\", "a\\"] {
            assert!(split(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_command_sees_the_recipient_and_gives_its_output() {
        let output = run(r#"sh -c 'printf "%s" "$SOPS_AGE_RECIPIENT"'"#, Some("age1x")).unwrap();
        assert_eq!(output.as_slice(), b"age1x");
    }

    #[test]
    fn failures_are_told() {
        assert_eq!(run("", None).unwrap_err(), "the command is empty");
        assert_eq!(run("false", None).unwrap_err(), "the command failed with exit code 1");
        assert!(run("no-such-program-here", None).unwrap_err().contains("does not exist"));
        assert!(run("yes", None).unwrap_err().contains("larger than 16 MiB"));
    }
}
