//! Runs of `git`.

use super::error::GitError;
use std::ffi::OsStr;
use std::io::{self, ErrorKind, Read, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

/// Settings of a repository or a person that would start programs or change what is printed.
const SETTINGS: [&str; 7] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "diff.relative=false",
    "log.follow=false",
    "log.showRoot=true",
    "log.showSignature=false",
];

/// Variables, with values that keep `git` from writing, asking and calling out.
const VARIABLES: [(&str, &str); 7] = [
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    // Blobs that a partial clone left behind are not fetched: by no protocol, for older versions.
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", ""),
    ("GIT_LITERAL_PATHSPECS", "1"),
    // What it says is shown, and in one place compared.
    ("LC_ALL", "C"),
];

/// Variables that contradict the above, and secrets that `git` has no use for. `GIT_DIR`,
/// `GIT_INDEX_FILE` and their like stay: a hook is told by them what it is about.
const UNSET: [&str; 4] =
    ["GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "SOPS_AGE_KEY"];

/// How a run differs from the usual one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Manner<'a> {
    /// A setting more.
    pub(super) setting: Option<&'a str>,
    /// Whether the paths are patterns, with the magic of pathspecs.
    pub(super) patterns: bool,
}

/// The most that is kept of what `git` says on standard error.
const MOST_WORDS: u64 = 4096;

/// A `git` that runs. Killed on drop if it has not ended.
pub(super) struct Process {
    name: &'static str,
    child: Child,
    /// Where it is told more.
    pub(super) input: Option<ChildStdin>,
    /// What it prints.
    pub(super) output: Option<ChildStdout>,
    words: Option<JoinHandle<Vec<u8>>>,
}

impl Process {
    /// Starts `git COMMAND ARGUMENTS… -- PATHS…` in `folder`.
    pub(super) fn start<P: AsRef<OsStr>>(
        folder: &Path,
        command: &'static str,
        arguments: &[&str],
        paths: &[P],
    ) -> Result<Self, GitError> {
        Self::start_in(Manner::default(), folder, command, arguments, paths)
    }

    /// [`Self::start`] in another manner.
    pub(super) fn start_in<P: AsRef<OsStr>>(
        manner: Manner<'_>,
        folder: &Path,
        command: &'static str,
        arguments: &[&str],
        paths: &[P],
    ) -> Result<Self, GitError> {
        let mut git = Command::new("git");
        git.current_dir(folder);
        // That would be the answer to what the pager is.
        if command != "var" {
            git.arg("--no-pager");
        }
        for setting in SETTINGS.into_iter().chain(manner.setting) {
            git.args(["-c", setting]);
        }
        git.arg(command).args(arguments);
        if !paths.is_empty() {
            git.arg("--").args(paths);
        }
        git.envs(VARIABLES);
        for name in UNSET {
            git.env_remove(name);
        }
        if manner.patterns {
            git.env_remove("GIT_LITERAL_PATHSPECS");
        }
        let takes_input =
            arguments.iter().any(|argument| matches!(*argument, "--batch" | "--batch-check" | "--stdin"));
        git.stdin(if takes_input { Stdio::piped() } else { Stdio::null() });
        git.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = git.spawn().map_err(|source| match source.kind() {
            // The folder may be what is missing.
            ErrorKind::NotFound if folder.is_dir() => GitError::Missing,
            _ => GitError::Run { command, source },
        })?;
        let words = child.stderr.take().map(|pipe| std::thread::spawn(move || first_words(pipe)));
        let (input, output) = (child.stdin.take(), child.stdout.take());
        Ok(Self { name: command, child, input, output, words })
    }

    /// Runs to the end and gives what was printed.
    pub(super) fn printed<P: AsRef<OsStr>>(
        folder: &Path,
        command: &'static str,
        arguments: &[&str],
        paths: &[P],
    ) -> Result<Vec<u8>, GitError> {
        let mut process = Self::start(folder, command, arguments, paths)?;
        let printed = process.read_all()?;
        process.finish().map(|()| printed)
    }

    /// Runs to the end, with `input` to read, and gives what was printed.
    pub(super) fn answered<P: AsRef<OsStr>>(
        folder: &Path,
        command: &'static str,
        arguments: &[&str],
        paths: &[P],
        input: Vec<u8>,
    ) -> Result<Vec<u8>, GitError> {
        let mut process = Self::start(folder, command, arguments, paths)?;
        process.feed(input);
        let printed = process.read_all()?;
        process.finish().map(|()| printed)
    }

    /// Everything that it prints.
    pub(super) fn read_all(&mut self) -> Result<Vec<u8>, GitError> {
        let mut printed = Vec::new();
        if let Some(mut output) = self.output.take() {
            let command = self.name;
            output.read_to_end(&mut printed).map_err(|source| GitError::Run { command, source })?;
        }
        Ok(printed)
    }

    /// Lets it read `input`, and then the end, while its output is read here.
    pub(super) fn feed(&mut self, input: Vec<u8>) {
        if let Some(mut pipe) = self.input.take() {
            // One that does not read it says why by its end.
            std::thread::spawn(move || pipe.write_all(&input));
        }
    }

    /// Waits for its end.
    pub(super) fn finish(&mut self) -> Result<(), GitError> {
        match self.wait()? {
            Some(0) => Ok(()),
            code => Err(self.failed(code)),
        }
    }

    /// Waits for its end, where a code other than 0 means something.
    pub(super) fn finish_with_code(&mut self) -> Result<u8, GitError> {
        let code = self.wait()?;
        // 128 and above is what `git` dies with.
        match code.and_then(|code| u8::try_from(code).ok()).filter(|code| *code < 128) {
            Some(code) => Ok(code),
            None => Err(self.failed(code)),
        }
    }

    fn wait(&mut self) -> Result<Option<i32>, GitError> {
        drop(self.input.take());
        drop(self.output.take());
        let command = self.name;
        let status = self.child.wait().map_err(|source| GitError::Run { command, source })?;
        Ok(status.code())
    }

    fn failed(&mut self, code: Option<i32>) -> GitError {
        let words = self.words.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        GitError::Failed { command: self.name, message: message(&words, code) }
    }

    /// The error for a pipe that broke: what git says, if it says something.
    pub(super) fn broken(&mut self, source: io::Error) -> GitError {
        match self.finish() {
            Err(error) => error,
            Ok(()) => GitError::Run { command: self.name, source },
        }
    }

    /// The error for output that is not understood.
    pub(super) fn not_understood(&self) -> GitError {
        GitError::Output { command: self.name }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a pipe to its end and keeps the beginning.
fn first_words(mut pipe: impl Read) -> Vec<u8> {
    let mut words = Vec::new();
    let _ = pipe.by_ref().take(MOST_WORDS).read_to_end(&mut words);
    let _ = io::copy(&mut pipe, &mut io::sink());
    words
}

/// The line that says why: the first that is an error, else the first.
fn message(words: &[u8], code: Option<i32>) -> String {
    let words = String::from_utf8_lossy(words);
    let error = words.lines().find_map(|line| line.strip_prefix("fatal: ").or(line.strip_prefix("error: ")));
    match (error.or(words.lines().next()), code) {
        (Some(line), _) => line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect(),
        (None, Some(code)) => format!("it ended with exit code {code}"),
        (None, None) => "it was killed by a signal".to_owned(),
    }
}
