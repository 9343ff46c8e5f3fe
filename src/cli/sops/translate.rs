//! From a command line of SOPS to one of ours.

use super::grammar::{Flag, GLOBAL, Takes, Verb, find, verb};
use super::words::{Given, Parsed};
use crate::doc::FormatName;
use crate::error::{Code, Failure};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// A command line of ours, and what is to be known about it.
#[derive(Debug)]
pub(super) struct Line {
    /// The command of SOPS.
    pub(super) verb: &'static Verb,
    /// Our words, the name of the program among them.
    pub(super) words: Vec<OsString>,
    /// What has no effect.
    pub(super) warnings: Vec<String>,
    /// Without a command: `sops -d FILE`.
    pub(super) flat: bool,
    /// Recipients come or go.
    pub(super) rekeys: bool,
}

/// Flags that say nothing to our commands.
const WITHOUT_EFFECT: [&str; 8] = [
    "verbose",
    "disable-version-check",
    "check-for-updates",
    "version",
    "decrypt",
    "encrypt",
    "rotate",
    "set",
];
/// What our `--value-type` makes of a value that SOPS takes.
const JSON_VALUE: &str = "--value-type=json";

/// The line for a command; `global` are the flags before it.
///
/// # Errors
/// Arguments are missing (100, 1), contradict each other (8), or are no path (91, 7).
pub(super) fn command(verb: &'static Verb, global: &Given, parsed: &Parsed) -> Result<Line, Failure> {
    let mut line = Line::new(verb, false);
    for (flag, _) in global.iter() {
        if find(GLOBAL, flag.name).is_none() {
            line.warnings.push(format!(
                "`--{}` has no effect before `{}`: its flags stand behind it",
                flag.name, verb.name
            ));
        }
    }
    line.flags(global, &|name| find(GLOBAL, name).is_some() && takes_global(verb, name))?;
    line.flags(&parsed.given, &|name| verb.flag(name).is_some())?;
    line.arguments(&parsed.given, &parsed.arguments)?;
    Ok(line)
}

/// The line for the form without a command.
///
/// # Errors
/// As [`command`].
pub(super) fn flat(parsed: &Parsed) -> Result<Line, Failure> {
    let Parsed { given, arguments, .. } = parsed;
    if arguments.is_empty() {
        return Err(no_file(""));
    }
    let chosen = [("encrypt", "encrypt"), ("decrypt", "decrypt"), ("rotate", "rotate")];
    let mut names: Vec<&str> =
        chosen.iter().filter(|(flag, _)| given.has(flag)).map(|(_, name)| *name).collect();
    let set = given.value("set").filter(|value| !value.is_empty());
    names.extend(set.map(|_| "set"));
    let name = names.last().copied().unwrap_or("edit");
    let Some(target) = verb(name) else { return Err(no_file("")) };
    let mut line = Line::new(target, true);
    if names.len() > 1 {
        line.warnings.push(format!(
            "of several commands only the last counts, in the order -e, -d, -r, --set: `{name}`"
        ));
    }
    let carried = |name: &str| {
        target.flag(name).is_some() || (find(GLOBAL, name).is_some() && takes_global(target, name))
    };
    line.flags(given, &carried)?;
    let mut arguments = arguments.clone();
    line.only(&mut arguments, 1);
    if target.name == "rotate" {
        line.same_format(given, &arguments[0])?;
    }
    line.toml_as_binary(given, arguments.first());
    if let Some(set) = set {
        let (path, value) = set_pair(set)?;
        line.words.push(JSON_VALUE.into());
        arguments.extend([path, value]);
    }
    line.end(arguments);
    Ok(line)
}

/// Whether `verb` has the global flag `name`.
fn takes_global(verb: &Verb, name: &str) -> bool {
    match name {
        "config" => true,
        "indent" => matches!(verb.name, "encrypt" | "decrypt"),
        "mac-only-encrypted" | "unencrypted-comment-regex" | "encrypted-comment-regex" => {
            matches!(verb.name, "encrypt" | "edit")
        }
        _ => false,
    }
}

