//! What shells complete after `sops`.

use super::grammar::{FLAT, Named, VERBS, Verb, named};
use super::words::parse;
use crate::error::{Code, Failure};
use std::ffi::OsString;

/// The last word of a command line that asks for names; the scripts of SOPS use it.
pub(super) const MARK: &str = "--generate-bash-completion";

/// The names that fit behind `words`, a line each: flags if the last of them begins with a dash, else
/// commands.
pub(super) fn names(words: &[OsString]) -> String {
    let (wants_flags, before) = match words.split_last() {
        Some((last, before)) if last.to_string_lossy().starts_with('-') => (true, before),
        _ => (false, words),
    };
    // A line that is no good has no command yet.
    let arguments = parse(before, FLAT.flags, false).map(|parsed| parsed.arguments).unwrap_or_default();
    let names: Vec<String> = match named(&arguments) {
        Named::Verb(verb, _) if wants_flags => flags(verb),
        _ if wants_flags => flags(&FLAT),
        Named::Family(family) if arguments.len() == 1 => {
            let members = VERBS.iter().filter_map(|verb| verb.name.strip_prefix(family)?.strip_prefix(' '));
            members.map(str::to_owned).collect()
        }
        Named::Other if arguments.is_empty() => first_words().map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    names.iter().map(|name| format!("{name}\n")).collect()
}

fn flags(verb: &Verb) -> Vec<String> {
    verb.flags.iter().flat_map(|list| list.iter()).map(|flag| format!("--{}", flag.name)).collect()
}

/// The script for `shell`, which asks the program; where it names nothing there are files.
///
/// # Errors
/// There is none for this shell (1).
pub(super) fn script(shell: &str) -> Result<String, Failure> {
    match shell {
        "bash" => Ok(BASH.replace("MARK", MARK)),
        "zsh" => Ok(ZSH.replace("MARK", MARK)),
        other => Err(Failure::new(Code::Generic, format!("there is no completion for `{other}`"))),
    }
}

const BASH: &str = r#"_sops() {
    local current=${COMP_WORDS[COMP_CWORD]} names
    local before=("${COMP_WORDS[@]:0:COMP_CWORD}")
    [[ $current == -* ]] && before+=("$current")
    names=$("${before[@]}" MARK 2>/dev/null)
    COMPREPLY=($(compgen -W "$names" -- "$current"))
}
complete -o bashdefault -o default -F _sops sops
"#;

const ZSH: &str = r#"#compdef sops
_sops() {
    local -a before names
    before=("${(@)words[1,CURRENT-1]}")
    [[ $words[CURRENT] == -* ]] && before+=("$words[CURRENT]")
    names=(${(f)"$("${before[@]}" MARK 2>/dev/null)"})
    if (( $#names )); then compadd -- $names; else _files; fi
}
compdef _sops sops
"#;

/// The commands, families once.
fn first_words() -> impl Iterator<Item = &'static str> {
    let mut last = "";
    VERBS.iter().map(|verb| verb.name.split(' ').next().unwrap_or_default()).filter(move |name| {
        let is_new = *name != last;
        last = name;
        is_new
    })
}

#[cfg(test)]
mod tests {
    use super::{names, script};
    use std::ffi::OsString;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').filter(|word| !word.is_empty()).map(OsString::from).collect()
    }

    #[test]
    fn names_fit_their_place() {
        let first = names(&words(""));
        assert!(first.contains("exec-env\n") && first.matches("groups\n").count() == 1, "{first}");
        assert_eq!(names(&words("groups")), "add\ndelete\n");
        assert!(names(&words("decrypt -")).contains("--extract\n"));
        assert!(names(&words("-")).contains("--set\n"));
        assert_eq!(names(&words("decrypt f")), "");
        assert!(names(&words("--config c decrypt -")).contains("--extract\n"));
        assert!(!names(&words("--config c decrypt -")).contains("--set\n"));
        assert_eq!(names(&words("-d f")), "");
    }

    #[test]
    fn scripts_ask_the_program() {
        for shell in ["bash", "zsh"] {
            assert!(script(shell).unwrap().contains(super::MARK));
        }
        assert!(script("csh").is_err());
    }
}
