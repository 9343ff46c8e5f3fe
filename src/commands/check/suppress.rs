//! Findings that somebody decided to live with: by `--ignore`, and by comments in creation rules.

use super::Located;
use super::policies::Policies;
use crate::check::Check;
use crate::commands::context::Context;
use crate::error::{Place, Warning};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a comment begins with that is meant for us.
const MARK: &str = "seal-check:";

/// `CODE:GLOB` of `--ignore`.
#[derive(Debug, Clone)]
pub struct Ignore {
    check: Check,
    glob: Gitignore,
    text: String,
}

impl std::str::FromStr for Ignore {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (code, pattern) = text.split_once(':').ok_or("it looks like S001:docs/*.yaml")?;
        let check = Check::of_code(code).ok_or_else(|| format!("there is no finding `{code}`"))?;
        let mut builder = GitignoreBuilder::new("");
        let line = builder.add_line(None, pattern).map(|builder| builder.build());
        match line {
            Ok(Ok(glob)) if glob.num_ignores() == 1 => Ok(Self { check, glob, text: text.to_owned() }),
            _ => Err("what follows the colon is no pattern".to_owned()),
        }
    }
}

impl Ignore {
    fn covers(&self, name: &Path) -> bool {
        if name.is_absolute() {
            return self.glob.matched(name, false).is_ignore();
        }
        self.glob.matched_path_or_any_parents(name, false).is_ignore()
    }
}

/// An `--ignore`, and whether it had something to ignore.
pub(in crate::commands) type Flag<'r> = (&'r Ignore, AtomicBool);

/// Everything that is suppressed, and whether there was anything to suppress.
pub(in crate::commands) struct Suppressions<'r> {
    flags: &'r [Flag<'r>],
    comments: Vec<Comment>,
}

/// `seal-check: ignore S001,S003 REASON` in a creation rule.
struct Comment {
    /// The configuration and the rule in it.
    rule: (usize, usize),
    checks: Vec<Check>,
    place: Place,
    used: AtomicBool,
}

/// Those of the command line.
pub(in crate::commands) fn flags(ignore: &[Ignore]) -> Vec<Flag<'_>> {
    ignore.iter().map(|ignore| (ignore, AtomicBool::new(false))).collect()
}

/// Warns of those that suppressed nothing.
pub(in crate::commands) fn warn_of_unused_flags(context: &Context, flags: &[Flag<'_>]) {
    for (ignore, _) in flags.iter().filter(|(_, used)| !used.load(Ordering::Relaxed)) {
        let headline = format!("`--ignore={}` has nothing to ignore", ignore.text);
        context.warn(&Warning { headline, place: None, hints: Vec::new() });
    }
}

impl<'r> Suppressions<'r> {
    /// Those of the command line alone.
    pub(in crate::commands) fn of_flags(flags: &'r [Flag<'r>]) -> Self {
        Self { flags, comments: Vec::new() }
    }

    /// Those of the command line and of all configurations. Warns of comments that are not understood.
    pub(super) fn new(context: &Context, policies: &Policies, flags: &'r [Flag<'r>]) -> Self {
        let mut comments = Vec::new();
        for (index, policy) in policies.all.iter().enumerate() {
            for comment in policy.config.iter().flat_map(|config| config.rule_comments()) {
                let Some(words) = comment.text.strip_prefix(MARK) else { continue };
                let (rule, place, used) = ((index, comment.rule), comment.place, AtomicBool::new(false));
                match checks(words) {
                    Ok(checks) => comments.push(Comment { rule, checks, place, used }),
                    Err(why) => context.warn(&Warning {
                        headline: format!("a `{MARK}` comment has no effect: {why}"),
                        place: Some(place),
                        hints: vec!["# seal-check: ignore S001 why that is right".to_owned()],
                    }),
                }
            }
        }
        Self { flags, comments }
    }

    /// Whether the finding is suppressed.
    pub(in crate::commands) fn cover(&self, located: &Located) -> bool {
        let check = located.finding.check;
        let by_flag = self
            .flags
            .iter()
            .find(|(ignore, _)| ignore.check == check && ignore.covers(Path::new(&located.file.name)));
        let by_comment = self
            .comments
            .iter()
            .find(|comment| Some(comment.rule) == located.rule && comment.checks.contains(&check));
        let used = by_flag.map(|(_, used)| used).or(by_comment.map(|comment| &comment.used));
        used.is_some_and(|used| {
            used.store(true, Ordering::Relaxed);
            true
        })
    }

    /// Warns of comments that suppressed nothing.
    pub(super) fn warn_of_unused_comments(&self, context: &Context) {
        for comment in self.comments.iter().filter(|comment| !comment.used.load(Ordering::Relaxed)) {
            let headline = format!("a `{MARK}` comment has nothing to ignore");
            context.warn(&Warning { headline, place: Some(comment.place.clone()), hints: Vec::new() });
        }
    }
}

/// The codes of ` ignore S001,S003 REASON`.
fn checks(words: &str) -> Result<Vec<Check>, String> {
    let mut words = words.split_whitespace();
    if words.next() != Some("ignore") {
        return Err("`ignore` is missing".to_owned());
    }
    let codes = words.next().ok_or("it names no finding")?;
    let check = |code: &str| Check::of_code(code).ok_or_else(|| format!("there is no finding `{code}`"));
    let checks = codes.split(',').map(check).collect::<Result<_, _>>()?;
    words.next().ok_or("it gives no reason")?;
    Ok(checks)
}

#[cfg(test)]
mod tests {
    use super::{Ignore, checks};
    use std::path::Path;

    #[test]
    fn globs_are_those_of_gitignore() {
        let ignore = |text: &str| text.parse::<Ignore>().unwrap();
        for (glob, name, covers) in [
            ("S001:*.md", "docs/a.md", true),
            ("S001:/docs", "docs/deep/a.yaml", true),
            ("S001:docs/*.yaml", "x/docs/a.yaml", false),
            ("S001:**/x.yaml", "a/b/x.yaml", true),
            ("S001:*.yaml", "/elsewhere/a.yaml", true),
            ("S001:-x.yaml", "-x.yaml", true),
        ] {
            assert_eq!(ignore(glob).covers(Path::new(name)), covers, "{glob}");
        }
        for text in ["S001", "S999:*.md", "S001:", "S001:#", "S001:!x", "s001:x"] {
            assert!(text.parse::<Ignore>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_comment_needs_codes_and_a_reason() {
        assert_eq!(checks(" ignore S001,S003 templates only").unwrap().len(), 2);
        for text in ["", " ignore", " ignore S001", " ignore S001,x why", " allow S001 why"] {
            assert!(checks(text).is_err(), "{text}");
        }
    }
}
