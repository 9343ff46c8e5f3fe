//! Command lines in settings: split into words as a shell would, without expansions and without a shell.

/// Splits a command line into words by the quoting rules of a POSIX shell, without expansions: single
/// quotes keep everything, double quotes keep all but `\` before `"`, `\`, `$` and a backquote, a `\`
/// outside quotes keeps the next character; `#` at the start of a word begins a comment.
///
/// # Errors
/// A quote or a backslash has no end; the text says which.
pub fn split(line: &str) -> Result<Vec<String>, &'static str> {
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
    use super::split;

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
}