/// `'["a"]["b"] VALUE'` as path and value.
fn set_pair(text: &OsStr) -> Result<(OsString, OsString), Failure> {
    let wrong = || {
        Failure::new(Code::InvalidSetFormat, "the value of --set is not valid")
            .cause("it is a path, a blank and a JSON value: '[\"db\"][\"password\"] \"text\"'")
    };
    let text = text.to_str().ok_or_else(wrong)?;
    let at = text.find("] ").ok_or_else(wrong)?;
    let (path, value) = (&text[..=at], &text[at + 2..]);
    index(OsStr::new(path), Code::InvalidSetFormat)?;
    Ok((path.into(), value.into()))
}

/// A path as SOPS writes it.
fn index(text: &OsStr, code: Code) -> Result<(), Failure> {
    if text.to_str().is_some_and(|text| text.starts_with('[')) {
        return Ok(());
    }
    Err(Failure::new(code, "the path is not valid").cause("paths look like '[\"db\"][\"hosts\"][0]'"))
}

fn no_file(verb: &str) -> Failure {
    Failure::new(Code::NoFile, "no file is named").hint(help(verb))
}

fn help(verb: &str) -> String {
    match verb {
        "" => "sops --help lists commands and flags".to_owned(),
        verb => format!("sops {verb} --help lists the flags"),
    }
}

impl Line {
    fn new(verb: &'static Verb, flat: bool) -> Self {
        let words = std::iter::once("sops").chain(verb.name.split(' ')).map(OsString::from).collect();
        Self { verb, words, warnings: Vec::new(), flat, rekeys: false }
    }

    /// Adds those of the flags that `carried` takes, spelled for our command.
    fn flags(&mut self, given: &Given, carried: &dyn Fn(&str) -> bool) -> Result<(), Failure> {
        if let Some(local) = given.switch("enable-local-keyservice").filter(|_| carried("keyservice")) {
            self.words.push(format!("--enable-local-keyservice={local}").into());
        }
        for (flag, value) in given.iter() {
            if WITHOUT_EFFECT.contains(&flag.name) || !carried(flag.name) {
                continue;
            }
            self.flag(flag, value, given)?;
        }
        if matches!(self.verb.name, "encrypt" | "edit") {
            self.once("--allow-nothing");
        }
        Ok(())
    }

    fn flag(&mut self, flag: &Flag, value: &OsStr, given: &Given) -> Result<(), Failure> {
        match (self.verb.name, flag.name) {
            (_, "enable-local-keyservice") => {}
            // An empty text is none.
            _ if flag.takes != Takes::Switch && value.is_empty() => {}
            (_, "indent" | "shamir-secret-sharing-threshold") if value == "0" => {}
            ("rotate", "output-type") => {}
            ("rotate", "filename-override") => {
                if given.value("input-type").is_none() {
                    let format = FormatName::of_path(&value.to_string_lossy());
                    self.words.push(format!("--input-type={format}").into());
                }
            }
            (_, name) => {
                self.rekeys |= name.starts_with("add-") || name.starts_with("rm-");
                if name == "extract" {
                    index(value, Code::InvalidPath)?;
                }
                let mut word = OsString::from(format!("--{name}"));
                if flag.takes != Takes::Switch {
                    word.push("=");
                    word.push(value);
                }
                self.words.push(word);
            }
        }
        Ok(())
    }

    /// SOPS knows no TOML: what is encrypted for the first time becomes a binary file, so that it can read it.
    fn toml_as_binary(&mut self, given: &Given, file: Option<&OsString>) {
        let name = given.value("filename-override").or(file.map(OsString::as_os_str)).unwrap_or_default();
        let is_new = match self.verb.name {
            "encrypt" => true,
            "edit" => !Path::new(name).exists(),
            _ => false,
        };
        if !is_new || FormatName::of_path(&name.to_string_lossy()) != FormatName::Toml {
            return;
        }
        for flag in ["input-type", "output-type"] {
            if given.value(flag).is_none() {
                self.words.push(format!("--{flag}={}", FormatName::Binary).into());
            }
        }
    }

    /// A file that gets a new data key keeps its format.
    fn same_format(&self, given: &Given, file: &OsStr) -> Result<(), Failure> {
        let Some(output) = given.value("output-type").and_then(|name| name.to_str()) else { return Ok(()) };
        let name = given.value("filename-override").unwrap_or(file).to_string_lossy();
        let named = given.value("input-type").and_then(|name| name.to_str()?.parse().ok());
        let input: FormatName = named.unwrap_or_else(|| FormatName::of_path(&name));
        if output.parse() == Ok(input) {
            return Ok(());
        }
        Err(Failure::new(Code::ConflictingParameters, "the file keeps its format")
            .cause(format!("--output-type is not {input}, which the file is"))
            .hint("to convert it: sops decrypt --output-type TYPE FILE"))
    }

