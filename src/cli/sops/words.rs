//! The words of a command line, read as Go programs read them: one and two dashes are the same, a flag
//! takes the next word whatever it looks like, switches take `=true` and `=false`.

use super::grammar::{Flag, Takes, find};
use crate::error::{Code, Failure};
use crate::policy::{nearest, truth};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Flags with their values, in the order of the words. Of a switch or single value the last counts.
#[derive(Debug, Default)]
pub(super) struct Given(Vec<(&'static Flag, OsString)>);

impl Given {
    fn add(&mut self, flag: &'static Flag, value: OsString) {
        if flag.takes != Takes::List {
            self.0.retain(|(other, _)| *other != flag);
        }
        self.0.push((flag, value));
    }

    /// The flags with their values; a switch that is off is not there.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static Flag, &OsStr)> {
        let is_on = |(flag, value): &&(&Flag, OsString)| flag.takes != Takes::Switch || value == "true";
        self.0.iter().filter(is_on).map(|(flag, value)| (*flag, value.as_os_str()))
    }

    /// A switch that was given, and how.
    pub(super) fn switch(&self, name: &str) -> Option<bool> {
        self.value(name).map(|value| value == "true")
    }

    /// Whether a switch is on.
    pub(super) fn has(&self, name: &str) -> bool {
        self.switch(name) == Some(true)
    }

    /// The last value of a flag.
    pub(super) fn value(&self, name: &str) -> Option<&OsStr> {
        self.0.iter().rev().find(|(flag, _)| flag.name == name).map(|(_, value)| value.as_os_str())
    }
}

/// What a command line says.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// The flags.
    pub(super) given: Given,
    /// The other words.
    pub(super) arguments: Vec<OsString>,
    /// `--help` stands among them.
    pub(super) help: bool,
}

/// Reads words. Other flags than `flags` are refused; without `anywhere` the first argument ends
/// the flags, and all that follows are arguments.
///
/// # Errors
/// A flag that is none, one without its value, or a switch with another value than true and false (1).
pub(super) fn parse(
    words: &[OsString],
    flags: &'static [&'static [Flag]],
    anywhere: bool,
) -> Result<Parsed, Failure> {
    let mut parsed = Parsed::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some((name, value)) = flag_of(word) else {
            if word == "--" {
                parsed.arguments.extend(words.cloned());
                break;
            }
            parsed.arguments.push(word.clone());
            if !anywhere {
                parsed.arguments.extend(words.cloned());
                break;
            }
            continue;
        };
        if matches!(name.as_str(), "help" | "h") {
            parsed.help = true;
            continue;
        }
        let flag = find(flags, &name).ok_or_else(|| unknown(word, &name, flags))?;
        let value = match (flag.takes, value) {
            (Takes::Switch, None) => "true".into(),
            (Takes::Switch, Some(value)) => match value.to_str().and_then(truth) {
                Some(on) => on.to_string().into(),
                None => return Err(no_truth(flag, &value)),
            },
            (_, Some(value)) => value,
            (_, None) => words.next().cloned().ok_or_else(|| no_value(flag))?,
        };
        parsed.given.add(flag, value);
    }
    Ok(parsed)
}

/// The name of a flag, and its value where that stands in the same word.
fn flag_of(word: &OsStr) -> Option<(String, Option<OsString>)> {
    let bytes = word.as_bytes();
    let rest = bytes.strip_prefix(b"-")?;
    let rest = rest.strip_prefix(b"-").unwrap_or(rest);
    if rest.is_empty() {
        return None;
    }
    let (name, value) = match rest.iter().position(|byte| *byte == b'=') {
        Some(at) => (&rest[..at], Some(OsString::from_vec(rest[at + 1..].to_vec()))),
        None => (rest, None),
    };
    Some((String::from_utf8_lossy(name).into_owned(), value))
}

fn refused(headline: String) -> Failure {
    Failure::new(Code::Generic, headline).hint("sops --help lists commands and flags")
}

