//! `seal git textconv` without the grammar of all commands, which takes longer than its work: Git starts it
//! for each version of a file.

use crate::commands::git::textconv::{self, Request};
use crate::commands::git::viewing::Wish;
use crate::error::{Code, Failure};
use crate::ui::Reporter;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The name by which the program takes a path and nothing else.
const ONE_WORD: &str = "seal-textconv";

/// Runs `seal-textconv PATH`, or `seal git textconv` with words that Git gives it. `None` for everything
/// else: it goes the usual way.
pub(super) fn run(arguments: &[OsString]) -> Option<ExitCode> {
    let name = Path::new(arguments.first()?).file_name()?;
    if name == ONE_WORD {
        let [_, path] = arguments else { return Some(usage()) };
        let request = Request { wish: Wish::Auto, remote: false, path: PathBuf::from(path) };
        return Some(ExitCode::from(textconv::run(&request)));
    }
    if super::sops::is_called(arguments.first()?) {
        return None;
    }
    let request = match arguments {
        [_, git, verb, words @ ..] if git == "git" && verb == "textconv" => request(words)?,
        _ => return None,
    };
    Some(ExitCode::from(textconv::run(&request)))
}

fn usage() -> ExitCode {
    let failure =
        Failure::new(Code::CannotReadInput, format!("`{ONE_WORD}` takes one path and nothing else"))
            .hint("for options: seal git textconv --help");
    // Nobody is left to hear that it failed.
    let _ = Reporter::stderr(false, true).failure(&failure);
    ExitCode::from(failure.code as u8)
}

/// The request of these words. The last is the path, whatever it looks like.
fn request(words: &[OsString]) -> Option<Request> {
    let (path, options) = words.split_last()?;
    let (flags, ended) = match options.split_last() {
        Some((last, flags)) if last == "--" => (flags, true),
        _ => (options, false),
    };
    // Without the mark, what is left to the usual way are questions.
    if !ended && [OsStr::new("--help"), OsStr::new("-h")].contains(&path.as_os_str()) {
        return None;
    }
    let mut request = Request { wish: Wish::Auto, remote: false, path: PathBuf::from(path) };
    for flag in flags {
        match flag.to_str()?.split_once('=') {
            Some(("--show", name)) => request.wish = Wish::of(name)?,
            None if flag == "--remote-keys" => request.remote = true,
            _ => return None,
        }
    }
    Some(request)
}

#[cfg(test)]
mod tests {
    use super::{OsString, Wish, request};
    use crate::view::Show;

    fn read(words: &[&str]) -> Option<(Wish, bool, String)> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        request(&words).map(|r| (r.wish, r.remote, r.path.to_string_lossy().into_owned()))
    }

    #[test]
    fn the_last_word_is_the_path() {
        let plain = Wish::Always(Show::Plain);
        for (words, wanted) in [
            (vec!["a"], (Wish::Auto, false, "a")),
            (vec!["--", "a"], (Wish::Auto, false, "a")),
            (vec!["--", "--show=plain"], (Wish::Auto, false, "--show=plain")),
            (vec!["--show=auto", "--", "--help"], (Wish::Auto, false, "--help")),
            (vec!["--show=plain", "--remote-keys", "-x"], (plain, true, "-x")),
            (vec!["--", "--"], (Wish::Auto, false, "--")),
        ] {
            assert_eq!(read(&words), Some((wanted.0, wanted.1, wanted.2.to_owned())), "{words:?}");
        }
        for words in
            [&[][..], &["--help"], &["--show=x", "a"], &["--shown", "a"], &["a", "b"], &["--", "a", "b"]]
        {
            assert_eq!(read(words), None, "{words:?}");
        }
    }
}