    /// Adds a flag that does not stand there yet.
    fn once(&mut self, flag: &str) {
        if !self.words.iter().any(|word| word == flag) {
            self.words.push(flag.into());
        }
    }

    /// Adds the arguments, as many as the command takes.
    fn arguments(&mut self, given: &Given, arguments: &[OsString]) -> Result<(), Failure> {
        let mut arguments = arguments.to_vec();
        let count = arguments.len();
        let name = self.verb.name;
        let exactly = |wanted: &str, code: Code| {
            Failure::new(code, format!("`{name}` takes {wanted}")).hint(help(name))
        };
        match name {
            "encrypt" | "decrypt" => self.only(&mut arguments, 1),
            "publish" if count == 0 => {
                return Err(Failure { code: Code::Generic, ..no_file(name) });
            }
            "edit" | "rotate" | "filestatus" | "updatekeys" if count == 0 => return Err(no_file(name)),
            "rotate" => {
                self.only(&mut arguments, 1);
                self.same_format(given, &arguments[0])?;
            }
            "edit" | "filestatus" | "publish" => self.only(&mut arguments, 1),
            "updatekeys" => {
                if let Some(folder) = arguments.iter().find(|path| Path::new(path).is_dir()) {
                    let folder = folder.to_string_lossy();
                    return Err(Failure::new(
                        Code::Generic,
                        format!("`{folder}` is a folder; nothing was changed"),
                    )
                    .hint("for the files in it: seal updatekeys"));
                }
            }
            "set" => {
                let wanted = if given.has("value-stdin") { 2 } else { 3 };
                if count != wanted {
                    return Err(exactly("a file, a path and a value", Code::NoFile));
                }
                index(&arguments[1], Code::InvalidSetFormat)?;
                self.words.push(JSON_VALUE.into());
            }
            "unset" => {
                if count != 2 {
                    return Err(exactly("a file and a path", Code::NoFile));
                }
                index(&arguments[1], Code::InvalidSetFormat)?;
            }
            "exec-env" | "exec-file" if count != 2 => {
                return Err(exactly("a file and a command in one word", Code::Generic));
            }
            "groups delete" if count != 1 => return Err(exactly("one position", Code::Generic)),
            "groups add" | "groups delete" if given.value("file").is_none() => {
                return Err(Failure { code: Code::CannotReadInput, ..no_file(name) });
            }
            "groups add" | "keyservice" => self.only(&mut arguments, 0),
            _ => {}
        }
        self.toml_as_binary(given, arguments.first());
        self.end(arguments);
        Ok(())
    }

    /// Leaves the arguments out that are too many.
    fn only(&mut self, arguments: &mut Vec<OsString>, most: usize) {
        if arguments.len() > most {
            let flag = arguments[most..].iter().find(|word| word.to_string_lossy().starts_with('-'));
            self.warnings.push(match flag {
                Some(flag) => format!(
                    "`{}` and what else follows the file has no effect: flags stand before it",
                    flag.to_string_lossy().split('=').next().unwrap_or_default()
                ),
                None => "more than one file is named: only the first counts".to_owned(),
            });
            arguments.truncate(most);
        }
    }

    fn end(&mut self, arguments: Vec<OsString>) {
        if !arguments.is_empty() {
            self.words.push("--".into());
            self.words.extend(arguments);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, command, flat};
    use crate::cli::sops::grammar::{FLAT, Named, named};
    use crate::cli::sops::words::{Parsed, parse};
    use crate::error::Failure;
    use std::ffi::OsString;

    /// Words are parted by blanks; `_` stands for a blank within one.
    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').filter(|word| !word.is_empty()).map(|word| word.replace('_', " ").into()).collect()
    }

    fn line(text: &str) -> Result<Line, Failure> {
        let outer = parse(&words(text), FLAT.flags, false)?;
        let Named::Verb(verb, count) = named(&outer.arguments) else { return flat(&outer) };
        let inner: Parsed = parse(&outer.arguments[count..], verb.flags, true)?;
        command(verb, &outer.given, &inner)
    }

    fn ours(text: &str) -> String {
        let words = line(text).unwrap_or_else(|failure| panic!("{text}: {failure:?}")).words;
        let words: Vec<_> = words.iter().map(|word| word.to_str().unwrap().replace(' ', "_")).collect();
        words[1..].join(" ")
    }