/// The value of a flag may be a secret, so only its name is shown.
fn unknown(word: &OsStr, name: &str, flags: &'static [&'static [Flag]]) -> Failure {
    let text = word.to_string_lossy();
    let shown = text.split('=').next().unwrap_or_default();
    let headline = format!("there is no flag `{shown}` here");
    let names: Vec<&str> = flags.iter().flat_map(|list| list.iter()).map(|flag| flag.name).collect();
    match nearest(name, &names) {
        Some(near) => Failure::new(Code::Generic, headline).hint(format!("did you mean `--{near}`?")),
        None => refused(headline),
    }
}

fn no_value(flag: &Flag) -> Failure {
    refused(format!("`--{}` needs a value", flag.name))
}

fn no_truth(flag: &Flag, value: &OsStr) -> Failure {
    refused(format!("`{}` is no value of `--{}`", value.to_string_lossy(), flag.name))
        .cause("it takes true or false")
}

#[cfg(test)]
mod tests {
    use super::{Parsed, parse};
    use crate::cli::sops::grammar::{FLAT, verb};
    use crate::error::Failure;
    use std::ffi::OsString;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    fn flat(line: &str) -> Result<Parsed, Failure> {
        parse(&words(line), FLAT.flags, false)
    }

    fn decrypt(line: &str) -> Result<Parsed, Failure> {
        parse(&words(line), verb("decrypt").unwrap().flags, true)
    }

    fn shown(parsed: &Parsed) -> String {
        let mut out: Vec<String> = Vec::new();
        for (flag, value) in parsed.given.iter() {
            out.push(format!("{}={}", flag.name, value.to_str().unwrap()));
        }
        out.push("|".to_owned());
        out.extend(parsed.arguments.iter().map(|word| word.to_str().unwrap().to_owned()));
        out.join(" ")
    }

    #[test]
    fn one_dash_is_as_good_as_two() {
        for line in
            ["-decrypt -output x f", "--d --output=x f", "-d=true -output=x f", "--decrypt -output x f"]
        {
            assert_eq!(shown(&flat(line).unwrap()), "decrypt=true output=x | f", "{line}");
        }
    }

    #[test]
    fn a_flag_takes_the_next_word_whatever_it_is() {
        assert_eq!(shown(&decrypt("--extract -i f").unwrap()), "extract=-i | f");
        assert_eq!(shown(&decrypt("--extract --extract=x=y f").unwrap()), "extract=--extract=x=y | f");
        assert_eq!(shown(&decrypt("f --extract=x=y").unwrap()), "extract=x=y | f");
        assert_eq!(shown(&decrypt("--extract a --extract b f").unwrap()), "extract=b | f");
        assert_eq!(
            shown(&decrypt("--keyservice a --keyservice b f").unwrap()),
            "keyservice=a keyservice=b | f"
        );
    }

    #[test]
    fn arguments_end_the_flags_where_there_is_no_command() {
        assert_eq!(shown(&flat("-d f -i").unwrap()), "decrypt=true | f -i");
        assert_eq!(shown(&decrypt("f -i g").unwrap()), "in-place=true | f g");
        assert_eq!(shown(&decrypt("f -- -i").unwrap()), "| f -i");
        assert_eq!(shown(&decrypt("- -i").unwrap()), "in-place=true | -");
    }

    #[test]
    fn switches_can_be_off() {
        assert_eq!(shown(&decrypt("-i -i=false f").unwrap()), "| f");
        assert_eq!(decrypt("-i=F f").unwrap().given.switch("in-place"), Some(false));
        assert!(decrypt("f").unwrap().given.switch("in-place").is_none());
    }

    #[test]
    fn what_is_wrong_is_said_without_values() {
        for (line, headline) in [
            ("--nope=secret f", "there is no flag `--nope` here"),
            ("-di f", "there is no flag `-di` here"),
            ("f --extract", "`--extract` needs a value"),
            ("-i=maybe f", "`maybe` is no value of `--in-place`"),
        ] {
            assert_eq!(decrypt(line).unwrap_err().headline, headline);
        }
        assert_eq!(decrypt("--extrct x f").unwrap_err().hints, ["did you mean `--extract`?"]);
        assert!(decrypt("f --help").unwrap().help && decrypt("-h").unwrap().help);
    }
}