    #[test]
    fn the_flat_form_is_a_command() {
        for (theirs, wanted) in [
            ("f", "edit --allow-nothing -- f"),
            ("-d f", "decrypt -- f"),
            ("-e -i --age x f", "encrypt --in-place --age=x --allow-nothing -- f"),
            ("-r --add-age x f", "rotate --add-age=x -- f"),
            ("--set [\"a\"]_\"x_y\" f", "set --value-type=json -- f [\"a\"] \"x_y\""),
            ("-e -d f", "decrypt -- f"),
            ("-d --add-age x --indent 2 f", "decrypt --indent=2 -- f"),
            ("-d f -i", "decrypt -- f"),
            ("--encrypted-comment-regex x -e f", "encrypt --encrypted-comment-regex=x --allow-nothing -- f"),
        ] {
            assert_eq!(ours(theirs), wanted, "{theirs}");
        }
    }

    #[test]
    fn commands_stay_commands() {
        for (theirs, wanted) in [
            ("decrypt", "decrypt"),
            ("--config c decrypt f -i", "decrypt --config=c --in-place -- f"),
            ("decrypt --age x f", ""),
            ("encrypt --age= f", "encrypt --allow-nothing -- f"),
            ("set f [\"a\"] -1", ""),
            ("set f [\"a\"] -- -1", "set --value-type=json -- f [\"a\"] -1"),
            ("set --value-stdin f [\"a\"]", "set --value-stdin --value-type=json -- f [\"a\"]"),
            ("encrypt a.toml", "encrypt --allow-nothing --input-type=binary --output-type=binary -- a.toml"),
            (
                "encrypt --input-type toml --output-type toml a.toml",
                "encrypt --allow-nothing --input-type=toml --output-type=toml -- a.toml",
            ),
            (
                "edit no-such.toml",
                "edit --allow-nothing --input-type=binary --output-type=binary -- no-such.toml",
            ),
            ("decrypt a.toml", "decrypt -- a.toml"),
            ("rotate --filename-override x.json f", "rotate --input-type=json -- f"),
            ("exec-env --pristine f echo_$A", "exec-env --pristine -- f echo_$A"),
            ("groups add -f f --age x --age y", "groups add --file=f --age=x --age=y"),
            ("groups delete -f f 1", "groups delete --file=f -- 1"),
            ("decrypt --enable-local-keyservice=false f", "decrypt --enable-local-keyservice=false -- f"),
            ("decrypt --enable-local-keyservice f", "decrypt --enable-local-keyservice=true -- f"),
            ("keyservice --net unix --addr s", "keyservice --network=unix --address=s"),
        ] {
            match wanted {
                "" => assert!(line(theirs).is_err(), "{theirs}"),
                wanted => assert_eq!(ours(theirs), wanted, "{theirs}"),
            }
        }
    }

    #[test]
    fn what_is_missing_has_the_code_of_sops() {
        for (theirs, code) in [
            ("-d", 100),
            ("edit", 100),
            ("updatekeys", 100),
            ("set f [\"a\"]", 100),
            ("set f a 1", 7),
            ("--set a f", 7),
            ("exec-env f", 1),
            ("exec-file f a b", 1),
            ("decrypt --extract a f", 91),
            ("groups add", 2),
            ("groups delete -f f", 1),
            ("publish", 1),
            ("rotate --output-type json f.yaml", 8),
            ("-r --output-type json f.yaml", 8),
            ("decrypt -d f", 1),
        ] {
            assert_eq!(line(theirs).unwrap_err().code as i32, code, "{theirs}");
        }
    }

    #[test]
    fn what_has_no_effect_is_said() {
        for (theirs, said) in [
            (
                "-e -d f",
                "of several commands only the last counts, in the order -e, -d, -r, --set: `decrypt`",
            ),
            ("decrypt f g", "more than one file is named: only the first counts"),
            (
                "-d f --extract=x",
                "`--extract` and what else follows the file has no effect: flags stand before it",
            ),
            ("-i decrypt f", "`--in-place` has no effect before `decrypt`: its flags stand behind it"),
        ] {
            assert_eq!(line(theirs).unwrap().warnings, [said], "{theirs}");
        }
        assert!(line("--verbose --config c decrypt f").unwrap().warnings.is_empty());
    }
}
